import Dialogue
import MilterProtocol
import Timeline

/// The differences of two mails, or of two connections outside their mails.
struct StepComparison {
  private let a: Half
  private let b: Half
  private(set) var differences: [Difference] = []

  init(_ a: Half, _ b: Half) { (self.a, self.b) = (a, b) }

  mutating func run() {
    var others: [Steps.Key: Int] = [:]
    var descendants: [Int: Int] = [:]
    for (place, step) in b.steps.all.enumerated() {
      if let origin = b.trace.origins[step.row] {
        descendants[origin] = place
      } else {
        others[step.key] = place
      }
    }
    var missing: [Steps.Step] = []
    var isFound = Array(repeating: false, count: b.steps.all.count)
    for step in a.steps.all {
      if let other = descendants[step.row] ?? others[step.key], !isFound[other] {
        isFound[other] = true
        compare(step, b.steps.all[other])
      } else {
        missing.append(step)
      }
    }
    lacking(missing, in: b, ofFirst: true)
    let added = b.steps.all.indices.filter { !isFound[$0] }.map { b.steps.all[$0] }
    lacking(added, in: a, ofFirst: false)
    for step in added where b.trace.isOurs(step.row) { tellReplies(to: step) }
    compareBodies()
    compareUnasked()
  }

  /// - Parameter rows: of the packets that it is about; what somebody ignores is left out.
  private mutating func add(
    _ kind: Difference.Kind, _ stage: Stage?, _ about: String? = nil, _ first: Difference.Said?,
    _ second: Difference.Said?, rows: (Int?, Int?)
  ) {
    if a.trace.isIgnored(rows.0) || b.trace.isIgnored(rows.1) { return }
    let isOfMTA = kind == .command || kind == .macro || about == Self.offer
    if isOfMTA, a.trace.isOurs(rows.0) || b.trace.isOurs(rows.1) { return }
    differences.append(Difference(kind: kind, stage: stage, about: about, first: first, second: second))
  }

  private static let offer = "offer"

  // MARK: One command

  private mutating func compare(_ one: Steps.Step, _ other: Steps.Step) {
    compareMacros(one, other)
    if one.kind == .macro { return }
    let isOffer = one.kind == .optNeg
    if one.kind != .body, one.kind != .bodyEOB {
      comparePackets(
        isOffer ? .negotiation : .command, one.stage, isOffer ? Self.offer : nil, one.row, other.row)
    }
    if isOffer { return compareAnswers(one, other) }
    compareModifications(one, other)
    compareVerdicts(one, other)
  }

  private mutating func comparePackets(
    _ kind: Difference.Kind, _ stage: Stage?, _ about: String?, _ one: Int, _ other: Int
  ) {
    guard let first = a.trace.packet(at: one), let second = b.trace.packet(at: other),
      a.rest(of: first) != b.rest(of: second)
    else { return }
    add(kind, stage, about, a.said(one, first), b.said(other, second), rows: (one, other))
  }

  private mutating func compareAnswers(_ one: Steps.Step, _ other: Steps.Step) {
    switch (one.verdict, other.verdict) {
    case (let first?, let second?): comparePackets(.negotiation, .negotiation, "answer", first, second)
    case (nil, nil): return
    case (let first?, nil): addVerdict(.negotiation, one, first, nil, other.row)
    case (nil, let second?): addVerdict(.negotiation, one, nil, second, other.row)
    }
  }

  private mutating func addVerdict(
    _ kind: Difference.Kind, _ step: Steps.Step, _ first: Int?, _ second: Int?, _ otherRow: Int
  ) {
    func said(_ half: Half, _ verdict: Int?, _ row: Int) -> Difference.Said {
      if let verdict, let packet = half.trace.packet(at: verdict) { return half.said(verdict, packet) }
      let isAgreed = step.stage.map(half.flags.promisesReply) ?? true
      return Difference.Said(
        text: isAgreed ? "no reply" : "no reply, as negotiated", packet: half.trace.index.number(at: row))
    }
    add(
      kind, step.stage, subject(of: step), said(a, first, step.row), said(b, second, otherRow),
      rows: (first ?? step.row, second ?? otherRow))
  }

  private mutating func compareVerdicts(_ one: Steps.Step, _ other: Steps.Step) {
    guard verdict(of: one, a) != verdict(of: other, b) else { return }
    addVerdict(.verdict, one, one.verdict, other.verdict, other.row)
  }

