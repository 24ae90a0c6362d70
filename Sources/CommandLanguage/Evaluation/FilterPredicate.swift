import MilterProtocol
import TraceModel

/// A matcher as a filter over the timeline runs it: told which facts are worth folding for it.
package struct FilterPredicate: PacketPredicate {
  package let matcher: Matcher
  package let headers: [HeaderProbe]?
  package let evidence: [Evidence]?
  package let asksFactsAlone: Bool
  package let heedsChanges: Bool
  private let requirement: TextRequirement?

  package init(_ expression: Expression) {
    matcher = Matcher(expression)
    requirement = expression.requirement
    headers = expression.headers
    evidence = expression.evidence
    asksFactsAlone = expression.asksFactsAlone
    heedsChanges = expression.fields.contains { $0.term.source.becomesKnownLater }
  }

  package var needs: FactNeeds {
    var needs: FactNeeds = []
    if matcher.needs.contains(.session) { needs.insert(.session) }
    if matcher.needs.contains(.envelope) { needs.insert(.envelope) }
    if matcher.needs.contains(.size) { needs.insert(.size) }
    if matcher.needs.contains(.macros) { needs.insert(.macros) }
    if matcher.needs.contains(.headers) { needs.insert(.headers) }
    if matcher.needs.contains(.recipients) { needs.formUnion([.envelope, .verdicts]) }
    return needs
  }

  package func requirement(for kind: PacketKind, from sender: Leg) -> TextProbe? {
    guard let requirement, requirement.kinds.contains(kind, from: sender) else { return nil }
    return requirement.probe
  }

  package func mayMatch(_ kind: PacketKind, from sender: Leg) -> Bool {
    matcher.kinds.contains(kind, from: sender)
  }

  package func matches(_ context: some PacketContext) -> Bool {
    var effort = SearchEffort.ofFilter
    return matcher.matches(context, &effort)
  }
}
