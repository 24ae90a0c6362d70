import MilterProtocol
import Timeline
import TraceModel

/// Applies modifications one after the other, by the rules of one MTA.
struct AppliedModifications {
  private var result: EffectiveResult
  private let rules: KnownMTA
  private let actions: ActionFlags?
  private var headers: any HeaderList
  private var newBody: [UInt8] = []
  private var bodyRun = BodyRun.none
  private var failure: String?
  /// The sender was, or is, another one than the null sender.
  private var hadSender = false
  /// Recipients that Postfix would not add again (`been_here` in cleanup).
  private var added: [Envelope] = []

  private enum BodyRun { case none, going, ended }

  init(_ content: MessageContent, _ rules: KnownMTA) {
    self.rules = rules
    actions = content.actions
    // Both MTAs put a blank behind the colon unless HDR_LEADSPC is on.
    let lead = content.keepsLeadingSpace ? [] : [UInt8(ascii: " ")]
    headers =
      switch rules {
      case .postfix: PostfixHeaders(content.headers, lead: lead)
      case .sendmail: SendmailHeaders(content.headers, lead: lead)
      case .stalwart, .maddy, .generic:
        ProfiledHeaders(content.headers, lead: lead, rules.profile?.headers ?? .anywhere)
      }
    result = EffectiveResult(rules)
    result.sender = content.sender.map { .init(envelope: $0, change: .kept) }
    hadSender = content.sender.map { $0.address != Self.nullSender } ?? true
    result.recipients = content.recipients.map { .init(envelope: $0, change: .kept) }
    result.bodyBefore = sent(content.body[...])
    if rules == .postfix, let packet = content.heldSince {
      result.quarantine = .init(reason: [], packet: packet)
    }
  }

  mutating func apply(_ asked: MessageContent.AskedModification) {
    let packet = asked.packet
    if let profile = rules.profile, !profile.makes(asked.modification.kind) {
      return remark(packet, profile.ignoring)
    }
    if case .replBody(let chunk) = asked.modification {
      replaceBody(chunk, packet)
      return
    }
    if bodyRun == .going { bodyRun = .ended }
    switch asked.modification {
    case .addHeader(let header): headers.add(header, packet)
    case .insHeader(let index, let header): headers.insert(header, at: index, packet)
    case .chgHeader(let index, let header): headers.change(header, index: index, packet)
    case .addRcpt(let address): addRecipients(address, parameters: nil, packet)
    case .addRcptPar(let address, let parameters): addRecipients(address, parameters: parameters, packet)
    case .delRcpt(let address): removeRecipient(address, packet)
    case .chgFrom(let address, let parameters): changeSender(address, parameters, packet)
    case .quarantine(let reason): quarantine(reason, packet)
    case .replBody: break
    }
  }

  private mutating func quarantine(_ reason: [UInt8], _ packet: Int) {
    switch rules.quarantine {
    case .queue: result.quarantine = .init(reason: reason, packet: packet)
    case .header(let name):
      headers.add(Header(name: Array(name.utf8), value: reason), packet)
      remark(packet, "\(rules.name) keeps no mail back: it goes on with that header")
    case .told(let words): remark(packet, words)
    }
  }

  func finished(_ content: MessageContent) -> EffectiveResult {
    var result = result
    result.fate = fate(content)
    let ofSendmail = headers as? SendmailHeaders
    result.headers = result.fate == .held ? ofSendmail?.queuedLines ?? headers.lines : headers.lines
    result.remarks = (headers.remarks + result.remarks).sorted { $0.packet < $1.packet }
    write(&result)
    result.body = result.bodyPackets.isEmpty ? result.bodyBefore : sent(newBody[...])
    if let list = ofSendmail {
      result.addedByMTA = list.defaults.filter { $0 != "From" || !isQueuedWithoutFrom(result) }
    }
    if result.fate.goesOn { result.remarks += SignedResult(content, result).remarks }
    if rules == .postfix, let packet = content.hiddenRecipientsSince {
      result.remarks.append(
        EffectRemark(packet: packet, text: "Postfix takes later recipients without asking; they are not here")
      )
    }
    if content.repeatedHeaderBytes > 0, let packet = result.bodyPackets.first {
      result.remarks.append(
        EffectRemark(
          packet: packet,
          text:
            "\(rules.name) shows the headers in the body once more: a new body that has them, has them twice")
      )
    }
    if let decision = content.decision, decision.kind == .shutdown, result.fate == .discarded {
      let words = "Postfix says 250 and throws the mail away; from 3.11 on it refuses it for now"
      result.remarks.append(EffectRemark(packet: decision.packet, text: words))
    }
    return result
  }

