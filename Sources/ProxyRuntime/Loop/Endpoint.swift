import CLinux
import Glibc
import MilterProtocol
import ProxyCore

/// One leg's socket, and what of its stream is neither cut nor sent yet.
///
/// A class: which leg it is is known at run time only, and a value that is reached that way costs an allocation a look.
final class Endpoint {
  /// What happens on this leg once its outbox is empty.
  enum Ending { case finish, close, reset }

  /// -1 before there is a socket and after it is closed.
  private(set) var descriptor: Int32 = -1
  private var isUnix = true
  var inflow = Inflow()
  /// A frame of which not everything has come, and how long it will be.
  var inbox: [UInt8] = []
  var wanted = 0
  var outbox = Outbox()
  /// A connection is being made.
  var isConnecting = false
  /// The peer said its last.
  var hasEnded = false
  /// The peer takes nothing more.
  var isDeaf = false
  /// We said our last (half-close).
  var isFinished = false
  /// The machine asked for it, or the other leg's outbox is too full.
  var isStopped = false
  var isThrottled = false
  var ending: Ending?
  /// Something was read that the peer's system does not know of yet.
  var owesAcknowledgement = false
  /// What the poller watches; nil where the descriptor is not in it.
  private var watched: Poller.Interest?

  var isOpen: Bool { descriptor >= 0 }
  /// Bytes of the peers that it keeps.
  var keeps: Int { inbox.count + outbox.count }
  /// How much of the frame that has begun is read at a time. Room grows with what has come: a length alone is only a claim.
  var room: Int { min(wanted - inbox.count, max(inbox.count, Self.firstRoom)) }
  /// What a classic frame takes, whole.
  static let firstRoom = Limits.headerBytes + Limits.chunkBytes
  var wantsReading: Bool { isOpen && !hasEnded && !isStopped && !isThrottled && !isConnecting }

  /// Sets a socket up, before it is connected.
  ///
  /// SO_KEEPALIVE with the system's times is what libmilter sets on a connection (`mi_listener` in listener.c): behind us it
  /// guards a milter against nobody but ourselves, so we guard both peers against each other.
  static func prepare(_ descriptor: Int32, isUnix: Bool) {
    guard !isUnix else { return }
    _ = linux_no_delay(descriptor)
    _ = linux_keep_alive(descriptor)
  }

  /// What came of reaching for the peer.
  enum Dialing {
    case connected
    case underWay
    /// The queue of a unix listener is full: to be tried again.
    case full
    /// Nobody is there at any address: why.
    case failed(String)
  }

  /// Tries the next address, and those behind it, until one is on its way.
  func dial(_ candidates: inout ArraySlice<SocketAddress>) -> Dialing {
    var why = "no address"
    while let address = candidates.popFirst() {
      let socket = linux_stream_socket(address.family)
      guard socket >= 0 else {
        why = Self.words(for: errno)
        continue
      }
      Self.prepare(socket, isUnix: address.isUnix)
      let result = address.withPointer { Glibc.connect(socket, $0, $1) }
      if result == 0 || errno == EINPROGRESS {
        open(socket, isUnix: address.isUnix)
        isConnecting = result != 0
        return result == 0 ? .connected : .underWay
      }
      let code = errno
      Glibc.close(socket)
      if code == EAGAIN {
        // A unix listener with a full backlog; a blocking connect would wait for it.
        candidates = [address] + candidates
        return .full
      }
      why = Self.words(for: code)
    }
    return .failed(why)
  }

  /// The connection that was under way is there, or has failed and the next address is tried.
  func finishDialing(_ candidates: inout ArraySlice<SocketAddress>) -> Dialing {
    let code = linux_socket_error(descriptor)
    guard code != 0 else {
      isConnecting = false
      return .connected
    }
    // What was said so far waits for the next address.
    let waiting = outbox
    close()
    outbox = waiting
    return candidates.isEmpty ? .failed(Self.words(for: code)) : dial(&candidates)
  }

  private static func words(for code: Int32) -> String { String(cString: strerror(code)).lowercased() }

  /// `ECONNRESET`.
  static func name(of code: Int32) -> String {
    linux_error_name(code).map { String(cString: $0) } ?? "error \(code)"
  }

  func open(_ descriptor: Int32, isUnix: Bool) {
    self.descriptor = descriptor
    self.isUnix = isUnix
  }

  /// Has the peer's system know at once what has come. A milter's system keeps a second small reply back until the first
  /// is acknowledged (Nagle; libmilter sets no TCP_NODELAY), and ours would acknowledge with the next command: the reply
  /// that is too many would come behind that.
  func acknowledge() {
    guard owesAcknowledgement else { return }
    owesAcknowledgement = false
    if isOpen, !isUnix { _ = linux_acknowledge_now(descriptor) }
  }

  func close(resetting: Bool = false) {
    guard isOpen else { return }
    // A reset throws away what the kernel has not delivered yet, so it is only for when there is nothing.
    if resetting, linux_unsent_bytes(descriptor) == 0 { _ = linux_reset_on_close(descriptor) }
    Glibc.close(descriptor)
    descriptor = -1
    watched = nil
    isConnecting = false
    inbox = []
    outbox.clear()
  }

  /// Does what is to be done once everything has left.
  func settle() {
    guard isOpen, let ending else { return }
    // A connection that is still being made is waited for if something is to go over it, and given up otherwise.
    guard isConnecting ? ending != .finish : outbox.isEmpty else { return }
    self.ending = nil
    switch ending {
    case .finish:
      shutdown(descriptor, Int32(SHUT_WR))
      isFinished = true
    case .close: close()
    case .reset: close(resetting: true)
    }
  }

  /// Tells the poller what is wanted by now.
  func watch(_ poller: borrowing Poller, tag: UInt64) {
    guard isOpen else { return }
    var wanted: Poller.Interest = []
    if wantsReading { wanted.insert(.reading) }
    if isConnecting || !outbox.isEmpty { wanted.insert(.writing) }
    switch watched {
    case wanted: return
    case nil:
      if wanted.isEmpty { return }
      poller.add(descriptor, wanted, tag: tag)
    case .some: poller.modify(descriptor, wanted, tag: tag)
    }
    watched = wanted
  }

  /// Nothing is wanted of it, but the poller reports a hang-up again and again: out of its sight.
  func unwatch(_ poller: borrowing Poller) {
    guard watched != nil else { return }
    poller.remove(descriptor)
    watched = nil
  }
}
