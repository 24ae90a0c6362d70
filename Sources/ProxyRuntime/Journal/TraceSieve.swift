import CommandLanguage
import MilterProtocol
import Timeline
import TraceFormat
import TraceModel

/// Keeps the records of a connection back until it ends, and lets those of its mails through that an expression takes.
///
/// The expression is asked as `show --filter` asks it, of a trace that is this connection; a mail is taken with all of its
/// packets where it takes one of them, and with it what belongs to no mail: the beginning and the end of the connection.
/// A connection of which more than there is room for is kept back is let through as it is, and told.
package final class TraceSieve {
  private struct Session {
    var records: [Record] = []
    var bytes = 0
    /// Legs that have not ended: where we are the milter there is one.
    var openLegs = 2
    /// It was too large to wait for: all of it passes.
    var passes = false
  }

  private let expression: Expression
  private let utcOffset: Int
  private let head: TraceHead
  private let room: Int
  private var sessions: [Int: Session] = [:]
  private var bytes = 0
  private let report: (String) -> Void

  /// - Parameters:
  ///   - room: bytes of the wire that may be kept back.
  ///   - report: takes a message for the operator, one line.
  package init(
    _ expression: Expression, head: TraceHead, utcOffset: Int, room: Int = 67_108_864,
    report: @escaping (String) -> Void
  ) {
    self.expression = expression
    self.head = head
    self.utcOffset = utcOffset
    self.room = room
    self.report = report
  }

  /// Takes records in; returns those that are to be written now.
  package func take(_ records: [Record]) -> [Record] {
    var passing: [Record] = []
    for record in records {
      guard record.connection > 0 else {
        passing.append(record)
        continue
      }
      if sessions[record.connection]?.passes == true {
        passing.append(record)
        if ends(with: record) { sessions[record.connection] = nil }
        continue
      }
      sessions[record.connection, default: Session()].records.append(record)
      if case .opened(let opened) = record.event, opened.milter == nil {
        sessions[record.connection]?.openLegs = 1
      }
      sessions[record.connection]?.bytes += record.wireBytes
      bytes += record.wireBytes
      if ends(with: record) { passing += decide(record.connection) }
      if bytes > room { passing += letLargestPass() }
    }
    return passing
  }

  /// What is left at the end of the run.
  package func finish() -> [Record] { sessions.keys.sorted().flatMap { decide($0) } }

  private func ends(with record: Record) -> Bool {
    guard case .closed = record.event else { return false }
    sessions[record.connection]?.openLegs -= 1
    return sessions[record.connection]?.openLegs == 0
  }

  private func letLargestPass() -> [Record] {
    let waiting = sessions.filter { !$0.value.passes }
    guard let (connection, session) = waiting.max(by: { $0.value.bytes < $1.value.bytes }) else { return [] }
    report(
      "connection \(connection) is recorded whether or not --write-filter takes it: too much of it would have to wait for its end"
    )
    bytes -= session.bytes
    sessions[connection] = Session(openLegs: session.openLegs, passes: true)
    return session.records
  }

  private func decide(_ connection: Int) -> [Record] {
    guard let session = sessions.removeValue(forKey: connection), !session.passes else { return [] }
    bytes -= session.bytes
    let source = ListedRecords(head: head, session.records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    var pass = FilterPass(FilterPredicate(expression))
    pass.advance(TimelineReader(index, source, utcOffset: utcOffset))
    var taken = Set(pass.rows.map { index[Int($0)].message })
    guard !taken.isEmpty else { return [] }
    // What belongs to no mail.
    taken.insert(0)
    var messages: [Int: Int] = [:]
    for row in 0..<index.count { messages[index[row].number] = index[row].message }
    return session.records.filter { record in
      record.subject.flatMap { messages[$0] }.map(taken.contains) ?? true
    }
  }
}

/// Records as they lie in memory.
private final class ListedRecords: RecordSource {
  let head: TraceHead?
  private let records: [Record]

  init(head: TraceHead, _ records: [Record]) {
    self.head = head
    self.records = records
  }

  var count: Int { records.count }

  func record(at index: Int) -> Record? { records.indices.contains(index) ? records[index] : nil }
}
