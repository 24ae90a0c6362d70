import CLinux
import Glibc
import MilterProtocol

/// A blocking socket on the loopback interface that speaks in packets, for the peers of the demo.
final class DemoSocket: Sendable {
  /// The other end is gone, or the system refused.
  struct Ended: Error {}

  let descriptor: Int32
  private init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  static func listening() throws(Ended) -> DemoSocket {
    let socket = DemoSocket(linux_blocking_stream_socket(AF_INET))
    guard let free = SocketAddress(literal: "127.0.0.1", port: 0) else { throw Ended() }
    guard free.withPointer({ bind(socket.descriptor, $0, $1) }) == 0, listen(socket.descriptor, 64) == 0
    else { throw Ended() }
    return socket
  }

  static func connected(toPort port: UInt16) throws(Ended) -> DemoSocket {
    let socket = DemoSocket(linux_blocking_stream_socket(AF_INET))
    guard let address = SocketAddress(literal: "127.0.0.1", port: port),
      address.withPointer({ connect(socket.descriptor, $0, $1) }) == 0
    else { throw Ended() }
    _ = linux_no_delay(socket.descriptor)
    return socket
  }

  var port: UInt16 { SocketAddress { _ = getsockname(descriptor, $0, &$1) }.port }

  func accept() throws(Ended) -> DemoSocket {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw Ended() }
    _ = linux_no_delay(accepted)
    return DemoSocket(accepted)
  }

  /// Wakes whoever waits in ``accept()`` or for a packet; both then end.
  func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func send(_ bytes: [UInt8]) throws(Ended) {
    guard sendAll(bytes) else { throw Ended() }
  }

  /// Sends them in one go, as an MTA sends macros and their command.
  func send(_ packets: [Packet]) throws(Ended) { try send(packets.flatMap(\.bytes)) }

  private func sendAll(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { ProxyRuntime.sendAll($0, on: descriptor).sent == bytes.count }
  }

  /// The next packet; ends where there is none, or something that is no packet.
  func receive(from sender: Leg) throws(Ended) -> Packet {
    var frame = try receive(Limits.lengthBytes)
    guard case .incomplete(let wanted) = Framing.next(in: frame.span) else {
      guard case .complete = Framing.next(in: frame.span) else { throw Ended() }
      return Packet(frame: frame, from: sender)
    }
    frame += try receive(wanted - Limits.lengthBytes)
    return Packet(frame: frame, from: sender)
  }

  private func receive(_ count: Int) throws(Ended) -> [UInt8] {
    var filled = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while filled < count, let base = buffer.baseAddress {
        let more = recv(descriptor, base + filled, count - filled, 0)
        if more <= 0 { break }
        filled += more
      }
      initialized = filled
    }
    guard filled == count else { throw Ended() }
    return bytes
  }
}
