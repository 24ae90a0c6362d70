import Dialogue
import Findings
import MilterProtocol
import TraceModel

/// A packet capture read as if this program had recorded it: the same records, in the order of the capture; connections are
/// numbered by their first frames.
///
/// What a connection tells waits while another, that began earlier, is not known to be milter yet or looks for bytes, up to
/// two seconds of the capture.
///
/// Bytes go in as they come (a file, or a live `tcpdump -U -w -`), records come out. A capture has one leg where a proxy
/// has two, so every packet counts as forwarded as it came.
package struct CaptureImport {
  private var file = CaptureFile()
  private var connections: [Flow: Connected] = [:]
  /// What is known of connections that are milter, by the number of their first frame.
  private var told: [Int: Tracked] = [:]
  /// What happened and is not told yet.
  private var pending: [Pending] = []
  /// Connections for which the others wait, and since when.
  private var holding: [Flow: CapturedConnection.Instant] = [:]
  private var frameCount = 0
  /// Flows in the order of their first frames, so that the end of the file is told in that order.
  private var order: [Flow] = []
  private var startedAt: Int64?
  private var lastTime: Int64 = 0
  /// Of what is being told, where that was captured earlier.
  private var recordTime: Int64?
  private var connectionCount = 0
  private var packetCount = 0
  private var fragments = 0
  private var unknownLinks: Set<UInt32> = []
  private var damage: CaptureFile.Damage?
  private var records: [Record] = []

  /// Two ends, whichever is the source.
  private struct Flow: Hashable {
    var low: Endpoint
    var high: Endpoint

    init(_ a: Endpoint, _ b: Endpoint) {
      let ordered =
        a.address == b.address ? a.port < b.port : a.address.lexicographicallyPrecedes(b.address)
      (low, high) = ordered ? (a, b) : (b, a)
    }
  }

  private struct Connected {
    var tcp: CapturedConnection
    var isAnnounced = false
  }

  private struct Pending {
    /// The frame that brought it.
    var at: CapturedConnection.Instant
    /// Of the connection: the number of its first frame.
    var first: Int
    var what: What

    enum What {
      case opened(CapturedConnection, mtaFirst: Bool)
      case event(CapturedConnection.Item)
    }
  }

  /// For so long nothing waits for a connection that says nothing.
  private static let patienceMicroseconds: Int64 = 2_000_000
  private static let pendingLimit = 100_000

  private struct Tracked {
    /// Number in the trace.
    let number: Int
    var sawOptNeg = false
    var toldNoOptNeg = false
    /// Follows what both ends say, to remark on it as a proxy in between would have.
    var dialogue = Dialogue()
    var remarks = Remarks()
    /// Whether the capture shows the connection from its start, whole so far; else only packets by themselves can be
    /// judged, not their order.
    var isWhole = true
  }

  package init() {}

  /// Wall clock of the first frame in microseconds since 1970; nil before there is one.
  package var firstFrameTime: Int64? { startedAt }

  /// Takes in bytes of the file and gives back what they tell.
  package mutating func append(_ bytes: some Collection<UInt8>) -> [Record] {
    guard damage == nil else { return [] }
    file.append(bytes)
    do {
      while let frame = try file.next() { add(frame) }
    } catch {
      damage = error
    }
    return take()
  }

  /// The file is over.
  package mutating func finish() -> [Record] {
    for flow in order {
      guard var connected = connections[flow] else { continue }
      queue(connected.tcp.finish(), &connected)
      connections[flow] = connected
    }
    holding = [:]
    tellPending()
    for flow in order {
      guard let tcp = connections[flow]?.tcp, tcp.cutFrames > 0, let number = told[tcp.first.frame]?.number
      else { continue }
      find(.captureCutFrames, number, nil, "\(counted(tcp.cutFrames, "frame")) shorter than on the wire")
    }
    if let damage {
      find(.captureTruncated, 0, nil, "at offset \(damage.offset): \(damage.text)")
    } else if file.unread > 0 {
      find(
        .captureTruncated, 0, nil,
        "the last whole record ends at offset \(file.offset); \(counted(file.unread, "byte")) of the next follow"
      )
    }
    if fragments > 0 {
      find(.captureUnreadable, 0, nil, "\(counted(fragments, "IP fragment")) not put together")
    }
    for link in unknownLinks.sorted() {
      find(.captureUnreadable, 0, nil, "link type \(link) is not known here; its frames are passed over")
    }
    if connectionCount == 0 { find(.captureNoMilter, 0, nil, "nothing in it begins like milter") }
    return take()
  }

  private mutating func take() -> [Record] {
    defer { records = [] }
    return records
  }

  private mutating func add(_ frame: CaptureFile.Frame) {
    let time = frame.time ?? lastTime
    lastTime = time
    switch TCPSegment.read(frame) {
    case .other: return
    case .fragment: fragments += 1
    case .unknownLink(let link): unknownLinks.insert(link)
    case .segment(let segment):
      if startedAt == nil { startedAt = time }
      add(segment, at: time)
    }
  }

  private mutating func add(_ segment: TCPSegment, at time: Int64) {
    let flow = Flow(segment.source, segment.destination)
    let isNew = segment.flags.contains(.syn) && !segment.flags.contains(.ack)
    frameCount += 1
    let instant = CapturedConnection.Instant(time: time, frame: frameCount)
    if isNew, var old = connections[flow], old.tcp.isOver || !old.tcp.begins(with: segment) {
      // The same ports again: the old connection is over, whatever it still waited for.
      queue(old.tcp.finish(), &old)
      connections[flow] = nil
      holding[flow] = nil
      order.removeAll { $0 == flow }
    }
    if connections[flow] == nil {
      connections[flow] = Connected(tcp: CapturedConnection(first: segment, at: instant))
      order.append(flow)
    }
    guard var connected = connections.removeValue(forKey: flow) else { return }
    queue(connected.tcp.add(segment, at: instant), &connected)
    holding[flow] = connected.tcp.heldSince
    connections[flow] = connected
    tellPending(now: time)
  }

  private mutating func queue(_ events: [CapturedConnection.Event], _ connected: inout Connected) {
    let tcp = connected.tcp
    guard case .milter(let mtaFirst) = tcp.kind else { return }
    if !connected.isAnnounced {
      connected.isAnnounced = true
      pending.append(Pending(at: tcp.first, first: tcp.first.frame, what: .opened(tcp, mtaFirst: mtaFirst)))
    }
    pending += events.map { Pending(at: $0.at, first: tcp.first.frame, what: .event($0.item)) }
  }

  /// Tells what happened before any frame of which something may still be told.
  private mutating func tellPending(now: Int64? = nil) {
    guard !pending.isEmpty else { return }
    let isFull = pending.count > Self.pendingLimit
    let held = holding.values.filter { instant in
      now.map { $0 - instant.time < Self.patienceMicroseconds } ?? true
    }
    let bound = isFull ? Int.max : held.map(\.frame).min() ?? Int.max
    // Of one frame in the order in which it was told.
    let ready = pending.enumerated().filter { $0.element.at.frame < bound }
      .sorted { ($0.element.at.frame, $0.offset) < ($1.element.at.frame, $1.offset) }
    guard !ready.isEmpty else { return }
    pending.removeAll { $0.at.frame < bound }
    for (_, one) in ready { tell(one) }
  }

  private mutating func tell(_ one: Pending) {
    recordTime = one.at.time
    defer { recordTime = nil }
    switch one.what {
    case .opened(let tcp, let mtaFirst): opened(tcp, mtaFirst: mtaFirst)
    case .event(let item):
      guard var tracked = told.removeValue(forKey: one.first) else { return }
      tell(item, &tracked)
      told[one.first] = tracked
    }
  }

  private mutating func tell(_ item: CapturedConnection.Item, _ tracked: inout Tracked) {
    let number = tracked.number
    switch item {
    case .follower(let leg, .packet(let packet, let missing)):
      packetCount += 1
      received(packet, missing, from: leg, on: number, &tracked)
    case .follower(let leg, .passed(let bytes, let reason)):
      if reason == .unframed { tracked.isWhole = false }
      record(number, .passed(Passed(sender: leg, bytes: bytes, reason: reason)))
    case .follower(let leg, .gap(let offset, let bytes)):
      find(
        .captureGap, number, nil,
        "\(counted(bytes, "byte")) from the \(leg.name) missing at offset \(offset) of its stream")
    case .closed(let leg, let reset):
      if reset { find(.captureReset, number, nil, "the \(leg.name) sent RST") }
      record(number, .closed(Closed(leg: leg, how: reset ? .error("ECONNRESET") : .peer)))
      var findings: [Finding] = []
      tracked.remarks.remark(
        onEndOf: leg, before: tracked.dialogue, at: moment(recordTime ?? lastTime), into: &findings)
      tracked.dialogue.closed(leg)
      remark(findings, on: number, tracked)
    }
  }

  private mutating func opened(_ tcp: CapturedConnection, mtaFirst: Bool) {
    connectionCount += 1
    told[tcp.first.frame] = Tracked(number: connectionCount)
    let ends = tcp.ends
    let (mta, milter) = mtaFirst ? (ends[0], ends[1]) : (ends[1], ends[0])
    records.append(
      Record(
        time: moment(tcp.first.time), connection: connectionCount,
        event: .opened(Opened(peer: mta.text, local: milter.text, milter: milter.text))))
    if !tcp.sawStart { find(.captureMidway, connectionCount, nil, "no SYN was seen") }
  }

  private mutating func received(
    _ packet: Packet, _ missing: [Range<Int>], from leg: Leg, on number: Int, _ tracked: inout Tracked
  ) {
    record(number, .received(Received(number: packetCount, packet: packet, forwarded: true)))
    for hole in missing {
      find(
        .captureGap, number, packetCount,
        "\(counted(hole.count, "byte")) missing at offset \(hole.lowerBound) of the packet, shown as 00")
    }
    if packet.code == CommandKind.optNeg.rawValue { tracked.sawOptNeg = true }
    if !tracked.sawOptNeg, !tracked.toldNoOptNeg {
      tracked.toldNoOptNeg = true
      tracked.isWhole = false
      find(.captureNoOptNeg, number, packetCount, "the first packet seen is \(packet.kind.name)")
    }
    var findings: [Finding] = []
    let (dissection, now) = (Dissection(packet), moment(recordTime ?? lastTime))
    tracked.remarks.remark(
      on: packet, dissection, number: packetCount, .through, before: tracked.dialogue, now, into: &findings)
    tracked.dialogue.travelled(packet, dissection.shape, number: packetCount, .through, at: now)
    remark(findings, on: number, tracked)
  }

  /// Families of rules that need nothing but the packet itself.
  private static let families: Set<Character> = ["F", "G", "T", "H"]

  private mutating func remark(_ findings: [Finding], on number: Int, _ tracked: Tracked) {
    for finding in findings {
      guard tracked.isWhole || finding.rule.id.first.map(Self.families.contains) ?? false else { continue }
      record(number, .found(finding))
    }
  }

  private mutating func find(_ rule: FindingRule, _ connection: Int, _ packet: Int?, _ text: Sentence) {
    record(connection, .found(Finding(rule, packet: packet, text)))
  }

  private mutating func record(_ connection: Int, _ event: Record.Event) {
    records.append(Record(time: moment(recordTime ?? lastTime), connection: connection, event: event))
  }

  private func moment(_ time: Int64) -> Moment {
    Moment.zero + (Moment(microseconds: time) - Moment(microseconds: startedAt ?? time))
  }
}
