import MilterProtocol

/// A packet as a test names it: a row of a table, or a line of a fixture file.
///
/// Fixture files are text: blank lines and lines that begin with `#` are skipped, every other line is
///
///     title | mta | 0000000d 48 636c69656e742e7465737400
package struct PacketFixture: Sendable, CustomStringConvertible {
  package let title: String
  package let packet: Packet

  package init(title: String, packet: Packet) {
    self.title = title
    self.packet = packet
  }

  package init(_ title: String, _ sender: Leg, _ digits: String) {
    let frame = hex(digits)
    let length = frame.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    precondition(length == frame.count - 4, "\(title): the length field says \(length): \(digits)")
    self.init(title: title, packet: Packet(frame: frame, from: sender))
  }

  package var description: String { title }

  /// The rows of a fixture file. A line that is none stops the test run: fixtures are ours.
  package static func parse(_ text: String) -> [PacketFixture] {
    tableRows(text, columns: 3).map { PacketFixture($0[0], leg($0[1]), $0[2]) }
  }

  /// `mta` or `milter`.
  package static func leg(_ word: String) -> Leg {
    guard let leg = Leg.allCases.first(where: { $0.name == word }) else {
      preconditionFailure("'\(word)' is neither mta nor milter")
    }
    return leg
  }
}

/// Rows of a table in a text file: columns between `|`, blank lines and lines that begin with `#` skipped.
package func tableRows(_ text: String, columns: Int) -> [[String]] {
  text.split(separator: "\n").compactMap { line in
    if line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) { return nil }
    let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmed }
    precondition(cells.count == columns, "expected \(columns) columns: \(line)")
    return cells
  }
}

extension Substring {
  /// Without blanks at both ends.
  package var trimmed: String {
    let start = drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}
