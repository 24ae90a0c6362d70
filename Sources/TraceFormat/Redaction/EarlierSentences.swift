import MilterProtocol

/// What 0.1.0 wrote before sentences had parts, where nobody decided and where a connection ended.
///
/// Nearly every steered packet has one of them. Each is known as a whole, so nothing of anybody else can be in it.
enum EarlierSentences {
  static let all: Set<String> = Set(
    [
      "in its turn", "as it came", "--default", "--offer", "--negotiation transparent", "--negotiation widen",
      "--negotiation all", "macros travel with their command", "late: the MTA has its answer",
      "our own new body takes its place", "the MTA was told to expect no reply",
      "the milter promised no reply",
      "the milter had promised no reply", "the MTA waits for an answer to what was dropped",
      "modifications wait for end of message, which ACCEPT would skip", "keeps the MTA waiting",
      "the message is over for the MTA", "there is no milter", "the milter is out of this message",
      "the milter is out of this connection", "the milter knows of no recipient",
      "the rest of the body is skipped", "the milter failed", "its connection ended", "mitmilter ends",
      "nobody watches any more", "the milter is unreachable", "an instruction closed it",
      "the connection to the MTA broke", "the connection to the milter broke", "connection refused",
    ] + CommandKind.allCases.map { "the milter declined \($0.name)" })
}
