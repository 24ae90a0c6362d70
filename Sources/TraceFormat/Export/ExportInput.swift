import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What an export works on: a trace with its index, what was chosen of it, and how it is wanted.
///
/// Whatever changes records on their way out (redaction) is a ``RecordSource`` in front, with an index of its own. It never
/// changes, and is an object so that the exporters that hold it do not each carry the whole index.
package final class ExportInput {
  package let source: any RecordSource
  package let index: TimelineIndex
  package let head: TraceHead
  package let chosen: ChosenPackets
  /// Mails are wanted as this MTA delivers them; nil for as the milter saw them.
  package let delivery: KnownMTA?
  /// Whether private words were replaced in front (``RecordRedactor``).
  package let isRedacted: Bool
  /// What reads the texts of mails, for pages that show them decoded.
  let charsets: Charsets
  /// What it is exported with, a line each: program and system.
  let machine: [String]
  let loneFindings: ChosenPackets.LoneFindings?

  /// - Parameters:
  ///   - rows: rows of the index that are chosen, in order; nil for all.
  ///   - loneFindings: which findings about no packet are chosen with them; nil for those of their connections.
  package init(
    _ index: TimelineIndex, _ source: any RecordSource, rows: [UInt32]? = nil,
    loneFindings: ChosenPackets.LoneFindings? = nil, delivery: KnownMTA? = nil, isRedacted: Bool = false,
    charsets: Charsets = .builtIn, machine: [String] = []
  ) {
    self.isRedacted = isRedacted
    self.machine = machine
    self.charsets = charsets
    self.loneFindings = loneFindings
    self.source = source
    self.index = index
    head = source.head ?? TraceHead(program: "", startedAt: 0, command: [])
    chosen = ChosenPackets(rows, of: index, from: source, loneFindings: loneFindings)
    self.delivery = delivery
  }

  /// Reads the trace for its index.
  package convenience init(
    _ source: any RecordSource, rows: [UInt32]? = nil, loneFindings: ChosenPackets.LoneFindings? = nil,
    delivery: KnownMTA? = nil, isRedacted: Bool = false,
    charsets: Charsets = .builtIn, machine: [String] = []
  ) {
    var index = TimelineIndex()
    index.catchUp(with: source)
    self.init(
      index, source, rows: rows, loneFindings: loneFindings, delivery: delivery, isRedacted: isRedacted,
      charsets: charsets, machine: machine)
  }

  /// Indices of the messages with a chosen packet, in order.
  package var messages: [Int] { index.messages.indices.filter { chosen.hasMessage($0) } }
  /// Indices of the connections with a chosen packet, in order; without a filter also those without packets.
  package var connections: [Int] { index.connections.indices.filter { chosen.hasConnection($0) } }

  /// Whether the record goes out: with its packet where it is about one, else with its connection.
  package func includes(_ record: Record) -> Bool {
    guard !chosen.isEverything else { return true }
    if let packet = record.subject { return index.row(number: packet).map(chosen.hasRow) ?? false }
    if record.isFinding { return chosen.hasLone(record, of: index) }
    guard let c = index.connectionIndex(record.connection) else { return false }
    return chosen.hasConnection(c)
  }
}

extension Record {
  /// Number of the packet that it brings or is about; nil where it is about the connection or the whole run.
  package var subject: Int? {
    switch event {
    case .received(let received): received.number
    case .sent(let sent): sent.original ?? sent.number
    case .held(let held): held.number
    case .released(let released): released.number
    case .instructed(let instructed): instructed.packet
    case .found(let finding): finding.packet
    case .noted(_, let packet): packet
    case .marked(let packet, _): packet
    case .opened, .passed, .closed: nil
    }
  }
}
