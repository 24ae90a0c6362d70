import Dialogue
import MilterProtocol

/// What is compared from one reply to the next about the time that the milter takes.
struct ReplyTiming: Sendable {
  var acknowledgements = DelayedAcknowledgements()
  var growth = SlowingMilter()
  /// Stages of which it was said that they take over a tenth of the patience.
  private var notable: Set<Stage> = []

  /// Whether it is the first time for that stage.
  mutating func isFirst(at stage: Stage) -> Bool { notable.insert(stage).inserted }
}

/// Waits of 40 ms that come again and again: Nagle's algorithm keeps a second small write back until the first is acknowledged, and
/// Linux acknowledges after 40 ms what it has no answer to (`TCP_DELACK_MIN`; a tick of the kernel's clock later at most).
///
/// What mitmilter reads it acknowledges at once, so a proxy sees little of this, and a capture all. Looked at is what waits for nothing
/// else: a packet of the milter behind another of its own, a packet of the MTA behind macros or within a mail's content, which
/// waits for no client, and a reply behind its command.
struct DelayedAcknowledgements: Sendable {
  private var last = Moment.zero
  private var before = Before.nothing
  private var ofMilter = Waits()
  private var ofMTA = Waits()
  private var ofReplies = Waits()
  /// Stages whose reply took 40 ms.
  private var stages: Set<Stage> = []

  fileprivate enum Before: Sendable {
    case nothing
    /// Something that the MTA goes on behind by itself.
    case mtaGoesOn
    case mtaRests
    case milter
  }

  /// Between which packets the wait is.
  enum Kind: Sendable { case milter, mta, reply }

  private struct Waits: Sendable {
    /// Of 40 ms, and others that are long enough to be seen and short enough to be compared.
    var near = 0
    var others = 0
    var isTold = false

    /// Three are no chance where they are three in four.
    var isRegular: Bool { near >= 3 && near >= 3 * others }
    /// A filter that asks the network may take as long: what is no such thing never takes anything else.
    var isRegularOfReplies: Bool { near >= 6 && others == 0 }
  }

  private static let compared = 10_000..<Int64(100_000)
  private static let delayed = 39_000..<Int64(46_000)

  /// A wait that is long enough to be looked at, and the packet before it.
  struct Wait: Sendable {
    fileprivate let gap: Int64
    fileprivate let earlier: Before
  }

  /// A packet came and went on at once. Nearly all do without such a wait: every packet comes through here.
  @inline(__always)
  mutating func passed(_ kind: PacketKind, from sender: Leg, at now: Moment) -> Wait? {
    let wait = Wait(gap: (now - last).microseconds, earlier: before)
    last = now
    before = sender == .milter ? .milter : Self.goesOn(kind) ? .mtaGoesOn : .mtaRests
    return Self.compared.contains(wait.gap) ? wait : nil
  }

  /// What comes behind it comes without anybody outside.
  private static func goesOn(_ kind: PacketKind) -> Bool {
    switch kind {
    case .command(.macro), .command(.header), .command(.eoh), .command(.body): true
    case .command, .reply, .unknown, .empty: false
    }
  }

  /// Returns what has become regular with it.
  mutating func note(_ wait: Wait, from sender: Leg, answering due: Stage?) -> Kind? {
    let kind: Kind
    switch (wait.earlier, sender) {
    case (.milter, .milter): kind = .milter
    case (.mtaGoesOn, .mta): kind = .mta
    case (.mtaGoesOn, .milter), (.mtaRests, .milter): kind = .reply
    case (.nothing, _), (.mtaRests, .mta), (.milter, .mta): return nil
    }
    let isNear = Self.delayed.contains(wait.gap)
    if kind == .reply, isNear, let due { stages.insert(due) }
    self[kind].near += isNear ? 1 : 0
    self[kind].others += isNear ? 0 : 1
    let isRegular =
      kind == .reply ? self[kind].isRegularOfReplies && stages.count >= 3 : self[kind].isRegular
    guard isNear, isRegular, !self[kind].isTold else { return nil }
    self[kind].isTold = true
    return kind
  }

  func count(of kind: Kind) -> Int { self[kind].near }

  private subscript(kind: Kind) -> Waits {
    get {
      switch kind {
      case .milter: ofMilter
      case .mta: ofMTA
      case .reply: ofReplies
      }
    }
    set {
      switch kind {
      case .milter: ofMilter = newValue
      case .mta: ofMTA = newValue
      case .reply: ofReplies = newValue
      }
    }
  }
}

/// Whether a milter takes longer and longer, by its verdicts at end of message: eight mails one behind the other, each of which took
/// more than twice as long as the slowest of the connection's first eight.
struct SlowingMilter: Sendable {
  private var mails = 0
  /// The slowest of the first eight.
  private(set) var slowest = Moment.Span(microseconds: 0)
  private var run = 0
  /// The quickest of the run.
  private(set) var quickest = Moment.Span(microseconds: .max)
  private var isTold = false

  static let compared = 8
  /// Below that a busy machine is told as well as a slow milter.
  private static let least = Moment.Span.milliseconds(10)

  /// - Returns: whether it is slower by now, once.
  mutating func take(_ took: Moment.Span) -> Bool {
    guard !isTold else { return false }
    guard mails >= Self.compared else {
      mails += 1
      slowest = max(slowest, took)
      return false
    }
    guard took / 2 > slowest, took > Self.least else {
      (run, quickest) = (0, Moment.Span(microseconds: .max))
      return false
    }
    run += 1
    quickest = min(quickest, took)
    isTold = run >= Self.compared
    return isTold
  }
}