  /// Sendmail expands its defaults where it puts a mail into its queue, where a From of the null sender is empty and left out
  /// (`queueup` in queue.c; seen with 8.17.1.9). What is not held goes on as it is in memory. A sender that a filter takes away
  /// is still the one of From.
  private func isQueuedWithoutFrom(_ result: EffectiveResult) -> Bool { result.fate == .held && !hadSender }

  private static let nullSender = Array("<>".utf8)

  private func fate(_ content: MessageContent) -> EffectiveResult.Fate {
    if let over = content.givenUp, over.counts(for: rules) {
      let place = over.stage == .bodyEOB ? "" : " at \(over.stage.name)"
      return .failed(
        "\(rules.name) gives the milter up over \(over.name)\(place), and \(decidesOnFailure) decides")
    }
    guard let decision = content.decision else { return fateWithoutDecision(content) }
    switch decision.result(under: rules) {
    case .discarded: return .discarded
    case .rejected: return .rejected
    case .tempfailed: return .tempfailed
    // Postfix takes SKIP at end of message as CONTINUE (protocol.md 4.7).
    case .failed where decision.kind == .skip:
      return .failed("SKIP at end of message is an error of the milter's, and \(decidesOnFailure) decides")
    case .failed:
      return .failed(
        "\(decision.kind.name) is no reply that \(rules.name) knows, and \(decidesOnFailure) decides")
    case .held: return .held
    case .unfiltered: return .delivered
    case .goesOn:
      if let failure = headers.failure ?? failure { return .failed(failure) }
      return result.quarantine == nil ? .delivered : .held
    }
  }

  private func fateWithoutDecision(_ content: MessageContent) -> EffectiveResult.Fate {
    switch (content.phase, content.refusalOfAll) {
    case (.open, _), (.decided, _): .pending
    case (.aborted, .rejected), (.lost, .rejected): .rejected
    case (.aborted, .tempfailed), (.lost, .tempfailed): .tempfailed
    case (.aborted, _): .aborted
    case (.lost, _): .lost
    }
  }

  /// The setting of the MTA for a milter that fails.
  private var decidesOnFailure: String {
    rules.failureSetting
  }

  private mutating func remark(_ packet: Int, _ text: String) {
    result.remarks.append(EffectRemark(packet: packet, text: text))
  }
}

// MARK: envelope

extension AppliedModifications {
  private mutating func addRecipients(_ address: [UInt8], parameters: [UInt8]?, _ packet: Int) {
    let parts = address.split(separator: UInt8(ascii: ",")).map { trimmed($0) }
    let arguments = words(parameters)
    var addresses = parts
    if rules == .postfix || parameters != nil { addresses = Array(parts.prefix(1)) }
    if parts.count > 1, addresses.count == 1 { remark(packet, "\(rules.name) takes the first address only") }
    if rules == .sendmail, parameters != nil, let problem = problem(address, arguments) {
      return remark(packet, "Sendmail adds nobody: \(problem)")
    }
    if addresses.allSatisfy({ bare($0).isEmpty }) {
      remark(packet, "an empty address is ignored")
      return
    }
    for one in addresses where !bare(one).isEmpty {
      let envelope = Envelope(address: Array(one), arguments: arguments.filter(isForRecipients))
      if isThere(envelope) {
        remark(packet, "it is a recipient already: it is delivered once")
        continue
      }
      added.append(envelope)
      if rules == .sendmail, let old = removed(one) {
        let envelope = Envelope(address: Array(one), arguments: again(arguments))
        result.recipients[old] = .init(envelope: envelope, change: .added(by: packet))
        continue
      }
      result.recipients.append(.init(envelope: envelope, change: .added(by: packet)))
    }
  }

  /// Sendmail takes those that are spelt alike for one; Postfix only those that a milter added with the same parameters,
  /// however spelt.
  private func isThere(_ envelope: Envelope) -> Bool {
    switch rules {
    case .sendmail:
      result.recipients.contains { !isRemoved($0) && bare($0.envelope.address) == bare(envelope.address) }
    case .postfix:
      added.contains {
        sameHeaderName(bare($0.address), bare(envelope.address)) && $0.arguments == envelope.arguments
      }
    case .stalwart, .maddy, .generic:
      result.recipients.contains {
        !isRemoved($0) && sameHeaderName(bare($0.envelope.address), bare(envelope.address))
      }
    }
  }

