import MilterProtocol
import Timeline
import TraceModel

/// Applies modifications one after the other, by the rules of one MTA.
struct AppliedModifications {
  private var result: EffectiveResult
  private let rules: DeliveryRules
  private let keepsLeadingSpace: Bool
  private let actions: ActionFlags?
  private var newBody: [UInt8] = []
  private var bodyRun = BodyRun.none
  private var failure: String?

  /// For each header line, how many configured headers stand above it in Sendmail's list without being written: all of
  /// them behind its own Received (seen with 8.17.1.9).
  private var configuredAbove: [Int] = []

  private enum BodyRun { case none, going, ended }

  init(_ content: MessageContent, _ rules: DeliveryRules) {
    self.rules = rules
    keepsLeadingSpace = content.keepsLeadingSpace
    actions = content.actions
    result = EffectiveResult(rules)
    result.sender = content.sender.map { .init(envelope: $0, change: .kept) }
    result.recipients = content.recipients.map { .init(envelope: $0, change: .kept) }
    var own = EffectiveResult.HeaderLine(name: Array("Received".utf8), text: [], change: .kept)
    own.isOwnReceived = true
    result.headers = [own]
    for seen in content.headers {
      var line = EffectiveResult.HeaderLine(
        name: seen.header.name, text: text(seen.header.value), change: .kept)
      line.packet = seen.packet
      result.headers.append(line)
    }
    configuredAbove = [0] + content.headers.map { _ in Self.configuredHeaders }
    result.bodyBefore = stored(content.body, closing: false)
  }

  mutating func apply(_ asked: MessageContent.AskedModification) {
    let packet = asked.packet
    if case .replBody(let chunk) = asked.modification {
      replaceBody(chunk, packet)
      return
    }
    if bodyRun == .going { bodyRun = .ended }
    switch asked.modification {
    case .addHeader(let header): add(header, packet)
    case .insHeader(let index, let header): insert(header, at: index, packet)
    case .chgHeader(let index, let header): change(header, index: index, packet)
    case .addRcpt(let address): addRecipients(address, parameters: nil, packet)
    case .addRcptPar(let address, let parameters): addRecipients(address, parameters: parameters, packet)
    case .delRcpt(let address): removeRecipient(address, packet)
    case .chgFrom(let address, let parameters): changeSender(address, parameters, packet)
    case .quarantine(let reason): result.quarantine = .init(reason: reason, packet: packet)
    case .replBody: break
    }
  }

  func finished(_ content: MessageContent) -> EffectiveResult {
    var result = result
    result.body = result.bodyPackets.isEmpty ? result.bodyBefore : stored(newBody, closing: rules == .postfix)
    result.fate = fate(content)
    if let decision = content.decision, decision.kind == .shutdown, result.fate == .discarded {
      let words = "Postfix says 250 and throws the mail away; from 3.11 on it refuses it for now"
      result.remarks.append(EffectRemark(packet: decision.packet, text: words))
    }
    return result
  }

  private func fate(_ content: MessageContent) -> EffectiveResult.Fate {
    let decision = content.decision
    guard let decision else {
      switch content.phase {
      case .aborted: return .aborted
      case .lost: return .lost
      case .open, .decided: return .pending
      }
    }
    if decision.kind == .discard { return .discarded }
    if decision.kind == .skip, decision.stage == .bodyEOB, rules == .sendmail {
      // Postfix takes it as CONTINUE (protocol.md 4.7).
      return .failed("SKIP at end of message is an error of the milter's, and F= decides")
    }
    if decision.kind == .shutdown {
      if rules == .sendmail { return .failed("SHUTDOWN is no reply that Sendmail knows, and F= decides") }
      if decision.stage.isOfContent { return .discarded }
    }
    switch replyClass(decision) {
    case 5: return .rejected
    case 4: return .tempfailed
    default:
      if let failure { return .failed(failure) }
      return result.quarantine == nil ? .delivered : .held
    }
  }

  /// What the client is told about the message, where a text that the MTA does not take counts for what it makes of it.
  private func replyClass(_ decision: VerdictFact) -> Int {
    guard decision.kind == .replyCode, let text = decision.text,
      case .refused = ReplyAcceptance(text.slice, decision.ending, under: rules)
    else { return decision.replyClass }
    return rules == .postfix ? 4 : 5
  }

  private mutating func remark(_ packet: Int, _ text: String) {
    result.remarks.append(EffectRemark(packet: packet, text: text))
  }
}

// MARK: headers

extension AppliedModifications {
  /// What stands behind the colon: both MTAs put a blank there unless HDR_LEADSPC is on.
  private func text(_ value: [UInt8]) -> [UInt8] { keepsLeadingSpace ? value : [UInt8(ascii: " ")] + value }

