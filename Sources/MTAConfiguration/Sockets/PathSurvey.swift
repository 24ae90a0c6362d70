/// What lies on the way to a socket: each folder, link and the file at the end, from the root down.
package struct PathSurvey: Equatable, Sendable {
  /// To the socket, as the machine's own root has it.
  package let path: String
  /// Where `/` is for whoever connects: who is in there already passes no folder above it.
  package let root: String
  package let components: [Component]
  /// Why it could not be followed to its end; nil where it was.
  package let ending: Break?

  package init(path: String, root: String = "", components: [Component], ending: Break? = nil) {
    self.path = path
    self.root = root
    self.components = components
    self.ending = ending
  }

  package struct Component: Equatable, Sendable {
    package let path: String
    package let kind: Kind
    package let owner: Name
    package let group: Name
    /// The twelve permission bits.
    package let mode: UInt32
    package let list: ListSeen

    package init(
      _ path: String, _ kind: Kind, owner: Name, group: Name, mode: UInt32, list: ListSeen = .none
    ) {
      self.path = path
      self.kind = kind
      self.owner = owner
      self.group = group
      self.mode = mode
      self.list = list
    }

    /// `root:adm 0750`, `root:adm 0750 + user:postfix:--x mask::--x`
    package var access: String {
      let bits = "\(owner.text):\(group.text) \(octal)"
      if case .list(let list) = self.list { return "\(bits) + \(list.words)" }
      return bits
    }

    /// Whether it has an access list that counts: one whose mask, which stands in the place of the group's bits, gives nothing,
    /// is passed over (`check_acl` in the kernel's namei.c).
    fileprivate var countedList: AccessList? {
      if case .list(let list) = list, mode & 0o070 != 0 { list } else { nil }
    }

    private var octal: String {
      let digits = String(mode, radix: 8)
      return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Whether the account has these of the bits r 4, w 2, x 1.
    func gives(_ bits: UInt32, to account: Account) -> Bool {
      if account.isRoot { return true }
      if account.user != owner.id, let countedList {
        return countedList.gives(bits, to: account, owningGroup: group.id)
      }
      let shift: UInt32 = account.user == owner.id ? 6 : account.groups.contains(group.id) ? 3 : 0
      return mode >> shift & bits == bits
    }

    /// Somebody else than its owner may put things there, and may remove others' things.
    var isWritableByOthers: Bool { mode & 0o022 != 0 }
  }

  /// What could be seen of an access list.
  package enum ListSeen: Equatable, Sendable {
    case none
    case list(AccessList)
    /// It could not be read.
    case unread
  }

  /// What owners, modes and access lists do not tell.
  package var unseen: [String] {
    let unread = components.filter { $0.list == .unread }.map {
      "the access list of \($0.path): it cannot be read, and may refuse whom owner and mode let pass"
    }
    return unread + ["SELinux and AppArmor: they may refuse whom owners, modes and access lists let pass"]
  }

  package enum Kind: Equatable, Sendable {
    case folder, socket, file
    case link(to: String)

    package var words: String {
      switch self {
      case .folder: "folder"
      case .socket: "socket"
      case .file: "file"
      case .link(let target): "link to \(target)"
      }
    }
  }

  /// A user or a group; the number where it has no name.
  package struct Name: Equatable, Sendable {
    package let id: UInt32
    package let text: String

    package init(_ id: UInt32, _ text: String? = nil) {
      self.id = id
      self.text = text ?? String(id)
    }
  }

  package enum Break: Equatable, Sendable {
    case missing(String)
    case notAFolder(String)
    /// We may not look there.
    case hidden(String)
    case tooManyLinks(String)
  }

  /// The socket, where there is one at the end.
  package var socket: Component? { components.last.flatMap { $0.kind == .socket ? $0 : nil } }

  /// What keeps an account from connecting, from the root down; empty where nothing does.
  package func obstacles(for account: Account) -> [Obstacle] {
    var obstacles: [Obstacle] = []
    for component in components where component.path.hasPrefix(root) {
      switch component.kind {
      case .folder: if !component.gives(1, to: account) { obstacles.append(.closedFolder(component)) }
      // connect(2) asks for the right to write (unix(7)).
      case .socket: if !component.gives(2, to: account) { obstacles.append(.closedSocket(component)) }
      case .file: obstacles.append(.noSocket(component))
      case .link: break
      }
    }
    if let ending {
      obstacles.append(.broken(ending))
    } else if case .folder? = components.last?.kind, let last = components.last {
      obstacles.append(.noSocket(last))
    }
    return obstacles
  }

  /// What an account may not do on the way: `pass /run/x (root:root 0700), nor write to …`; nil where it may do it all.
  package func refusal(of account: Account) -> String? {
    let parts = obstacles(for: account).compactMap { obstacle in
      switch obstacle {
      case .closedFolder(let folder): "pass \(folder.path) (\(folder.access))"
      case .closedSocket(let socket): "write to \(socket.path) (\(socket.access))"
      case .noSocket, .broken: nil as String?
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", nor ")
  }

  package enum Obstacle: Equatable, Sendable {
    case closedFolder(Component)
    case closedSocket(Component)
    case noSocket(Component)
    case broken(Break)

    /// It is about what the account may do, not about what is there.
    var isPermission: Bool {
      switch self {
      case .closedFolder, .closedSocket: true
      case .noSocket, .broken: false
      }
    }
  }
}
