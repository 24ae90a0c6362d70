/// Judges whether a user may connect to a unix socket, and says what would let it.
struct AccessCheck {
  let survey: PathSurvey
  let account: Account
  /// Where the socket is named.
  let place: String
  /// Whose user it is: `Postfix`.
  let mta: String
  /// What becomes of mail.
  let effect: String

  var faults: [Fault] { permissions + things }

  /// What the account may not do, as one fault: one remedy opens the whole way.
  private var permissions: [Fault] {
    let closed = survey.obstacles(for: account).filter(\.isPermission)
    guard let refusal = survey.refusal(of: account) else { return [] }
    return [
      Fault(
        "path-closed", at: place,
        "\(mta) may not connect: its user \(account.name) cannot \(refusal)",
        why: "the MTA logs Permission denied; \(effect)", mend: remedies(closed))
    ]
  }

  /// Joining the group is enough where the group may do it all; otherwise each thing is opened.
  private func remedies(_ closed: [PathSurvey.Obstacle]) -> [Remedy] {
    let components = closed.compactMap { obstacle in
      switch obstacle {
      case .closedFolder(let component), .closedSocket(let component): component
      case .noSocket, .broken: nil as PathSurvey.Component?
      }
    }
    if let group = components.first?.group, group.id != 0, components.allSatisfy({ $0.group == group }) {
      let member = Account(name: account.name, user: account.user, groups: account.groups + [group.id])
      if survey.obstacles(for: member).isEmpty {
        return [Remedy(.shell, "usermod -aG \(group.text) \(account.name) && postfix reload")]
      }
    }
    let steps = closed.compactMap { obstacle in
      switch obstacle {
      // chmod would change the mask of an access list, and with it what others may do.
      case .closedFolder(let folder) where folder.list != .none:
        "setfacl -m u:\(account.name):x \(quoted(folder.path))"
      case .closedSocket(let socket) where socket.list != .none:
        "setfacl -m u:\(account.name):rw \(quoted(socket.path))"
      case .closedFolder(let folder):
        "chmod \(account.groups.contains(folder.group.id) ? "g" : "o")+x \(quoted(folder.path))"
      case .closedSocket(let socket):
        "chgrp \(account.name) \(quoted(socket.path)) && chmod g+rw \(quoted(socket.path))"
      case .noSocket, .broken: nil as String?
      }
    }
    var remedies = [Remedy(.shell, steps.joined(separator: " && "))]
    if closed.contains(where: { if case .closedSocket = $0 { true } else { false } }) {
      remedies.append(
        Remedy(
          .words,
          "a milter makes its socket anew when it starts: set mode and group in its configuration too"))
    }
    return remedies
  }

  /// What is not there, or is something else.
  private var things: [Fault] {
    survey.obstacles(for: account).compactMap { obstacle in
      switch obstacle {
      case .closedFolder, .closedSocket: nil
      case .noSocket(let component):
        Fault(
          "no-socket", at: place, "\(component.path) is a \(component.kind.words), not a socket",
          why: "the MTA logs Connection refused; \(effect)",
          mend: [Remedy(.words, "start the milter, or name the socket that it makes")])
      case .broken(.missing(let path)):
        Fault(
          "path-missing", at: place, "there is no \(path)",
          why: "the MTA logs No such file or directory; \(effect)",
          mend: [Remedy(.words, "start the milter, or name the socket that it makes")])
      case .broken(.notAFolder(let path)):
        Fault(
          "path-missing", at: place, "\(path) is no folder", why: "the MTA logs Not a directory; \(effect)",
          mend: [Remedy(.words, "name the socket that the milter makes")])
      case .broken(.tooManyLinks(let path)):
        Fault(
          "path-missing", at: place, "\(path) is a link that leads in a circle",
          why: "the MTA logs Too many levels of symbolic links; \(effect)",
          mend: [Remedy(.words, "name the socket itself")])
      case .broken(.hidden): nil
      }
    }
  }
}

/// As a shell takes it for one word.
func quoted(_ path: String) -> String {
  let isPlain = path.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "/._-+,:@".utf8.contains(byte)
    }
  }
  return isPlain
    ? path
    : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
