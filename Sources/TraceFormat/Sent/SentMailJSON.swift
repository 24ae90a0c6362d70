import MilterProtocol
import Timeline
import TraceModel

/// What came of a mail that mitmilter sent, as an object on one line; `docs/send.md` explains the members.
package struct SentMailJSON {
  private let session: SentSession
  private let members: SessionJSON
  private let findings: FindingJSON

  package init(_ session: SentSession) {
    self.session = session
    members = SessionJSON(ExportInput(session.index, session.source, delivery: session.rules))
    findings = FindingJSON(startedAt: session.source.head?.startedAt ?? 0)
  }

  /// - Parameter isExpected: nil where nothing was expected.
  package func append(
    _ result: SentSession.Result, named name: String, isExpected: Bool?, to bytes: inout [UInt8]
  ) {
    bytes.append(key: "{\"mail\":", name)
    bytes.append(key: ",\"verdict\":", result.isJudged ? result.outcome.rawValue : nil)
    bytes.append(key: ",\"why\":", result.reason)
    if let isExpected { bytes.append(ascii: isExpected ? ",\"expected\":true" : ",\"expected\":false") }
    bytes.append(ascii: ",\"changes\":")
    bytes.append(list: session.changes(of: result)) { bytes, change in
      bytes.append(key: "{\"n\":", change.packet)
      bytes.append(key: ",\"name\":", change.name)
      bytes.append(key: ",\"text\":", change.text)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: ",\"times\":")
    bytes.append(list: session.times(of: result)) { bytes, time in
      bytes.append(key: "{\"stage\":", time.stage.name)
      bytes.append(key: ",\"replies\":", time.replies)
      bytes.append(key: ",\"microseconds\":", Int(time.took.microseconds))
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: ",\"found\":")
    bytes.append(list: session.found(with: result)) { bytes, entry in
      guard let record = session.source.record(at: entry.record),
        let finding = session.index.finding(in: record)
      else { return }
      bytes.append(ascii: "{")
      findings.appendMembers(
        finding, of: record.connection, message: entry.row.map { session.index[$0].message }, at: record.time,
        to: &bytes)
      bytes.append(ascii: "}")
    }
    if let message = result.message {
      bytes.append(ascii: ",\"message\":{")
      members.append(message: message, to: &bytes)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: "}\n")
  }
}
