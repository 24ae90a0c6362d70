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
