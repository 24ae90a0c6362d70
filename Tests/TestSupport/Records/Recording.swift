import MilterProtocol
import TraceModel

/// Records of made-up sessions, written as one reads them: one millisecond passes with each record.
///
///     var play = Recording()
///     play.open()
///     play.mta(MTA.helo())
///     play.milter(Milter.continue)
package struct Recording {
  package private(set) var records: [Record] = []
  /// Number of the latest packet.
  package private(set) var packet = 0
  package private(set) var now = Moment.zero
  private var step = Moment.Span.milliseconds(1)
  /// The connection that the next records belong to.
  package var connection = 1
  /// Where the next connections come in; nil where there is but one place.
  package var tap: String?

  package init() {}

  package mutating func open() {
    append(
      .opened(
        Opened(
          peer: "inet:50000@127.0.0.1", local: "inet:8891@127.0.0.1", milter: "inet:8892@127.0.0.1", tap: tap)
      ))
  }

  /// Packets that pass as they come.
  package mutating func mta(_ packets: Packet...) { for packet in packets { receive(packet) } }
  package mutating func milter(_ packets: Packet...) { for packet in packets { receive(packet) } }

  @discardableResult
  package mutating func receive(_ packet: Packet, forwarded: Bool = true) -> Int {
    self.packet += 1
    append(.received(Received(number: self.packet, packet: packet, forwarded: forwarded)))
    return self.packet
  }

  /// A packet that comes in and stops here.
  @discardableResult
  package mutating func hold(_ packet: Packet) -> Int {
    let number = receive(packet, forwarded: false)
    append(.held(Held(number: number, cause: .operator, deadline: nil)))
    return number
  }

  package mutating func release(_ number: Int, _ outcome: Released.Outcome = .forwarded) {
    append(.released(Released(number: number, outcome: outcome, cause: .operator)))
  }

  /// A held packet leaves on a leg, changed where `edited` is given.
  package mutating func send(_ original: Int, to leg: Leg, edited: Packet? = nil) {
    append(.sent(Sent(leg: leg, original: original, number: nil, packet: edited, cause: .operator)))
  }

  /// A packet of our own making.
  @discardableResult
  package mutating func inject(_ made: Packet, to leg: Leg) -> Int {
    packet += 1
    append(.sent(Sent(leg: leg, original: nil, number: packet, packet: made, cause: .operator)))
    return packet
  }

  package mutating func close(_ leg: Leg = .mta) { append(.closed(Closed(leg: leg, how: .peer))) }

  package mutating func wait(_ span: Moment.Span) { now = now + span }

  /// What happens in `play` comes in at one moment, as packets of one read do.
  package mutating func inOnePiece(_ play: (inout Recording) -> Void) {
    step = .milliseconds(0)
    play(&self)
    step = .milliseconds(1)
  }

  package mutating func append(_ event: Record.Event) {
    now = now + step
    records.append(Record(time: now, connection: connection, event: event))
  }

  /// Negotiation, CONNECT and HELO, all answered with `continue`.
  package mutating func greet(_ milter: Packet = Milter.optNeg(), client port: UInt16 = 51234) {
    open()
    mta(MTA.optNeg())
    self.milter(milter)
    ask(MTA.macro("C", ["j": "mx.example.net", "v": "Postfix 3.7.11"]), MTA.connect(port: port))
    ask(MTA.macro("H"), MTA.helo())
  }

  /// Packets of the MTA, and `continue` to the last of them.
  package mutating func ask(_ packets: Packet...) {
    for packet in packets { receive(packet) }
    receive(Milter.continue)
  }

  /// One mail up to and with BODYEOB, whose answer is left to the caller; held, it stops here.
  package mutating func mail(
    from sender: String = "<alice@example.org>", to recipients: [String] = ["<bob@example.net>"],
    headers: [(String, String)] = [("From", "Alice <alice@example.org>"), ("Subject", "test")],
    body: [String] = ["Hello.\r\n"], id: String = "4XyZ", isHeld: Bool = false
  ) {
    ask(MTA.macro("M", ["{mail_addr}": "alice@example.org"]), MTA.mail(sender, "SIZE=100"))
    for recipient in recipients { ask(MTA.macro("R", ["i": id]), MTA.rcpt(recipient)) }
    ask(MTA.macro("T", ["i": id]), MTA.data)
    for (name, value) in headers { ask(MTA.header(name, value)) }
    ask(MTA.macro("N", ["i": id]), MTA.eoh)
    for chunk in body { ask(MTA.body(chunk)) }
    mta(MTA.macro("E", ["i": id]))
    receive(MTA.bodyEOB, forwarded: !isHeld)
  }
}

/// Records in memory, read like those of a file.
package final class MemoryRecords: RecordSource {
  package var head: TraceHead?
  package private(set) var records: [Record]

  package init(_ records: [Record] = [], head: TraceHead? = nil) {
    self.records = records
    self.head = head
  }

  package var count: Int { records.count }
  package func record(at index: Int) -> Record? { records.indices.contains(index) ? records[index] : nil }
  package func append(_ record: Record) { records.append(record) }
}
