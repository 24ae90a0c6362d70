import CLinux
import Glibc
import MTAConfiguration

/// A socket on which MTAs connect; a unix socket's file goes with it.
package struct Listener: ~Copyable {
  /// Why we cannot listen: the message and the hint for the operator.
  package struct Failure: Explained {
    package var message: String
    package var hint: String?
  }

  package let descriptor: Int32
  /// Where it really listens: the port that was taken for port 0.
  package let address: MilterAddress
  /// Whether only this machine can reach it.
  package let isLocal: Bool
  private let socketFile: SocketFile?

  package init(on address: MilterAddress, access: SocketAccess = SocketAccess()) throws(Failure) {
    let candidates: [SocketAddress]
    do { candidates = try Resolution.addresses(of: address) } catch {
      throw Failure(message: error.message, hint: error.hint)
    }
    guard let target = candidates.first else {
      throw Failure(message: "address '\(address)': it has no address")
    }
    if case .unix(let path) = address { try SocketFile.makeWay(at: path, for: address) }
    let socket = linux_stream_socket(target.family)
    guard socket >= 0 else { throw Self.failure(address, errno) }
    if !target.isUnix { _ = linux_reuse_address(socket) }
    if target.family == AF_INET6 { _ = linux_ipv6_only(socket) }
    let mask = umask(~access.mode & 0o777)
    let bound = target.withPointer { bind(socket, $0, $1) }
    let code = errno
    umask(mask)
    if bound == 0, case .unix(let path) = address, let failure = access.give(path) {
      close(socket)
      unlink(path)
      throw failure
    }
    guard bound == 0, listen(socket, Int32(SOMAXCONN)) == 0 else {
      let code = bound == 0 ? errno : code
      close(socket)
      throw Self.failure(address, code)
    }
    descriptor = socket
    isLocal = target.isLocal
    if case .unix(let path) = address {
      self.address = address
      socketFile = SocketFile(path: path)
    } else {
      self.address = Self.address(of: socket).milter
      socketFile = nil
    }
  }

  /// The socket on which systemd listens for us (sd_listen_fds(3)); its file stays when we go.
  package init(handedOver environment: [String: String]) throws(Failure) {
    let hint = "name it in the ListenStream= of a .socket unit, or give --listen an address"
    guard environment["LISTEN_PID"] == String(getpid()), let count = environment["LISTEN_FDS"] else {
      throw Failure(message: "--listen systemd: no socket was handed over", hint: hint)
    }
    guard count == "1" else {
      throw Failure(message: "--listen systemd: expected one socket, there are \(count)", hint: hint)
    }
    guard linux_takes_connections(Self.firstHandedOver) else {
      throw Failure(message: "--listen systemd: what was handed over takes no connections", hint: hint)
    }
    descriptor = Self.firstHandedOver
    let local = Self.address(of: descriptor)
    isLocal = local.isLocal
    address = local.milter
    socketFile = nil
  }

  /// `SD_LISTEN_FDS_START`.
  private static let firstHandedOver: Int32 = 3

  private static func address(of socket: Int32) -> SocketAddress {
    SocketAddress { _ = getsockname(socket, $0, &$1) }
  }

  deinit {
    close(descriptor)
    socketFile?.remove()
  }

  private static func failure(_ address: MilterAddress, _ code: Int32) -> Failure {
    switch code {
    case EADDRINUSE:
      Failure(
        message: "cannot listen on \(address): address in use",
        hint: "another program listens there; stop it or take another address")
    case EACCES, EPERM:
      Failure(
        message: "cannot listen on \(address): permission denied",
        hint: address.isUnix
          ? "the folder must be writable for this user" : "ports below 1024 are for root; take a higher one")
    case EADDRNOTAVAIL:
      Failure(
        message: "cannot listen on \(address): no interface of this machine has that address",
        hint: "127.0.0.1 or ::1 for this machine alone, 0.0.0.0 for every interface")
    case ENOENT, ENOTDIR:
      Failure(message: "cannot listen on \(address): no such folder", hint: "folders are not created")
    default:
      Failure(
        message: "cannot listen on \(address): \(String(cString: strerror(code)).lowercased())", hint: nil)
    }
  }
}

/// Who may connect to a unix socket: its user, and its group, into which the MTA's user belongs.
package struct SocketAccess: Sendable {
  package var mode: mode_t
  /// nil: that of the process.
  package var group: gid_t?
  /// nil: that of the process.
  package var user: uid_t?

  package init(mode: mode_t = 0o660, group: gid_t? = nil) {
    self.mode = mode
    self.group = group
  }

  /// Whether every user of the machine may connect.
  package var isForEverybody: Bool { mode & S_IWOTH != 0 }

  /// Whether only root may connect.
  package var isRootsAlone: Bool {
    geteuid() == 0 && !isForEverybody && (mode & S_IWGRP == 0 || (group ?? getegid()) == 0)
  }

  fileprivate func give(_ path: String) -> Listener.Failure? {
    guard user != nil || group != nil, lchown(path, user ?? .max, group ?? .max) != 0 else { return nil }
    let owner = group.map { "group \($0)" } ?? "user \(user ?? 0)"
    return Listener.Failure(
      message:
        "cannot give the socket '\(path)' to \(owner): \(String(cString: strerror(errno)).lowercased())",
      hint: "whoever is not root can name groups of their own alone")
  }
}

/// The file of a unix socket.
private struct SocketFile {
  let path: String
  private let device: dev_t
  private let inode: ino_t

  init(path: String) {
    self.path = path
    let status = Self.status(of: path)
    device = status?.st_dev ?? 0
    inode = status?.st_ino ?? 0
  }

  /// Removes the file, unless another program has put its own there in the meantime.
  func remove() {
    guard let status = Self.status(of: path), status.st_dev == device, status.st_ino == inode else { return }
    unlink(path)
  }

  /// Removes a socket file that a program left behind; one on which somebody answers is in use.
  static func makeWay(at path: String, for address: MilterAddress) throws(Listener.Failure) {
    guard let status = status(of: path) else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Listener.Failure(
        message: "cannot listen on \(address): the file is there already and is no socket",
        hint: "take another path, or remove it")
    }
    let probe = linux_stream_socket(AF_UNIX)
    guard probe >= 0 else { return }
    defer { close(probe) }
    let answered = SocketAddress(unix: path).withPointer { connect(probe, $0, $1) }
    // A full backlog answers EAGAIN: somebody listens, if slowly.
    if answered != 0, errno == ECONNREFUSED {
      unlink(path)
    } else if answered == 0 || errno == EAGAIN {
      throw Listener.Failure(
        message: "cannot listen on \(address): address in use",
        hint: "another program answers there; stop it or take another path")
    }
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }
}
