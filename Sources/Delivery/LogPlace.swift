import Dialogue
import LogLines
import MilterProtocol
import Timeline
import TraceModel

/// Where in a dialogue an MTA writes into its log: the facts there, and what they are about.
package struct LogPlace: Sendable {
  /// After the packet.
  package var facts: SessionFacts
  package var packet: Packet?
  /// Of the packet in the trace.
  package var number: Int?
  /// The command that is answered, or waits.
  package var command: Command?
  /// nil where nothing in the connection tells.
  package var mta: KnownMTA?
  /// Whether the milter's end has closed by itself.
  package var hasMilterClosed = false

  package struct Command: Sendable {
    package var stage: Stage
    package var number: Int
    package var payloadBytes: Int?

    package init(_ stage: Stage, number: Int, payloadBytes: Int?) {
      (self.stage, self.number, self.payloadBytes) = (stage, number, payloadBytes)
    }

    /// nil for packets that nobody answers.
    package init?(_ packet: Packet, number: Int) {
      guard case .command(let kind) = packet.kind, let stage = kind.stage else { return nil }
      self.init(stage, number: number, payloadBytes: packet.payload.count)
    }
  }

  package init(_ facts: SessionFacts, packet: Packet?, number: Int?, command: Command?) {
    self.facts = facts
    (self.packet, self.number, self.command) = (packet, number, command)
    mta = facts.dialogue.mta
  }

  /// What the logs say about a finding.
  package func logs(of finding: Finding) -> [ExpectedLog] {
    var occasion = occasion
    if finding.packet == nil {
      occasion.foreign =
        finding.sentence.parts.lazy.compactMap { part -> [UInt8]? in
          if case .wire(let bytes) = part { bytes } else { nil }
        }.first
    }
    occasion.silence = hasMilterClosed ? .closed : .silent
    return LogForecast.logs(of: finding, occasion, at: mta)
  }

  /// What they say about a reply that the MTA takes; about any other packet nothing.
  package var logs: [ExpectedLog] {
    guard let packet, case .reply(let kind) = packet.kind else { return [] }
    if let givenUp = facts.message?.givenUp, givenUp.packet != number, givenUp.counts(for: mta) { return [] }
    return LogForecast.logs(of: kind, occasion, at: mta)
  }

  private var occasion: LogOccasion {
    var occasion = LogOccasion()
    occasion.socket = facts.opened.map { Self.socket($0.local) }
    occasion.packet = packet
    occasion.stage = command?.stage
    occasion.commandBytes = command?.payloadBytes
    occasion.offer = facts.negotiation.offered
    occasion.client.host = facts.client?.hostname.bytes
    occasion.client.address = facts.client?.address?.bytes
    occasion.client.helo = facts.helo?.bytes
    addEnvelope(to: &occasion)
    addTargets(to: &occasion)
    return occasion
  }

  private func addEnvelope(to occasion: inout LogOccasion) {
    guard let stage = command?.stage, let message = facts.message else { return }
    let isOfMessage = stage.isOfContent || stage == .mail || stage == .rcpt || stage == .data
    // UNKNOWN comes between mails and within them.
    guard isOfMessage || facts.dialogue.messages.phase == .open else { return }
    occasion.envelope.queue = message.queueID?.bytes
    occasion.envelope.sender = message.envelopeSender?.address.bytes
    let taken = message.accepted
    // Postfix: smtpd names the first of them, cleanup the last.
    let recipient =
      stage == .rcpt ? message.envelopeRecipients.last : stage == .data ? taken.first : taken.last
    occasion.envelope.recipient = recipient?.address.bytes
  }

  /// What the mail has of what a modification is about.
  private func addTargets(to occasion: inout LogOccasion) {
    guard let packet, let message = facts.message else { return }
    let before = message.modifications.filter { $0.packet < (number ?? .max) }
    let isOfBody = message.modifications.contains { $0.kind == .replBody }
    occasion.isBodyBegun = before.contains { $0.kind == .replBody }
    // The new one is in a packet that is not at hand.
    if before.contains(where: { $0.kind == .chgFrom }) { occasion.envelope.sender = Array("SENDER".utf8) }
    occasion.lacksBodyRight = isOfBody && !facts.negotiation.actions.contains(.changeBody)
    switch Dissection(packet).shape {
    case .chgHeader(let index, let name, _):
      let isChanged = before.contains { [.addHeader, .insHeader, .chgHeader].contains($0.kind) }
      let isSeen =
        !facts.negotiation.mtaFlags.contains(.noHeaders) && message.headerCount == message.headers.count
      guard !isChanged, isSeen else { return }
      let header = message.headers(named: packet.bytes[name]).first { $0.index == max(1, Int(index)) }
      guard let header else {
        occasion.oldHeader = .missing
        return
      }
      guard header.value.isWhole else { return }
      let blank: [UInt8] = facts.negotiation.keepsLeadingSpace ? [] : [0x20]
      occasion.oldHeader = .value(blank + header.value.bytes)
    case .delRcpt(let address):
      let isAdded = before.contains { $0.kind == .addRcpt || $0.kind == .addRcptPar }
      let isOfClient = message.recipients.contains { $0.address.slice.elementsEqual(packet.bytes[address]) }
      // Whom the milter has added before, nothing at hand tells.
      occasion.isRecipient = isAdded && !isOfClient ? nil : isOfClient
    default: break
    }
  }

  /// `inet:127.0.0.1:8891`, as main.cf has it, for `inet:8891@127.0.0.1`.
  private static func socket(_ address: String) -> String {
    guard let colon = address.firstIndex(of: ":"), let at = address.firstIndex(of: "@"), colon < at,
      address.hasPrefix("inet")
    else { return address }
    let host = address[address.index(after: at)...]
    let port = address[address.index(after: colon)..<at]
    return host.contains(":") ? "inet:[\(host)]:\(port)" : "inet:\(host):\(port)"
  }
}
