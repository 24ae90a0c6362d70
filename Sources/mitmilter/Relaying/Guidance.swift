import ConsoleUI
import Glibc
import MTAConfiguration
import ProxyRuntime

/// What makes an MTA connect to where we listen, and what to mind about that place.
struct Guidance {
  let lines: [SetUpLine]
  let remarks: [String]

  /// - Parameters:
  ///   - isLocal: whether only this machine can reach `address`.
  ///   - access: to a unix socket.
  ///   - control: the path of the control socket; nil for none.
  init(listeningOn address: MilterAddress, isLocal: Bool, _ access: SocketAccess, control: String?) {
    lines = [
      SetUpLine("Postfix main.cf", address.postfixLine),
      SetUpLine("Sendmail sendmail.mc", address.sendmailLine),
    ]
    var remarks: [String] = []
    if case .inet(let host, _, _) = address.reachable, address.isEveryInterface {
      remarks.append(
        "note: \(address) is every interface; an MTA on another machine takes this one's name for \(host)")
    }
    if case .unix = address, access.isForEverybody {
      remarks.append(
        "warning: every user of this machine can connect to \(address) and see mail or change it; --socket-group names the MTA's group"
      )
    }
    if case .unix = address, access.isRootsAlone {
      remarks.append(
        "warning: \(address) is for root alone, and Postfix connects as its own user: --socket-group postfix lets it"
      )
    }
    if case .unix(let path) = address, !access.isRootsAlone, let refusal = Self.refusal(at: path) {
      remarks.append(
        "note: Postfix cannot connect, for its user postfix cannot \(refusal): 'mitmilter doctor \(address)' says what lets it"
      )
    }
    if geteuid() == 0 {
      remarks.append(
        "warning: mitmilter runs as root, and reads what strangers send: --user names who it is to be once it listens"
      )
    }
    if !isLocal {
      remarks.append(
        "warning: other machines can reach \(address), and the milter protocol knows no passwords")
    }
    if let control { remarks.append("note: mitmilter attach \(control) opens a screen") }
    self.remarks = remarks
  }

  /// What keeps Postfix's user from the socket that we made; nil where nothing does, or there is no Postfix here.
  private static func refusal(at path: String) -> String? {
    Accounts.account("postfix").flatMap { PathLook.survey(path, below: "").refusal(of: $0) }
  }

  /// Says it all on standard error, `words` first; nothing without them.
  func announce(_ words: String?) {
    guard let words else { return }
    tell(words)
    let width = lines.map(\.file.count).max() ?? 0
    for line in lines {
      tell("  " + line.file + String(repeating: " ", count: width - line.file.count + 2) + line.text)
    }
    for remark in remarks { tell(remark) }
  }
}