  /// What the MTA goes by: no reply where none is promised is as good as CONTINUE, and empty where one is due.
  private func verdict(of step: Steps.Step, _ half: Half) -> [UInt8] {
    if let row = step.verdict { return half.trace.packet(at: row).map(half.rest) ?? [] }
    guard let stage = step.stage, stage != .negotiation, !half.flags.promisesReply(at: stage) else {
      return []
    }
    return [ReplyKind.continue.rawValue]
  }

  /// Which recipient or header, where there may be several.
  private func subject(of step: Steps.Step) -> String? {
    switch step.kind {
    case .rcpt, .header: InertText.string(escaping: step.key.name)
    case .body: step.key.place > 0 ? "chunk \(step.key.place + 1)" : nil
    default: nil
    }
  }

  // MARK: Macros

  private mutating func compareMacros(_ one: Steps.Step, _ other: Steps.Step) {
    let (first, second) = (macros(of: one, a), macros(of: other, b))
    for macro in first {
      let match = second.first { $0.name == macro.name }
      if let match, match.rest == macro.rest || macro.isOfRun { continue }
      addMacro(macro.name, one, macro, match, other)
    }
    for macro in second where !first.contains(where: { $0.name == macro.name }) {
      addMacro(macro.name, one, nil, macro, other)
    }
  }

  private struct Macro {
    let name: [UInt8]
    let value: ArraySlice<UInt8>
    let rest: [UInt8]
    let row: Int
    let isOfRun: Bool
  }

  private func macros(of step: Steps.Step, _ half: Half) -> [Macro] {
    var found: [Macro] = []
    for row in step.macros {
      guard let packet = half.trace.packet(at: row) else { continue }
      let compared = MacroPairs(half.trace.comparable(packet))
      for ((name, value), (_, plain)) in zip(MacroPairs(packet), compared) where found.count < Self.mostMacros
      {
        // The host's own name is what it is at home, and a mark elsewhere.
        let rest = name.elementsEqual("j".utf8) ? Array(plain) : half.marks.rest(of: plain)
        found.removeAll { $0.name.elementsEqual(name) }
        found.append(
          Macro(name: Array(name), value: value, rest: rest, row: row, isOfRun: RunMarks.isOfRun(macro: name))
        )
      }
    }
    return found
  }

  /// MTAs send a dozen.
  private static let mostMacros = 512

  private mutating func addMacro(
    _ name: [UInt8], _ step: Steps.Step, _ first: Macro?, _ second: Macro?, _ other: Steps.Step
  ) {
    func said(_ macro: Macro?, _ half: Half) -> Difference.Said? {
      macro.map {
        Difference.Said(
          text: InertText.string(escaping: name) + "=" + InertText.string(escaping: $0.value),
          packet: half.trace.index.number(at: $0.row))
      }
    }
    add(
      .macro, step.stage, InertText.string(escaping: name), said(first, a), said(second, b),
      rows: (first?.row ?? step.row, second?.row ?? other.row))
  }

  // MARK: Modifications

  private mutating func compareModifications(_ one: Steps.Step, _ other: Steps.Step) {
    if one.modifications.isEmpty, other.modifications.isEmpty { return }
    let (first, second) = (Change.list(one.modifications, a), Change.list(other.modifications, b))
    var (gone, come) = Change.apart(first, second)
    // What is said otherwise is one difference.
    for change in gone {
      let match = come.firstIndex { $0.subject == change.subject }.map { come.remove(at: $0) }
      add(.modification, one.stage, nil, change.said, match?.said, rows: (change.row, match?.row))
    }
    gone = []
    for change in come { add(.modification, one.stage, nil, nil, change.said, rows: (nil, change.row)) }
  }

  /// The body as the MTA sends it: where both milters heard all of it, and it is not the same.
  private mutating func compareBodies() {
    if a.steps.body.contains(where: a.trace.isOurs) || b.steps.body.contains(where: b.trace.isOurs) { return }
    guard let (one, first) = body(of: a), let (other, second) = body(of: b) else { return }
    let (x, y) = (a.marks.rest(of: first[...]), b.marks.rest(of: second[...]))
    guard x != y else { return }
    let place = zip(x, y).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(x.count, y.count)
    add(
      .command, .body, nil, Change.said(x, place, a.trace.index.number(at: one)),
      Change.said(y, place, b.trace.index.number(at: other)), rows: (one, other))
  }

