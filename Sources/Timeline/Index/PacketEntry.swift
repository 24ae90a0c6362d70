import MilterProtocol
import TraceModel

/// One packet in the index: 24 bytes, whatever its size.
struct PacketEntry: Sendable {
  static let none = UInt32.max

  /// Where it came in or was made, counted in records.
  var record: UInt32
  /// Its connection and message, by ``TimelineIndex``'s table of spans.
  var span: UInt32
  /// Microseconds since the base of its place in the chunk.
  var time: UInt32
  /// Reply: row of its command. Macros: row of the command they fold into. Command: row of its first macros.
  var link: UInt32
  var frameBytes: UInt32
  /// ``PacketFlags``, and three bits of our own on top.
  private var flagBits: UInt16
  /// The letter.
  private var code: UInt8
  /// Severity of the weightiest finding in the low two bits (0 for none), then the stage.
  private var marks: UInt8

  private static let fromMilter: UInt16 = 1 << 15
  private static let noCode: UInt16 = 1 << 14
  private static let announcing: UInt16 = 1 << 13
  private static let ownBits = fromMilter | noCode | announcing

  init(_ packet: Packet, record: Int, span: UInt32, time: UInt32, stage: Stage?) {
    self.record = UInt32(clamping: record)
    self.span = span
    self.time = time
    link = Self.none
    frameBytes = UInt32(clamping: packet.bytes.count)
    flagBits = packet.sender == .milter ? Self.fromMilter : 0
    if packet.code == nil { flagBits |= Self.noCode }
    code = packet.code ?? 0
    marks = Self.mark(stage)
  }

  /// Tells of a reply, after the fact, what it answers.
  mutating func answers(_ row: UInt32, of stage: Stage?) {
    link = row
    marks = marks & 3 | Self.mark(stage)
  }

  private static func mark(_ stage: Stage?) -> UInt8 {
    stage.map { UInt8($0.place + 1) << 2 } ?? 0
  }

  var sender: Leg { flagBits & Self.fromMilter == 0 ? .mta : .milter }
  var kind: PacketKind { PacketKind(code: flagBits & Self.noCode == 0 ? code : nil, from: sender) }

  /// Macros that bring an address in place of MAIL or RCPT, which the milter declined.
  var announcesAddress: Bool {
    get { flagBits & Self.announcing != 0 }
    set { flagBits = newValue ? flagBits | Self.announcing : flagBits & ~Self.announcing }
  }

  var flags: PacketFlags {
    get { PacketFlags(rawValue: flagBits & ~Self.ownBits) }
    set { flagBits = flagBits & Self.ownBits | newValue.rawValue & ~Self.ownBits }
  }

  var severity: Finding.Severity? {
    get { marks & 3 == 0 ? nil : Finding.Severity(rawValue: marks & 3 - 1) }
    set { marks = marks & ~3 | (newValue.map { $0.rawValue + 1 } ?? 0) }
  }

  var stage: Stage? { marks >> 2 == 0 ? nil : Self.stages[Int(marks >> 2) - 1] }

  private static let stages = Stage.allCases
}

extension Stage {
  /// Its place among all, for tables: 0 to 10.
  var place: Int { Int(Self.places[Int(rawValue)]) }

  private static let places: [UInt8] = (0...UInt8.max).map { letter in
    UInt8(allCases.firstIndex { $0.rawValue == letter } ?? 0)
  }
}

/// A fixed run of rows, so that a copy taken for a background pass costs one chunk and not the whole index.
struct PacketChunk: Sendable {
  static let rows = 4096

  private(set) var entries: [PacketEntry] = []
  /// Times are kept as 32 bits after a base; a new base begins where they do not fit or the clock went back.
  private var bases: [Base] = []

  private struct Base: Sendable {
    var from: Int
    var time: Moment
  }

  init() { entries.reserveCapacity(Self.rows) }

  mutating func append(_ entry: PacketEntry, at time: Moment) {
    var entry = entry
    if let base = bases.last, let offset = UInt32(exactly: (time - base.time).microseconds) {
      entry.time = offset
    } else {
      bases.append(Base(from: entries.count, time: time))
      entry.time = 0
    }
    entries.append(entry)
  }

  func time(at i: Int) -> Moment {
    let base = bases.last { $0.from <= i }
    return (base?.time ?? .zero) + Moment.Span(microseconds: Int64(entries[i].time))
  }

  mutating func modify(_ i: Int, _ change: (inout PacketEntry) -> Void) { change(&entries[i]) }
}

/// The packets of a trace in order, in chunks.
struct PacketColumn: Sendable {
  private var chunks: [PacketChunk] = []
  private(set) var count = 0

  mutating func append(_ entry: PacketEntry, at time: Moment) {
    if count % PacketChunk.rows == 0 { chunks.append(PacketChunk()) }
    chunks[chunks.count - 1].append(entry, at: time)
    count += 1
  }

  subscript(_ row: Int) -> PacketEntry { chunks[row / PacketChunk.rows].entries[row % PacketChunk.rows] }

  func time(_ row: Int) -> Moment { chunks[row / PacketChunk.rows].time(at: row % PacketChunk.rows) }

  mutating func modify(_ row: Int, _ change: (inout PacketEntry) -> Void) {
    chunks[row / PacketChunk.rows].modify(row % PacketChunk.rows, change)
  }
}
