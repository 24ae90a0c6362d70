import TraceModel

/// Says yes or no about a packet in its context; prints as text that parses to the same.
///
/// `and` and `or` have two members or more, none of them of the same sort: `a and (b and c)` is one `and` of three.
package indirect enum Expression: Equatable, Sendable {
  /// A flag is set, or a field is there.
  case holds(Field)
  case compare(Field, Comparison, Literal)
  /// A string alone: found in the payload.
  case search([UInt8])
  case not(Expression)
  case and([Expression])
  case or([Expression])

  /// A term and, where it has one, its index.
  package struct Field: Equatable, Sendable {
    package let term: Term
    /// The name in `macro["…"]` and `message.header["…"]`.
    package let key: [UInt8]?

    package init(_ term: Term, key: [UInt8]? = nil) {
      self.term = term
      self.key = key
    }
  }

  /// `and` of all, taken into one level.
  package static func all(_ members: [Expression]) -> Expression {
    let flat = members.flatMap { member in
      if case .and(let inner) = member { inner } else { [member] }
    }
    return flat.count == 1 ? flat[0] : .and(flat)
  }

  /// `or` of all, taken into one level.
  package static func any(_ members: [Expression]) -> Expression {
    let flat = members.flatMap { member in
      if case .or(let inner) = member { inner } else { [member] }
    }
    return flat.count == 1 ? flat[0] : .or(flat)
  }
}
