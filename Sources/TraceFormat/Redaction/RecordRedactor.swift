import MilterProtocol
import TraceModel

/// Records with other words in them: as many, in the same order, with the same numbers, times and lengths.
///
/// A body travels in chunks that cut words, lines and encoded characters in two. So chunks wait, and all records
/// behind them, until their body is whole; it is replaced at once and cut again at the same places. A body above
/// ``bodyLimit`` is replaced chunk by chunk, as text.
package struct RecordRedactor {
  package private(set) var redactor: Redactor
  /// Bytes of one body, and of all that waits, to hold in memory.
  package static let bodyLimit = 8_388_608
  private static let queueLimit = 33_554_432

  private let bodyLimit: Int
  private var queue: [Record] = []
  /// Records that have left the queue.
  private var left = 0
  private var queuedBytes = 0
  private var mails: [Int: Mail] = [:]

  /// What is known of the mail of one connection.
  private struct Mail {
    /// Those that say how the body is made up.
    var headers: [Header] = []
    var bodies: [BodyKey: WaitingBody] = [:]
    /// Passed bytes without an end: what comes next is the middle of a frame.
    var passing: Set<Leg> = []
  }

  private enum BodyKey: Equatable { case fromMTA, fromMilter, made }

  private struct WaitingBody {
    /// Numbers of the records, from the first of the trace.
    var records: [Int] = []
    var bytes = 0
  }

  package init(_ redactor: Redactor, bodyLimit: Int = RecordRedactor.bodyLimit) {
    self.redactor = redactor
    self.bodyLimit = bodyLimit
  }

  /// The records that are ready now that `record` is here.
  package mutating func take(_ record: Record) -> [Record] {
    var record = record
    let connection = record.connection
    if let packet = record.packet {
      if case .sent(var sent) = record.event {
        sent.cause = redactor.cause(sent.cause)
        record.event = .sent(sent)
      }
      let key = Self.bodyKey(of: record, packet)
      endBodies(before: record, packet, key)
      learn(packet, connection)
      mails[connection]?.passing.remove(packet.sender)
      if let key {
        mails[connection, default: Mail()].bodies[key, default: WaitingBody()].records.append(
          left + queue.count)
        mails[connection]?.bodies[key]?.bytes += packet.payload.count
        queue.append(record)
        queuedBytes += packet.bytes.count
        if packet.kind == .command(.bodyEOB) || mails[connection]?.bodies[key]?.bytes ?? 0 > bodyLimit {
          finish(connection, key)
        }
        if queuedBytes > Self.queueLimit { finishAll() }
        return drained()
      }
      record.packet = redactor.packet(packet)
    } else {
      if case .closed = record.event { finish(connection) }
      record.event = other(record.event, connection)
      if case .closed(let closed) = record.event, closed.leg == .mta { mails[connection] = nil }
    }
    queue.append(record)
    queuedBytes += record.packet?.bytes.count ?? 100
    if queuedBytes > Self.queueLimit { finishAll() }
    return drained()
  }

  /// The records that still waited; to be asked for once, at the end.
  package mutating func finish() -> [Record] {
    finishAll()
    return drained()
  }

  // MARK: bodies

  /// Which body a packet is a chunk of.
  private static func bodyKey(of record: Record, _ packet: Packet) -> BodyKey? {
    let isMade: Bool
    if case .sent(let sent) = record.event {
      guard sent.original == nil else { return nil }
      isMade = true
    } else {
      isMade = false
    }
    switch packet.kind {
    case .command(.body), .command(.bodyEOB): return isMade ? nil : .fromMTA
    case .reply(.replBody): return isMade ? .made : .fromMilter
    case .command, .reply, .unknown, .empty: return nil
    }
  }

  private mutating func endBodies(before record: Record, _ packet: Packet, _ key: BodyKey?) {
    guard let bodies = mails[record.connection]?.bodies, !bodies.isEmpty else { return }
    if key == nil, case .sent = record.event, bodies[.made] != nil { finish(record.connection, .made) }
    guard case .received = record.event, key == nil else { return }
    switch packet.kind {
    case .command(.macro), .reply(.progress): return
    case .command, .reply, .unknown, .empty: break
    }
    finish(record.connection, packet.sender == .mta ? .fromMTA : .fromMilter)
  }

  private mutating func finish(_ connection: Int) {
    for key in [BodyKey.fromMTA, .fromMilter, .made] { finish(connection, key) }
  }

  private mutating func finishAll() { for connection in mails.keys.sorted() { finish(connection) } }

  private mutating func finish(_ connection: Int, _ key: BodyKey) {
    guard let body = mails[connection]?.bodies.removeValue(forKey: key) else { return }
    let headers = body.bytes <= bodyLimit ? mails[connection]?.headers ?? [] : []
    var whole: [UInt8] = []
    for number in body.records {
      guard let packet = queue[number - left].packet else { continue }
      whole.append(contentsOf: packet.bytes[packet.payload])
    }
    whole = redactor.body(whole, headers: headers)
    var start = 0
    for number in body.records {
      guard let packet = queue[number - left].packet else { continue }
      let end = start + packet.payload.count
      let frame = packet.bytes[..<packet.payload.lowerBound] + whole[start..<end]
      queue[number - left].packet = Packet(frame: Array(frame), from: packet.sender)
      start = end
    }
  }

  /// All in front of the first chunk that still waits.
  private mutating func drained() -> [Record] {
    let first = mails.values.lazy.flatMap(\.bodies.values).compactMap(\.records.first).min()
    let count = first.map { $0 - left } ?? queue.count
    guard count > 0 else { return [] }
    let ready = Array(queue[..<count])
    queue.removeFirst(count)
    left += count
    if queue.isEmpty { queuedBytes = 0 }
    return ready
  }

  private mutating func learn(_ packet: Packet, _ connection: Int) {
    let header: Header
    switch packet.kind {
    case .command(.mail):
      mails[connection, default: Mail()].headers = []
      return
    case .command(.header), .reply(.addHeader), .reply(.insHeader), .reply(.chgHeader):
      switch PacketValue(decoding: packet) {
      case .command(.header(let value)), .reply(.modification(.addHeader(let value))),
        .reply(.modification(.insHeader(_, let value))), .reply(.modification(.chgHeader(_, let value))):
        header = value
      case .command, .reply, .raw: return
      }
    case .command, .reply, .unknown, .empty: return
    }
    let name = String(decoding: header.name.map(lowercase), as: UTF8.self)
    guard name == "content-type" || name == "content-transfer-encoding" else { return }
    if packet.sender == .milter {
      mails[connection]?.headers.removeAll { $0.name.map(lowercase) == Array(name.utf8) }
    }
    mails[connection, default: Mail()].headers.append(header)
  }

  // MARK: what has no packet

  private mutating func other(_ event: Record.Event, _ connection: Int) -> Record.Event {
    switch event {
    case .opened(let opened):
      return .opened(
        Opened(
          peer: redactor.address(opened.peer), local: redactor.address(opened.local),
          milter: opened.milter.map { redactor.address($0) }, tap: opened.tap, patience: opened.patience,
          shadowOf: opened.shadowOf))
    case .passed(let passed): return .passed(self.passed(passed, connection))
    case .received(var received):
      received.packet = redactor.packet(received.packet)
      return .received(received)
    case .sent(var sent):
      sent.cause = redactor.cause(sent.cause)
      return .sent(sent)
    case .held(var held):
      held.cause = redactor.cause(held.cause)
      return .held(held)
    case .released(var released):
      released.cause = redactor.cause(released.cause)
      return .released(released)
    case .instructed(let instructed): return .instructed(redactor.instructed(instructed))
    case .found(var finding):
      finding.rule = redactor.rule(finding.rule)
      finding.sentence = redactor.sentence(finding.sentence)
      if let cause = finding.cause { finding.cause?.rule = redactor.rule(cause.rule) }
      return .found(finding)
    case .noted(let text, let packet):
      return .noted(text: redactor.note(text, isOfRun: connection == 0 && packet == nil), packet: packet)
    case .marked: return event
    case .closed(var closed):
      switch closed.how {
      case .peer: break
      case .error(let name):
        closed.how = .error(name.utf8.allSatisfy { (0x41...0x5A).contains($0) } ? name : redactor.own(name))
      case .unreachable(let why): closed.how = .unreachable(redactor.sentence(why))
      case .ours(let why): closed.how = .ours(redactor.sentence(why))
      }
      return .closed(closed)
    }
  }

  /// Bytes that make no packet: the length and the code, or what tells who talks, stay at the start of a run.
  private mutating func passed(_ passed: Passed, _ connection: Int) -> Passed {
    let isFirst = mails[connection, default: Mail()].passing.insert(passed.sender).inserted
    var passed = passed
    let kept = isFirst ? min(passed.bytes.count, Limits.headerBytes) : 0
    redactor.replaceEscaped(&passed.bytes, kept..<passed.bytes.count, .percent, .secret)
    return passed
  }
}

extension Record {
  /// The packet that it brings, if any; only where there is one can another be put in its place.
  fileprivate var packet: Packet? {
    get {
      switch event {
      case .received(let received): received.packet
      case .sent(let sent): sent.packet
      case .opened, .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: nil
      }
    }
    set {
      guard let newValue else { return }
      switch event {
      case .received(var received):
        received.packet = newValue
        event = .received(received)
      case .sent(var sent):
        sent.packet = newValue
        event = .sent(sent)
      case .opened, .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: break
      }
    }
  }
}
