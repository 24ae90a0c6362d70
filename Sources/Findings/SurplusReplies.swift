import Dialogue
import MilterProtocol

/// Verdicts that nobody asked for: to which command they belong, and which one was the first too many.
///
/// The verdict that is found to be one too many is not always the wrong one. A milter that answers what it negotiated to leave
/// unanswered is heard only behind the next command that waits (Postfix sends a whole mail in one piece), where its first
/// surplus reply looks like the answer. And a second reply may lie in the milter's kernel until its first is acknowledged, so
/// that it comes right behind the next command, sooner than any milter thinks.
struct SurplusReplies: Sendable {
  /// Verdicts of the latest run of commands without reply that may belong to it, kept until it is known.
  private var held: [Held] = []
  /// Number of the first command of that run, and how many verdicts too many there were since.
  private var run = (first: 0, count: 0)
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

  /// A command had its answer.
  mutating func answered(_ due: PendingReply, _ scene: Remarks.Scene) {
    latest = scene.number
    if let took = due.thought(until: scene.now) { times.take(took, of: scene.number, to: due) }
  }

  // MARK: - One too many

  mutating func take(
    _ kind: ReplyKind, _ scene: Remarks.Scene, _ dialogue: Dialogue, isLost: Bool = false,
    _ findings: inout [Finding]
  ) {
    // Judged once where it comes, and not again on the other leg.
    guard scene.isNew || !scene.way.comes else { return }
    if let unanswered = scene.leg.unanswered {
      count(scene)
      answersSilent = true
      scene.remark(
        .replyNotWanted,
        "\(kind.name) to \(unanswered.stage.name) (packet \(packet: unanswered.number)), negotiated to go without reply",
        &findings)
      return
    }
    let silent = scene.leg.silent
    guard scene.way.comes, silent.count > 0, run.first != silent.number || run.count < silent.count else {
      if !isLost { nameLikely(scene, dialogue, &findings) }
      return findings.append(Self.second(Held(kind: kind, number: scene.number, isLost: isLost)))
    }
    count(scene)
    held.append(Held(kind: kind, number: scene.number, isLost: isLost))
    if answersSilent || run.count == silent.count { tellSilent(silent, &findings) }
  }

  /// A modification came while nothing is due: of a verdict that was kept, the real one is still to come.
  mutating func takeEdit(_ scene: Remarks.Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    guard scene.way.comes, scene.isNew else { return }
    if !held.isEmpty { return tellSilent(scene.leg.silent, &findings) }
    nameLikely(scene, dialogue, &findings)
  }

  private mutating func count(_ scene: Remarks.Scene) {
    let first = scene.leg.silent.number
    run = (first, run.first == first ? run.count + 1 : 1)
  }

  /// As many too many as there were commands without reply: those were answered. Of a milter that is known to do so each is
  /// told by itself.
  private mutating func tellSilent(_ silent: LegState.SilentRun, _ findings: inout [Finding]) {
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
          .replyNotWanted, packet: latest ?? held[0].number,
          "\(surplus) too many from here on: \(commands) had been negotiated to go without reply\(fate)"))
    }
    answersSilent = true
    held.removeAll()
  }

  /// The MTA goes on, or is gone: what was kept is no answer to what goes without.
  mutating func tellHeld(into findings: inout [Finding]) {
    guard !held.isEmpty else { return }
    for one in held { findings.append(Self.second(one)) }
    held.removeAll()
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
  private mutating func nameLikely(_ scene: Remarks.Scene, _ dialogue: Dialogue, _ findings: inout [Finding])
  {
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
