import CLinux
import Glibc
import MTAConfiguration

/// Walks to a socket component by component and notes what is there; opens nothing and connects to nothing.
package struct PathLook {
  /// Where `/` is for whoever connects: `/var/spool/postfix` for a chrooted one; empty for the machine's own.
  private let root: String
  private var components: [PathSurvey.Component] = []
  private var links = 0

  /// Links that lead to links are followed so often, as the system does.
  private static let mostLinks = 40

  /// - Parameter root: what `/` stands for, without a slash at its end.
  package static func survey(_ path: String, below root: String = "") -> PathSurvey {
    let path = path.hasPrefix("/") ? path : workingFolder + "/" + path
    var look = PathLook(root: root)
    let start = look.walk(root.split(separator: "/").map(String.init), from: "", isRoot: true)
    let ending: PathSurvey.Break? =
      switch start {
      case .there: look.end(of: path)
      case .ended(let ending): ending
      }
    return PathSurvey(path: root + path, root: root, components: look.components, ending: ending)
  }

  private static var workingFolder: String {
    guard let folder = getcwd(nil, 0) else { return "" }
    defer { free(folder) }
    return String(cString: folder)
  }

  private init(root: String) { self.root = root }

  private enum Walk {
    /// It leads there.
    case there(String)
    case ended(PathSurvey.Break)
  }

  private mutating func end(of path: String) -> PathSurvey.Break? {
    switch walk(path.split(separator: "/").map(String.init), from: root, isRoot: false) {
    case .there: nil
    case .ended(let ending): ending
    }
  }

  /// - Parameter isRoot: the way to the root itself, where links lead out of no root.
  private mutating func walk(_ names: [String], from start: String, isRoot: Bool) -> Walk {
    var place = start
    if components.isEmpty, let fault = note("/", asLastOf: names) { return .ended(fault) }
    var rest = names[...]
    while let name = rest.popFirst() {
      if name == "." { continue }
      if name == ".." {
        place = place == (isRoot ? "" : root) ? place : Self.folder(of: place)
        continue
      }
      let next = place + "/" + name
      if let fault = note(next, asLastOf: Array(rest)) { return .ended(fault) }
      guard case .link(let target)? = components.last?.kind else {
        place = next
        continue
      }
      links += 1
      guard links <= Self.mostLinks else { return .ended(.tooManyLinks(next)) }
      if target.hasPrefix("/") { place = isRoot ? "" : root }
      rest = (target.split(separator: "/").map(String.init) + rest)[...]
    }
    return .there(place)
  }

  /// Notes what is of that name; why one cannot go on, where that is so.
  private mutating func note(_ path: String, asLastOf rest: [String]) -> PathSurvey.Break? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      switch errno {
      case ENOENT: return .missing(path)
      case ENOTDIR: return .notAFolder(Self.folder(of: path))
      default: return .hidden(path)
      }
    }
    let kind = Self.kind(status, path)
    components.append(
      PathSurvey.Component(
        path, kind, owner: Accounts.user(status.st_uid), group: Accounts.group(status.st_gid),
        mode: status.st_mode & 0o7777, list: Self.accessList(path, kind)))
    guard !rest.isEmpty else { return nil }
    switch kind {
    case .folder, .link: return nil
    case .socket, .file: return .notAFolder(path)
    }
  }

  /// Links have none.
  private static func accessList(_ path: String, _ kind: PathSurvey.Kind) -> PathSurvey.ListSeen {
    if case .link = kind { return .none }
    // The kernel keeps no more than that of an attribute (XATTR_SIZE_MAX).
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = linux_access_list(path, &bytes, bytes.count)
    guard count >= 0 else { return errno == ENODATA || errno == EOPNOTSUPP ? .none : .unread }
    let list = AccessList(Array(bytes.prefix(count)), user: Accounts.user, group: Accounts.group)
    return list.map { .list($0) } ?? .unread
  }

  private static func kind(_ status: stat, _ path: String) -> PathSurvey.Kind {
    switch status.st_mode & S_IFMT {
    case S_IFDIR: .folder
    case S_IFSOCK: .socket
    case S_IFLNK: .link(to: linkTarget(path))
    default: .file
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}

/// What a symbolic link says; empty where it cannot be read.
func linkTarget(_ link: String) -> String {
  var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = bytes.withUnsafeMutableBytes { buffer in
    buffer.baseAddress.map { readlink(link, $0.assumingMemoryBound(to: CChar.self), buffer.count) } ?? -1
  }
  return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}
