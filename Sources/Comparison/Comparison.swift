import MilterProtocol
import Timeline

/// What two traces do not say alike, mail by mail and command by command.
///
/// A pure function of two traces: what is known to differ from run to run is left out by ``RunMarks``, what somebody does not
/// want to see by ``ComparedTrace``. Differences are handed out as they are found, so that memory does not grow with them.
package struct Comparison {
  private let first: ComparedTrace
  private let second: ComparedTrace
  private let alignment: Alignment

  package init(_ first: ComparedTrace, _ second: ComparedTrace) {
    (self.first, self.second) = (first, second)
    alignment = Alignment(first, second)
  }

  /// - Parameters:
  ///   - everyMail: whether mails that are alike are told of as well, without a difference.
  ///   - pair: hears of each mail and connection that differs, in the order of the first trace.
  ///   - times: hears of reply times that are further apart than chance makes them.
  package func run(
    everyMail: Bool = false, _ pair: (ComparedPair, [Difference]) -> Void,
    times: ([Difference]) -> Void = { _ in }
  ) -> ComparisonTally {
    var tally = ComparisonTally()
    func take(_ compared: ComparedPair, _ differences: [Difference]) {
      tally.take(compared, differences)
      if !differences.isEmpty || everyMail && compared.isMail { pair(compared, differences) }
    }
    var mails = Array(repeating: [Int](), count: first.index.connections.count)
    for (i, message) in first.index.messages.enumerated() { mails[message.connection].append(i) }
    for c in first.index.connections.indices where !first.isOfShadow(connection: c) {
      connection(c, take)
      for i in mails[c] { mail(i, take) }
    }
    for i in alignment.lonelyMessages {
      lonely(second.place(ofMessage: i), second, second.index.messages[i].firstRow, take)
    }
    for c in alignment.lonelyConnections {
      lonely(second.place(ofConnection: c), second, second.index.connections[c].connectRow, take)
    }
    let slower = ReplyTimes.differences(first.index.statistics, second.index.statistics)
    tally.take(times: slower)
    times(slower)
    return tally
  }

  // MARK: Pairs

  private typealias Take = (ComparedPair, [Difference]) -> Void

  private func connection(_ a: Int, _ take: Take) {
    guard let b = alignment.connections[a] else {
      guard first.index.connections[a].messageCount == 0 else { return }
      let entry = first.index.connections[a]
      return lonely(first.place(ofConnection: a), first, entry.connectRow, take)
    }
    let steps = compare(connection: a, b)
    let pair = ComparedPair(
      first: first.place(ofConnection: a), second: second.place(ofConnection: b), isByOrder: false)
    take(pair, steps.differences)
  }

  private func mail(_ a: Int, _ take: Take) {
    let place = first.place(ofMessage: a)
    guard let b = alignment.messages[a] else {
      return lonely(place, first, first.index.messages[a].firstRow, take)
    }
    let steps = compare(mail: a, b)
    let pair = ComparedPair(
      first: place, second: second.place(ofMessage: b), isByOrder: alignment.byOrder.contains(a))
    take(pair, steps.differences)
  }

  private func compare(connection a: Int, _ b: Int, showsAll: Bool = false) -> StepComparison {
    var steps = StepComparison(
      half(first, ofConnection: a), half(second, ofConnection: b), showsAll: showsAll)
    steps.run()
    steps.findings(first.findings(ofConnection: a), second.findings(ofConnection: b))
    return steps
  }

  private func compare(mail a: Int, _ b: Int, showsAll: Bool = false) -> StepComparison {
    var steps = StepComparison(half(first, a), half(second, b), showsAll: showsAll)
    steps.run()
    steps.findings(first.findings(ofMessage: a), second.findings(ofMessage: b))
    return steps
  }

  /// What is said outside of its mails.
  private func half(_ trace: ComparedTrace, ofConnection c: Int) -> Half {
    Half(
      trace, trace.index.rows(ofConnection: c).filter { trace.index.messageIndex(at: $0) == nil },
      flags: trace.flags(ofConnection: c))
  }

  private func half(_ trace: ComparedTrace, _ message: Int) -> Half {
    let connection = trace.index.messages[message].connection
    return Half(
      trace, trace.index.rows(ofMessage: message), flags: trace.flags(ofConnection: connection),
      queueID: trace.queueID(ofMessage: message))
  }

  // MARK: Columns

  /// What both say about a pair of ``run(everyMail:_:times:)``, line by line; of a mail, what its connection said before it as well.
  package func columns(of pair: ComparedPair) -> [ComparedLine] {
    guard let place = pair.first, let other = pair.second else { return alone(pair) }
    guard pair.isMail else {
      return compare(connection: place.entry, other.entry, showsAll: true).lines
    }
    let (one, two) = (first.index.messages[place.entry], second.index.messages[other.entry])
    let setUp = compare(connection: one.connection, two.connection, showsAll: true).lines
    let (start, otherStart) = (first.index.number(at: one.firstRow), second.index.number(at: two.firstRow))
    func isBefore(_ line: ComparedLine) -> Bool {
      if let packet = line.first?.packet { return packet < start }
      return line.second?.packet.map { $0 < otherStart } ?? false
    }
    return setUp.filter { $0.kind != .finding && isBefore($0) }
      + compare(mail: place.entry, other.entry, showsAll: true).lines
      + setUp.filter { $0.kind == .finding }
  }

  private func alone(_ pair: ComparedPair) -> [ComparedLine] {
    func half(_ place: ComparedPair.Place?, _ trace: ComparedTrace) -> Half {
      guard let place else { return Half(trace, [], flags: []) }
      return pair.isMail ? self.half(trace, place.entry) : self.half(trace, ofConnection: place.entry)
    }
    var steps = StepComparison(half(pair.first, first), half(pair.second, second), showsAll: true)
    steps.showAlone()
    return steps.lines
  }

  private func lonely(_ place: ComparedPair.Place, _ trace: ComparedTrace, _ row: Int?, _ take: Take) {
    if trace.isIgnored(row) { return }
    let isFirst = trace.source === first.source
    let said = Difference.Said(text: place.name, packet: row.map(trace.index.number))
    let what = place.message > 0 ? "a mail" : "a connection"
    let difference = Difference(
      kind: .missing, stage: nil, about: "\(what) that only the \(isFirst ? "first" : "second") trace has",
      first: isFirst ? said : nil, second: isFirst ? nil : said)
    take(
      ComparedPair(first: isFirst ? place : nil, second: isFirst ? nil : place, isByOrder: false),
      [difference])
  }
}

