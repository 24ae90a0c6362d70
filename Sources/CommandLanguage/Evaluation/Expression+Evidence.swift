import MilterProtocol
import TraceModel

extension Expression {
  /// Packets of which one has to stand in the message, or the connection, for the expression to hold from there on; nil where
  /// none is known.
  var evidence: [Evidence]? {
    switch self {
    case .compare(let field, let comparison, let literal):
      guard case .text(let source) = field.term.source else { return nil }
      return literal.probe(for: comparison, field.term.type).flatMap { source.evidence($0, key: field.key) }
        .map { [$0] }
    // Any of them will do; the longest text is the rarest.
    case .and(let members):
      return members.compactMap(\.evidence).max { $0.shortestText < $1.shortestText }
    case .or(let members):
      return members.reduce([]) { sum, member in sum.flatMap { sum in member.evidence.map { sum + $0 } } }
    case .holds, .not, .search: return nil
    }
  }
}

extension [Evidence] {
  fileprivate var shortestText: Int {
    map { $0.texts.reduce(0) { $0 + $1.bytes.count } }.min() ?? 0
  }
}

extension Term.TextField {
  /// The packet that brings such a text, where it is known from others; nil where every packet has its own. Macros bring
  /// the envelope of a milter that declined MAIL or RCPT.
  fileprivate func evidence(_ text: TextProbe, key: [UInt8]?) -> Evidence? {
    switch self {
    case .messageSubject: Evidence(.message, kinds: [.command(.header)], texts: [text])
    case .messageHeader:
      Evidence(.message, kinds: [.command(.header)], texts: [text] + [TextProbe(key ?? [])].compactMap { $0 })
    case .messageFrom: Evidence(.message, kinds: [.command(.mail), .command(.macro)], texts: [text])
    case .messageRecipients: Evidence(.message, kinds: [.command(.rcpt), .command(.macro)], texts: [text])
    // Verdicts have them from the command, modifications themselves.
    case .mailArguments: Evidence(.message, kinds: [.command(.mail), .reply(.chgFrom)], texts: [text])
    case .mailAddress:
      Evidence(.message, kinds: [.command(.mail), .command(.macro), .reply(.chgFrom)], texts: [text])
    case .rcptAddress:
      Evidence(
        .message,
        kinds: [.command(.rcpt), .command(.macro), .reply(.addRcpt), .reply(.addRcptPar), .reply(.delRcpt)],
        texts: [text])
    case .heloName: Evidence(.connection, kinds: [.command(.helo)], texts: [text])
    case .clientHost: Evidence(.connection, kinds: [.command(.connect)], texts: [text])
    case .macro, .macroOf: Evidence(.connection, kinds: [.command(.macro)], texts: [text])
    // A queue id is known of a message's packets in front of its macros, too.
    case .queue, .tap, .clientAddress, .clientFamily, .messageBody, .messageRaw, .partType, .partName,
      .partText,
      .rcptArguments, .headerName, .headerValue, .body, .replyText, .unknownLine,
      .reason, .text, .raw, .code, .previousFrom, .previousRecipients, .previousSubject, .previousHeader,
      .previousQueue, .previousVerdict:
      nil
    }
  }
}
