import MilterProtocol
import TraceModel

extension InstructionParser {
  mutating func change(_ word: InstructionWord) throws(SyntaxError) -> Change {
    switch word {
    case .addHeader: return .addHeader(try header(named: try name().bytes))
    case .insertHeader:
      let index = try reader.number("an index", from: 0, to: Int(UInt32.max))
      return .insertHeader(index: UInt32(index), try header(named: try name().bytes))
    case .changeHeader:
      let (name, index) = try name()
      return .changeHeader(index: index ?? 1, try header(named: name))
    case .prefixHeader:
      let (name, index) = try name()
      guard index == nil else {
        throw reader.scanner.error(
          "prefix-header takes no index: it changes the first header of that name",
          at: reader.scanner.at..<reader.scanner.at)
      }
      return .prefixHeader(try header(named: name))
    case .deleteHeader:
      let (name, index) = try name()
      return .deleteHeader(HeaderPattern(name), index: index)
    case .addRcpt: return .addRcpt(address: try address(), parameters: try parameters())
    case .deleteRcpt: return .deleteRcpt(address: try address())
    case .changeFrom: return .changeFrom(address: try address(), parameters: try parameters())
    case .replaceBody: return .replaceBody(try source())
    case .deletePart: return .deletePart(try partChoice())
    case .defang: return .defang(try partChoice())
    case .replacePart:
      let choice = try partChoice()
      return .replacePart(choice, try source())
    default:
      let (reason, range) = try reader.valuedText("a reason")
      return .quarantine(reason: try withoutNUL(reason, range))
    }
  }

  /// A header's name or pattern, and the index behind it.
  private mutating func name() throws(SyntaxError) -> (bytes: [UInt8], index: UInt32?) {
    let (name, range) = try reader.argument("a header's name", endingAt: [UInt8(ascii: "[")])
    guard !name.isEmpty else { throw reader.scanner.error("the name is empty", at: range) }
    if name.last == UInt8(ascii: ":"), reader.scanner.bytes[range.lowerBound] != UInt8(ascii: "\"") {
      throw reader.scanner.error("the name goes without its colon", at: range)
    }
    return (try withoutNUL(name, range), try reader.index())
  }

  private mutating func header(named name: [UInt8]) throws(SyntaxError) -> Header {
    let (value, range) = try reader.valuedText("a value")
    return Header(name: name, value: try withoutNUL(value, range))
  }

  private mutating func address() throws(SyntaxError) -> [UInt8] {
    let (address, range) = try reader.valuedArgument("an address")
    guard !address.isEmpty else {
      throw reader.scanner.error("the address is empty", hint: "the null address is written <>", at: range)
    }
    return try withoutNUL(address, range)
  }

  private mutating func parameters() throws(SyntaxError) -> [UInt8]? {
    if reader.isAtEnd { return nil }
    let (text, range) = try reader.valuedText("parameters")
    return try withoutNUL(text, range)
  }

  /// A number, or `type` or `name` and what fits.
  private mutating func partChoice() throws(SyntaxError) -> Change.PartChoice {
    switch reader.peekWord()?.text.lowercased() {
    case "type":
      _ = try reader.word("type")
      return .type(Glob(try reader.argument("a type such as \"application/*\"").bytes))
    case "name":
      _ = try reader.word("name")
      return .name(Glob(try reader.argument("a name such as \"*.exe\"").bytes))
    default: return .number(try reader.number("type, name or a part's number", from: 1, to: 100_000))
    }
  }

  private mutating func source() throws(SyntaxError) -> Change.BodySource {
    reader.scanner.skipSpace()
    guard reader.scanner.byte == UInt8(ascii: "@") else {
      return .text(try reader.valuedText("@FILE or a text in quotes").bytes)
    }
    reader.scanner.at += 1
    if let byte = reader.scanner.byte, byte <= 0x20 { throw reader.missing("a file's name") }
    return .file(try reader.string("a file's name"))
  }

  private func withoutNUL(_ bytes: [UInt8], _ range: Range<Int>) throws(SyntaxError) -> [UInt8] {
    if bytes.contains(0) {
      throw reader.scanner.error("a NUL ends the string on the wire", hint: "raw can send one", at: range)
    }
    return bytes
  }
}