/// One side of a pair: its steps, and what of its strings is of this run only.
struct Half {
  let trace: ComparedTrace
  let steps: Steps
  let flags: ProtocolFlags
  private(set) var marks = RunMarks()

  init(_ trace: ComparedTrace, _ rows: [Int], flags: ProtocolFlags, queueID: [UInt8]? = nil) {
    (self.trace, self.flags) = (trace, flags)
    steps = Steps(rows, in: trace)
    if let queueID { marks.note(queueID, as: "<queue-id>") }
    for step in steps.all {
      if trace.shape != nil { marks.leaveOutBodyHashes() }
      for packet in step.macros.compactMap(trace.comparable(at:)) {
        for (name, value) in MacroPairs(packet) where name.elementsEqual("j".utf8) {
          marks.note(value, as: "<host>")
        }
      }
      for row in step.modifications + (step.kind == .header ? [step.row] : []) {
        guard let packet = trace.comparable(at: row), let header = packet.header else { continue }
        marks.note(header: header.name, header.value)
      }
    }
  }

  func said(_ row: Int, _ packet: Packet) -> Difference.Said {
    let summary = PacketSummary(packet).text
    return Difference.Said(
      text: summary.isEmpty || packet.kind.name.lowercased() == summary
        ? packet.kind.name : "\(packet.kind.name) \(summary)",
      packet: trace.index.number(at: row))
  }

  /// What another run says, too, where it says the same.
  func rest(of packet: Packet) -> [UInt8] {
    let packet = trace.comparable(packet)
    if case .connect = Dissection(packet).shape {
      var rest: [UInt8] = packet.code.map { [$0] } ?? []
      // A client comes from another port each time.
      for field in PacketField.fields(of: packet).dropFirst(2) where field.label != "port" {
        rest += packet.bytes[field.range] + [0]
      }
      return rest
    }
    // The space behind the colon travels where that is negotiated, which is told there.
    guard packet.kind == .command(.header), flags.contains(.headerLeadingSpace), let header = packet.header
    else { return marks.rest(of: packet) }
    return marks.rest(of: packet, withValue: header.value.withoutLead)
  }
}

extension Packet {
  /// Of a command or a reply that brings a header.
  var header: (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
    switch Dissection(self).shape {
    case .header(let name, let value), .addHeader(let name, let value), .insHeader(_, let name, let value),
      .chgHeader(_, let name, let value):
      (bytes[name], bytes[value])
    default: nil
    }
  }
}
