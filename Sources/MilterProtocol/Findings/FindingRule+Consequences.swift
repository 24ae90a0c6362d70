/// What comes of a finding, MTA by MTA.
///
/// The clauses of ``consequence`` are parted by semicolons. One that names a single MTA is about that one; the others are about
/// every MTA.
extension FindingRule {
  /// What comes of it at that MTA; nil where the row tells no MTA apart, or says nothing of that one.
  package func consequence(at mta: KnownMTA) -> String? {
    let clauses = consequence.split(separator: "; ").map { (text: $0, mtas: Self.named(in: $0)) }
    guard clauses.contains(where: { $0.mtas.count == 1 }) else { return nil }
    let own = clauses.filter { $0.mtas.count != 1 || $0.mtas == [mta] }
    return own.isEmpty ? nil : own.map(\.text).joined(separator: "; ")
  }

  private static func named(in clause: Substring) -> [KnownMTA] {
    KnownMTA.allCases.filter { clause.contains($0.name) }
  }
}
