import MilterProtocol
import TraceModel

/// A whole mail as the milter saw it, and what was asked to be changed about it, read back from the trace.
package struct MessageContent: Equatable, Sendable {
  package var sender: Envelope?
  /// Those that were not refused.
  package var recipients: [Envelope] = []
  /// Which of the two are of macros, since the milter declined MAIL or RCPT.
  package var fromMacros = EnvelopeByMacros()
  package var headers: [SeenHeader] = []
  /// With CRLF, as the chunks join; cut at the limit that it was read with.
  package var body: [UInt8] = []
  package var bodyIsCut = false
  /// What of the mail the milter was not shown, though the MTA has it; nil where it saw the whole.
  package var unseen: Unseen?
  /// What reached the MTA, in order.
  package var modifications: [AskedModification] = []
  package var decision: VerdictFact?
  package var phase = MessageFacts.Phase.open
  /// A reply to a command of it that was too much for an MTA.
  package var givenUp: GivenUp?
  /// What everybody was refused with.
  package var refusalOfAll: VerdictResult?
  /// The SKIP at RCPT behind which Postfix takes recipients without asking: they are not here.
  package var hiddenRecipientsSince: Int?
  /// The QUARANTINE before it that has Postfix hold every message of the session.
  package var heldSince: Int?
  /// HDR_LEADSPC on the MTA's leg: header values hold all that stands behind the colon.
  package var keepsLeadingSpace = false
  /// Negotiated on the MTA's leg; nil where no negotiation was seen.
  package var actions: ActionFlags?
  /// So many bytes, its headers once more, came in front of the body (``MTAProfile/Habits/repeatsHeadersInBody``).
  package var repeatedHeaderBytes = 0

  package init() {}

  /// What of the envelope is known by macros alone.
  package struct EnvelopeByMacros: Equatable, Sendable {
    package var sender = false
    package var recipients = false

    /// One clause, lower case, no full stop; nil where both are as the client said them.
    package var words: String? {
      switch (sender, recipients) {
      case (false, false): nil
      case (true, false): "the sender is {mail_addr}: the milter declined MAIL"
      case (false, true): "the recipients are {rcpt_addr}: the milter declined RCPT"
      case (true, true): "the envelope is {mail_addr} and {rcpt_addr}: the milter declined MAIL and RCPT"
      }
    }
  }

  /// A part of a mail that no packet brought.
  package enum Unseen: Equatable, Sendable {
    /// NOBODY was negotiated.
    case body
    /// SKIP was answered to headers, or to the body after so many bytes.
    case rest(afterSkipAt: Stage, bodyBytes: Int)
    /// The verdict was given before the end.
    case all(after: ReplyKind, at: Stage)

    /// One clause, lower case, no full stop.
    package var words: String {
      switch self {
      case .body: "the body was not shown to the milter (NOBODY)"
      case .rest(.header, _): "the milter skipped what followed (SKIP at HEADER), which is not here"
      case .rest(_, let bytes):
        "the milter skipped the body after \(bytes) \(bytes == 1 ? "byte" : "bytes") (SKIP), and what followed is not here"
      case .all(let verdict, let stage):
        "what followed \(verdict.name) at \(stage.name) was not shown to the milter"
      }
    }
  }

  package struct SeenHeader: Equatable, Sendable {
    package var header: Header
    package var packet: Int

    package init(_ header: Header, packet: Int) {
      self.header = header
      self.packet = packet
    }
  }

  package struct AskedModification: Equatable, Sendable {
    package var modification: Modification
    package var packet: Int
    package var author: Author

    package init(_ modification: Modification, packet: Int, author: Author = .peer) {
      self.modification = modification
      self.packet = packet
      self.author = author
    }
  }
}

extension TimelineIndex {
  /// Reads a message back, as far as it goes up to `row`.
  ///
  /// - Parameters:
  ///   - i: index in ``messages``.
  ///   - row: the last row that counts; nil for all of the message.
  ///   - bodyLimit: bytes of the body to read at most.
  package func content(
    ofMessage i: Int, upTo row: Int? = nil, from source: some RecordSource, bodyLimit: Int = 16_777_216
  ) -> MessageContent {
    let last = min(row ?? .max, messages[i].lastRow)
    let facts = row == nil ? finalFacts(ofMessage: i, from: source) : facts(at: last, from: source)
    var content = MessageContent()
    content.keepsLeadingSpace = facts.negotiation.keepsLeadingSpace
    content.actions = (facts.negotiation.told ?? facts.negotiation.answered)?.actions
    let mail = facts.message.flatMap { $0.number == messages[i].number ? $0 : nil }
    content.decision = mail?.decision
    content.phase = mail?.phase ?? .open
    content.givenUp = mail?.givenUp
    content.refusalOfAll = mail?.refusalOfAll
    content.heldSince = mail?.heldSince
    let refused = Set(mail?.recipients.filter(\.isRefused).map(\.envelope.packet) ?? [])
    for next in rows(ofMessage: i) where next <= last {
      guard let record = record(at: next, from: source), case .received(let received) = record.event,
        received.packet.sender == .mta, !refused.contains(received.number)
      else { continue }
      content.add(received.packet, number: received.number, bodyLimit: bodyLimit)
    }
    if let mail { content.complete(envelopeOf: mail) }
    if facts.dialogue.mta?.has(.repeatsHeadersInBody) ?? false { content.leaveOutRepeatedHeaders() }
    content.unseen = unseen(ofMessage: i, upTo: last, &content, facts)
    for fact in mail?.modifications ?? [] {
      guard let row = self.row(number: fact.packet),
        let packet = sentInstead(of: row, from: source) ?? packet(at: row, from: source),
        let modification = Modification(asReadBy: packet)
      else { continue }
      content.modifications.append(.init(modification, packet: fact.packet, author: fact.author))
    }
    return content
  }

