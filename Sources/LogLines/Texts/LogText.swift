import MilterProtocol

/// One text that Postfix, Sendmail or libmilter prints about a milter, and what it means.
///
/// The texts are those of Postfix 2.3 to 3.12 (smtpd, cleanup), Sendmail 8.12 to 8.18 (`milter.c`, `srvrsmtp.c`) and libmilter of the same.
/// Most were provoked with Postfix 3.7.11, Sendmail 8.17.1.9 and libmilter 8.17; the others are from source.
package struct LogText: Sendable {
  package let speaker: Speaker
  /// The text behind severity and queue id, with `{names}` for what differs.
  package let format: String
  /// What happened, in a sentence or two; `{names}` stand for what the line has there.
  package let meaning: String
  package let advice: Advice
  /// Function and file.
  package let source: String

  init(_ speaker: Speaker, _ format: String, _ advice: Advice, _ meaning: String, _ source: String) {
    (self.speaker, self.format, self.advice) = (speaker, format, advice)
    (self.meaning, self.source) = (meaning, source)
  }

  /// Every text there is.
  package static let all: [LogText] =
    postfixReplies + postfixSetUp + postfixVerdicts + postfixCleanup + postfixVerbose + sendmailSocket
    + sendmailSetUp
    + sendmailReplies + sendmailChanges + sendmailVerdicts + libmilterPeers + libmilterSocket
    + libmilterSystem
}

/// What is to be said of a text beyond its meaning.
package enum Advice: Sendable {
  /// No connection: the text of the error decides.
  case connecting
  /// The connection ended or was silent while a reply was due: the text of the error and the stage decide.
  case reading
  /// Four bytes that are no length: they are characters of another protocol.
  case length
  /// A doing of the milter that a row of the registry of findings describes.
  case finding(String)
  /// Its cause is in the line before, of the same process.
  case consequence
  /// What a milter, or the MTA in its place, decided about a mail.
  case verdict
  /// Nothing is wrong.
  case progress
  case told(Counsel)
}

/// Causes, the likelier first; how to tell; and the line that mends it.
package struct Counsel: Equatable, Sendable {
  package var causes: [String]
  package var check: String
  package var write: String

  init(_ causes: [String], check: String, write: String) {
    (self.causes, self.check, self.write) = (causes, check, write)
  }
}
