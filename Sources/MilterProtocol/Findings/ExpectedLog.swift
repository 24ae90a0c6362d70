/// Who writes lines about milters into logs.
package enum Speaker: String, Sendable, CaseIterable {
  case postfix, sendmail, libmilter

  package init(_ mta: MeasuredMTA) { self = mta == .postfix ? .postfix : .sendmail }

  package var name: String {
    switch self {
    case .postfix: "Postfix"
    case .sendmail: "Sendmail"
    case .libmilter: "libmilter, in the milter"
    }
  }
}

extension Speaker {
  package var shortName: String { self == .libmilter ? "libmilter" : name }
}

/// A line that a log has because of something in a dialogue, with what is known filled in.
///
/// What is not known stands in capitals (`NAME`, `QUEUE`). What strangers sent is in it as the MTA prints it, with question
/// marks for what does not print.
package struct ExpectedLine: Equatable, Sendable {
  /// `postfix/smtpd`, `sm-mta`: what stands in front of the process number; empty for a milter, whose name nobody knows.
  package let program: String
  /// Behind program and process number.
  package let text: String
  /// When it is written, where that is not always; nil where it is.
  package let condition: String?

  package init(program: String, text: String, condition: String?) {
    (self.program, self.text, self.condition) = (program, text, condition)
  }

  /// `postfix/smtpd: warning: milter …`
  package var line: String { program.isEmpty ? text : "\(program): \(text)" }
}

/// What one program logs because of a packet, line by line.
package struct ExpectedLog: Equatable, Sendable {
  package let speaker: Speaker
  package let lines: [ExpectedLine]
  /// Nothing tells which MTA it is: it is one or the other.
  package let isAssumed: Bool

  package init(_ speaker: Speaker, _ lines: [ExpectedLine], isAssumed: Bool) {
    (self.speaker, self.lines, self.isAssumed) = (speaker, lines, isAssumed)
  }

  /// `Postfix will log this`, in front of the lines.
  package var heading: String {
    "\(speaker.name) logs" + (isAssumed ? " (assumed: nothing tells which MTA it is)" : "")
  }
}
