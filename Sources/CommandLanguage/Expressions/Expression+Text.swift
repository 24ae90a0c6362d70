extension Expression {
  /// The text that parses to this expression.
  package var text: String {
    switch self {
    case .holds(let field): field.text
    case .compare(let field, let comparison, let literal):
      "\(field.text) \(comparison.rawValue) \(literal.text)"
    case .search(let bytes): Quoting.string(bytes)
    case .not(let member): "not " + member.memberText
    case .and(let members): members.map(\.memberText).joined(separator: " and ")
    case .or(let members):
      members.map { member in
        if case .or = member { "(\(member.text))" } else { member.text }
      }.joined(separator: " or ")
    }
  }

  /// In parentheses where it would otherwise fall apart.
  private var memberText: String {
    switch self {
    case .and, .or: "(\(text))"
    case .holds, .compare, .search, .not: text
    }
  }
}

extension Expression.Field {
  package var text: String { term.name + (key.map { "[\(Quoting.string($0))]" } ?? "") }
}

extension Literal {
  package var text: String {
    switch self {
    case .number(let number): String(number)
    case .size(let bytes): Units.size(bytes)
    case .duration(let microseconds): Units.duration(microseconds)
    case .time(let time): time.text
    case .text(let bytes): Quoting.string(bytes)
    case .pattern(let pattern): Quoting.pattern(pattern.source)
    case .network(let network): network.text
    case .severity(let severity): severity.name
    case .stage(let stage): stage.word
    case .leg(let leg): leg.name
    case .range(let low, let high): "\(low.text)..\(high.text)"
    case .file(let list): "@" + Quoting.argument(Array(list.path.utf8))
    case .list(let members): "[\(members.map(\.text).joined(separator: ", "))]"
    }
  }
}
