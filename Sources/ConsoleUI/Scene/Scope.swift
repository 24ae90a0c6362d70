import CommandLanguage
import MilterProtocol
import Timeline
import TraceModel

/// What of the trace the lists are about: what a filter takes, up to where the display was frozen.
package struct Scope {
  package private(set) var filter: Filter?
  /// How much there was when the display was frozen; nil while it is not.
  var freeze: Extent?
  /// What there was when the lists were cleared, which they leave out since; nil where they show all.
  private(set) var start: Extent?
  /// Another number whenever rows have to be made anew.
  private(set) var revision = 0

  package struct Filter {
    package let text: String
    let expression: Expression
    fileprivate(set) var pass: FilterPass
  }

  /// How much of a trace there is to be shown.
  struct Extent: Equatable, Sendable {
    var packets: Int
    var mails: Int
    var silent: Int
    var findings: Int

    init(_ index: TimelineIndex) {
      packets = index.count
      mails = index.messages.count
      silent = index.silent.count
      findings = index.findings.count
    }
  }

  /// The lists begin empty: what is there already is left out.
  mutating func clear(_ trace: TraceView) {
    start = extent(of: trace)
    revision += 1
  }

  /// The lists show again what was cleared.
  mutating func unclear() {
    start = nil
    revision += 1
  }

  private static let sliceFiltered = 20_000

  func extent(of trace: TraceView) -> Extent { freeze ?? Extent(trace.index) }

  /// Whether the filter has looked at every packet that may have a row.
  func isDone(over trace: TraceView) -> Bool {
    filter.map { $0.pass.next >= extent(of: trace).packets } ?? true
  }

  /// Shows only what `text` takes; an empty one shows all. What does not parse changes nothing.
  mutating func setFilter(_ text: String, over trace: TraceView) {
    revision += 1
    guard !text.allSatisfy({ $0 == " " }) else {
      filter = nil
      return
    }
    guard let expression = try? Expression(filter: text) else { return }
    filter = Filter(text: text, expression: expression, pass: FilterPass(FilterPredicate(expression)))
    advance(over: trace)
  }

  /// Looks at some packets more.
  mutating func advance(over trace: TraceView) {
    let end = extent(of: trace).packets
    filter?.pass.advance(trace.reader, limit: Scope.sliceFiltered, before: end)
  }

  /// Packets that the filter has passed already come in or go where they were marked, edited or found fault with since.
  mutating func reconsider(_ changed: [Int], _ reader: TimelineReader) {
    if filter?.pass.reconsider(changed, reader) ?? false { revision += 1 }
  }
}
