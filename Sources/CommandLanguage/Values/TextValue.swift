import Mail
import MilterProtocol
import TraceModel

/// What stands between braces in a text of an instruction: a term, or what is made of one.
package indirect enum TextValue: Equatable, Sendable {
  case field(Expression.Field)
  /// ASCII letters in lower case.
  case lower(TextValue)
  /// Each place where the pattern is found, the longest one from the left, replaced by the text as it stands.
  case sub(TextValue, Pattern, [UInt8])

  /// The text that parses to it, without its braces.
  package var text: String {
    switch self {
    case .field(let field): field.text
    case .lower(let value): "lower(\(value.text))"
    case .sub(let value, let pattern, let replacement):
      "sub(\(value.text), \(Self.slashed(pattern.source)), \(Quoting.string(replacement)))"
    }
  }

  private static func slashed(_ source: [UInt8]) -> String {
    "/" + String(decoding: source, as: UTF8.self).replacing("/", with: "\\/") + "/"
  }

  /// The field that it is made of.
  package var field: Expression.Field {
    switch self {
    case .field(let field): field
    case .lower(let value), .sub(let value, _, _): value.field
    }
  }

  /// What it asks for about packets of these kinds.
  package func needs(on kinds: PacketKindSet) -> Needs { field.term.source.needs(on: kinds) }

  /// Whether it is ESMTP arguments, encoded already.
  var isArguments: Bool { self == .field(field) && field.isArguments }

  /// Nothing where the packet has no such field.
  ///
  /// - Throws: where a pattern takes too long.
  func bytes(in context: some PacketContext, _ effort: inout SearchEffort) throws(Refusal) -> [UInt8] {
    switch self {
    case .field(let field): return field.bytes(in: context)
    case .lower(let value): return try value.bytes(in: context, &effort).map(lowercased)
    case .sub(let value, let pattern, let replacement):
      let text = try value.bytes(in: context, &effort)
      guard let result = pattern.replaced(in: text, with: replacement, &effort) else {
        throw Refusal("to search for the pattern of {\(others: self.text)} would take too long")
      }
      return result
    }
  }
}

extension Expression.Field {
  /// Whether a text can say it: flags and kinds are yes or no.
  var hasText: Bool {
    switch term.source {
    case .number, .text, .finding, .stage, .sender, .time: true
    case .kinds, .refusal, .flags: false
    }
  }

  fileprivate var isArguments: Bool {
    switch term.source {
    case .text(.mailArguments), .text(.rcptArguments): true
    case .text, .number, .finding, .stage, .sender, .time, .kinds, .refusal, .flags: false
    }
  }

  /// As it stands in a text; nothing where the packet has none.
  fileprivate func bytes(in context: some PacketContext) -> [UInt8] {
    switch term.source {
    case .text(let text): return written(TextSource(text, key: key).values(in: context).all, text)
    case .number(let number): return digits(number.value(in: context)).map { Array($0.utf8) } ?? []
    case .finding: return Array(context.findingIDs.joined(separator: ", ").utf8)
    case .stage: return Array((context.stage?.word ?? "").utf8)
    case .sender: return Array(context.sender.name.utf8)
    case .time:
      let clock = WallClock(startedAt: context.startedAt)
      return Array(clock.rfc3339(context.time.microseconds).utf8)
    case .kinds, .refusal, .flags: return []
    }
  }

  private func digits(_ value: Int64?) -> String? {
    value.map { term.type == .duration ? Units.duration($0) : String($0) }
  }

  /// Several values are a list; of headers of one name it is the first that is meant.
  private func written(_ values: [ArraySlice<UInt8>], _ source: Term.TextField) -> [UInt8] {
    switch source {
    case .messageHeader, .messageSubject, .headerValue, .previousHeader, .previousSubject:
      return values.first.map(Self.withoutLead) ?? []
    case .mailArguments, .rcptArguments: return Array(values.joined(separator: [0x20]))
    case .code, .raw, .text, .macro, .macroOf, .previousFrom, .previousRecipients, .previousQueue,
      .previousVerdict, .mailAddress, .rcptAddress, .heloName, .clientHost, .clientAddress,
      .clientFamily, .tap, .messageBody, .messageRaw, .partType, .partName, .partText, .headerName, .body,
      .replyText, .unknownLine, .reason, .queue, .messageFrom, .messageRecipients:
      let plain = values.map { term.type == .mailbox ? $0.withoutBrackets : $0 }
      return Array(plain.joined(separator: Array(", ".utf8)))
    }
  }

  /// On one line; the blank behind the colon is not the value's, where it travels with it.
  private static func withoutLead(_ value: ArraySlice<UInt8>) -> [UInt8] {
    HeaderText.unfolded(Array(value.drop { $0 == 0x20 || $0 == 0x09 }))
  }
}
