import MilterProtocol
import TraceModel

extension Test {
  /// A term that stands alone: set, or there.
  init(_ field: Expression.Field) {
    switch field.term.source {
    case .kinds(let kinds): self = .kinds(kinds)
    case .refusal: self = .refusal
    case .flags(let flags): self = .flags(flags)
    case .number(let number): self = .number(number, .any)
    case .text(let text): self = .text(TextSource(text, key: field.key), .isThere)
    case .finding: self = .severity(.any)
    case .stage: self = .stage(Set(Stage.allCases), isNegated: false)
    case .sender: self = .sender(Set(Leg.allCases), isNegated: false)
    case .time: self = .time(.start, .any)
    }
  }

  /// The parser lets only literals through that fit the term; others match nothing.
  init(_ field: Expression.Field, _ comparison: Comparison, _ literal: Literal) {
    let isNegated = comparison == .notEqual
    switch field.term.source {
    case .kinds, .refusal, .flags: self = .kinds(.none)
    case .number(let number): self = .number(number, Self.ranges(comparison, literal))
    case .time: self = .time(literal.timeBase, Self.ranges(comparison, literal))
    case .sender: self = .sender(Set(literal.members.compactMap(\.leg)), isNegated: isNegated)
    case .stage: self = .stage(Set(literal.members.compactMap(\.stage)), isNegated: isNegated)
    case .finding:
      if case .severity = literal {
        self = .severity(Self.ranges(comparison, literal))
      } else {
        self = .findingID(TextTest(comparison, literal, type: .finding))
      }
    case .text(let text):
      self = .text(TextSource(text, key: field.key), TextTest(comparison, literal, type: field.term.type))
    }
  }

  private static func ranges(_ comparison: Comparison, _ literal: Literal) -> Ranges {
    switch literal {
    case .list(let members): Ranges(ranges: members.flatMap { ranges(comparison, $0).ranges })
    case .range(.time(let low), .time(let high)) where low.microseconds > high.microseconds:
      // Past midnight: all but what lies between.
      Ranges(ranges: [.min...high.last, low.microseconds...(.max)])
    case .range(let low, let high):
      low.bounds.flatMap { low in high.bounds.map { Ranges(ranges: [low.first...max(low.first, $0.last)]) } }
        ?? Ranges(ranges: [])
    case .number, .size, .duration, .time, .severity, .text, .pattern, .network, .stage, .leg, .file:
      literal.bounds.map { Ranges(comparison, low: $0.first, high: $0.last) } ?? Ranges(ranges: [])
    }
  }
}

extension TimePoint {
  /// The last microsecond that it covers.
  fileprivate var last: Int64 { microseconds + precision - 1 }
}

extension Literal {
  /// First and last value that a single literal covers; nil where it has none.
  fileprivate var bounds: (first: Int64, last: Int64)? {
    switch self {
    case .number(let value), .size(let value), .duration(let value): (value, value)
    case .time(let time): (time.microseconds, time.last)
    case .severity(let severity): (Int64(severity.rawValue), Int64(severity.rawValue))
    case .text, .pattern, .network, .stage, .leg, .range, .list, .file: nil
    }
  }

  fileprivate var timeBase: TimePoint.Base {
    switch self {
    case .time(let time), .range(.time(let time), _): time.base
    case .list(let members): members.first?.timeBase ?? .start
    default: .start
    }
  }

  var members: [Literal] {
    switch self {
    case .list(let members): members
    case .file(let list): (list.entries ?? []).map(Literal.text)
    default: [self]
    }
  }
  fileprivate var leg: Leg? { if case .leg(let leg) = self { leg } else { nil } }
  fileprivate var stage: Stage? { if case .stage(let stage) = self { stage } else { nil } }
}
