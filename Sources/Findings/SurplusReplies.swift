import Dialogue
import MilterProtocol

/// Verdicts that nobody asked for: to which command they belong, and which one was the first too many.
///
/// The verdict that is found to be one too many is not always the wrong one. A milter that answers what it negotiated to leave
/// unanswered is heard only behind the next command that waits (Postfix sends a whole mail in one piece), where its first
/// surplus reply looks like the answer. And a second reply may lie in the milter's kernel until its first is acknowledged, so
/// that it comes right behind the next command, sooner than any milter thinks.
struct SurplusReplies: Sendable {
  /// Verdicts that may belong to a run of commands without reply, kept until it is known.
  private var held: [Held] = []
  /// The latest run that had a verdict too many.
  private var run = Run()
  /// This milter has answered a command that goes without reply.
  private var answersSilent = false
  /// The latest verdict that a command had.
  private var latest: Int?
  private var times = ReplyTimes()
  /// The latest verdict that was named as the likely one.
  private var named = 0

  private struct Held: Sendable {
    let kind: ReplyKind
    let number: Int
    let isLost: Bool
  }

  private struct Run: Sendable {
    var silent = LegState.SilentRun()
    /// Verdicts too many since.
    var surplus = 0
    /// The verdict that was taken for the answer to the command behind it.
    var taken: Int?
    /// Later commands that were answered since one of its verdicts is kept.
    var answeredSince = 0

    var isFull: Bool { surplus >= silent.count }
  }

  /// A command had its answer.
  mutating func answered(_ due: PendingReply, _ scene: borrowing Remarks.Scene) {
    latest = scene.number
    if !held.isEmpty { run.answeredSince += 1 }
    if let took = due.thought(until: scene.now) { times.take(took, of: scene.number, to: due) }
  }

  // MARK: - One too many

  mutating func take(
    _ kind: ReplyKind, _ scene: borrowing Remarks.Scene, _ dialogue: Dialogue, isLost: Bool = false,
    _ findings: inout [Finding]
  ) {
    // Judged once where it comes, and not again on the other leg.
    guard scene.isNew || !scene.way.comes else { return }
    if held.isEmpty { follow(scene.leg.silent) }
    if let unanswered = scene.leg.unanswered {
      run.surplus += 1
      answersSilent = true
      scene.remark(
        .replyNotWanted,
        "\(kind.name) to \(unanswered.stage.name) (packet \(packet: unanswered.number)), negotiated to go without reply",
        &findings)
      return
    }
    let one = Held(kind: kind, number: scene.number, isLost: isLost)
    guard scene.way.comes, !run.isFull else {
      if !isLost { nameLikely(scene, dialogue, &findings) }
      return findings.append(Self.second(one))
    }
    if held.isEmpty { run.taken = latest }
    run.surplus += 1
    held.append(one)
    if answersSilent || run.isFull || run.answeredSince > 0 { tellSilent(&findings) }
  }

  /// A modification came while nothing is due: of a verdict that was kept, the real one is still to come.
  mutating func takeEdit(_ scene: borrowing Remarks.Scene, _ dialogue: Dialogue, _ findings: inout [Finding])
  {
    guard scene.way.comes, scene.isNew else { return }
    if !held.isEmpty { return tellSilent(&findings) }
    nameLikely(scene, dialogue, &findings)
  }

  private mutating func follow(_ silent: LegState.SilentRun) {
    if run.silent.number != silent.number { run = Run() }
    run.silent = silent
  }

  /// The MTA goes on. Two and more are no slip: they answer what goes without. One may be the first of several that come
  /// late, as long as the milter has answered nothing else.
  mutating func commanded(into findings: inout [Finding]) {
    if held.count > 1 { return tellSilent(&findings) }
    if run.answeredSince > 0 { tellSecond(&findings) }
  }

  /// One of the peers is gone.
  mutating func ended(into findings: inout [Finding]) {
    if held.count > 1 { tellSilent(&findings) } else { tellSecond(&findings) }
  }

  /// They are answers to commands that go without. Of a milter that is known to give such each is told by itself.
  private mutating func tellSilent(_ findings: inout [Finding]) {
    let silent = run.silent
    let commands: Sentence =
      silent.count == 1
      ? "\(silent.stage.name) (packet \(packet: silent.number))"
      : "\(silent.count) commands from \(silent.stage.name) (packet \(packet: silent.number)) on"
    if answersSilent {
      for one in held {
        findings.append(
          Finding(
            .replyNotWanted, packet: one.number,
            "\(one.kind.name) as to \(commands), negotiated to go without reply"))
      }
    } else {
      let fate: Sentence =
        held[0].isLost ? "; Postfix takes the first for the verdict on the message and drops the rest" : ""
      let surplus = counted(held.count, "verdict")
      findings.append(
        Finding(
          .replyNotWanted, packet: run.taken ?? held[0].number,
          "\(surplus) too many from here on: \(commands) had been negotiated to go without reply\(fate)"))
    }
    answersSilent = true
    forgetHeld()
  }

  /// What was kept is no answer to what goes without.
  private mutating func tellSecond(_ findings: inout [Finding]) {
    for one in held { findings.append(Self.second(one)) }
    forgetHeld()
  }

  private mutating func forgetHeld() {
    held.removeAll()
    run.answeredSince = 0
  }

  private static func second(_ one: Held) -> Finding {
    Finding(
      .secondVerdict, packet: one.number,
      one.isLost
        ? "\(one.kind.name) together with the verdict on the message: Postfix discards it"
        : "\(one.kind.name), but no command awaits a reply")
  }

  // MARK: - The likely one

  /// Something came that nobody asked for. Where an earlier verdict came much sooner than all others of its stage, that one
  /// was most likely too many already.
  private mutating func nameLikely(
    _ scene: borrowing Remarks.Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard scene.way.comes, !dialogue.isDesynchronised, let odd = times.odd, odd.verdict > named else {
      return
    }
    // Right behind the answer to the last command: it is the second one itself.
    let last = scene.leg.settledLast
    if let last, last.stage == scene.leg.lastCommand?.stage, scene.now - last.at <= odd.next { return }
    named = odd.verdict
    findings.append(
      Finding(
        .secondVerdict, packet: odd.verdict,
        "most likely one too many: it came \(odd.took.microseconds) µs after \(odd.stage.name) (packet \(packet: odd.command)), where others took \(odd.next.microseconds) µs and more"
      ))
  }
}

/// The two quickest replies of a stage, of the latest two stages that had several.
struct ReplyTimes: Sendable {
  private var current = Run()
  private var previous = Run()

  struct Run: Sendable {
    var stage = Stage.negotiation
    var count = 0
    var verdict = 0
    var command = 0
    var took = Moment.Span(microseconds: .max)
    var next = Moment.Span(microseconds: .max)

    /// Three replies tell what is usual, and a third of the second quickest is not.
    var isOdd: Bool { count >= 3 && took.microseconds <= next.microseconds / 3 }
  }

  /// The verdict that came much sooner than others of its stage; nil where none did.
  var odd: Run? { current.isOdd ? current : previous.isOdd ? previous : nil }

  mutating func take(_ took: Moment.Span, of verdict: Int, to command: PendingReply) {
    if command.stage != current.stage {
      if current.count >= 3 { previous = current }
      current = Run(stage: command.stage)
    }
    current.count += 1
    if took < current.took {
      current.next = current.took
      (current.took, current.verdict, current.command) = (took, verdict, command.number)
    } else if took < current.next {
      current.next = took
    }
  }
}
