// Decodes a stream of packets over and over, in Swift and in C, and prints nanoseconds a packet and their ratio.
// Both find the frame, the kind and the range of every string; the C side is `decode.c`.
import Dialogue
import Findings
import Glibc
import MilterProtocol

@main struct DecodeBenchmark {
  static func main() {
    let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 7
    print("ns a packet, best of \(rounds) interleaved rounds")
    print(row("stream", ["packets", "C", "Swift", "Swift/C", "dialogue", "value"]))
    for stream in [Stream.session, Stream.chunks] { measure(stream, rounds) }
  }

  static func measure(_ stream: Stream, _ rounds: Int) {
    let packets = stream.packets
    let bytes = packets.flatMap(\.bytes)
    let passes = max(1, stream.decodes / packets.count)
    var best = Times()
    var sums: (c: UInt, swift: UInt) = (0, 0)
    for _ in 0..<rounds {
      best.c.keepLeast(
        nanoseconds { for pass in 0..<passes { sums.c &+= decodeInC(bytes, UInt(pass)) } }
          / Double(passes * packets.count))
      best.swift.keepLeast(
        nanoseconds { for pass in 0..<passes { sums.swift &+= decodeInSwift(bytes.span, UInt(pass)) } }
          / Double(passes * packets.count))
      best.dialogue.keepLeast(
        nanoseconds { for _ in 0..<passes { track(packets) } } / Double(passes * packets.count))
      best.value.keepLeast(
        nanoseconds { for _ in 0..<max(1, passes / 20) { decodeValues(packets) } }
          / Double(max(1, passes / 20) * packets.count))
    }
    guard sums.c == sums.swift else { fatalError("the two decoders disagree: \(sums)") }
    print(
      row(
        stream.name,
        [
          String(packets.count), ns(best.c), ns(best.swift), ns(best.swift / best.c, digits: 2),
          ns(best.dialogue), ns(best.value),
        ]))
  }

  /// Adds up the ends of all strings: what both decoders have to find. `start` differs each time, lest the optimizer
  /// finds out that it is the same work again.
  @inline(never) static func decodeInSwift(_ bytes: borrowing Span<UInt8>, _ start: UInt) -> UInt {
    var sum = start
    var offset = 0
    while case .complete(let count) = Framing.next(in: bytes, at: offset) {
      let frame = bytes.extracting(offset..<offset + count)
      sum &+= checksum(Dissection(frame: frame, from: isReply(frame[4]) ? .milter : .mta))
      offset += count
    }
    return sum
  }

  static func isReply(_ code: UInt8) -> Bool { code >= 0x61 }

  static func checksum(_ dissection: Dissection) -> UInt {
    switch dissection.shape {
    case .macro(let command, let strings): UInt(command) &+ UInt(strings.upperBound)
    case .connect(let c): UInt(c.hostname.upperBound &+ c.address.upperBound &+ Int(c.port))
    case .helo(let name): UInt(name.upperBound)
    case .mail(let address, let arguments), .rcpt(let address, let arguments):
      UInt(address.upperBound &+ arguments.upperBound)
    case .header(let name, let value), .addHeader(let name, let value):
      UInt(name.upperBound &+ value.upperBound)
    case .body(let chunk): UInt(chunk.upperBound)
    default: 1
    }
  }

  @inline(never) static func track(_ packets: [Packet]) {
    var dialogue = Dialogue()
    var remarks = Remarks()
    var findings: [Finding] = []
    var now = Moment.zero
    for (number, packet) in packets.enumerated() {
      now = now + Moment.Span(microseconds: 50)
      let dissection = Dissection(packet)
      remarks.remark(
        on: packet, dissection, number: number, .through, before: dialogue, now, into: &findings)
      dialogue.travelled(packet, dissection.shape, number: number, .through, at: now)
    }
    precondition(findings.isEmpty, "the stream is not in order: \(findings[0])")
  }

  @inline(never) static func decodeValues(_ packets: [Packet]) {
    for packet in packets { _ = PacketValue(decoding: packet) }
  }

  static func decodeInC(_ bytes: [UInt8], _ start: UInt) -> UInt {
    bytes.withUnsafeBufferPointer { start &+ UInt(decode_in_c($0.baseAddress, $0.count)) }
  }

