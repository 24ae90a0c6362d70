import MilterProtocol
import TraceModel

/// A text of an instruction, taken apart into what goes out as it stands and the values that it names.
///
/// An instruction holds its texts as they are written; what they come to is known only with a packet.
/// `{` begins a value where a term, or a function of one, and `}` follow at once. In front of such a term a doubled brace
/// stands for one brace, so `{{client.address}` is no value. Any other brace stands for itself: a text of which nothing
/// is a term means what it always meant.
struct ValuedText: Equatable {
  private(set) var parts: [Part] = []

  enum Part: Equatable {
    case plain([UInt8])
    case value(TextValue)
    /// Braces doubled in front of what would be a value: half as many go out, then that as it is spelled.
    case spelled(braces: Int, [UInt8])
  }

  init(_ bytes: [UInt8]) {
    var plainFrom = 0
    var at = bytes.firstIndex(of: Self.brace)
    while let start = at {
      let run = Self.run(at: start, in: bytes)
      if let braced = Self.braced(at: start, in: bytes) {
        append(bytes[plainFrom..<start])
        append(braced)
        plainFrom = braced.end
        at = bytes[braced.end...].firstIndex(of: Self.brace)
      } else {
        at = bytes[(start + run)...].firstIndex(of: Self.brace)
      }
    }
    append(bytes[plainFrom...])
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    if !bytes.isEmpty { parts.append(.plain(Array(bytes))) }
  }

  private mutating func append(_ braced: Braced) {
    if braced.isValue {
      if braced.braces > 1 { parts.append(.spelled(braces: braced.braces - 1, [])) }
      parts.append(.value(braced.value))
    } else {
      parts.append(.spelled(braces: braced.braces, braced.spelling))
    }
  }

  /// The values that it asks for.
  var values: [TextValue] {
    parts.compactMap { if case .value(let value) = $0 { value } else { nil } }
  }

  /// As the parser reads it, each value spelled in one way.
  var source: [UInt8] { pieces.flatMap(\.bytes) }

  /// The same, part by part.
  var pieces: [(bytes: [UInt8], isValue: Bool)] {
    parts.map { part in
      switch part {
      case .plain(let bytes): (bytes, false)
      case .value(let value): (Array("{\(value.text)}".utf8), true)
      case .spelled(let braces, let spelling):
        ([UInt8](repeating: Self.brace, count: braces) + spelling, true)
      }
    }
  }

  /// In quotes; values keep theirs.
  var quoted: String {
    let inner = parts.map { part in
      switch part {
      case .plain(let bytes): String(Quoting.string(bytes).dropFirst().dropLast())
      case .value(let value): "{\(value.text)}"
      case .spelled(let braces, let spelling):
        String(repeating: "{", count: braces) + String(decoding: spelling, as: UTF8.self)
      }
    }
    return "\"" + inner.joined() + "\""
  }

  /// Written so that these bytes are what goes out, whatever they look like.
  static func spelling(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var copiedTo = 0
    var at = bytes.firstIndex(of: brace)
    while let start = at {
      let run = run(at: start, in: bytes)
      if let braced = braced(at: start, in: bytes) {
        result += bytes[copiedTo..<start] + [UInt8](repeating: brace, count: run)
        copiedTo = start
        at = bytes[braced.end...].firstIndex(of: brace)
      } else {
        at = bytes[(start + run)...].firstIndex(of: brace)
      }
    }
    return result + bytes[copiedTo...]
  }

  // MARK: - Braces

  static let brace = UInt8(ascii: "{")

  /// Braces in front of a term.
  struct Braced {
    let braces: Int
    let value: TextValue
    /// From the last of the opening braces on, that one left out.
    let spelling: [UInt8]
    /// Behind the closing brace.
    let end: Int

    var isValue: Bool { !braces.isMultiple(of: 2) }

    /// As a text holds it.
    var source: [UInt8] {
      [UInt8](repeating: ValuedText.brace, count: braces)
        + (isValue ? Array("\(value.text)}".utf8) : spelling)
    }
  }

  static func run(at start: Int, in bytes: [UInt8]) -> Int {
    bytes[start...].prefix { $0 == brace }.count
  }

  /// nil where no term follows the braces.
  ///
  /// - Parameter start: of the first of them.
  static func braced(at start: Int, in bytes: [UInt8]) -> Braced? {
    let braces = run(at: start, in: bytes)
    let first = start + braces
    guard first < bytes.count, isLetter(bytes[first]) else { return nil }
    var scanner = Scanner(bytes)
    scanner.at = first
    var parser = TextValueParser(scanner)
    guard let value = try? parser.value(), parser.scanner.byte == UInt8(ascii: "}") else { return nil }
    let end = parser.scanner.at + 1
    let spelling = Array(bytes[first..<end])
    // It is printed as it is spelled.
    guard spelling.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      String(validating: spelling, as: UTF8.self) != nil
    else { return nil }
    return Braced(braces: braces, value: value, spelling: spelling, end: end)
  }
}
