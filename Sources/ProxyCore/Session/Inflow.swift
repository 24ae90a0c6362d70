import MilterProtocol
import TraceModel

/// Cuts what comes in on one leg: frames where there are frames, and bytes that pass by where there are none.
///
/// It holds no bytes itself, only where in the stream it is; the owner of the buffer keeps what is incomplete.
package struct Inflow: Sendable {
  package enum Piece: Hashable, Sendable {
    /// The next so many bytes are a whole frame.
    case packet(bytes: Int)
    /// The next so many bytes pass by; `start` is set at the first piece of such a stretch.
    case passing(bytes: Int, reason: Passed.Reason, start: Start?)
    /// The frame that begins here will have so many bytes (4 until its length is known).
    case incomplete(wanted: Int)
  }

  /// What makes bytes pass by.
  package enum Start: Hashable, Sendable {
    /// `isFirst`: nothing came before it, so it is nobody who takes part in the conversation.
    case oversized(length: UInt32, isFirst: Bool)
    case foreign(WrongPeer)
  }

  private enum State {
    case first
    case frames
    /// Inside a frame beyond the ceiling, with so many bytes of it to come.
    case oversized(remaining: Int)
    case foreign
  }

  private var state = State.first

  package init() {}

  /// What begins at `offset`; asked again behind it until `offset` is the end or a frame is incomplete.
  package mutating func next(in bytes: borrowing Span<UInt8>, at offset: Int) -> Piece {
    let available = bytes.count - offset
    switch state {
    case .foreign:
      return .passing(bytes: available, reason: .foreign, start: nil)
    case .oversized(let remaining):
      return pass(remaining, of: available, start: nil)
    case .first, .frames:
      break
    }
    switch Framing.next(in: bytes, at: offset) {
    case .complete(let count):
      state = .frames
      return .packet(bytes: count)
    case .incomplete(let wanted):
      return .incomplete(wanted: wanted)
    case .oversized(let length):
      var isFirst = false
      if case .first = state { isFirst = true }
      if isFirst, let peer = WrongPeer.recognized(in: bytes.extracting(offset..<bytes.count)) {
        state = .foreign
        return .passing(bytes: available, reason: .foreign, start: .foreign(peer))
      }
      return pass(
        Framing.frameBytes(length: length), of: available, start: .oversized(length: length, isFirst: isFirst)
      )
    }
  }

  private mutating func pass(_ remaining: Int, of available: Int, start: Start?) -> Piece {
    let count = min(remaining, available)
    state = count < remaining ? .oversized(remaining: remaining - count) : .frames
    return .passing(bytes: count, reason: .oversized, start: start)
  }
}

extension Inflow.Start {
  /// Whether nobody who takes part in the conversation says this.
  var isForeign: Bool {
    switch self {
    case .foreign: true
    case .oversized(_, let isFirst): isFirst
    }
  }

  func finding(about passed: Passed) -> Finding {
    switch self {
    case .foreign(let peer): .wrongPeer(peer, on: passed.sender, begins: passed.bytes)
    case .oversized(let length, _): .oversized(length: length, from: passed.sender)
    }
  }
}
