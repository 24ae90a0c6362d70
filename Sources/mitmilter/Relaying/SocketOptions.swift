import ArgumentParser
import Glibc
import ProxyRuntime

/// Who may connect to a unix socket that we listen on.
struct SocketOptions: ParsableArguments {
  @Option(
    name: .customLong("socket-mode"),
    help: ArgumentHelp("Mode of a unix socket that we listen on, octal.", valueName: "mode"))
  var mode = "660"

  @Option(
    name: .customLong("socket-group"),
    help: ArgumentHelp(
      "Group of a unix socket that we listen on: one that the MTA's user belongs to.", valueName: "group"))
  var group: String?

  func access() throws -> SocketAccess {
    guard let mode = mode_t(mode, radix: 8), mode <= 0o777 else {
      throw Failure(
        "--socket-mode: expected an octal mode from 0 to 777, there is '\(self.mode)'",
        hint: "660 lets the user and the group of the socket connect")
    }
    return SocketAccess(mode: mode, group: try group.map { try Self.group($0) })
  }

  static func group(
    _ name: String, of option: String = "--socket-group",
    hint: String = "the MTA's user has to be in it: postfix, or smmsp"
  ) throws -> gid_t {
    if let entry = getgrnam(name) { return entry.pointee.gr_gid }
    if let number = gid_t(name) { return number }
    throw Failure("\(option): there is no group '\(name)'", hint: hint)
  }
}
