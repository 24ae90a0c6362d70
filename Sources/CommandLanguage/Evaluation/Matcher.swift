import MilterProtocol
import TraceModel

/// An expression made ready to be asked about many packets: tests in a row, cheap ones first, each with two ways on.
package struct Matcher: Sendable {
  package let expression: Expression
  /// The packets that can match at all; on others it says no without asking anything.
  package let kinds: PacketKindSet
  /// What is asked of the context, beyond what an index entry knows.
  package let needs: Needs
  private let steps: [Step]
  private let entry: Int

  private struct Step {
    let test: Test
    let onTrue: Int
    let onFalse: Int
  }

  private static let yes = -1
  private static let no = -2

  package init(_ expression: Expression) {
    self.expression = expression
    kinds = expression.possible.yes
    needs = expression.needs(on: expression.possible.yes)
    var steps: [Step] = []
    entry = Self.compile(expression, onTrue: Self.yes, onFalse: Self.no, into: &steps)
    self.steps = steps
  }

  /// - Parameter effort: what is left for patterns; where one was given up, the answer is worth nothing.
  package func matches(_ context: some PacketContext, _ effort: inout SearchEffort) -> Bool {
    guard kinds.contains(context.kind, from: context.sender) else { return false }
    var at = entry
    while at >= 0 {
      // In place: a copy of the step would count references for each packet.
      at = steps[at].test.holds(for: context, &effort) ? steps[at].onTrue : steps[at].onFalse
    }
    return at == Self.yes
  }

  /// Appends the steps of an expression behind those that it goes on to.
  ///
  /// - Returns: the step to begin with.
  private static func compile(
    _ expression: Expression, onTrue: Int, onFalse: Int, into steps: inout [Step]
  ) -> Int {
    if let kinds = expression.kindsAlone {
      steps.append(Step(test: .kinds(kinds), onTrue: onTrue, onFalse: onFalse))
      return steps.count - 1
    }
    switch expression {
    case .not(let member): return compile(member, onTrue: onFalse, onFalse: onTrue, into: &steps)
    case .and(let members):
      return byCost(members).reversed().reduce(onTrue) { next, member in
        compile(member, onTrue: next, onFalse: onFalse, into: &steps)
      }
    case .or(let members):
      return byCost(members).reversed().reduce(onFalse) { next, member in
        compile(member, onTrue: onTrue, onFalse: next, into: &steps)
      }
    case .holds(let field): steps.append(Step(test: Test(field), onTrue: onTrue, onFalse: onFalse))
    case .compare(let field, let comparison, let literal):
      steps.append(Step(test: Test(field, comparison, literal), onTrue: onTrue, onFalse: onFalse))
    case .search(let bytes):
      steps.append(
        Step(test: .text(TextSource(.text), TextTest(contains: bytes)), onTrue: onTrue, onFalse: onFalse))
    }
    return steps.count - 1
  }

  private static func byCost(_ members: [Expression]) -> [Expression] {
    members.enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }.map(\.element)
  }
}

/// What an expression asks of its context, beyond what an index entry knows.
package struct Needs: OptionSet, Equatable, Sendable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The packet's bytes.
  package static let packet = Needs(rawValue: 1 << 0)
  /// Findings about the packet.
  package static let findings = Needs(rawValue: 1 << 1)
  /// CONNECT and HELO.
  package static let session = Needs(rawValue: 1 << 2)
  /// MAIL and RCPT of the message so far.
  package static let envelope = Needs(rawValue: 1 << 3)
  /// Bytes of the message so far.
  package static let size = Needs(rawValue: 1 << 4)
  /// Macros in force.
  package static let macros = Needs(rawValue: 1 << 5)
  /// The message's headers so far.
  package static let headers = Needs(rawValue: 1 << 6)
  /// Recipients of the message so far, without those that were refused.
  package static let recipients = Needs(rawValue: 1 << 7)
  /// The whole mail, taken apart.
  package static let content = Needs(rawValue: 1 << 8)
}
