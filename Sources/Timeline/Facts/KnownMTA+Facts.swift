import MilterProtocol
import TraceModel

extension KnownMTA {
  /// Of a connection; nil where it is not known by then which that is.
  package init?(told facts: SessionFacts) {
    guard let mta = facts.dialogue.mta else { return nil }
    self = mta
  }
}