  /// A value of the milter as it is written: LF without white space behind it would end the header.
  private func written(_ value: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for (i, byte) in value.enumerated() {
      guard byte == UInt8(ascii: "\n"), i + 1 < value.count, !isBlank(value[i + 1]) else {
        text.append(byte)
        continue
      }
      switch rules {
      case .postfix: text += [byte, UInt8(ascii: "\t")]
      case .sendmail: text.append(UInt8(ascii: " "))
      }
    }
    return self.text(text)
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private func line(_ header: Header, _ packet: Int) -> EffectiveResult.HeaderLine {
    EffectiveResult.HeaderLine(name: header.name, text: written(header.value), change: .added(by: packet))
  }

  private mutating func isNameless(_ header: Header, _ packet: Int) -> Bool {
    guard header.name.isEmpty, rules == .sendmail else { return false }
    remark(packet, "Sendmail ignores a header without a name")
    return true
  }

  /// Sendmail's mailers break longer lines with `!` (`L=2040` in sendmail.cf; seen with 8.17.1.9).
  private static let sendmailLineBytes = 2040

  private mutating func remarkLength(_ header: Header, _ packet: Int) {
    guard rules == .sendmail else { return }
    let longest = header.value.split(separator: UInt8(ascii: "\n")).map(\.count).max() ?? 0
    guard header.name.count + 2 + longest > Self.sendmailLineBytes else { return }
    remark(
      packet, "Sendmail breaks lines of more than \(Self.sendmailLineBytes) bytes with an exclamation mark")
  }

  /// Postfix: at the end. Sendmail: above the first header of that name, at the end where there is none.
  private mutating func add(_ header: Header, _ packet: Int) {
    if isNameless(header, packet) { return }
    remarkLength(header, packet)
    let line = line(header, packet)
    if rules == .sendmail,
      let first = result.headers.firstIndex(where: { !$0.isRemoved && sameHeaderName($0.name, header.name) })
    {
      remark(packet, "Sendmail puts it above the first header of that name")
      insert(line, at: first, below: configuredAbove[first])
    } else {
      insert(line, at: result.headers.count, below: Self.configuredHeaders)
    }
  }

  private mutating func insert(_ header: Header, at index: UInt32, _ packet: Int) {
    if isNameless(header, packet) { return }
    remarkLength(header, packet)
    var line = line(header, packet)
    let live = result.headers.indices.filter { !result.headers[$0].isRemoved }
    switch rules {
    case .postfix:
      // All headers as delivered count, the own Received included: 0 is above it.
      let at = Int(index) < live.count ? live[Int(index)] : result.headers.count
      if Int(index) > live.count, index != .max {
        remark(packet, "there are \(live.count) headers: it goes to the end")
      }
      insert(line, at: at, below: 0)
    case .sendmail:
      // Its list holds configured headers that are not written; what was inserted before counts like any other.
      let signed = Int(Int32(bitPattern: index))
      let (at, configured) = place(inList: signed)
      line.isPlacedRoughly = signed > 2 && at < result.headers.count
      if line.isPlacedRoughly {
        remark(packet, "Sendmail counts configured headers that it does not write: the place is a guess")
      }
      insert(line, at: at, below: configured)
    }
  }

  private mutating func insert(_ line: EffectiveResult.HeaderLine, at place: Int, below configured: Int) {
    result.headers.insert(line, at: place)
    configuredAbove.insert(configured, at: place)
  }

  /// Where the line stands that has so many entries of Sendmail's list above it, and how many of those are configured
  /// headers; at the end where the list is shorter.
  private func place(inList wanted: Int) -> (line: Int, configured: Int) {
    var above = 0
    for line in result.headers.indices {
      let configured = line == 0 ? 0 : configuredAbove[line - 1]
      let between = configuredAbove[line] - configured
      if wanted <= above + between { return (line, configured + max(0, wanted - above)) }
      above += between + 1
    }
    return (result.headers.count, Self.configuredHeaders)
  }

  /// Headers that `sendmail.cf` configures by default (Return-Path to Message-Id), written or not.
  private static let configuredHeaders = 10

  private mutating func change(_ header: Header, index: UInt32, _ packet: Int) {
    if header.name.isEmpty {
      if rules == .postfix { failure = failure ?? "451 4.3.5: CHGHEADER without a name" }
      remark(
        packet, rules == .postfix ? "Postfix fails the message: no name" : "Sendmail ignores it: no name")
      return
    }
    let deletes = header.value.isEmpty
    guard let i = target(header.name, index) else {
      if deletes {
        remark(packet, "there is no such header: nothing is deleted")
      } else {
        remark(packet, "there is no such header: it is added")
        add(header, packet)
      }
      return
    }
    var line = result.headers[i]
    let before = line.before ?? .init(name: line.name, text: line.text)
    switch (deletes, line.change) {
    case (true, _): line.change = .removed(by: packet)
    case (false, .added):
      line.change = .added(by: packet)
      line.text = written(header.value)
    case (false, .kept), (false, .changed), (false, .removed):
      line.change = .changed(by: packet)
      line.before = before
      line.text = written(header.value)
      if rules == .postfix { line.name = header.name }
    }
    result.headers[i] = line
  }

  /// The line that an index means: the own Received is never counted, index 0 is 1, and where Postfix counts what is
  /// left after earlier deletions, Sendmail still counts what the same filter deleted.
  private func target(_ name: [UInt8], _ index: UInt32) -> Int? {
    let named = result.headers.indices.filter {
      let line = result.headers[$0]
      return !line.isOwnReceived && sameHeaderName(line.name, name)
        && (rules == .sendmail || !line.isRemoved)
    }
    let signed = rules == .sendmail ? Int(Int32(bitPattern: index)) : Int(index)
    let wanted = max(1, signed)
    return wanted <= named.count ? named[wanted - 1] : nil
  }
}

// MARK: envelope

extension AppliedModifications {
  private mutating func addRecipients(_ address: [UInt8], parameters: [UInt8]?, _ packet: Int) {
    let parts = address.split(separator: UInt8(ascii: ",")).map { trimmed($0) }
    let addresses = rules == .sendmail ? parts : Array(parts.prefix(1))
    if parts.count > addresses.count { remark(packet, "Postfix takes the first address only") }
    if addresses.allSatisfy({ bare($0).isEmpty }) {
      remark(packet, "an empty address is ignored")
      return
    }
    for one in addresses where !bare(one).isEmpty {
      if result.recipients.contains(where: { !isRemoved($0) && bare($0.envelope.address) == bare(one) }) {
        remark(packet, "it is a recipient already: it is delivered once")
        continue
      }
      let envelope = Envelope(address: Array(one), arguments: words(parameters))
      result.recipients.append(.init(envelope: envelope, change: .added(by: packet)))
    }
  }