  static func nanoseconds(_ work: () -> Void) -> Double {
    var start = timespec()
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &start)
    work()
    clock_gettime(CLOCK_MONOTONIC, &end)
    return Double(end.tv_sec - start.tv_sec) * 1e9 + Double(end.tv_nsec - start.tv_nsec)
  }

  static func row(_ name: String, _ cells: [String]) -> String {
    name.padded(12) + cells.map { String(repeating: " ", count: max(1, 10 - $0.utf8.count)) + $0 }.joined()
  }

  static func ns(_ value: Double, digits: Int = 1) -> String {
    let scale = digits == 1 ? 10.0 : 100.0
    return String((value * scale).rounded() / scale)
  }
}

struct Times {
  var c = Double.infinity
  var swift = Double.infinity
  var dialogue = Double.infinity
  var value = Double.infinity
}

extension Double {
  mutating func keepLeast(_ other: Double) { self = Swift.min(self, other) }
}

extension String {
  func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - utf8.count))
  }
}

struct Stream {
  let name: String
  let packets: [Packet]
  /// About so many packets are decoded in one round.
  let decodes: Int

  /// Sessions of one message with 20 headers, as Postfix sends them; mean packet below 60 bytes.
  static let session = Stream(
    name: "session", packets: Array(repeating: oneSession, count: 1).flatMap { $0 }, decodes: 4_000_000)
  /// A message of 64 kB body chunks.
  static let chunks = Stream(name: "chunks", packets: bodySession, decodes: 1_000_000)

  private static let opening: [Packet] = [
    command(.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: .current))),
    Packet(encoding: Reply.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: []))),
    macro(
      "C",
      [
        "j": "mx.example.net", "{daemon_name}": "mx.example.net", "{daemon_addr}": "192.0.2.1",
        "v": "Postfix 3.7.11", "_": "mail.example.org [192.0.2.7]",
      ]),
    command(
      .connect(
        Connect(hostname: utf8("mail.example.org"), family: .inet(port: 51234, address: utf8("192.0.2.7"))))),
    go,
    macro("H", [:]), command(.helo(name: utf8("mail.example.org"))), go,
    macro("M", ["{mail_addr}": "alice@example.org", "{mail_host}": "example.org", "{mail_mailer}": "smtp"]),
    command(.mail(Envelope(address: utf8("<alice@example.org>"), arguments: [utf8("SIZE=1820")]))), go,
    macro("R", ["{rcpt_addr}": "bob@example.net", "{rcpt_host}": "example.net", "{rcpt_mailer}": "local"]),
    command(.rcpt(Envelope(address: utf8("<bob@example.net>")))), go,
    macro("T", ["i": "4XyZabcdef"]), command(.data), go,
  ]
  private static let closing: [Packet] = [
    macro("E", ["i": "4XyZabcdef"]), command(.bodyEOB([])),
    Packet(encoding: Reply.modification(.addHeader(Header(name: utf8("X-Seen"), value: utf8("yes"))))), go,
    command(.abort), command(.abort), command(.quit),
  ]
  private static let headers: [Packet] = (0..<20).flatMap { number in
    [
      macro("L", ["i": "4XyZabcdef"]),
      command(
        .header(
          Header(
            name: utf8("X-Header-\(number)"), value: utf8("a value of ordinary length, number \(number)")))),
      go,
    ]
  }
  private static let endOfHeader: [Packet] = [macro("N", ["i": "4XyZabcdef"]), command(.eoh), go]

  private static let oneSession =
    opening + headers + endOfHeader
    + [macro("B", ["i": "4XyZabcdef"]), command(.body([UInt8](repeating: 0x61, count: 400))), go] + closing
  private static let bodySession =
    opening + headers.prefix(3) + endOfHeader
    + (0..<200).flatMap { _ in [command(.body([UInt8](repeating: 0x61, count: 65_535))), go] } + closing

  private static let go = Packet(encoding: Reply.verdict(.continue))
  private static func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static func command(_ command: Command) -> Packet { Packet(encoding: command) }
  private static func macro(_ letter: Unicode.Scalar, _ pairs: KeyValuePairs<String, String>) -> Packet {
    let pairs = pairs.map { MacroSet.Pair(name: utf8($0.key), value: utf8($0.value)) }
    return command(.macro(MacroSet(command: UInt8(ascii: letter), pairs: pairs)))
  }
}
