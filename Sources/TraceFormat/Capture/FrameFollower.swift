import MilterProtocol
import TraceModel

/// Cuts one direction of a captured stream into packets, also across holes.
///
/// A hole inside a frame whose length was seen damages that packet only: the missing bytes are 0 and named. After any
/// other hole, and at a start in mid-stream, nobody knows where a frame begins; then packets resume at the next
/// place from which a chain of plausible frames follows, and the bytes before it are passed on as unframed.
struct FrameFollower {
  enum Item {
    /// `missing` are ranges of the frame that the capture does not have.
    case packet(Packet, missing: [Range<Int>])
    case passed([UInt8], Passed.Reason)
    /// So many bytes are not in the capture, from this offset of the stream.
    case gap(offset: Int, bytes: Int)
  }

  let sender: Leg
  private var buffer: [UInt8] = []
  /// Parts of `buffer` that stand for missing bytes.
  private var missing: [Range<Int>] = []
  /// Places in `buffer` where a segment began: a frame is likelier to begin there than elsewhere.
  private var segmentStarts: [Int] = []
  /// Offset in the stream of the end of `buffer`.
  private var position = 0
  private var state: State

  private enum State { case following, lost, passing(remaining: Int) }

  /// Bytes kept in search of a plausible frame; twice the largest classic frame.
  private static let searchedBytes = 131_072

  /// - Parameter midway: the first bytes need not be the start of a frame.
  init(sender: Leg, midway: Bool) {
    self.sender = sender
    state = midway ? .lost : .following
  }

  mutating func append(_ bytes: ArraySlice<UInt8>) -> [Item] {
    segmentStarts.append(buffer.count)
    buffer.append(contentsOf: bytes)
    position += bytes.count
    return cut()
  }

  mutating func gap(_ bytes: Int) -> [Item] {
    guard bytes > 0 else { return [] }
    var items = [Item.gap(offset: position, bytes: bytes)]
    position += bytes
    switch state {
    case .passing(let remaining) where bytes <= remaining:
      state = .passing(remaining: remaining - bytes)
      return items
    case .following:
      if case .incomplete(let wanted) = Framing.next(in: buffer.span),
        buffer.count >= Limits.headerBytes, buffer.count + bytes <= wanted
      {
        missing.append(buffer.count..<buffer.count + bytes)
        buffer.append(contentsOf: repeatElement(0, count: bytes))
        items += cut()
        return items
      }
    case .lost, .passing: break
    }
    items += release()
    state = .lost
    return items
  }

  /// The stream is over: what makes no whole frame.
  mutating func finish() -> [Item] {
    guard !buffer.isEmpty else { return [] }
    defer { release() }
    if case .lost = state { return [.passed(buffer, .unframed)] }
    return [.passed(buffer, .incomplete)]
  }

  @discardableResult
  private mutating func release() -> [Item] {
    defer {
      buffer = []
      missing = []
      segmentStarts = []
    }
    return buffer.isEmpty ? [] : [.passed(buffer, .unframed)]
  }

  private mutating func cut() -> [Item] {
    var items: [Item] = []
    var start = 0
    scan: while start < buffer.count {
      switch state {
      case .passing(let remaining):
        let piece = min(remaining, buffer.count - start)
        items.append(.passed(Array(buffer[start..<start + piece]), .oversized))
        start += piece
        state = piece == remaining ? .following : .passing(remaining: remaining - piece)
      case .lost:
        guard let found = plausibleStart(from: start) else {
          if buffer.count - start > Self.searchedBytes {
            items.append(.passed(Array(buffer[start...]), .unframed))
            start = buffer.count
          }
          break scan
        }
        if found > start { items.append(.passed(Array(buffer[start..<found]), .unframed)) }
        start = found
        state = .following
      case .following:
        switch Framing.next(in: buffer.span, at: start) {
        case .incomplete: break scan
        case .oversized(let length) where Int(length) > Limits.reasonableLength:
          state = .lost
          items.append(.passed(Array(buffer[start...]), .foreign))
          start = buffer.count
        case .oversized(let length):
          state = .passing(remaining: Framing.frameBytes(length: length))
        case .complete(let bytes):
          let holes = missing.filter { $0.lowerBound < start + bytes }.map {
            $0.lowerBound - start..<$0.upperBound - start
          }
          missing.removeAll { $0.lowerBound < start + bytes }
          items.append(
            .packet(Packet(frame: Array(buffer[start..<start + bytes]), from: sender), missing: holes))
          start += bytes
        }
      }
    }
    drop(start)
    return items
  }

  private mutating func drop(_ count: Int) {
    buffer.removeFirst(count)
    missing = missing.map { $0.lowerBound - count..<$0.upperBound - count }
    segmentStarts = segmentStarts.compactMap { $0 >= count ? $0 - count : nil }
  }

  private func plausibleStart(from start: Int) -> Int? {
    if let likely = segmentStarts.first(where: { $0 >= start && isPlausible(from: $0) }) { return likely }
    guard buffer.count - start >= Limits.headerBytes else { return nil }
    return (start...buffer.count - Limits.headerBytes).first { isPlausible(from: $0) }
  }

  /// Whether whole, well-formed frames of known codes follow from here: two, or one that ends where the bytes end.
  private func isPlausible(from place: Int) -> Bool {
    var at = place
    var frames = 0
    while frames < 2 {
      guard at + Limits.headerBytes <= buffer.count else { return frames > 0 && at == buffer.count }
      guard isKnown(buffer[at + Limits.lengthBytes]),
        case .complete(let bytes) = Framing.next(in: buffer.span, at: at, ceiling: Limits.chunkBytes + 1)
      else { return false }
      let packet = Packet(frame: Array(buffer[at..<at + bytes]), from: sender)
      guard Dissection(packet).malformation == nil else { return false }
      frames += 1
      at += bytes
    }
    return true
  }

  private func isKnown(_ code: UInt8) -> Bool {
    switch PacketKind(code: code, from: sender) {
    case .command, .reply: true
    case .unknown, .empty: false
    }
  }
}