  private func isRemoved(_ line: EffectiveResult.AddressLine) -> Bool {
    if case .removed = line.change { return true }
    return false
  }

  private mutating func removeRecipient(_ address: [UInt8], _ packet: Int) {
    var found = false
    for i in result.recipients.indices where matches(result.recipients[i].envelope.address, address) {
      guard !isRemoved(result.recipients[i]) else { continue }
      result.recipients[i].change = .removed(by: packet)
      found = true
    }
    if !found {
      remark(
        packet,
        rules == .postfix
          ? "no recipient is spelt so: Postfix removes only what matches in every letter"
          : "no recipient is like that: nothing is removed")
    } else if result.recipients.allSatisfy(isRemoved) {
      remark(packet, "nobody is left: the message vanishes")
    }
  }

  /// Postfix: every letter. Sendmail: the domain without regard to case.
  private func matches(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    let a = bare(a[...])
    let b = bare(b[...])
    guard rules == .sendmail else { return a == b }
    guard let atA = a.lastIndex(of: UInt8(ascii: "@")), let atB = b.lastIndex(of: UInt8(ascii: "@")) else {
      return a == b
    }
    return a[..<atA] == b[..<atB] && sameHeaderName(a[atA...], b[atB...])
  }

  private mutating func changeSender(_ address: [UInt8], _ parameters: [UInt8]?, _ packet: Int) {
    if address.isEmpty {
      remark(packet, "an empty address is ignored; the null sender is <>")
      return
    }
    let before = result.sender?.before ?? result.sender?.envelope
    let new = words(parameters)
    let replaced = Set(new.map(keyword))
    let kept = before?.arguments.filter { !replaced.contains(keyword($0)) } ?? []
    if rules == .postfix, new.contains(where: { !["RET", "ENVID"].contains(keyword($0)) }) {
      remark(packet, "Postfix takes RET and ENVID only")
    }
    result.sender = .init(
      envelope: Envelope(address: address, arguments: kept + new),
      change: before == nil ? .added(by: packet) : .changed(by: packet), before: before)
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
    newBody += chunk
    result.bodyPackets.append(packet)
  }

  /// As it is stored: CRLF becomes LF. Postfix also ends the last line of a new body.
  private func stored(_ body: [UInt8], closing: Bool) -> [UInt8] {
    var stored: [UInt8] = []
    stored.reserveCapacity(body.count)
    for (i, byte) in body.enumerated() {
      if byte == UInt8(ascii: "\r"), i + 1 < body.count, body[i + 1] == UInt8(ascii: "\n") { continue }
      stored.append(byte)
    }
    if closing, let last = stored.last, last != UInt8(ascii: "\n") { stored.append(UInt8(ascii: "\n")) }
    return stored
  }
}
