import CommandLanguage
import TraceModel

extension Record {
  /// As a reader of trace files hands it out.
  package var read: Record {
    var record = self
    record.readInstruction()
    return record
  }
}
