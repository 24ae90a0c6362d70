import Glibc

/// A blocking stream socket on this machine, for peers that tests play. Every wait ends after ten seconds, with an error.
package final class LoopbackSocket: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package let code: Int32
    init(_ what: String, _ code: Int32 = errno) {
      description = "\(what): \(String(cString: strerror(code)))"
      self.code = code
    }
  }

  package let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  // MARK: - Listening and connecting

  /// Listens on a free port of 127.0.0.1.
  package static func listening(backlog: Int32 = 512) throws -> LoopbackSocket {
    let socket = try made(AF_INET)
    try socket.bound(toPort: 0)
    guard listen(socket.descriptor, backlog) == 0 else { throw Failure("listen") }
    return socket
  }

  package static func listening(at path: String, backlog: Int32 = 512) throws -> LoopbackSocket {
    let socket = try made(AF_UNIX)
    let bound = withUnixAddress(path) { bind(socket.descriptor, $0, $1) }
    guard bound == 0, listen(socket.descriptor, backlog) == 0 else { throw Failure("listen at \(path)") }
    return socket
  }

  /// A port of 127.0.0.1 on which nobody listens, bound so that nobody will.
  package static func deaf() throws -> LoopbackSocket {
    let socket = try made(AF_INET)
    try socket.bound(toPort: 0)
    return socket
  }

  package static func connected(toPort port: UInt16) throws -> LoopbackSocket {
    let socket = try made(AF_INET)
    guard withAddress(port, { connect(socket.descriptor, $0, $1) }) == 0 else { throw Failure("connect") }
    try socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, Int32(1))
    return socket
  }

  package static func connected(to path: String) throws -> LoopbackSocket {
    let socket = try made(AF_UNIX)
    guard withUnixAddress(path, { connect(socket.descriptor, $0, $1) }) == 0 else {
      throw Failure("connect to \(path)")
    }
    return socket
  }

  package func accept() throws -> LoopbackSocket {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw Failure("accept") }
    let socket = LoopbackSocket(accepted)
    try socket.bound()
    return socket
  }

  package var port: UInt16 { port(getsockname) }
  /// That of the other end.
  package var peerPort: UInt16 { port(getpeername) }

  private func port(
    _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &length) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  // MARK: - Talking

  package func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 else { throw Failure("send") }
      sent += count
    }
  }

  /// Exactly so many bytes, or fewer where the peer ends before.
  package func receive(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try receiveSome(upTo: count - bytes.count)
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// All that comes until the peer ends.
  package func receiveToEnd() throws -> [UInt8] { try receive(.max) }

  /// What is there, at least a byte; empty at the end.
  package func receiveSome(upTo limit: Int) throws -> [UInt8] {
    let room = min(limit, 65_536)
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
      count = recv(descriptor, buffer.baseAddress, room, 0)
      filled = max(count, 0)
    }
    guard count >= 0 else { throw Failure("receive") }
    return bytes
  }

  /// What the system takes without waiting; how many bytes.
  package func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
    max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)))
  }

  /// Says that nothing more comes, and goes on receiving.
  package func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends both ways at once; what was not read is answered by a reset.
  package func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Lets the connection break when this socket goes away, in place of ending it.
  package func resetOnClose() throws { try set(SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0)) }

  /// A small receive buffer, to be a slow reader; set before connecting or on the listener.
  package func receiveBuffer(_ bytes: Int32) throws { try set(SOL_SOCKET, SO_RCVBUF, bytes) }

  // MARK: -

  private static func made(_ family: Int32) throws -> LoopbackSocket {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket") }
    let socket = LoopbackSocket(descriptor)
    try socket.bound()
    return socket
  }

  /// No wait is for ever.
  private func bound() throws {
    let patience = timeval(tv_sec: 10, tv_usec: 0)
    try set(SOL_SOCKET, SO_RCVTIMEO, patience)
    try set(SOL_SOCKET, SO_SNDTIMEO, patience)
  }

  private func bound(toPort port: UInt16) throws {
    guard Self.withAddress(port, { bind(descriptor, $0, $1) }) == 0 else { throw Failure("bind") }
  }

  private func set<Value>(_ level: Int32, _ option: Int32, _ value: Value) throws {
    let done = withUnsafeBytes(of: value) {
      setsockopt(descriptor, level, option, $0.baseAddress, socklen_t($0.count))
    }
    guard done == 0 else { throw Failure("setsockopt") }
  }

  private static func withAddress<Result>(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withRebound(address, body)
  }

  private static func withUnixAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    return withRebound(address, body)
  }

  private static func withRebound<Address, Result>(
    _ address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }
}
