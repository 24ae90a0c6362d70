import MilterProtocol
import TraceModel

/// One finding in the index; its words are in the record.
package struct FindingEntry: Sendable, Equatable {
  package let record: Int
  /// The packet that it is about; nil where it is about the connection or the whole run.
  package let row: Int?
  /// Index of the connection; nil where it is about the whole run (a capture that ends within a record).
  package let connection: Int?
  package let rule: FindingRule
  package let time: Moment
  /// Place in the list of findings of the one that it follows from, if that is there; it has no cause itself.
  package let cause: Int?

  package init(
    record: Int, row: Int?, connection: Int?, rule: FindingRule, time: Moment, cause: Int?
  ) {
    (self.record, self.row, self.connection, self.rule) = (record, row, connection, rule)
    (self.time, self.cause) = (time, cause)
  }

  package var severity: Finding.Severity { rule.severity }
}
