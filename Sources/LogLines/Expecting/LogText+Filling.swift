import MilterProtocol

extension LogText {
  private static let byFormat = Dictionary(grouping: all) { $0.format }

  /// The text of that speaker with that format; a format that is in no table is our own mistake.
  static func of(_ speaker: Speaker, _ format: String) -> LogText {
    guard let text = byFormat[format]?.first(where: { $0.speaker == speaker }) else {
      preconditionFailure("no text of \(speaker.rawValue) reads: \(format)")
    }
    return text
  }

  /// The format with what its gaps hold; a gap of which nothing is known has its name in capitals.
  func filled(_ value: (String) -> String?) -> String {
    var filled = ""
    var rest = format[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let name = String(rest[rest.index(after: open)..<close])
      filled += rest[..<open] + (value(name) ?? name.uppercased())
      rest = rest[rest.index(after: close)...]
    }
    return filled + rest
  }
}
