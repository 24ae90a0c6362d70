import TraceModel

/// Text that a packet must have to match.
struct TextRequirement: Sendable {
  let probe: TextProbe
  /// The packets of which that is known.
  let kinds: PacketKindSet

  init(_ probe: TextProbe, of kinds: PacketKindSet) {
    self.probe = probe
    self.kinds = kinds
  }
}

/// What can be looked for in a trace before a record is read.
extension Expression {
  /// Nil where no text is known that has to be there.
  var requirement: TextRequirement? {
    switch self {
    case .search(let bytes): TextProbe(bytes).map { TextRequirement($0, of: .all) }
    case .compare(let field, let comparison, let literal):
      if case .text(let source) = field.term.source, let kinds = source.wireKinds,
        let probe = literal.probe(for: comparison, field.term.type)
      {
        TextRequirement(probe, of: kinds)
      } else {
        nil
      }
    // Any of them will do; the longest text is the rarest.
    case .and(let members):
      members.compactMap(\.requirement).max { $0.probe.bytes.count < $1.probe.bytes.count }
    case .holds, .not, .or: nil
    }
  }

  /// The headers of the message that it asks for; nil where they cannot be told from others by a look at the line.
  ///
  /// A header whose value cannot make the comparison true is left out: whether some value fits does not depend on those
  /// that do not, whatever stands around the comparison.
  var headers: [HeaderProbe]? {
    switch self {
    case .search: return []
    case .holds(let field): return field.header.map { $0.map { [HeaderProbe($0, value: nil)] } } ?? []
    case .compare(let field, let comparison, let literal):
      guard let name = field.header else { return [] }
      return name.map { [HeaderProbe($0, value: literal.probe(for: comparison, field.term.type))] }
    case .not(let member): return member.headers
    case .and(let members), .or(let members):
      return members.reduce([]) { sum, member in sum.flatMap { sum in member.headers.map { sum + $0 } } }
    }
  }
}

extension Expression.Field {
  /// What to look for in the header's name; nil where it is no header of the message, and nil inside where nothing can be
  /// looked for.
  fileprivate var header: TextProbe?? {
    switch term.source {
    case .text(.messageSubject): .some(TextProbe(Array("Subject".utf8)))
    case .text(.messageHeader): .some(TextProbe(key ?? []))
    case .text, .kinds, .refusal, .flags, .stage, .sender, .time, .number, .finding: .none
    }
  }
}

extension Literal {
  /// What a value has that the comparison says yes to.
  func probe(for comparison: Comparison, _ type: ValueType) -> TextProbe? {
    guard case .text(let bytes) = self, type != .address else { return nil }
    switch comparison {
    // Brackets around a mailbox do not count, so there may be none.
    case .equal, .contains, .startsWith, .endsWith:
      return TextProbe(type == .mailbox ? bytes.unbracketed : bytes)
    case .notEqual, .less, .atMost, .greater, .atLeast, .in, .matches: return nil
    }
  }
}

extension [UInt8] {
  fileprivate var unbracketed: [UInt8] {
    var rest = self[...]
    if rest.first == UInt8(ascii: "<") { rest.removeFirst() }
    if rest.last == UInt8(ascii: ">") { rest.removeLast() }
    return Array(rest)
  }
}

extension Term.TextField {
  /// The packets that have it in their own bytes as it is, or not at all; nil where it is made or known from others.
  fileprivate var wireKinds: PacketKindSet? {
    switch self {
    case .text, .raw, .headerName, .headerValue, .body, .unknownLine, .reason, .rcptArguments: .all
    // A verdict has them from the command that it answers.
    case .mailAddress, .mailArguments, .rcptAddress: PacketKindSet.replies(role: .verdict).complement
    case .code, .replyText, .macro, .macroOf, .previousFrom, .previousRecipients, .previousSubject,
      .previousHeader,
      .previousQueue, .previousVerdict, .messageHeader, .messageSubject, .messageFrom, .messageRecipients,
      .queue,
      .heloName, .tap, .clientHost, .clientAddress, .clientFamily, .messageBody, .messageRaw, .partType,
      .partName,
      .partText:
      nil
    }
  }
}
