import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// What the operator has set for the whole run; every machine is handed the same value with each event.
package struct ProxySettings: Sendable {
  package var rules = RuleBook()
  package var negotiation = NegotiationPolicy.transparent
  /// What the milter is shown of the MTA's offer; nil for all of it.
  package var offer: Offer?
  /// Which MTA it is and how long it and the milter wait, as far as the operator said.
  package var patience = Patience()
  /// What becomes of a held packet before somebody gives up; nil where the operator did not say, and it is forwarded.
  package var onTimeout: TimeoutAct?
  /// What the MTA is told where the milter is unreachable or gone; nil: it sees the close.
  package var onMilterFailure: Answer?
  /// There is no milter: this is told where nobody decides.
  package var role: MilterRole?
  /// An operator watches, and may hold or inject at any time.
  package var isAttended = false
  /// What rules hold waits though nobody watches, for as long as the peers do. Where screens come and go, it does not while none is
  /// there.
  package var holdsUnattended = true
  /// Rules or an operator may come while connections are open: HUP reads files again, a screen attaches.
  package var mayGainRules = false
  /// Nobody watches any more, or the program ends: nothing is held from here on.
  package var isUnattendedForGood = false

  package init() {}

  /// Whether connections have to be followed; otherwise packets pass without a look.
  package var steers: Bool {
    isAttended || mayGainRules || !rules.isEmpty || negotiation != .transparent || offer != nil
      || onMilterFailure != nil || role != nil
  }

  /// Whether what is to wait for an operator would wait in vain.
  var holdsNothing: Bool { isUnattendedForGood || !isAttended && !holdsUnattended }

  /// Whether a hold ends before the SMTP client leaves, where nothing else ends it. An operator who watches and said nothing
  /// of that may know better: the client may be a person, or a test.
  var endsForClient: Bool { !isAttended || onTimeout != nil }

  /// What becomes of what waits for an operator once there is none: what was said for the end of somebody's patience. Where
  /// we are the milter, nobody behind us decides, and the mail is to come again.
  package var unattendedAct: TimeoutAct { onTimeout ?? (role == nil ? .forward : .answer(.tempfail)) }

  package enum TimeoutAct: Sendable, Equatable {
    /// The packet goes on as it is by then.
    case forward
    /// The MTA is told this.
    case answer(Answer)
  }

  /// How we negotiate and answer where we are the milter.
  package struct MilterRole: Sendable, Equatable {
    package var verdict: Answer
    package var answers: Scope
    /// In a few words, for the record of each answer.
    package var why: Sentence
    /// Asked of the MTA, as far as it offers them.
    package var actions: ActionFlags
    package var protocolFlags: ProtocolFlags
    /// The highest version we speak.
    package var version: UInt32
    /// Macros asked for by stage.
    package var symbolLists: [OptNeg.SymbolList]

    package init(
      verdict: Answer, answers: Scope = .endOfMessage, why: Sentence = Decision.defaultPolicy,
      actions: ActionFlags = .current, protocolFlags: ProtocolFlags = [.skip],
      version: UInt32 = 6, symbolLists: [OptNeg.SymbolList] = []
    ) {
      self.verdict = verdict
      self.answers = answers
      self.why = why
      self.actions = actions
      self.protocolFlags = protocolFlags
      self.version = version
      self.symbolLists = symbolLists
    }

    /// What the verdict is told about; everything else goes on with CONTINUE.
    package enum Scope: Sendable, Equatable {
      /// Each mail once it is there, so that rules and operator can look at all of it first.
      case endOfMessage
      /// Whatever the MTA asks, at once.
      case everyCommand
    }

    /// The answer at a stage other than OPTNEG. At UNKNOWN it is always CONTINUE: Postfix dies of an ACCEPT there,
    /// Sendmail discards the next message for a DISCARD (protocol.md 4.3). SKIP is about bodies alone.
    package func answer(at stage: Stage) -> Answer {
      if verdict == .skip, stage != .body { return .continue }
      switch stage {
      case .bodyEOB: return verdict
      case .negotiation, .unknown: return .continue
      case .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body:
        return answers == .everyCommand ? verdict : .continue
      }
    }

    /// Our OPTNEG reply: never a bit that was not offered, nor one that the version it speaks does not know.
    package func answer(to offered: OptNeg) -> OptNeg {
      let spoken = Offer(version: version, actions: actions, protocolFlags: protocolFlags).narrowed(offered)
      var answer = OptNeg(
        version: spoken.version, actions: spoken.actions, protocolFlags: spoken.protocolFlags)
      answer.actions.remove(.setSymbolList)
      if !symbolLists.isEmpty, spoken.version >= 6, offered.actions.contains(.setSymbolList) {
        answer.actions.insert(.setSymbolList)
        answer.symbolLists = symbolLists
      }
      return answer
    }
  }
}