  private func unseen(
    ofMessage i: Int, upTo last: Int, _ content: inout MessageContent, _ facts: SessionFacts
  ) -> MessageContent.Unseen? {
    for row in rows(ofMessage: i) where row <= last {
      let packet = self[row]
      guard packet.kind == .reply(.skip), !packet.flags.contains(.dropped), let stage = packet.stage else {
        continue
      }
      if stage == .rcpt { content.hiddenRecipientsSince = number(at: row) }
      if stage == .header || stage == .body {
        return .rest(afterSkipAt: stage, bodyBytes: facts.message?.bodyBytes ?? 0)
      }
    }
    if let decision = content.decision, decision.stage != .bodyEOB, !decision.refuses {
      return .all(after: decision.kind, at: decision.stage)
    }
    let hasEnded = content.decision != nil
    return hasEnded && content.body.isEmpty && facts.negotiation.mtaFlags.contains(.noBody) ? .body : nil
  }

  /// The facts after the last packet of a message and all that was done about it.
  package func finalFacts(ofMessage i: Int, from source: some RecordSource) -> SessionFacts {
    let row = messages[i].lastRow
    var facts = facts(at: row, from: source)
    let c = messages[i].connection
    var remark = remarks.firstEntry(from: Int(packets[row].record))
    // What leaves after the last packet came in: an edited verdict has no row of its own.
    let next = (row + 1..<max(row + 1, connections[c].rows.upperBound)).first { connectionIndex(at: $0) == c }
    let end = next.map { Int(packets[$0].record) } ?? .max
    while remark < remarks.count, remarks.record(remark) < end {
      if remarks.connection(remark) == c, let record = source.record(at: remarks.record(remark)) {
        facts.apply(record)
      }
      remark += 1
    }
    return facts
  }
}

extension Modification {
  /// As MTAs read it: QUARANTINE also where its NUL is missing, or something stands behind it (seen with Postfix 3.7 and
  /// Sendmail 8.17).
  fileprivate init?(asReadBy packet: Packet) {
    switch PacketValue(decoding: packet) {
    case .reply(.modification(let modification)): self = modification
    case _ where packet.kind == .reply(.quarantine):
      self = .quarantine(reason: Array(packet.bytes[packet.payload].prefix { $0 != 0 }))
    case _: return nil
    }
  }
}

extension MessageContent {
  fileprivate mutating func add(_ packet: Packet, number: Int, bodyLimit: Int) {
    switch Dissection(packet).shape {
    case .mail(let address, let arguments): sender = envelope(packet, address, arguments)
    case .rcpt(let address, let arguments): recipients.append(envelope(packet, address, arguments))
    case .header(let name, let value):
      let header = Header(name: Array(packet.bytes[name]), value: Array(packet.bytes[value]))
      headers.append(SeenHeader(header, packet: number))
    case .body(let chunk), .bodyEOB(let chunk):
      let room = max(0, bodyLimit - body.count)
      body.append(contentsOf: packet.bytes[chunk].prefix(room))
      if chunk.count > room { bodyIsCut = true }
    default: break
    }
  }

  /// The body as it is in the mail: what the MTA shows of it begins with the headers once more.
  fileprivate mutating func leaveOutRepeatedHeaders() {
    var repeated = RepeatedHeaders()
    let rest = Array(repeated.rest(of: body[...], ofMailWith: headers.map { $0.header.name[...] }))
    repeatedHeaderBytes = body.count - rest.count
    body = rest
  }

  /// Macros that came by then stand in for what no command brought.
  fileprivate mutating func complete(envelopeOf mail: MessageFacts) {
    func envelope(_ fact: EnvelopeFact) -> Envelope { Envelope(address: fact.address.bytes, arguments: []) }
    if sender == nil, let announced = mail.envelopeSender, announced.isMacro {
      sender = envelope(announced)
      fromMacros.sender = true
    }
    if recipients.isEmpty {
      recipients = mail.envelopeRecipients.filter(\.envelope.isMacro).map { envelope($0.envelope) }
      fromMacros.recipients = !recipients.isEmpty
    }
  }

  private func envelope(_ packet: Packet, _ address: Range<Int>, _ arguments: Range<Int>) -> Envelope {
    Envelope(
      address: Array(packet.bytes[address]),
      arguments: StringList(arguments, of: packet).map { Array(packet.bytes[$0]) })
  }
}
