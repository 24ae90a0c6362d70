import Dialogue
import MilterProtocol
import TraceModel

/// What came of a trial: a fold of its connection's records.
package struct TrialCourse: Sendable {
  /// What the milter answered to OPTNEG.
  package private(set) var answer: OptNeg?
  /// The verdict that decided about the latest mail, or about the client.
  package private(set) var verdict: Verdict?
  /// What the latest mail was to have changed, by the names of packets and headers.
  package private(set) var changes: [String] = []
  /// What is odd about packets of the milter.
  package private(set) var findings: [Finding] = []
  /// The longest that it took for a reply.
  package private(set) var slowest = Moment.Span(microseconds: 0)
  /// What the milter said behind the fault.
  private var said: [String] = []
  private var notes = 0
  private var lastStage: Stage?
  /// The next command is about another mail, be it that MAIL is not wanted.
  private var isDecided = false
  private var ending = Ending.none
  private var milterPackets: Set<Int> = []
  private let listening: Moment.Span

  package struct Verdict: Equatable, Sendable {
    var kind: ReplyKind
    var stage: Stage
    package var words: String { "\(kind.name) at \(stage.name)" }
  }

  enum Ending: Equatable, Sendable {
    case none
    case unreachable(String)
    /// It closed, or broke, its end before the MTA was through.
    case closed(broke: Bool)
    /// The MTA waited for an answer in vain: its words.
    case unanswered(String)
    /// The MTA was through, and then the milter closed its end.
    case inOrder
    /// The milter's end stayed open.
    case open
    /// The MTA broke the connection off.
    case broken
  }

  /// - Parameter listening: how long the milter got to say something about the fault.
  package init(_ records: [Record], listening: Moment.Span) {
    self.listening = listening
    var dialogue = Dialogue()
    for record in records { take(record, &dialogue) }
    findings.removeAll { finding in finding.packet.map { !milterPackets.contains($0) } ?? true }
  }

  private mutating func take(_ record: Record, _ dialogue: inout Dialogue) {
    switch record.event {
    case .received(let received): take(received, &dialogue, at: record.time)
    case .noted: notes += 1
    case .found(let finding): findings.append(finding)
    case .passed(let passed): if passed.sender == .milter { said.append("bytes that are no packet") }
    case .closed(let closed): take(closed)
    case .opened, .sent, .held, .released, .instructed, .marked: break
    }
  }

  private mutating func take(_ received: Received, _ dialogue: inout Dialogue, at now: Moment) {
    let packet = received.packet
    let place = dialogue.travelled(
      packet, Dissection(packet).shape, number: received.number, .through, at: now)
    guard packet.sender == .milter else {
      if case .command(let kind) = packet.kind, let stage = kind.stage {
        lastStage = stage
        if kind == .mail || isDecided, stage.isOfMail { (verdict, changes, isDecided) = (nil, [], false) }
      }
      return
    }
    milterPackets.insert(received.number)
    if hasFault { said.append(packet.kind.name) }
    if let took = place.took { slowest = max(slowest, took) }
    guard case .reply(let kind) = packet.kind else { return }
    if kind.role == .modification { changes.append(Self.name(of: packet)) }
    answer = dialogue.negotiation.answered
    guard kind.settles, let stage = place.stage else { return }
    switch stage {
    case .connect, .helo: if kind.refuses || kind == .accept { verdict = Verdict(kind: kind, stage: stage) }
    case .negotiation, .unknown: break
    case .rcpt where kind.refuses: verdict = Verdict(kind: kind, stage: stage)
    case _:
      if kind.endsMessage(at: stage) || stage == .data && kind.refuses {
        verdict = Verdict(kind: kind, stage: stage)
        isDecided = true
      } else if stage == .rcpt {
        verdict = nil
      }
    }
  }

  private mutating func take(_ closed: Closed) {
    switch (closed.leg, closed.how) {
    case (.milter, .unreachable(let why)): ending = .unreachable(why.text)
    case (.milter, .peer):
      ending = ending == .none ? .closed(broke: false) : ending == .open ? .inOrder : ending
    case (.milter, .error):
      ending = ending == .none ? .closed(broke: true) : ending == .open ? .inOrder : ending
    case (.milter, .ours): break
    case (.mta, .ours(let why)): if ending == .none { ending = .unanswered(why.text) }
    case (.mta, .error): if ending == .none { ending = .broken }
    case (.mta, _): if ending == .none { ending = .open }
    }
  }

  /// `ADDHEADER X-Spam`.
  private static func name(of packet: Packet) -> String {
    guard case .reply(.modification(let modification)) = PacketValue(decoding: packet) else {
      return packet.kind.name
    }
    return switch modification {
    case .addHeader(let header), .insHeader(_, let header), .chgHeader(_, let header):
      "\(packet.kind.name) \(InertText.string(escaping: header.name))"
    case .replBody, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .quarantine: packet.kind.name
    }
  }

  // MARK: - Asking

  /// The fault has been said.
  package var hasFault: Bool { notes > 1 }

  package var isUnreachable: Bool { if case .unreachable = ending { true } else { false } }

  /// Why the mail got no verdict, or not every command an answer; nil where all is well.
  package var failure: String? {
    switch ending {
    case .unreachable, .closed, .unanswered: return ended
    case .none, .inOrder, .open, .broken: break
    }
    return verdict == nil ? "no verdict" : nil
  }

  /// It has closed its end, or was never asked to.
  var hasClosed: Bool {
    ending == .inOrder || ending == .closed(broke: false) || ending == .closed(broke: true)
  }

  private var hasEndedEarly: Bool {
    switch ending {
    case .closed, .broken: true
    case .none, .unreachable, .unanswered, .inOrder, .open: false
    }
  }

  /// The last command that was said.
  var reached: Stage? { lastStage }

  /// In words, for whoever reads the list.
  package var words: String {
    var parts: [String] = []
    if hasFault {
      parts = Self.counted(said)
      if parts.isEmpty, !hasEndedEarly { parts = ["nothing within \(listening.words)"] }
    } else if let verdict {
      parts = [verdict.words]
      if !changes.isEmpty { parts.append(changes.count == 1 ? "1 change" : "\(changes.count) changes") }
    }
    if let ended { parts.append(ended) }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }

  private var ended: String? {
    switch ending {
    case .unreachable(let why): "it cannot be reached: \(why)"
    case .closed(let broke):
      "it \(broke ? "broke the connection off" : "closed")" + (lastStage.map { " behind \($0.name)" } ?? "")
    case .unanswered(let why): why
    case .inOrder: verdict == nil && !hasFault ? "it closed" : nil
    case .open: "it left its end open"
    case .none, .broken: nil
    }
  }

  /// `CONTINUE×3`.
  private static func counted(_ names: [String]) -> [String] {
    var counts: [(name: String, count: Int)] = []
    for name in names {
      if counts.last?.name == name {
        counts[counts.count - 1].count += 1
      } else {
        counts.append((name, 1))
      }
    }
    let words = counts.prefix(8).map { $0.count == 1 ? $0.name : "\($0.name)×\($0.count)" }
    return counts.count > 8 ? words + ["…"] : words
  }
}
