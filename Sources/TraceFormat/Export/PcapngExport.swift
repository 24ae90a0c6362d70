import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let pcapng = ExportFormat(
    "pcapng", fileExtension: "pcapng",
    "a packet capture of synthetic TCP connections, for Wireshark and tshark; findings, edits and notes are comments",
    options: .isBinary
  ) { PcapngExport($0) }
}

/// The packets as a capture would have them.
///
/// A connection whose packets all passed as they came is one TCP connection, from MTA to milter. Where the legs differ
/// there are two: from the MTA to us, and from us to the milter. Unix sockets, names, and our own end towards the milter
/// get made-up addresses; the comment on a connection's first frame says what they stand for.
///
/// It goes over the records twice: to learn which legs differ and what is remarked about connections, then to write.
struct PcapngExport: Exporter {
  private let input: ExportInput
  private var connections: [Int: Conversations] = [:]
  private let clock: WallClock

  /// What is known about one connection, by its number in the trace.
  private struct Conversations {
    var opened: Opened?
    var differ = false
    var comments: [String] = []
    var both: MadeUpStream?
    var mta: MadeUpStream?
    var milter: MadeUpStream?
  }

  private enum Interface: UInt32 { case both, mta, milter }

  /// Remarks about one connection that are kept for its first frame.
  private static let commentLimit = 50

  init(_ input: ExportInput) {
    self.input = input.completed
    clock = WallClock(startedAt: input.head.startedAt)
  }

  var stepCount: Int { 2 * input.source.count + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    let count = input.source.count
    if number == count { return begin(&bytes) }
    guard let record = input.source.record(at: number < count ? number : number - count - 1),
      record.connection > 0, input.includes(record)
    else { return }
    if number < count { learn(record) } else { write(record, &bytes) }
  }

  private func begin(_ bytes: inout [UInt8]) {
    PcapngBlocks.sectionHeader(application: "mitmilter", to: &bytes)
    PcapngBlocks.interface("both", "MTA and milter, where both legs are alike", to: &bytes)
    PcapngBlocks.interface("mta", "the MTA's leg, where the legs differ", to: &bytes)
    PcapngBlocks.interface("milter", "the milter's leg, where the legs differ", to: &bytes)
  }

  // MARK: first pass

  private mutating func learn(_ record: Record) {
    var known = connections[record.connection] ?? Conversations()
    switch record.event {
    case .opened(let opened): known.opened = opened
    case .received(let received): if !received.forwarded { known.differ = true }
    case .sent: known.differ = true
    case .found, .noted, .instructed:
      if record.subject == nil, known.comments.count < Self.commentLimit {
        known.comments.append(words(record))
      }
    case .passed, .held, .released, .marked, .closed: break
    }
    connections[record.connection] = known
  }

  private func words(_ record: Record) -> String { RemarkText.words(record.event, at: timeOfDay) }

  private func timeOfDay(_ time: Moment) -> String {
    WallClock.timeOfDay(clock.seconds(time.microseconds)) + " UTC"
  }

  // MARK: second pass

  private mutating func write(_ record: Record, _ bytes: inout [UInt8]) {
    let c = record.connection
    switch record.event {
    case .opened: open(c, record.time, &bytes)
    case .received(let received):
      let sender = received.packet.sender
      let comments = remarks(about: received.number)
      send(
        received.packet.bytes, c, record.time, from: sender, passes: received.forwarded, comments, &bytes)
    case .passed(let passed):
      send(passed.bytes, c, record.time, from: passed.sender, passes: true, [words(record)], &bytes)
    case .sent(let sent):
      guard let packet = sent.packet ?? original(of: sent) else { return }
      var comments = sent.number.map(remarks) ?? []
      let what = sent.original.map { "sent in the place of packet \($0)" } ?? "of our own making"
      comments.insert("\(sent.packet == nil ? "sent late" : what) by \(ListingText.words(sent.cause))", at: 0)
      deliver(packet.bytes, c, record.time, to: sent.leg, comments, &bytes)
    case .closed(let closed): close(closed, c, record.time, &bytes)
    case .held, .released, .instructed, .found, .noted, .marked: break
    }
  }

  private func original(of sent: Sent) -> Packet? {
    sent.original.flatMap { input.index.row(number: $0) }
      .flatMap { input.index.packet(at: $0, from: input.source) }
  }

  /// What was found, noted or done about a packet.
  private func remarks(about packet: Int) -> [String] {
    guard let row = input.index.row(number: packet) else { return [] }
    return input.index.remarkRecords(about: row, from: input.source).compactMap { record in
      switch record.event {
      case .found(let finding):
        "\(ListingText.mark(finding)) \(finding.severity.name): \(ListingText.inert(finding.text))"
      case .noted(let text, _): "note: \(ListingText.inert(text.text))"
      case .marked(_, let on): on ? "marked" : nil
      case .held, .released, .instructed: words(record)
      case .opened, .received, .passed, .sent, .closed: nil
      }
    }
  }

