/// A user of the machine, as who one connects to a unix socket.
package struct Account: Equatable, Sendable {
  package let name: String
  package let user: UInt32
  /// The primary one, and those that it is in besides.
  package let groups: [UInt32]

  package init(name: String, user: UInt32, groups: [UInt32]) {
    self.name = name
    self.user = user
    self.groups = groups
  }

  /// The system passes over permissions for it.
  package var isRoot: Bool { user == 0 }
}
