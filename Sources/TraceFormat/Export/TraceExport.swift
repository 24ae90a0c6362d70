import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let trace = ExportFormat(
    "trace", fileExtension: "mtrace",
    "a trace again: all of it, or the chosen packets with what is needed to understand them"
  ) { TraceExport($0) }
}

/// The chosen packets as a trace of their own; numbers of packets and connections stay.
///
/// With a chosen packet come the greeting of its connection (OPTNEG, CONNECT, HELO, with macros and replies), the MAIL
/// of its message, and its own command with macros and replies: without them its decoding or its place would change.
struct TraceExport: Exporter {
  private let input: ExportInput
  private let kept: ExportInput

  init(_ input: ExportInput) {
    self.input = input
    kept = input.chosen.isEverything ? input : Self.completed(input)
  }

  var stepCount: Int { input.source.count + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    guard number > 0 else {
      RecordWriter.append(input.head, to: &bytes)
      return
    }
    guard let record = input.source.record(at: number - 1), kept.includes(record) else { return }
    RecordWriter.append(record, to: &bytes)
  }

  /// What was chosen, and what it needs.
  private static func completed(_ input: ExportInput) -> ExportInput {
    let index = input.index
    var rows = Set<Int>()
    func add(_ row: Int) {
      let command = index[row].answers ?? row
      guard rows.insert(command).inserted else { return }
      rows.formUnion(index.macroRows(of: command))
      if let folds = index[command].foldsInto { add(folds) }
      rows.formUnion(index.replyRows(to: command))
    }
    for row in 0..<index.count where input.chosen.hasRow(row) {
      add(row)
      rows.insert(row)
    }
    for i in input.messages { index.messages[i].mailRow.map(add) }
    for c in input.connections {
      let connection = index.connections[c]
      let end = min(
        connection.rows.upperBound, (connection.heloRow ?? connection.connectRow ?? connection.firstRow) + 1)
      for row in connection.firstRow..<end where index.connectionIndex(at: row) == c {
        if index[row].message == 0 { add(row) }
      }
    }
    return ExportInput(index, input.source, rows: rows.sorted().map { UInt32($0) })
  }
}
