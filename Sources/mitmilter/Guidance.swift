import ConsoleUI
import ProxyCore

/// What makes an MTA connect to where we listen, and what to mind about that place.
struct Guidance {
  let lines: [SetUpLine]
  let remarks: [String]

  /// - Parameter isLocal: whether only this machine can reach `address`.
  init(listeningOn address: MilterAddress, isLocal: Bool) {
    lines = [
      SetUpLine("Postfix main.cf", address.postfixLine),
      SetUpLine("Sendmail sendmail.mc", address.sendmailLine),
    ]
    var remarks: [String] = []
    if case .inet(let host, _, _) = address.reachable, address.isEveryInterface {
      remarks.append(
        "note: \(address) is every interface; an MTA on another machine takes this one's name for \(host)")
    }
    if !isLocal {
      remarks.append(
        "warning: other machines can reach \(address), and the milter protocol knows no passwords")
    }
    self.remarks = remarks
  }
}

extension Relay {
  /// Says where it listens, and what makes the MTA connect there.
  func announce(_ words: String) {
    let guidance = Guidance(listeningOn: address, isLocal: isLocal)
    tell(words)
    let width = guidance.lines.map(\.file.count).max() ?? 0
    for line in guidance.lines {
      tell("  " + line.file + String(repeating: " ", count: width - line.file.count + 2) + line.text)
    }
    for remark in guidance.remarks { tell(remark) }
  }
}
