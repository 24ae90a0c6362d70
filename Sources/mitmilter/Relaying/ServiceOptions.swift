import ArgumentParser
import Glibc
import ProxyRuntime

/// How a run goes on that nobody sits in front of.
struct ServiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Go on as this user once the address is taken; files are opened as that user.", valueName: "name"))
  var user: String?

  @Option(help: ArgumentHelp("Go on in this group. Default: the user's own.", valueName: "name"))
  var group: String?

  @Option(
    help: ArgumentHelp("Keep the number of the process in this file.", valueName: "file"))
  var pidFile: String?

  func plan() throws -> ServicePlan {
    guard user != nil || group == nil else {
      throw Failure("--group needs --user", hint: "who goes on in that group?")
    }
    return ServicePlan(user: try user.map { try ServiceUser($0, group: group) }, pidFile: pidFile)
  }
}

struct ServicePlan {
  var user: ServiceUser?
  var pidFile: String?

  /// What systemd says of sockets; taken out of the environment, for it is not meant for our children.
  static func takeHandedOver() -> [String: String] {
    var told: [String: String] = [:]
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
      if let value = getenv(name) { told[name] = String(cString: value) }
      unsetenv(name)
    }
    return told
  }
}

extension SocketAccess {
  /// A unix socket belongs to the user as whom we go on.
  func given(to user: ServiceUser?) -> SocketAccess {
    guard let user else { return self }
    var access = self
    access.user = user.user
    access.group = group ?? user.group
    return access
  }
}
