/// What an MTA does with what a milter says, as a row of a table: for those whose source was read and that were never run here.
/// What Postfix and Sendmail do was seen, differs from stage to stage, and is in `Delivery`.
package final class MTAProfile: Sendable {
  /// Where this comes from: stands behind what is said of it. Lower case, no full stop, as all text here.
  package let source: String
  /// What is not known of it, a clause each.
  package let unknown: [String]
  /// The setting that decides where the milter fails, as "… decides".
  package let onFailure: String
  /// The first row that fits counts; where none does, nobody knows.
  let verdicts: [Verdict]
  /// Modifications that do what they say, at the end of the message.
  package let made: ActionFlags
  /// What it does with those that it does not make.
  package let ignoring: String
  /// Replies at the end of the message that it does not know: it gives the milter up.
  let strange: [ReplyKind]
  package let headers: Headers
  package let quarantine: Quarantine
  /// Names of macros, without braces, by stage; it takes no list of the milter's.
  let macros: [(stage: Stage, names: [String])]
  package let habits: Habits

  init(
    source: String, unknown: [String], onFailure: String, verdicts: [Verdict], made: ActionFlags,
    ignoring: String,
    strange: [ReplyKind], headers: Headers, quarantine: Quarantine, macros: [(stage: Stage, names: [String])],
    habits: Habits
  ) {
    (self.source, self.unknown, self.onFailure) = (source, unknown, onFailure)
    (self.verdicts, self.made, self.ignoring, self.strange) = (verdicts, made, ignoring, strange)
    (self.headers, self.quarantine, self.macros, self.habits) = (headers, quarantine, macros, habits)
  }

  package struct Verdict: Sendable {
    let kinds: [ReplyKind]
    let stages: [Stage]
    /// The same by their letters: a packet asks for them, without looking through lists.
    private let kindLetters: Letters
    private let stageLetters: Letters
    package let words: String
    package let code: Int?
    package let danger: String?
    /// The danger is one of texts of several lines.
    package let isOfLines: Bool
    package let result: VerdictResult

    fileprivate func fits(_ kind: ReplyKind, _ stage: Stage) -> Bool {
      kindLetters.contains(kind.rawValue) && stageLetters.contains(stage.rawValue)
    }

    init(
      _ result: VerdictResult, _ kinds: [ReplyKind], at stages: [Stage] = Stage.allCases, _ words: String,
      code: Int? = nil, danger: String? = nil, isOfLines: Bool = false
    ) {
      (self.kinds, self.stages, self.words) = (kinds, stages, words)
      kindLetters = Letters(kinds.map(\.rawValue))
      stageLetters = Letters(stages.map(\.rawValue))
      (self.code, self.danger, self.isOfLines, self.result) = (code, danger, isOfLines, result)
    }
  }

  /// A set of ASCII characters.
  private struct Letters: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ letters: [UInt8]) {
      for letter in letters where letter < 128 {
        if letter < 64 { low |= 1 << letter } else { high |= 1 << (letter - 64) }
      }
    }

    func contains(_ letter: UInt8) -> Bool {
      letter < 64 ? low >> letter & 1 == 1 : letter < 128 && high >> (letter - 64) & 1 == 1
    }
  }

  /// Where headers of a milter go.
  package enum Headers: Sendable {
    /// On top, in the order in which they came; what is inserted with an index from 1 on stands before that header of its own name,
    /// and then the latest stands on top. Changes count headers of a name from 1 on; 0 is none.
    case onTopByName
    /// On top, the latest first, whatever the index.
    case onTop
    /// Nobody knows: at the end, or about where the index says.
    case anywhere
  }

  package enum Quarantine: Sendable {
    /// The mail stays in the queue until that is typed, with its name between the two parts.
    case queue(release: String, String)
    /// The mail goes on with that header, which says why.
    case header(String)
    /// What becomes of the mail, in words.
    case told(String)
  }

  /// What else tells it from others on the wire.
  package struct Habits: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// ABORT also comes where no mail is open.
    package static let abortsOutsideMails = Habits(rawValue: 1)
    /// The value of a folded header has CRLF where others send LF.
    package static let keepsCRLF = Habits(rawValue: 2)
    /// The body begins with the headers of the mail.
    package static let repeatsHeadersInBody = Habits(rawValue: 4)
    /// CHGFROM and ADDRCPT_PAR need their second string, be it empty.
    package static let needsParameters = Habits(rawValue: 16)
  }

  /// What it does with a reply that it awaits; nil where nobody knows.
  package func verdict(_ kind: ReplyKind, at stage: Stage) -> Verdict? {
    row(kind, at: stage).map { verdicts[$0] }
  }

  /// What comes of it.
  package func result(_ kind: ReplyKind, at stage: Stage) -> VerdictResult? {
    row(kind, at: stage).map { verdicts[$0].result }
  }

  private func row(_ kind: ReplyKind, at stage: Stage) -> Int? {
    verdicts.indices.first { verdicts[$0].fits(kind, stage) }
  }

  /// Whether it takes a reply at the end of the message for something that it does not know.
  package func isStrange(_ kind: ReplyKind) -> Bool { strange.contains(kind) }

  package func makes(_ kind: ReplyKind) -> Bool {
    kind.requiredAction.map(made.contains) ?? false
  }

  package func sends(_ name: String) -> Bool { macros.contains { $0.names.contains(name) } }
}

extension KnownMTA {
  /// nil for those that were measured.
  package var profile: MTAProfile? {
    switch self {
    case .postfix, .sendmail: nil
    case .stalwart: .stalwart
    case .maddy: .maddy
    case .generic: .generic
    }
  }

  /// What decides where the milter fails, as "… decides".
  package var failureSetting: String {
    switch self {
    case .postfix: "milter_default_action"
    case .sendmail: "F="
    case .stalwart, .maddy, .generic: profile?.onFailure ?? ""
    }
  }

  package var quarantine: MTAProfile.Quarantine {
    switch self {
    // postsuper(1); sendmail(8), `-Q` without a reason.
    case .postfix: .queue(release: "postsuper -H ", "")
    case .sendmail: .queue(release: "sendmail -qQ -qI", " -Q")
    case .stalwart, .maddy, .generic: profile?.quarantine ?? .told("nobody knows what becomes of it")
    }
  }

  /// What the postmaster types to let a quarantined mail go; nil where none is kept.
  package func releaseCommand(_ queueID: String) -> String? {
    guard case .queue(let head, let end) = quarantine else { return nil }
    return head + queueID + end
  }

  /// Whether a mail that is quarantined is any other than one that goes on.
  package var keepsQuarantined: Bool {
    if case .header = quarantine { false } else { true }
  }

  package func has(_ habit: MTAProfile.Habits) -> Bool { profile?.habits.contains(habit) ?? false }
}
