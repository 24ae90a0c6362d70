import CommandLanguage
import MilterProtocol
import TestSupport

extension SeededGenerator {
  /// Any expression that the parser may give.
  mutating func expression(depth: Int = 4) -> Expression {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &self) {
    case 0: .holds(field { $0.type == .flag })
    case 1: .holds(field { _ in true })
    case 2: .search(bytes(0...6))
    case 3, 4: comparison()
    case 5: .not(expression(depth: depth - 1))
    case 6: .all((0..<Int.random(in: 2...3, using: &self)).map { _ in expression(depth: depth - 1) })
    default: .any((0..<Int.random(in: 2...3, using: &self)).map { _ in expression(depth: depth - 1) })
    }
  }

  /// A field named like a kind stands for the kind when it stands alone, so that is what is made.
  private mutating func field(where condition: (Term) -> Bool) -> Expression.Field {
    let term = element(of: Term.table.filter(condition))
    if term.name == "body" { return Expression.Field(Term.table.first { $0.name == "body" } ?? term) }
    return Expression.Field(term, key: term.hasKey ? key() : nil)
  }

  private mutating func key() -> [UInt8] { bytes(1...5).map { $0 == 0x7B ? 0x7A : $0 } }

  private mutating func comparison() -> Expression {
    let term = element(of: Term.table.filter { $0.type != .flag })
    let operation = element(of: term.type.operators)
    let field = Expression.Field(term, key: term.hasKey ? key() : nil)
    return .compare(field, operation, literal(term.type, operation))
  }

  private mutating func literal(_ type: ValueType, _ operation: Comparison) -> Literal {
    if operation == .in {
      if chance(1, in: 3), let (low, high) = ends(type) { return .range(low, high) }
      return .list((0..<Int.random(in: 1...3, using: &self)).map { _ in single(type, operation) })
    }
    return single(type, operation)
  }

  private mutating func ends(_ type: ValueType) -> (Literal, Literal)? {
    let low = Int64.random(in: 0...1_000_000, using: &self)
    let high = low + Int64.random(in: 0...1_000_000, using: &self)
    return switch type {
    case .number: (.number(low), .number(high))
    case .size: (.size(low), .size(high))
    case .duration: (.duration(low), .duration(high))
    case .time: (.time(TimePoint(sinceStart: low)), .time(TimePoint(sinceStart: high)))
    case .flag, .text, .mailbox, .address, .bytes, .finding, .stage, .leg: nil
    }
  }

  private mutating func single(_ type: ValueType, _ operation: Comparison) -> Literal {
    switch type {
    case .flag, .number: return .number(Int64.random(in: 0...(.max), using: &self))
    case .size: return .size(Int64.random(in: 0...(1 << 40), using: &self))
    case .duration: return .duration(Int64.random(in: 0...(1 << 45), using: &self))
    case .time: return time()
    case .text, .address:
      let takesNetworks = operation == .in || operation == .equal || operation == .notEqual
      return takesNetworks && chance(1, in: 2) ? network() : text(operation)
    case .mailbox, .bytes: return text(operation)
    case .finding:
      let takesText = operation == .in || operation == .startsWith
      return takesText || ((operation == .equal || operation == .notEqual) && chance(1, in: 2))
        ? .text(bytes(0...4)) : .severity(element(of: Finding.Severity.allCases))
    case .stage: return .stage(element(of: Stage.allCases))
    case .leg: return .leg(element(of: Leg.allCases))
    }
  }

  private mutating func time() -> Literal {
    let texts = [
      "12:04", "00:00:00", "23:59:59.999999", "2026-05-01", "1999-12-31T23:59:59.5Z", "2024-02-29T00:00",
    ]
    return TimePoint(element(of: texts)).map(Literal.time) ?? .time(TimePoint(sinceStart: 0))
  }

  private mutating func network() -> Literal {
    let text =
      if chance(1, in: 2) {
        "\(bytes(4...4).map(String.init).joined(separator: "."))/\(Int.random(in: 0...32, using: &self))"
      } else {
        (0..<8).map { _ in String(chance(1, in: 2) ? 0 : next() >> 48, radix: 16) }.joined(separator: ":")
          + "/\(Int.random(in: 0...128, using: &self))"
      }
    return Network(text.utf8).map(Literal.network) ?? .text([])
  }

  private mutating func text(_ operation: Comparison) -> Literal {
    guard operation == .matches else { return .text(bytes(0...6)) }
    let sources = ["^a\\.b$", "say \"hi\"", "[\\]\\\\]+|x{2,3}", "(?i:é)*", "\\x41\\b"]
    return (try? Pattern(Array(element(of: sources).utf8))).map(Literal.pattern) ?? .text([])
  }
}