  private func body(of half: Half) -> (row: Int, bytes: [UInt8])? {
    guard half.steps.all.contains(where: { $0.kind == .bodyEOB }), let row = half.steps.body.first else {
      return nil
    }
    let isSkipped = half.steps.all.contains { step in
      step.kind == .body
        && step.verdict.map { half.trace.index.glance(at: $0).kind == .reply(.skip) } ?? false
    }
    if isSkipped || half.flags.declines(.body) { return nil }
    return (row, half.steps.body.compactMap(half.trace.comparable(at:)).flatMap { $0.bytes[$0.payload] })
  }

  // MARK: What only one has

  private mutating func lacking(_ steps: [Steps.Step], in half: Half, ofFirst isFirst: Bool) {
    let stages = Set(half.steps.all.compactMap(\.stage))
    let own = isFirst ? a : b
    var whole: [Steps.Step] = []
    for step in steps {
      // ABORT and QUIT follow from what is said before; a stage that is switched off from the negotiation.
      guard !own.trace.isOurs(step.row), let stage = step.stage, step.kind != .abort,
        !half.flags.declines(stage),
        !own.flags.declines(stage),
        step.kind != .body || !stages.contains(.body)
      else { continue }
      if stages.contains(stage) { addLonely(step, own, isFirst) } else { whole.append(step) }
    }
    guard let from = whole.first, let to = whole.last else { return }
    let names = from.kind == to.kind ? from.kind.name : "\(from.kind.name) to \(to.kind.name)"
    let said = Difference.Said(
      text: "\(names), \(whole.count) command\(whole.count == 1 ? "" : "s")",
      packet: own.trace.index.number(at: from.row))
    add(
      .command, from.stage, "from here on", isFirst ? said : nil, isFirst ? nil : said,
      rows: isFirst ? (from.row, nil) : (nil, from.row))
  }

  /// What the milter said to a command that only we wanted to be said.
  private mutating func tellReplies(to step: Steps.Step) {
    for change in Change.list(step.modifications, b) {
      add(.modification, step.stage, nil, nil, change.said, rows: (nil, change.row))
    }
    guard let row = step.verdict, let packet = b.trace.packet(at: row) else { return }
    if packet.kind == .reply(.continue) || packet.kind == .reply(.accept) { return }
    add(.verdict, step.stage, subject(of: step), nil, b.said(row, packet), rows: (nil, row))
  }

  private mutating func addLonely(_ step: Steps.Step, _ half: Half, _ isFirst: Bool) {
    guard let packet = half.trace.packet(at: step.row) else { return }
    let said = half.said(step.row, packet)
    add(
      .command, step.stage, nil, isFirst ? said : nil, isFirst ? nil : said,
      rows: isFirst ? (step.row, nil) : (nil, step.row))
  }

  /// Replies that answer no command.
  private mutating func compareUnasked() {
    let (gone, come) = Change.apart(Change.list(a.steps.unasked, a), Change.list(b.steps.unasked, b))
    for change in gone { add(.verdict, nil, "no command", change.said, nil, rows: (change.row, nil)) }
    for change in come { add(.verdict, nil, "no command", nil, change.said, rows: (nil, change.row)) }
  }

  // MARK: Findings

  mutating func findings(_ first: [FindingEntry], _ second: [FindingEntry]) {
    let (one, other) = (Self.byRule(first), Self.byRule(second))
    for rule in Set(one.keys).union(other.keys).sorted(by: { $0.id < $1.id }) {
      let (x, y) = (one[rule] ?? [], other[rule] ?? [])
      guard x.count != y.count else { continue }
      func said(_ entries: [FindingEntry], _ half: Half) -> Difference.Said? {
        guard let entry = entries.first else { return nil }
        return Difference.Said(
          text: "\(rule.id) \(rule.title)" + (entries.count > 1 ? ", \(entries.count) times" : ""),
          packet: entry.row.map { half.trace.index.number(at: $0) })
      }
      add(.finding, nil, nil, said(x, a), said(y, b), rows: (nil, nil))
    }
  }

  private static func byRule(_ entries: [FindingEntry]) -> [FindingRule: [FindingEntry]] {
    Dictionary(grouping: entries, by: \.rule)
  }
}

extension ProtocolFlags {
  fileprivate func promisesReply(at stage: Stage) -> Bool { !promisesNoReply(at: stage) }
}
