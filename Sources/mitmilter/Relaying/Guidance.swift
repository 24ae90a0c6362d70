import ConsoleUI
import Glibc
import MTAConfiguration
import ProxyRuntime

/// What makes an MTA connect to where we listen, and what to mind about that place.
struct Guidance {
  let lines: [SetUpLine]
  let remarks: [String]

  /// - Parameters:
  ///   - places: in the order in which an MTA is to ask.
  ///   - access: to a unix socket.
  ///   - control: the path of the control socket; nil for none.
  init(listeningOn places: [Place], _ access: SocketAccess, control: String?) {
    let isOne = places.count == 1
    lines =
      [
        SetUpLine("Postfix main.cf", MilterAddress.postfixLine(places.map(\.address)))
      ]
      + places.map {
        SetUpLine("Sendmail sendmail.mc", $0.address.sendmailLine(named: isOne ? nil : $0.name))
      }
    var remarks = places.flatMap { Self.remarks(on: $0.address, access) }
    if geteuid() == 0 {
      remarks.append(
        "warning: mitmilter runs as root, and reads what strangers send: --user names who it is to be once it listens"
      )
    }
    for place in places where !place.isLocal {
      remarks.append(
        "warning: other machines can reach \(place.address), and the milter protocol knows no passwords")
    }
    if let control { remarks.append("note: mitmilter attach \(control) opens a screen") }
    self.remarks = remarks
  }

  /// Where MTAs connect.
  struct Place {
    let name: String?
    let address: MilterAddress
    /// Whether only this machine can reach it.
    let isLocal: Bool
  }

  private static func remarks(on address: MilterAddress, _ access: SocketAccess) -> [String] {
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
    if case .unix(let path) = address, !access.isRootsAlone, let refusal = refusal(at: path) {
      remarks.append(
        "note: Postfix cannot connect, for its user postfix cannot \(refusal): 'mitmilter doctor \(address)' says what lets it"
      )
    }
    return remarks
  }

  /// What keeps Postfix's user from the socket that we made; nil where nothing does, or there is no Postfix here.
  private static func refusal(at path: String) -> String? {
    Accounts.account("postfix").flatMap { PathLook.survey(path, below: "").refusal(of: $0) }
  }

  /// Says it all on standard error, `words` first; nothing without them.
  func announce(_ words: [String]?) {
    guard let words else { return }
    for line in words { tell(line) }
    let width = lines.map(\.file.count).max() ?? 0
    for line in lines {
      tell("  " + line.file + String(repeating: " ", count: width - line.file.count + 2) + line.text)
    }
    for remark in remarks { tell(remark) }
  }
}
