import Glibc
import MilterProtocol
import Timeline
import TraceModel

/// Appends, filters and refolds a made-up trace, and prints how long each took.
@main struct TimelineBenchmark {
  static func main() {
    let packets = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
    let sample = BusyTrace(connections: 1)
    let source = BusyTrace(connections: max(1, packets / sample.packetsEach))
    print("\(source.count) records of \(source.count / sample.count) connections\n")

    let reading = measure("read every record (the made-up source)") {
      for i in 0..<source.count { _ = source.record(at: i) }
    }
    var index = TimelineIndex()
    let appending = measure("append every record") { index.catchUp(with: source) }
    print(
      "  without reading: \((appending - reading) / Int64(source.count)) ns a record, "
        + "\(index.memoryBytes / index.count) bytes a packet in all, \(TimelineIndex.bytesPerPacket) in the column"
    )

    filter("kind alone", index, source, Predicate(needs: []) { $0.kind == .reply(.reject) })
    filter(
      "took > 10 ms", index, source, Predicate(needs: []) { ($0.took ?? .seconds(0)) > .milliseconds(10) })
    filter(
      "the packet's own text (RCPT)", index, source,
      Predicate(needs: [], kind: .command(.rcpt)) { $0.packet?.bytes.contains(UInt8(ascii: "z")) ?? false })
    filter("message size", index, source, Predicate(needs: .size) { $0.messageBytes > 1_000_000 })
    filter(
      "message.from", index, source,
      Predicate(needs: .envelope) { $0.messageFrom?.first == UInt8(ascii: "z") })
    filter(
      "message.header", index, source,
      Predicate(needs: .headers) { !$0.messageHeaders(named: Array("X-None".utf8)).isEmpty })
    filter(
      "everything, folded in full", index, source,
      Predicate(needs: .all) { $0.macro(Array("none".utf8)) != nil || $0.messageBytes < 0 })

    let rows = stride(from: 0, to: index.count, by: max(1, index.count / 1009))
    var messages = 0
    let refolding = measure("refold the facts of about 1,000 rows") {
      for row in rows { messages += index.facts(at: row, from: source).messageCount }
    }
    print("  \(refolding / Int64(messages > 0 ? 1000 : 1) / 1000) µs a row")
  }

  private static func filter(
    _ title: String, _ index: TimelineIndex, _ source: BusyTrace, _ predicate: Predicate
  ) {
    measure("filter: " + title) {
      var pass = FilterPass(predicate)
      pass.advance(TimelineReader(index, source))
    }
  }

  private static func processorNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  @discardableResult
  private static func measure(_ title: String, _ work: () -> Void) -> Int64 {
    // Processor time: other work on the machine does not count.
    let start = processorNanoseconds()
    work()
    let nanoseconds = processorNanoseconds() - start
    print("\(title): \(nanoseconds / 1_000_000) ms")
    return nanoseconds
  }
}

private struct Predicate: PacketPredicate {
  var needs: FactNeeds
  var kind: PacketKind?
  var ask: @Sendable (any PacketContext) -> Bool

  init(needs: FactNeeds, kind: PacketKind? = nil, _ ask: @escaping @Sendable (any PacketContext) -> Bool) {
    self.needs = needs
    self.kind = kind
    self.ask = ask
  }

  func mayMatch(_ kind: PacketKind, from sender: Leg) -> Bool { self.kind == nil || self.kind == kind }
  func matches(_ context: some PacketContext) -> Bool { ask(context) }
}