  private func removed(_ address: ArraySlice<UInt8>) -> Int? {
    result.recipients.firstIndex { isRemoved($0) && bare($0.envelope.address) == bare(address) }
  }

  /// Sendmail takes the old entry up again (`recipient` in recipient.c; seen with 8.17.1.9): what NOTIFY says is added to the
  /// default, and its ORCPT stays what it was.
  private func again(_ arguments: [[UInt8]]) -> [[UInt8]] {
    guard let notify = arguments.last(where: { keyword($0) == "NOTIFY" }) else { return [] }
    let isSuccess = String(decoding: notify, as: UTF8.self).uppercased().contains("SUCCESS")
    return [Array("NOTIFY=\(isSuccess ? "SUCCESS," : "")FAILURE,DELAY".utf8)]
  }

  /// Why Sendmail refuses ADDRCPT_PAR (`addrcpt_par` in milter.c; seen with 8.17.1.9).
  private func problem(_ address: [UInt8], _ arguments: [[UInt8]]) -> String? {
    if let comma = address.firstIndex(of: UInt8(ascii: ",")),
      address[(comma + 1)...].first.map({ !isBlank($0) }) ?? false
    {
      return "a list is no address"
    }
    return arguments.contains { !isForRecipients($0) } ? "a parameter is none of RCPT's" : nil
  }

  private func isForRecipients(_ argument: [UInt8]) -> Bool {
    ["NOTIFY", "ORCPT"].contains(keyword(argument))
  }

  private func isRemoved(_ line: EffectiveResult.AddressLine) -> Bool {
    if case .removed = line.change { return true }
    return false
  }

  private mutating func removeRecipient(_ address: [UInt8], _ packet: Int) {
    var found = false
    let all = address.split(separator: UInt8(ascii: ",")).map { trimmed($0) }
    let addresses = rules == .postfix ? Array(all.prefix(1)) : all
    added = added.filter { there in !addresses.contains { sameHeaderName(bare($0), bare(there.address)) } }
    for i in result.recipients.indices {
      let line = result.recipients[i]
      guard !isRemoved(line), addresses.contains(where: { bare($0) == bare(line.envelope.address) }) else {
        continue
      }
      result.recipients[i].change = .removed(by: packet)
      found = true
    }
    if !found {
      remark(
        packet,
        "no recipient is spelt so: \(rules.name) removes only what matches in every letter")
    } else if result.recipients.allSatisfy(isRemoved) {
      remark(packet, "nobody is left: the message vanishes")
    }
  }

  private mutating func changeSender(_ address: [UInt8], _ parameters: [UInt8]?, _ packet: Int) {
    if address.isEmpty, rules == .sendmail {
      remark(packet, "Sendmail ignores an empty address; the null sender is <>")
      return
    }
    let address = address.isEmpty ? Self.nullSender : address
    hadSender = hadSender || address != Self.nullSender
    let before = result.sender?.before ?? result.sender?.envelope
    let taken = words(parameters).filter(isForSenders)
    if taken.count < words(parameters).count {
      remark(packet, "\(rules.name) takes \(rules == .postfix ? "RET and ENVID" : "parameters of MAIL") only")
    }
    // Postfix replaces what is said anew; Sendmail forgets all that was said once anything is, be it nothing.
    let replaced = Set(taken.map(keyword))
    let old = rules == .sendmail && parameters != nil ? [] : result.sender?.envelope.arguments ?? []
    let kept = old.filter { !replaced.contains(keyword($0)) }
    result.sender = .init(
      envelope: Envelope(address: address, arguments: kept + taken),
      change: before == nil ? .added(by: packet) : .changed(by: packet), before: before)
  }

  private func isForSenders(_ argument: [UInt8]) -> Bool {
    let known =
      rules == .postfix
      ? ["RET", "ENVID"] : ["SIZE", "BODY", "RET", "ENVID", "AUTH", "BY", "SMTPUTF8", "MT-PRIORITY"]
    return known.contains(keyword(argument))
  }

  private func words(_ parameters: [UInt8]?) -> [[UInt8]] {
    parameters.map { $0.split(separator: UInt8(ascii: " ")).map { Array($0) } } ?? []
  }

