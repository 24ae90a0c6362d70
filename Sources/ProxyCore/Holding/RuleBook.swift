import CommandLanguage
import MilterProtocol
import TraceModel

/// The operator's rules in their order, made ready to be asked, with what they have done so far.
///
/// One value for the whole run: `once`, `every N` and the counts are over all connections.
package struct RuleBook: Sendable {
  package struct Entry: Sendable {
    package let rule: Rule
    package let matcher: Matcher
    /// How often its condition held.
    package private(set) var hits = 0
    /// Whether a pattern of its was given up before.
    private var hasGivenUp = false
    /// Values of its key (`once per`, `count per`).
    private var keys = KeyTable()

    init(_ rule: Rule) {
      self.rule = rule
      matcher = Matcher(rule.condition)
    }

    /// The commands that it may keep here.
    var kept: PacketKindSet {
      rule.instructions.contains(where: \.keepsCommands)
        ? matcher.kinds.intersection(.allCommands) : .none
    }

    /// Whether its condition or a text of it is about what the mail says.
    var asksContent: Bool {
      matcher.needs.contains(.content)
        || rule.instructions.contains {
          $0.values.contains { $0.needs(on: matcher.kinds).contains(.content) }
        }
    }

    /// A pattern of its was given up. Returns whether that never happened before.
    mutating func isFirstGivingUp() -> Bool {
      defer { hasGivenUp = true }
      return !hasGivenUp
    }

    mutating func acts(on context: some PacketContext, _ effort: inout SearchEffort) -> Bool {
      effort.forgive()
      guard rule.isEnabled, matcher.matches(context, &effort), !effort.gaveUp else { return false }
      hits += 1
      switch rule.frequency {
      case .always: return true
      case .once: return hits == 1
      case .every(let count): return hits % count == 0
      case .oncePer(let key):
        return keys.count(key.value(in: context), at: context.time, over: nil) == 1
      case .beyond(let count, let key, let span):
        return keys.count(key.value(in: context), at: context.time, over: span).map { $0 > count } ?? false
      }
    }
  }

  package private(set) var entries: [Entry] = []
  /// Whether rules act at all (`I`).
  package var isArmed = true { didSet { sum() } }
  /// How much of bodies has to be kept: all where a rule may change a part, the beginning where one asks what they say.
  private(set) var bodyUse = MailBody.Use.none
  /// The packets about which rules ask what the mail says.
  private(set) var contentKinds = PacketKindSet.none
  private var kinds = PacketKindSet.none
  /// Commands that may stay here, so that their macros have to stay with them.
  private var kept = PacketKindSet.none

  package init(_ rules: [Rule] = []) { replace(with: rules) }

  package var isEmpty: Bool { entries.isEmpty }

  /// Other rules; those that stay as they were keep their counts.
  package mutating func replace(with rules: [Rule]) {
    let old = entries
    entries = rules.map { rule in old.first { $0.rule == rule } ?? Entry(rule) }
    sum()
  }

  private mutating func sum() {
    let active = isArmed ? entries.filter(\.rule.isEnabled) : []
    kinds = active.reduce(.none) { $0.union($1.matcher.kinds) }
    contentKinds = active.reduce(.none) { $0.union($1.asksContent ? $1.matcher.kinds : .none) }
    let rewrites = active.contains { $0.rule.instructions.contains(where: \.rewritesPart) }
    let asks = active.contains { $0.rule.instructions.contains { $0.asksSomebody } }
    bodyUse = rewrites ? .all : contentKinds.isEmpty && !asks ? .none : .beginning
    kept = active.reduce(.none) { $0.union($1.kept) }
  }

  /// Whether macros for such a command have to wait for it.
  func keepsMacros(for command: CommandKind?) -> Bool {
    kept.contains(.command(.macro), from: .mta)
      || command.map { kept.contains(.command($0), from: .mta) } ?? false
  }

  /// Whether any rule can say yes to such a packet; most packets stop here.
  package func mayMatch(_ kind: PacketKind, from sender: Leg) -> Bool { kinds.contains(kind, from: sender) }

  /// What the rules say about one packet.
  struct Ruling {
    var orders: [LegQueue.Order] = []
    /// Labels of rules that want their matches told.
    var told: [String] = []
    /// Labels of rules of which a pattern was given up, so that they do not act; with whether that is new.
    var givenUp: [(label: String, isNew: Bool)] = []
  }

  /// The instructions of all rules that act on the packet, in order.
  mutating func ruling(on context: some PacketContext, _ effort: inout SearchEffort) -> Ruling {
    var ruling = Ruling()
    guard isArmed else { return ruling }
    for index in entries.indices {
      let acts = entries[index].acts(on: context, &effort)
      let rule = entries[index].rule
      if effort.gaveUp { ruling.givenUp.append((rule.label, entries[index].isFirstGivingUp())) }
      guard acts else { continue }
      for instruction in rule.instructions {
        let asked = Asked(instruction, in: context, &effort)
        ruling.orders.append(
          LegQueue.Order(asked: asked, cause: .rule(rule.label), isOfBreakpoint: rule.isBreakpoint))
      }
      if rule.logs { ruling.told.append(rule.label) }
    }
    return ruling
  }
}

extension RuleBook {
  /// What a rule has to be done about a packet.
  package struct Ordered: Sendable {
    /// As it is written in the rule.
    package let written: Instruction
    /// With its values.
    package let meaning: Result<Instruction, Refusal>
  }

  /// The same for whoever does it elsewhere.
  package mutating func orders(on context: some PacketContext, _ effort: inout SearchEffort) -> [Ordered] {
    ruling(on: context, &effort).orders.map { Ordered(written: $0.asked.written, meaning: $0.asked.meaning) }
  }
}

extension Instruction {
  /// Whether a command that this is said about may stay here, or go nowhere, or needs its macros at hand.
  fileprivate var keepsCommands: Bool {
    switch self {
    case .hold, .ask, .drop, .answer, .delay, .raw, .fault, .revert: true
    case .set(let assignment): assignment.field.isOfMacros
    case .forward, .forwardAll, .step, .progress, .change, .close, .mark, .unmark, .note: false
    }
  }
}