  private mutating func open(_ c: Int, _ time: Moment, _ bytes: inout [UInt8]) {
    guard var known = connections[c] else { return }
    let (mta, us, milter) = Self.endpoints(c, known.opened)
    let ends = known.opened.map {
      "MTA \($0.peer), listening \($0.local), milter \($0.milter ?? "none: we are it")"
    }
    let comments = (ends.map { [ListingText.inert($0)] } ?? []) + known.comments
    func shake(_ stream: inout MadeUpStream, _ interface: Interface, _ bytes: inout [UInt8]) {
      for (place, frame) in stream.handshake().enumerated() {
        append(frame, interface, time, place == 0 ? comments : [], &bytes)
      }
    }
    if known.differ {
      var leg = MadeUpStream(client: mta, server: us)
      shake(&leg, .mta, &bytes)
      known.mta = leg
      if known.opened?.milter != nil {
        leg = MadeUpStream(client: Endpoint(address: us.address, port: mta.port), server: milter)
        shake(&leg, .milter, &bytes)
        known.milter = leg
      }
    } else {
      var both = MadeUpStream(client: mta, server: milter)
      shake(&both, .both, &bytes)
      known.both = both
    }
    connections[c] = known
  }

  /// Made up where the trace has none: 127.0.0.1 with a port of the connection, 127.0.0.2 and 127.0.0.3 with port 8891.
  private static func endpoints(_ c: Int, _ opened: Opened?) -> (
    mta: Endpoint, us: Endpoint, milter: Endpoint
  ) {
    let port = UInt16(10_000 + c % 50_000)
    let us = opened.flatMap { Endpoint(address: $0.local) } ?? Endpoint(address: [127, 0, 0, 2], port: 8891)
    let milter = opened.map(\.milter).map { text in
      text.flatMap { Endpoint(address: $0) } ?? Endpoint(address: [127, 0, 0, 3], port: 8891)
    }
    let mta =
      opened.flatMap { Endpoint(address: $0.peer) } ?? Endpoint(address: [127, 0, 0, 1], port: port)
    return (mta, us, opened?.milter == nil ? us : milter ?? us)
  }

  /// Bytes that came in, and where they passed as they came, that they left.
  private mutating func send(
    _ payload: [UInt8], _ c: Int, _ time: Moment, from sender: Leg, passes: Bool, _ comments: [String],
    _ bytes: inout [UInt8]
  ) {
    openIfNeeded(c, time, &bytes)
    let end: MadeUpStream.End = sender == .mta ? .client : .server
    if connections[c]?.both != nil {
      emit(connections[c]?.both?.data(payload, from: end), .both, time, comments, &bytes)
    } else if sender == .mta {
      emit(connections[c]?.mta?.data(payload, from: end), .mta, time, comments, &bytes)
    } else {
      emit(connections[c]?.milter?.data(payload, from: end), .milter, time, comments, &bytes)
    }
    if passes, connections[c]?.both == nil {
      deliver(payload, c, time, to: sender == .mta ? .milter : .mta, [], &bytes)
    }
  }

  /// Bytes that left on a leg, of a connection whose legs differ.
  private mutating func deliver(
    _ payload: [UInt8], _ c: Int, _ time: Moment, to leg: Leg, _ comments: [String], _ bytes: inout [UInt8]
  ) {
    openIfNeeded(c, time, &bytes)
    switch leg {
    case .mta: emit(connections[c]?.mta?.data(payload, from: .server), .mta, time, comments, &bytes)
    case .milter: emit(connections[c]?.milter?.data(payload, from: .client), .milter, time, comments, &bytes)
    }
  }

  /// A part of a trace may lack the record of the opening.
  private mutating func openIfNeeded(_ c: Int, _ time: Moment, _ bytes: inout [UInt8]) {
    guard let known = connections[c], known.both == nil, known.mta == nil else { return }
    open(c, time, &bytes)
  }

  private mutating func close(_ closed: Closed, _ c: Int, _ time: Moment, _ bytes: inout [UInt8]) {
    guard let known = connections[c], known.both != nil || known.mta != nil else { return }
    let (isReset, byPeer): (Bool, Bool)
    switch closed.how {
    case .peer: (isReset, byPeer) = (false, true)
    case .error: (isReset, byPeer) = (true, true)
    case .unreachable, .ours: (isReset, byPeer) = (false, false)
    }
    let comments = byPeer && !isReset ? [] : [RemarkText.words(.closed(closed), at: timeOfDay)]
    let peer: MadeUpStream.End = closed.leg == .mta ? .client : .server
    let us: MadeUpStream.End = closed.leg == .mta ? .server : .client
    if known.both != nil {
      emit(
        (connections[c]?.both?.close(from: peer, isReset: isReset)).map { [$0] }, .both, time, comments,
        &bytes)
      return
    }
    let ends = byPeer ? [peer, us] : [us, peer]
    for (place, end) in ends.prefix(isReset ? 1 : 2).enumerated() {
      switch closed.leg {
      case .mta:
        let frame = connections[c]?.mta?.close(from: end, isReset: isReset)
        emit(frame.map { [$0] }, .mta, time, place == 0 ? comments : [], &bytes)
      case .milter:
        let frame = connections[c]?.milter?.close(from: end, isReset: isReset)
        emit(frame.map { [$0] }, .milter, time, place == 0 ? comments : [], &bytes)
      }
    }
  }

  private func emit(
    _ frames: [[UInt8]]?, _ interface: Interface, _ time: Moment, _ comments: [String],
    _ bytes: inout [UInt8]
  ) {
    for (place, frame) in (frames ?? []).enumerated() {
      append(frame, interface, time, place == 0 ? comments : [], &bytes)
    }
  }

  private func append(
    _ frame: [UInt8], _ interface: Interface, _ time: Moment, _ comments: [String], _ bytes: inout [UInt8]
  ) {
    let (at, overflow) = input.head.startedAt.addingReportingOverflow(time.microseconds)
    PcapngBlocks.packet(
      frame, on: interface.rawValue, at: overflow ? 0 : at, comments: comments, to: &bytes)
  }
}
