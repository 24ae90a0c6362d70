import TraceModel

/// What can be told of an expression without a packet.
extension Expression {
  /// The packets about which it can say yes, and those about which it can say no.
  package var possible: (yes: PacketKindSet, no: PacketKindSet) {
    if let kinds = kindsAlone { return (kinds, kinds.complement) }
    switch self {
    case .holds(let field), .compare(let field, _, _): return (field.term.kinds, .all)
    case .search: return (.all, .all)
    case .not(let member):
      let (yes, no) = member.possible
      return (no, yes)
    case .and(let members):
      return members.map(\.possible).reduce((.all, .none)) {
        ($0.0.intersection($1.yes), $0.1.union($1.no))
      }
    case .or(let members):
      return members.map(\.possible).reduce((.none, .all)) {
        ($0.0.union($1.yes), $0.1.intersection($1.no))
      }
    }
  }

  /// The packets it says yes to, where their kind alone decides.
  var kindsAlone: PacketKindSet? {
    switch self {
    case .holds(let field):
      if case .kinds(let kinds) = field.term.source { kinds } else { nil }
    case .compare, .search: nil
    case .not(let member): member.kindsAlone?.complement
    case .and(let members):
      members.reduce(PacketKindSet.all) { sum, member in
        sum.flatMap { sum in member.kindsAlone.map { sum.intersection($0) } }
      }
    case .or(let members):
      members.reduce(PacketKindSet.none) { sum, member in
        sum.flatMap { sum in member.kindsAlone.map { sum.union($0) } }
      }
    }
  }

  /// What it asks for about packets of these kinds.
  func needs(on kinds: PacketKindSet) -> Needs {
    switch self {
    case .holds(let field), .compare(let field, _, _): return field.term.source.needs(on: kinds)
    case .search: return .packet
    case .not(let member): return member.needs(on: kinds)
    case .and(let members), .or(let members):
      return members.reduce([]) { $0.union($1.needs(on: kinds)) }
    }
  }

  /// Whether it asks for what is known of the message or the connection, and for nothing of the packet itself.
  var asksFactsAlone: Bool {
    switch self {
    case .holds(let field), .compare(let field, _, _): field.term.source.isFact
    case .search: false
    case .not(let member): member.asksFactsAlone
    case .and(let members), .or(let members): members.allSatisfy(\.asksFactsAlone)
    }
  }

  /// The fields that it asks for, in order, each once.
  package var fields: [Field] {
    switch self {
    case .holds(let field), .compare(let field, _, _): return [field]
    case .search: return []
    case .not(let member): return member.fields
    case .and(let members), .or(let members):
      var fields: [Field] = []
      for field in members.flatMap(\.fields) where !fields.contains(field) { fields.append(field) }
      return fields
    }
  }

  /// Only for the order of tests: about the nanoseconds it takes.
  var cost: Int {
    switch self {
    case .holds(let field): field.term.source.cost
    case .compare(let field, let comparison, _):
      field.term.source.cost + (comparison == .matches ? 100 : comparison == .contains ? 30 : 5)
    case .search: 1000
    case .not(let member): member.cost
    case .and(let members), .or(let members): members.reduce(0) { $0 + $1.cost }
    }
  }
}

extension Term.Source {
  func needs(on kinds: PacketKindSet) -> Needs {
    switch self {
    case .kinds, .flags, .stage, .sender, .time: return []
    case .finding: return .findings
    case .refusal: return .packet
    case .number(let field):
      switch field {
      case .connection, .message, .number, .length, .took, .hour: return []
      case .partSize: return .content
      case .clientPort: return .session
      case .messageSize: return .size
      case .messageRecipients: return .recipients
      case .replyCode, .headerIndex: return .packet
      }
    case .text(let field):
      switch field {
      case .code, .tap: return []
      // Verdicts take them from the facts, and so do macros in place of a command; other packets have them themselves.
      case .mailAddress, .mailArguments, .rcptAddress:
        let others = PacketKindSet.replies(role: .verdict).union(.commands(.macro))
        return kinds.intersection(others).isEmpty ? .packet : [.packet, .envelope]
      case .rcptArguments, .headerName, .headerValue, .body, .replyText, .unknownLine, .reason, .text, .raw:
        return .packet
      case .heloName, .clientHost, .clientAddress, .clientFamily: return .session
      case .messageBody, .messageRaw, .partType, .partName, .partText: return .content
      case .messageFrom: return .envelope
      case .messageRecipients: return .recipients
      case .macro, .macroOf: return .macros
      // Read back by itself.
      case .previousFrom, .previousRecipients, .previousSubject, .previousHeader, .previousQueue,
        .previousVerdict:
        return .packet
      // Of the macros that brought it, wherever they stand.
      case .queue: return .packet
      case .messageSubject, .messageHeader: return .headers
      }
    }
  }

  /// Whether packets of one message, or of one connection outside any, have the same until the facts change.
  fileprivate var isFact: Bool {
    switch self {
    case .kinds, .flags, .stage, .sender, .time, .finding, .refusal: return false
    case .number(let field):
      switch field {
      case .connection, .message, .clientPort, .messageSize, .messageRecipients: return true
      case .number, .length, .took, .replyCode, .headerIndex, .hour, .partSize: return false
      }
    case .text(let field):
      switch field {
      case .heloName, .clientHost, .clientAddress, .clientFamily, .tap, .macro, .macroOf, .messageFrom,
        .messageRecipients,
        .messageSubject,
        .messageHeader:
        return true
      case .code, .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .headerName, .headerValue,
        .body, .replyText, .unknownLine, .reason, .text, .raw, .queue, .messageBody, .messageRaw, .partType,
        .partName, .partText, .previousFrom, .previousRecipients, .previousSubject, .previousHeader,
        .previousQueue, .previousVerdict:
        return false
      }
    }
  }

  /// Whether a packet may have it only some time after it came.
  var becomesKnownLater: Bool {
    switch self {
    case .flags, .finding, .text(.queue): true
    case .kinds, .refusal, .stage, .sender, .time, .number, .text: false
    }
  }

  /// Without the packet's kind known.
  var cost: Int {
    switch self {
    case .kinds: return 1
    case .flags, .stage, .sender: return 2
    case .time: return 4
    case .refusal: return 5
    case .number, .text, .finding:
      let needs = needs(on: .all)
      return needs.isEmpty ? 3 : needs.contains(.content) ? 100_000 : needs.contains(.packet) ? 200 : 50
    }
  }
}
