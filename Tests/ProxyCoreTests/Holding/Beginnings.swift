import ProxyCore

/// Sessions up to some point, for plays that are about what comes after.
enum Beginnings {
  /// Every command answered with CONTINUE; the packets are numbered from 1 without a gap.
  static func upTo(_ last: String, optNeg: String = "milter OPTNEG") -> String {
    let all = ["CONNECT", "HELO", "MAIL", "RCPT", "DATA", "HEADER", "EOH", "BODY", "BODYEOB"]
    let commands = all.prefix(1 + (all.firstIndex(of: last) ?? -1))
    return
      (["opened", "milter connected", "mta OPTNEG", optNeg]
      + commands.flatMap { ["mta \($0)", "milter CONTINUE"] }).joined(separator: "\n")
  }

  /// Controls under which connections are followed, as with a screen.
  static func watched(_ change: (inout ProxySettings) -> Void = { _ in }) -> ProxySettings {
    var controls = ProxySettings()
    controls.isAttended = true
    change(&controls)
    return controls
  }
}
