import CommandLanguage
import Mail
import ProxyRuntime
import Timeline
import TraceFormat
import TraceModel

/// The packets of a trace that an expression says yes to, and what is remarked about them; where it asks about findings, also
/// the findings that it says yes to and that are about no packet.
///
/// Flags and findings come in records behind their packet. So it looks ahead, as far as the trace goes by now: of a
/// file over all of it, of a pipe over what has arrived.
///
/// An object: it is asked about each packet, and has much in it.
final class PacketSelection {
  private var index = TimelineIndex()
  private var pass: FilterPass
  private let utcOffset: Int
  private let findings: FindingPredicate?
  private var startedAt: Int64 = 0
  private var numbers: Set<Int> = []
  /// Rows of the pass that are in `numbers`.
  private var taken = 0

  init(_ expression: Expression, utcOffset: Int) {
    pass = FilterPass(FilterPredicate(expression))
    self.utcOffset = utcOffset
    findings = FindingPredicate(expression)
  }

  /// Takes in what the source has by now.
  func catchUp(with source: some RecordSource) {
    index.catchUp(with: source)
    startedAt = source.head?.startedAt ?? 0
    pass.advance(
      TimelineReader(index, source, utcOffset: utcOffset) { MailContent(headers: $0, body: $1, .ofSystem) })
    for row in pass.rows[taken...] { numbers.insert(index.number(at: Int(row))) }
    taken = pass.rows.count
  }

  /// Rows of an index of the whole source that it takes, in order.
  var rows: [UInt32] { pass.rows }

  func takes(_ entry: Listing.Entry) -> Bool {
    switch entry {
    case .packet(let packet): numbers.contains(packet.number)
    case .remark(let record): record.subject.map(numbers.contains) ?? loneFindings?(record) ?? false
    }
  }

  /// Whether a finding about no packet is taken; nil where the expression does not ask about findings.
  var loneFindings: (@Sendable (Record) -> Bool)? {
    guard let findings else { return nil }
    return { [startedAt, utcOffset] in findings.matches($0, startedAt: startedAt, utcOffset: utcOffset) }
  }
}

/// The expression of `--filter`.
func filterExpression(_ text: String) throws(Failure) -> Expression {
  do {
    return try Expression(filter: text)
  } catch {
    throw Failure(error, in: "--filter", hint: "mitmilter help filters lists the terms")
  }
}

/// That the filter takes nothing, and how it was understood where that may be the reason.
func noteNoMatch(_ filter: String?, _ words: String) {
  guard let filter, let expression = try? Expression(filter: filter) else { return tell("note: \(words)") }
  let reading = Expression.plainReading(of: filter).map { ": \($0)" } ?? ""
  let term = expression.misspelledTerm.map { "; did you mean \($0)?" } ?? ""
  tell("note: \(words)\(reading)\(term)")
}
