import MilterProtocol
import TraceModel

extension ExportInput {
  /// What was chosen, and what it needs to be understood: the greeting of its connection (OPTNEG, CONNECT, HELO, with
  /// macros and replies), the MAIL of its message, and its own command with macros and replies. Without them its decoding
  /// or its place would change.
  var completed: ExportInput {
    guard !chosen.isEverything else { return self }
    var rows = Set<Int>()
    for row in 0..<index.count where chosen.hasRow(row) {
      addExchange(of: row, to: &rows)
      rows.insert(row)
    }
    for i in messages { index.messages[i].mailRow.map { addExchange(of: $0, to: &rows) } }
    for c in connections {
      for row in greeting(of: c) { addExchange(of: row, to: &rows) }
    }
    return ExportInput(
      index, source, rows: rows.sorted().map { UInt32($0) }, loneFindings: loneFindings, delivery: delivery,
      isRedacted: isRedacted, charsets: charsets)
  }

  private func addExchange(of row: Int, to rows: inout Set<Int>) {
    let command = index[row].answers ?? row
    guard rows.insert(command).inserted else { return }
    rows.formUnion(index.macroRows(of: command))
    if let folds = index[command].foldsInto { addExchange(of: folds, to: &rows) }
    rows.formUnion(index.replyRows(to: command))
  }

  private func greeting(of c: Int) -> [Int] {
    let connection = index.connections[c]
    let last = connection.heloRow ?? connection.connectRow ?? connection.firstRow
    return (connection.firstRow..<min(connection.rows.upperBound, last + 1)).filter {
      index.connectionIndex(at: $0) == c && index[$0].message == 0
    }
  }
}
