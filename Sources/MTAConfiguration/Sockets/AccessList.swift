/// A POSIX access list of a file (acl(5)), as the kernel keeps it beside the twelve bits.
package struct AccessList: Equatable, Sendable {
  package let entries: [Entry]

  package struct Entry: Equatable, Sendable {
    package let whose: Whose
    /// r 4, w 2, x 1.
    package let bits: UInt32

    package init(_ whose: Whose, _ bits: UInt32) { (self.whose, self.bits) = (whose, bits) }
  }

  package enum Whose: Equatable, Sendable {
    case owner, owningGroup, mask, others
    case user(PathSurvey.Name)
    case group(PathSurvey.Name)
  }

  package init(_ entries: [Entry]) { self.entries = entries }

  /// Reads `system.posix_acl_access`: version 2, then entries of tag, bits and id (`posix_acl_xattr.h`). Nil where it is another one.
  ///
  /// - Parameters:
  ///   - user: the name of a user by its number.
  ///   - group: likewise.
  package init?(
    _ bytes: [UInt8], user: (UInt32) -> PathSurvey.Name, group: (UInt32) -> PathSurvey.Name
  ) {
    func number(_ place: Int, bytes count: Int) -> UInt32 {
      (0..<count).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, (bytes.count - 4) % 8 == 0, number(0, bytes: 4) == 2 else { return nil }
    var entries: [Entry] = []
    for place in stride(from: 4, to: bytes.count, by: 8) {
      let id = number(place + 4, bytes: 4)
      let whose: Whose
      switch number(place, bytes: 2) {
      case 0x01: whose = .owner
      case 0x02: whose = .user(user(id))
      case 0x04: whose = .owningGroup
      case 0x08: whose = .group(group(id))
      case 0x10: whose = .mask
      case 0x20: whose = .others
      default: return nil
      }
      entries.append(Entry(whose, number(place + 2, bytes: 2)))
    }
    self.entries = entries
  }

  /// Whether somebody who is not the owner has these bits, as the kernel finds out (`posix_acl_permission` in posix_acl.c): an
  /// entry for the user decides alone; of the groups any that has them all; others count where no group did.
  ///
  /// - Parameter owningGroup: that of the file.
  func gives(_ bits: UInt32, to account: Account, owningGroup: UInt32) -> Bool {
    let mask = entries.first { $0.whose == .mask }?.bits ?? 7
    if let own = entries.first(where: {
      if case .user(let name) = $0.whose { name.id == account.user } else { false }
    }) {
      return own.bits & mask & bits == bits
    }
    let groups = entries.filter { entry in
      switch entry.whose {
      case .owningGroup: account.groups.contains(owningGroup)
      case .group(let name): account.groups.contains(name.id)
      case .owner, .user, .mask, .others: false
      }
    }
    guard groups.isEmpty else { return groups.contains { $0.bits & bits == bits } && mask & bits == bits }
    return entries.contains { $0.whose == .others && $0.bits & bits == bits }
  }

  /// What the twelve bits do not show: `user:postfix:rw- mask::rw-`.
  package var words: String {
    entries.compactMap { entry in
      switch entry.whose {
      case .owner, .others: nil
      case .owningGroup: "group::\(Self.letters(entry.bits))"
      case .mask: "mask::\(Self.letters(entry.bits))"
      case .user(let name): "user:\(name.text):\(Self.letters(entry.bits))"
      case .group(let name): "group:\(name.text):\(Self.letters(entry.bits))"
      }
    }.joined(separator: " ")
  }

  private static func letters(_ bits: UInt32) -> String {
    (bits & 4 != 0 ? "r" : "-") + (bits & 2 != 0 ? "w" : "-") + (bits & 1 != 0 ? "x" : "-")
  }
}
