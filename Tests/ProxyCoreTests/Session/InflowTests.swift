import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

@Suite struct InflowTests {
  @Test func theNextFrameIsFoundBehindTheLast() {
    let bytes: [UInt8] = [0, 0, 0, 1, 0x63, 0, 0, 0, 2, 0x42, 0x61, 0, 0]
    var inflow = Inflow()
    #expect(inflow.next(in: bytes.span, at: 0) == .packet(bytes: 5))
    #expect(inflow.next(in: bytes.span, at: 5) == .packet(bytes: 6))
    #expect(inflow.next(in: bytes.span, at: 11) == .incomplete(wanted: 4))
  }

  @Test func aFrameOfLengthZeroIsAPacket() {
    var inflow = Inflow()
    let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1, 0x51]
    #expect(inflow.next(in: bytes.span, at: 0) == .packet(bytes: 4))
    #expect(inflow.next(in: bytes.span, at: 4) == .packet(bytes: 5))
  }

  @Test func anOversizedFramePassesInPiecesAndFramesFollow() {
    var inflow = Inflow()
    let length = UInt32(Framing.ceiling + 1)
    let head: [UInt8] = [0, 0x10, 0, 2] + [0x42, 1, 2]
    #expect(
      inflow.next(in: head.span, at: 0)
        == .passing(bytes: 7, reason: .oversized, start: .oversized(length: length, isFirst: true)))
    let rest = [UInt8](repeating: 0x61, count: Int(length) - 3) + [0, 0, 0, 1, 0x45]
    #expect(
      inflow.next(in: rest.span, at: 0)
        == .passing(bytes: Int(length) - 3, reason: .oversized, start: nil))
    #expect(inflow.next(in: rest.span, at: Int(length) - 3) == .packet(bytes: 5))
  }

  @Test func aPeerOfAnotherProtocolPassesForGood() {
    var inflow = Inflow()
    let request = Array("GET / HTTP/1.1\r\n".utf8)
    #expect(
      inflow.next(in: request.span, at: 0)
        == .passing(bytes: request.count, reason: .foreign, start: .foreign(.http)))
    let more: [UInt8] = [0, 0, 0, 1, 0x63]
    #expect(inflow.next(in: more.span, at: 0) == .passing(bytes: 5, reason: .foreign, start: nil))
  }

  @Test func wordsOfAnotherProtocolInsideAConversationAreAnOversizedFrame() {
    var inflow = Inflow()
    let bytes = [0, 0, 0, 1, 0x63] + Array("GET / HTTP/1.1\r\n".utf8)
    #expect(inflow.next(in: bytes.span, at: 0) == .packet(bytes: 5))
    #expect(
      inflow.next(in: bytes.span, at: 5)
        == .passing(bytes: 16, reason: .oversized, start: .oversized(length: 0x4745_5420, isFirst: false)))
  }

  /// Whatever the stream and however it comes, the pieces make up the whole of it.
  @Test(arguments: 0..<200) func nothingIsLeftOutUnderAnyChunking(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var stream: [UInt8] = []
    for _ in 0..<20 {
      let size = Int.random(in: 0...40, using: &generator)
      stream += [0, 0, 0, UInt8(size)] + (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
    if Bool.random(using: &generator) {
      stream.insert(0xFF, at: Int.random(in: 0..<stream.count, using: &generator))
    }
    var inflow = Inflow()
    var out: [UInt8] = []
    var waiting: [UInt8] = []
    var rest = stream[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...rest.count, using: &generator)
      waiting += rest.prefix(count)
      rest = rest.dropFirst(count)
      var offset = 0
      loop: while offset < waiting.count {
        switch inflow.next(in: waiting.span, at: offset) {
        case .packet(let bytes), .passing(let bytes, _, _):
          #expect(bytes > 0)
          out += waiting[offset..<offset + bytes]
          offset += bytes
        case .incomplete(let wanted):
          #expect(wanted > waiting.count - offset)
          break loop
        }
      }
      waiting.removeFirst(offset)
    }
    #expect(out + waiting == stream)
  }
}