  private func keyword(_ argument: [UInt8]) -> String {
    String(decoding: argument.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self).uppercased()
  }

  private func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var part = part
    while let first = part.first, isBlank(first) { part.removeFirst() }
    while let last = part.last, isBlank(last) { part.removeLast() }
    return part
  }

  private func bare(_ address: some Collection<UInt8>) -> ArraySlice<UInt8> {
    let address = Array(address)[...]
    guard address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">"), address.count > 1 else {
      return address
    }
    return address.dropFirst().dropLast()
  }
}

// MARK: body

extension AppliedModifications {
  private mutating func replaceBody(_ chunk: [UInt8], _ packet: Int) {
    if let actions, !actions.contains(.changeBody), rules == .sendmail {
      failure = failure ?? "451: REPLBODY without CHGBODY negotiated"
      remark(packet, "Sendmail fails the message: CHGBODY was not negotiated")
      return
    }
    if bodyRun == .ended, rules == .postfix {
      failure = failure ?? "451 4.3.5: a second body"
      remark(packet, "Postfix fails the message: body chunks have to follow one another")
      return
    }
    bodyRun = .going
    if rules == .sendmail, chunk.isEmpty, newBody.last == UInt8(ascii: "\r") {
      // `milter_replbody` takes it for the end, writes the CR that it had put by, and writes it again later (seen with 8.17.1.9).
      newBody.append(UInt8(ascii: "\r"))
    }
    newBody += chunk
    result.bodyPackets.append(packet)
  }

  /// As the next hop gets it, with LF for CRLF: the last line is ended, and lines that are too long are broken.
  private func sent(_ body: ArraySlice<UInt8>) -> [UInt8] {
    var stored: [UInt8] = []
    stored.reserveCapacity(body.count)
    for (i, byte) in zip(body.indices, body) {
      if byte == UInt8(ascii: "\r"), i + 1 < body.endIndex, body[i + 1] == UInt8(ascii: "\n") { continue }
      stored.append(byte)
    }
    if let last = stored.last, last != UInt8(ascii: "\n") { stored.append(UInt8(ascii: "\n")) }
    return LineLimits(rules, inBody: true)?.broken(stored) ?? stored
  }
}

// MARK: writing

extension AppliedModifications {
  /// Headers as they leave for the next hop.
  private func write(_ result: inout EffectiveResult) {
    var remarks: [EffectRemark] = []
    result.headers = result.headers.map { seen in
      guard !seen.isOwnReceived else { return seen }
      var line = seen
      line.text = written(line.name, line.text, line, &remarks)
      if let before = line.before { line.before?.text = written(before.name, before.text, nil, &remarks) }
      return line
    }
    result.remarks += remarks
  }

  /// - Parameter line: whose oddities are to be remarked on.
  private func written(
    _ name: [UInt8], _ text: [UInt8], _ line: EffectiveResult.HeaderLine?, _ remarks: inout [EffectRemark]
  ) -> [UInt8] {
    func remark(_ words: String) {
      guard let packet = line?.change.packet, line?.isRemoved == false else { return }
      remarks.append(EffectRemark(packet: packet, text: words))
    }
    var text = text
    if rules == .sendmail {
      let endAtBlanks = (headers as? SendmailHeaders)?.addressesEndAtBlanks ?? false
      let written = SendmailWriting.written(name, text, endAtBlanks: endAtBlanks)
      if !written.isCertain { remark("Sendmail writes addresses anew, and may complete or change these") }
      text = written.text
    }
    let whole = name + [UInt8(ascii: ":")] + text
    guard let limits = LineLimits(rules, inBody: false), limits.hasLongLine(whole) else { return text }
    remark(
      rules == .postfix
        ? "Postfix breaks lines of more than 998 bytes on their way to the next hop"
        : "Sendmail breaks lines of more than \(limits.whole) bytes with an exclamation mark")
    return Array(limits.broken(whole).dropFirst(name.count + 1))
  }
}

extension EffectiveResult.Fate {
  /// The mail goes on to the next hop, or may yet.
  var goesOn: Bool {
    switch self {
    case .pending, .delivered, .held: true
    case .aborted, .lost, .discarded, .rejected, .tempfailed, .failed: false
    }
  }
}

extension EffectiveResult.Change {
  /// The packet that did it.
  var packet: Int? {
    switch self {
    case .kept: nil
    case .added(let packet), .removed(let packet), .changed(let packet): packet
    }
  }
}
