/// One of several places of a run where an MTA connects, and the milter behind it.
package struct Tap: Equatable, Sendable {
  /// Letters, digits, `-`, `_` and `.`, beginning with a letter: a word of the language, `tap == opendkim`.
  package let name: String
  /// Canonical addresses.
  package var listen: String
  package var milter: String

  package init(name: String, listen: String, milter: String) {
    self.name = name
    self.listen = listen
    self.milter = milter
  }

  /// In the head of a trace and on the command line: `opendkim=inet:8892@127.0.0.1,inet:8891@127.0.0.1`.
  package var text: String { "\(name)=\(listen),\(milter)" }

  /// The inverse of ``text``, of which the addresses are canonical; nil where it is none.
  package init?(_ text: String) {
    guard let sign = text.firstIndex(of: "="), Self.isName(text[..<sign]) else { return nil }
    let rest = text[text.index(after: sign)...]
    let comma = rest.indices.first { place in
      rest[place] == "," && Self.kinds.contains { rest[rest.index(after: place)...].hasPrefix($0) }
    }
    guard let comma else { return nil }
    self.init(
      name: String(text[..<sign]), listen: String(rest[..<comma]),
      milter: String(rest[rest.index(after: comma)...]))
  }

  private static let kinds = ["inet:", "inet6:", "unix:"]

  /// Of the longest name that is wanted.
  package static let longestName = 32

  package static func isName(_ text: some StringProtocol) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= longestName, isLetter(first) else { return false }
    return bytes.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "-_.".utf8.contains($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}

extension TraceHead {
  /// Where it listens and where its milters are, in words; nil where the run had none.
  package var places: (listen: String?, milter: String?) {
    taps.isEmpty
      ? (listen, milter)
      : (taps.map(\.listen).joined(separator: ", "), taps.map(\.milter).joined(separator: ", "))
  }
}
