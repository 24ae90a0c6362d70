import Dialogue
import MilterProtocol
import ProxyRuntime
import Sending
import Timeline
import TraceModel

/// The milter of a trace, as its MTAs were answered: also by what `mitmilter` changed or made, and not by what it kept back.
///
/// `Sendable` is not checked: the script that asks it and the file's reader are both on the thread that calls `MilterStage.serve`.
final class RecordedMilter: RecordedAnswers, @unchecked Sendable {
  private let index: TimelineIndex
  private let source: TraceFileReader
  /// Connections without an answer to OPTNEG.
  private(set) var unusable = 0

  init(_ source: TraceFileReader) {
    self.source = source
    var index = TimelineIndex()
    index.catchUp(with: source)
    self.index = index
  }

  func answer(at row: Int) -> Packet? {
    index.sentInstead(of: row, from: source) ?? index.packet(at: row, from: source)
  }

  func recording() -> MilterRecording {
    var recording = MilterRecording()
    for c in index.connections.indices
    where index.connections[c].packetCount > 0 && index.connections[c].shadowOf == nil {
      append(c, to: &recording)
    }
    return recording
  }

  /// Says what of the trace is not played; whether it is all of it.
  func tellGaps() -> Bool {
    if unusable > 0 {
      tell("warning: of the trace's connections \(unusable) have no answer to OPTNEG, and are left out")
    }
    let pieces = (0..<source.count).count { place in
      guard case .passed(let passed)? = source.record(at: place)?.event else { return false }
      return passed.sender == .milter
    }
    if pieces > 0 { tell("warning: what the milter said and is no packet is left out, \(pieces) records") }
    return unusable == 0 && pieces == 0
  }

  // MARK: - One connection

  /// A command of the MTA, and rows of what it was told.
  private struct Said {
    let row: Int
    let kind: CommandKind
    let stage: Stage
    var answers: [Int] = []
    var end = MilterRecording.End.listens
  }

  private func append(_ c: Int, to recording: inout MilterRecording) {
    var commands: [Said] = []
    var places: [Int: Int] = [:]
    var hasQuit = false
    var unasked: [Int] = []
    for row in index.rows(ofConnection: c) {
      let entry = index[row]
      if entry.sender == .milter {
        if !entry.flags.isDisjoint(with: [.dropped, .answered]) { continue }
        if let command = entry.answers, let place = places[command] {
          commands[place].answers.append(row)
        } else if entry.answers != nil {
          // Its command is behind it.
          unasked.append(row)
        } else if !commands.isEmpty {
          commands[commands.count - 1].answers.append(row)
        }
        continue
      }
      guard !entry.flags.contains(.injected), case .command(let kind) = entry.kind else { continue }
      if kind == .quit || kind == .quitNC { hasQuit = true }
      guard let stage = kind.stage else { continue }
      hasQuit = false
      places[row] = commands.count
      commands.append(Said(row: row, kind: kind, stage: stage))
    }
    for row in unasked {
      if let command = index[row].answers, let place = places[command] { commands[place].answers.append(row) }
    }
    let flags = self.flags(of: commands)
    markEnds(&commands, flags, hasQuit: hasQuit, c)
    let negotiation = commands.first { $0.kind == .optNeg }
    guard let negotiation, !negotiation.answers.isEmpty || !negotiation.end.isUnknown else {
      unusable += 1
      return
    }
    var mails: [Int: [MilterRecording.Exchange]] = [:]
    var session: [MilterRecording.Exchange] = []
    for command in commands where command.kind != .optNeg {
      guard let exchange = exchange(command) else { continue }
      if command.stage.isOfMail {
        mails[index.messageIndex(at: command.row) ?? -1, default: []].append(exchange)
      } else {
        session.append(exchange)
      }
    }
    recording.append(
      .init(negotiation: exchange(negotiation), flags: flags, exchanges: session),
      mails: mails.keys.sorted().compactMap { mails[$0] })
  }

  private func exchange(_ command: Said) -> MilterRecording.Exchange? {
    guard let packet = index.packet(at: command.row, from: source) else { return nil }
    var before = index.time(at: command.row)
    let answers = command.answers.map { row in
      let time = index.time(at: row)
      defer { before = time }
      return MilterRecording.Answer(row: row, pause: time < before ? .milliseconds(0) : time - before)
    }
    return .init(command.stage, CommandLikeness(packet), answers, end: command.end)
  }

  /// What was settled with the MTA.
  private func flags(of commands: [Said]) -> ProtocolFlags {
    guard let row = commands.first(where: { $0.kind == .optNeg })?.answers.first,
      let packet = answer(at: row),
      case .reply(.optNeg(let answer)) = PacketValue(decoding: packet)
    else { return [] }
    return answer.effectiveFlags
  }

  private func markEnds(_ commands: inout [Said], _ flags: ProtocolFlags, hasQuit: Bool, _ c: Int) {
    for place in commands.indices {
      let isAnswered = commands[place].answers.contains { row in
        if case .reply(let kind) = index.glance(at: row).kind {
          kind.settles || kind == .optNeg
        } else {
          false
        }
      }
      if !isAnswered, !flags.promisesNoReply(at: commands[place].stage) { commands[place].end = .isSilent }
    }
    guard let last = commands.indices.last, !hasQuit else { return }
    let ended = index.connections[c].endedRecord.flatMap { source.record(at: $0)?.event }
    guard case .closed(let closed)? = ended else {
      if case .isSilent = commands[last].end { commands[last].end = .isUnknown }
      return
    }
    guard closed.leg == .milter else { return }
    switch closed.how {
    case .error: commands[last].end = .breaks
    case .peer, .ours: commands[last].end = .closes
    case .unreachable: break
    }
  }
}

extension MilterRecording.End {
  fileprivate var isUnknown: Bool { if case .isUnknown = self { true } else { false } }
}
