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
    self.init(title: title, packet: Packet(frame: hex(digits), from: sender))
  }

  package var description: String { title }

  /// The rows of a fixture file. A line that is none stops the test run: fixtures are ours.
  package static func parse(_ text: String) -> [PacketFixture] {
    text.split(separator: "\n").compactMap { line in
      if line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) { return nil }
      let columns = line.split(separator: "|").map { $0.trimmed }
      guard columns.count == 3, let sender = Leg.allCases.first(where: { $0.name == columns[1] }) else {
        preconditionFailure("a fixture line has three columns, title | mta or milter | hex: \(line)")
      }
      return PacketFixture(columns[0], sender, columns[2])
    }
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
