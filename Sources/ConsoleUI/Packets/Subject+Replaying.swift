import MilterProtocol
import Timeline

extension Subject {
  /// Number of the packet from which on something is said otherwise: of a mail in a list of mails that is MAIL.
  var forked: Int? {
    guard view == .messages, let row = mail.flatMap({ trace.messages[$0].mailRow }) else { return number }
    return trace.index.number(at: row)
  }

  /// Numbers of the records with which the selected mail can be said again: what its connection said before any mail, the mail,
  /// and QUIT. Of a packet outside of any mail, all of its connection.
  var replayed: [Int] {
    guard let row else { return [] }
    let (index, c) = (trace.index, trace.index.connectionIndex(at: row))
    let own = index.rows(ofConnection: c)
    let numbers: [Int]
    if let mail {
      let start = trace.messages[mail].firstRow
      let rows = own.filter { row in
        let message = index.messageIndex(at: row)
        return message == mail || message == nil && index.isKept(row, before: start)
      }
      numbers =
        [trace.connections[c].openedRecord].compactMap { $0 } + rows.flatMap(index.recordNumbers(about:))
    } else {
      numbers = own.flatMap { index.recordNumbers(about: $0) } + index.recordsWithoutPacket(ofConnection: c)
    }
    return Set(numbers).sorted()
  }
}

extension TimelineIndex {
  /// Of what belongs to no mail: whether it goes with a mail that begins at `start`.
  fileprivate func isKept(_ row: Int, before start: Int) -> Bool {
    let command = self[row].answers ?? self[row].foldsInto ?? row
    switch glance(at: command).kind {
    case .command(.quit), .command(.quitNC): return true
    case .command(.abort): return false
    default: return command < start
    }
  }
}
