import MilterProtocol
import TraceModel

/// What a broken peer does.
extension InstructionParser {
  mutating func fault(_ word: InstructionWord) throws(SyntaxError) -> Fault {
    switch word {
    case .extra: return try extra()
    case .duplicate: return .duplicate
    case .truncate: return .truncate(try reader.number("a number of bytes", from: 0, to: Self.most))
    case .shorten: return .shorten(try reader.number("a number of bytes", from: 1, to: Self.most))
    case .append: return .append(try hexText().bytes)
    case .corrupt:
      let offset = try reader.number("an offset in the frame", from: 0, to: Self.most)
      return .corrupt(offset: offset, try hexText().bytes)
    case .split:
      let pieces = try reader.number("a number of pieces", from: 2, to: Self.mostPieces)
      return .split(
        pieces, pause: reader.isAtEnd ? Fault.splitPause : Moment.Span(microseconds: try duration()))
    case .coalesce: return .coalesce
    case .reorder: return .reorder
    case .provoke: return .provoke(try rule())
    default: return .silence(try leg())
    }
  }

  /// `progress`, or a storm of it.
  mutating func progress() throws(SyntaxError) -> Instruction {
    guard try isFollowed(by: "storm") else { return .progress }
    let count =
      reader.isAtEnd ? Fault.stormCount : try reader.number("a number", from: 1, to: Self.mostProgress)
    return .fault(.storm(count))
  }

  /// `close mta|milter [reset] [after N]`
  mutating func close() throws(SyntaxError) -> Instruction {
    let leg = try reader.choice("mta or milter", Leg.allCases.map { ($0.name, $0) })
    let resets = try isFollowed(by: "reset")
    let after =
      try isFollowed(by: "after") ? try reader.number("a number of bytes", from: 0, to: Self.most) : nil
    return resets || after != nil ? .fault(.breakOff(leg, reset: resets, after: after)) : .close(leg)
  }

  /// `[mta|milter] HEX|VERDICT|MODIFICATION`
  private mutating func extra() throws(SyntaxError) -> Fault {
    let leg = try leg()
    guard let next = reader.peekWord(), let word = InstructionWord(rawValue: next.text.lowercased()) else {
      return .extra(.frame(try hexBytes()), to: leg)
    }
    _ = try reader.word("a word")
    switch try instruction(word) {
    case .answer(let answer)?: return .extra(.answer(answer), to: leg)
    case .progress?: return .extra(.progress, to: leg)
    case .change(let change)? where !change.rewritesPart: return .extra(.change(change), to: leg)
    default:
      throw reader.scanner.error(
        "extra takes a frame in hexadecimal, a verdict, or a modification",
        hint: "such as extra 00 00 00 01 63, extra continue, extra add-header X-Early yes", at: next.range)
    }
  }

  /// The id of a rule.
  private mutating func rule() throws(SyntaxError) -> String {
    let (text, range) = try reader.word("a rule such as R02")
    let id = text.uppercased()
    guard FindingRule.withID(id) != nil else {
      throw reader.scanner.error(
        "there is no rule '\(text)'", hint: "mitmilter help findings lists them",
        near: Nearest.match(for: id, among: FindingRule.all.map(\.id)), at: range)
    }
    return id
  }

  private mutating func leg() throws(SyntaxError) -> Leg? {
    for leg in Leg.allCases where try isFollowed(by: leg.name) { return leg }
    return nil
  }

  /// Of a frame that is kept whole.
  private static let most = 1 << 20
  private static let mostPieces = 1000
  private static let mostProgress = 10_000
}
