import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// One of two traces that are compared: the index of it in memory, packets read back where they are looked at.
package struct ComparedTrace {
  package let index: TimelineIndex
  let source: any RecordSource
  /// Rows of packets that nobody wants compared.
  private let ignored: Set<Int>
  /// Places in the index's list of findings, by mail and by connection.
  private var byMessage: [Int: [Int]] = [:]
  private var byConnection: [Int: [Int]] = [:]
  /// Rows of what the MTA says otherwise because somebody wanted it to: no difference, and its replies are compared all the same.
  package var ours: Set<Int> = []
  /// By row: the row of the first trace that is said again; empty where this is another trace.
  private(set) var origins: [Int: Int] = [:]

  /// What of a packet can be compared, where one of the traces is redacted: other words in the same fields.
  package var shape: ((Packet) -> Packet)?

  package init(_ source: any RecordSource, ignoring ignored: Set<Int> = []) {
    var index = TimelineIndex()
    index.catchUp(with: source)
    self.index = index
    self.source = source
    self.ignored = ignored
    for (place, finding) in index.findings.enumerated() {
      if let message = finding.row.flatMap({ index.messageIndex(at: $0) }) {
        byMessage[message, default: []].append(place)
      } else if let connection = finding.connection {
        byConnection[connection, default: []].append(place)
      }
    }
  }

  /// The first trace was said again, and this is what was recorded of it.
  ///
  /// - Parameters:
  ///   - origins: rows of the first trace, by number of the packet.
  ///   - changed: numbers of packets that it does not have so.
  package mutating func descends(by origins: [Int: Int], changed: Set<Int>) {
    for (number, origin) in origins {
      if let row = index.row(number: number) { self.origins[row] = origin }
    }
    ours.formUnion(changed.compactMap { index.row(number: $0) })
  }

  package var isRedacted: Bool { source.head?.isRedacted ?? false }

  /// What a shadow got is no mail of the trace's own.
  func isOfShadow(connection c: Int) -> Bool { index.connections[c].shadowOf != nil }
  func isOfShadow(message i: Int) -> Bool { isOfShadow(connection: index.messages[i].connection) }

  func isOurs(_ row: Int?) -> Bool { row.map(ours.contains) ?? false }
  func isIgnored(_ row: Int?) -> Bool { row.map(ignored.contains) ?? false }

  /// The packet as it left; nil where it cannot be read back.
  func packet(at row: Int) -> Packet? {
    index.sentInstead(of: row, from: source) ?? index.packet(at: row, from: source)
  }

  /// What of it is compared.
  func comparable(at row: Int) -> Packet? { packet(at: row).map(comparable) }
  func comparable(_ packet: Packet) -> Packet { shape?(packet) ?? packet }

  /// What was found about a mail, or about a connection outside its mails.
  func findings(ofMessage message: Int) -> [FindingEntry] { entries(byMessage[message]) }
  func findings(ofConnection connection: Int) -> [FindingEntry] { entries(byConnection[connection]) }

  private func entries(_ places: [Int]?) -> [FindingEntry] {
    // How long something took is no property of what was said: reply times are compared as such.
    (places ?? []).map { index.findings[$0] }.filter { !$0.rule.isOfTime && !isIgnored($0.row) }
  }

  /// How the dialogue of a connection runs, by the milter's answer to OPTNEG.
  func flags(ofConnection connection: Int) -> ProtocolFlags { flagsAnswered(ofConnection: connection) ?? [] }

  private func flagsAnswered(ofConnection connection: Int) -> ProtocolFlags? {
    for row in index.connections[connection].rows
    where index.connectionIndex(at: row) == connection {
      switch index.glance(at: row).kind {
      case .reply(.optNeg):
        return packet(at: row).flatMap { OptNeg(Dissection($0).shape, of: $0)?.effectiveFlags }
      case .command(.mail), .command(.quit): return nil
      case .command, .reply, .unknown, .empty: continue
      }
    }
    return nil
  }

  func place(ofMessage i: Int) -> ComparedPair.Place {
    let entry = index.messages[i]
    let sender = entry.mailRow.flatMap { packet(at: $0) }.map { PacketSummary($0).text }
    let parts = [queueID(ofMessage: i).map { InertText.string(escaping: $0) }, sender]
    return ComparedPair.Place(
      connection: index.connections[entry.connection].number, message: entry.number,
      name: parts.compactMap { $0 }.joined(separator: " "), entry: i)
  }

  func place(ofConnection i: Int) -> ComparedPair.Place {
    let entry = index.connections[i]
    let name = entry.connectRow.flatMap { packet(at: $0) }.map { PacketSummary($0).text }
    return ComparedPair.Place(connection: entry.number, message: 0, name: name ?? "", entry: i)
  }

  func queueID(ofMessage i: Int) -> [UInt8]? {
    guard let row = index.messages[i].queueRow, let packet = packet(at: row) else { return nil }
    let ids = MacroPairs(packet).filter {
      $0.name.elementsEqual("i".utf8) || $0.name.elementsEqual("{i}".utf8)
    }
    return ids.last.map { Array($0.value) }
  }
}

extension FindingRule {
  /// Whether the next run may find it or not, as it is sooner or later.
  fileprivate var isOfTime: Bool {
    [
      FindingRule.slowReply, .replyTooLate, .noKeepAlive, .progressStorm, .delayedAck, .notableReply,
      .growsSlower,
    ].contains(self)
  }
}

/// Names and values of a packet of macros, in order.
struct MacroPairs: Sequence {
  private let packet: Packet

  init(_ packet: Packet) { self.packet = packet }

  func makeIterator() -> AnyIterator<(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)> {
    guard case .macro(_, let strings) = Dissection(packet).shape else { return AnyIterator { nil } }
    var list = StringList(strings, of: packet)
    let packet = packet
    return AnyIterator {
      guard let name = list.next() else { return nil }
      return (packet.bytes[name], list.next().map { packet.bytes[$0] } ?? [])
    }
  }
}

extension ComparedTrace {
  /// Stages that a milter of the trace did not want.
  package var stagesDeclined: Set<Stage> {
    Set(
      index.connections.indices.flatMap { c in
        let flags = flags(ofConnection: c)
        return Stage.allCases.filter { flags.declines($0) }
      })
  }

  /// Whether a milter of the trace has answered OPTNEG.
  package var hasNegotiated: Bool {
    index.connections.indices.contains { flagsAnswered(ofConnection: $0) != nil }
  }
}
