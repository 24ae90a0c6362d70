import CLinux
import Glibc

/// The user as whom to go on once what only root can do is done.
package struct ServiceUser: Sendable {
  package struct Failure: Explained {
    package var message: String
    package var hint: String?
  }

  private let name: String
  package let user: uid_t
  package let group: gid_t

  /// - Parameter group: nil for the user's own.
  package init(_ name: String, group: String?) throws(Failure) {
    guard let account = Accounts.account(name) else {
      throw Failure(
        message: "--user: there is no user '\(name)'",
        hint: "make one: useradd --system --no-create-home --shell /usr/sbin/nologin \(name)")
    }
    guard account.user != 0 else {
      throw Failure(message: "--user: '\(name)' is root", hint: "name a user who may do nothing else")
    }
    self.name = name
    user = account.user
    self.group = try group.map { name throws(Failure) in try Self.group(name) } ?? account.groups[0]
    guard geteuid() == 0 || geteuid() == user else {
      throw Failure(
        message: "--user: only root can go on as '\(name)'", hint: "leave it out, or start as root")
    }
  }

  private static func group(_ name: String) throws(Failure) -> gid_t {
    if let entry = getgrnam(name) { return entry.pointee.gr_gid }
    throw Failure(message: "--group: there is no group '\(name)'", hint: "leave it out for the user's own")
  }

  /// Gives up what root may, for good. Before there is a second thread that could keep it.
  package func take() throws(Failure) {
    guard geteuid() == 0 else { return }
    let deathSignal = linux_death_signal()
    defer { if deathSignal != 0 { _ = linux_set_death_signal(deathSignal) } }
    guard initgroups(name, group) == 0, setgid(group) == 0, setuid(user) == 0, setuid(0) != 0 else {
      throw Failure(
        message: "cannot go on as '\(name)': \(String(cString: strerror(errno)).lowercased())",
        hint: "a container or a unit may forbid it: start as that user in the first place")
    }
  }
}
