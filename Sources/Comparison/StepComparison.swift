import Dialogue
import MilterProtocol
import Timeline

/// The differences of two mails, or of two connections outside their mails.
struct StepComparison {
  private let a: Half
  private let b: Half
  private(set) var differences: [Difference] = []
  /// What both say, alike or not; nil where nobody looks at it.
  private var columns: ComparedColumns?

  /// - Parameter showsAll: whether what is alike is told as well, in ``lines``.
  init(_ a: Half, _ b: Half, showsAll: Bool = false) {
    (self.a, self.b) = (a, b)
    columns = showsAll ? ComparedColumns() : nil
  }

  var lines: [ComparedLine] { columns?.sorted ?? [] }

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
    var missing: [Placed] = []
    var partners = [Int?](repeating: nil, count: b.steps.all.count)
    for (i, step) in a.steps.all.enumerated() {
      let place = ComparedColumns.Place(step: i, addition: 0)
      if let other = descendants[step.row] ?? others[step.key], partners[other] == nil {
        partners[other] = i
        columns?.place = place
        compare(step, b.steps.all[other])
      } else {
        missing.append(Placed(step: step, place: place))
      }
    }
    lacking(missing, in: b, ofFirst: true)
    let added = additions(partners)
    lacking(added, in: a, ofFirst: false)
    for addition in added where b.trace.isOurs(addition.step.row) {
      columns?.place = addition.place
      tellReplies(to: addition.step)
    }
    let bodyPlace = self.bodyPlace
    columns?.place = bodyPlace
    compareBodies()
    columns?.place = .end
    compareUnasked()
  }

  /// A step that only one side has, and where it stands in the columns.
  private struct Placed {
    let step: Steps.Step
    let place: ComparedColumns.Place
  }

  /// - Parameter partners: by step of the second, that of the first.
  private func additions(_ partners: [Int?]) -> [Placed] {
    var anchor = -1
    return partners.enumerated().compactMap { j, partner in
      anchor = partner ?? anchor
      return partner == nil
        ? Placed(step: b.steps.all[j], place: ComparedColumns.Place(step: anchor, addition: j + 1)) : nil
    }
  }

  private var bodyPlace: ComparedColumns.Place {
    a.steps.all.firstIndex { $0.kind == .body || $0.kind == .bodyEOB }.map {
      ComparedColumns.Place(step: $0, addition: 0)
    } ?? .end
  }

  /// - Parameter rows: of the packets that it is about; what somebody ignores is left out.
  private mutating func add(
    _ kind: Difference.Kind, _ stage: Stage?, _ about: String? = nil, _ first: Difference.Said?,
    _ second: Difference.Said?, rows: (Int?, Int?)
  ) {
    let isIgnored = a.trace.isIgnored(rows.0) || b.trace.isIgnored(rows.1)
    let isOfMTA = kind == .command || kind == .macro || about == Self.offer
    let isAsked = isOfMTA && (a.trace.isOurs(rows.0) || b.trace.isOurs(rows.1))
    show(
      kind, isReply: kind == .verdict || kind == .modification || about == Self.answer, first, second,
      isIgnored ? .alike : isAsked ? .asked : .different)
    if isIgnored || isAsked { return }
    differences.append(Difference(kind: kind, stage: stage, about: about, first: first, second: second))
  }

  private mutating func show(
    _ kind: Difference.Kind, isReply: Bool, _ first: Difference.Said?, _ second: Difference.Said?,
    _ verdict: ComparedLine.Judgement = .alike
  ) {
    columns?.append(
      ComparedLine(kind: kind, isReply: isReply, first: first, second: second, verdict: verdict))
  }

  /// What both say, and nobody compares it, or it is the same.
  private mutating func showAlike(_ kind: Difference.Kind, isReply: Bool, _ one: Int?, _ other: Int?) {
    guard columns != nil else { return }
    show(kind, isReply: isReply, said(one, a), said(other, b))
  }

  private func said(_ row: Int?, _ half: Half) -> Difference.Said? {
    row.flatMap { row in half.trace.packet(at: row).map { half.said(row, $0) } }
  }

  private static let offer = "offer"
  private static let answer = "answer"

  // MARK: One command

  private mutating func compare(_ one: Steps.Step, _ other: Steps.Step) {
    compareMacros(one, other)
    if one.kind == .macro { return }
    let isOffer = one.kind == .optNeg
    if one.kind == .body || one.kind == .bodyEOB {
      // Chunks may be cut elsewhere: the body is compared as a whole.
      showAlike(.command, isReply: false, one.row, other.row)
    } else {
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
    else { return showAlike(kind, isReply: about == Self.answer, one, other) }
    add(kind, stage, about, a.said(one, first), b.said(other, second), rows: (one, other))
  }

  private mutating func compareAnswers(_ one: Steps.Step, _ other: Steps.Step) {
    switch (one.verdict, other.verdict) {
    case (let first?, let second?): comparePackets(.negotiation, .negotiation, Self.answer, first, second)
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
    guard verdict(of: one, a) != verdict(of: other, b) else {
      if one.verdict != nil || other.verdict != nil {
        showAlike(.verdict, isReply: true, one.verdict, other.verdict)
      }
      return
    }
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
    var pairs = columns == nil ? [] : Self.common(first, second, without: gone, come)
    for change in gone {
      // What is said otherwise is one difference.
      let match = come.firstIndex { $0.subject == change.subject }.map { come.remove(at: $0) }
      pairs.append((change, match, isAlike: false))
    }
    for pair in pairs.sorted(by: { $0.0.row < $1.0.row }) {
      if pair.isAlike {
        show(.modification, isReply: true, pair.0.said, pair.1?.said)
      } else {
        add(.modification, one.stage, nil, pair.0.said, pair.1?.said, rows: (pair.0.row, pair.1?.row))
      }
    }
    for change in come { add(.modification, one.stage, nil, nil, change.said, rows: (nil, change.row)) }
  }

  private static func common(
    _ first: [Change], _ second: [Change], without gone: [Change], _ come: [Change]
  ) -> [(Change, Change?, isAlike: Bool)] {
    let (gone, come) = (Set(gone.map(\.row)), Set(come.map(\.row)))
    return zip(first.filter { !gone.contains($0.row) }, second.filter { !come.contains($0.row) }).map {
      ($0, $1, isAlike: true)
    }
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

  private mutating func lacking(_ steps: [Placed], in half: Half, ofFirst isFirst: Bool) {
    let stages = Set(half.steps.all.compactMap(\.stage))
    let own = isFirst ? a : b
    var whole: [Steps.Step] = []
    for lonely in steps {
      let step = lonely.step
      columns?.place = lonely.place
      // ABORT and QUIT follow from what is said before; a stage that is switched off from the negotiation.
      guard !own.trace.isOurs(step.row), let stage = step.stage, step.kind != .abort,
        !half.flags.declines(stage),
        !own.flags.declines(stage),
        step.kind != .body || !stages.contains(.body)
      else {
        showLonely(step, own, isFirst, own.trace.isOurs(step.row) ? .asked : .alike)
        continue
      }
      if stages.contains(stage) {
        addLonely(step, own, isFirst)
      } else {
        showLonely(step, own, isFirst, .different)
        whole.append(step)
      }
    }
    guard let from = whole.first, let to = whole.last else { return }
    // They are there one by one.
    let shown = columns
    columns = nil
    defer { columns = shown }
    let names = from.kind == to.kind ? from.kind.name : "\(from.kind.name) to \(to.kind.name)"
    let said = Difference.Said(
      text: "\(names), \(whole.count) command\(whole.count == 1 ? "" : "s")",
      packet: own.trace.index.number(at: from.row))
    add(
      .command, from.stage, "from here on", isFirst ? said : nil, isFirst ? nil : said,
      rows: isFirst ? (from.row, nil) : (nil, from.row))
  }

  private mutating func showLonely(
    _ step: Steps.Step, _ half: Half, _ isFirst: Bool, _ verdict: ComparedLine.Judgement
  ) {
    guard columns != nil, let said = said(step.row, half) else { return }
    show(.command, isReply: false, isFirst ? said : nil, isFirst ? nil : said, verdict)
    // What the milter said to what we wanted to be said is told as a difference.
    if verdict != .asked || isFirst { showReplies(to: step, half, isFirst, verdict) }
  }

  private mutating func showReplies(
    to step: Steps.Step, _ half: Half, _ isFirst: Bool, _ verdict: ComparedLine.Judgement
  ) {
    guard columns != nil else { return }
    for change in Change.list(step.modifications, half) {
      show(.modification, isReply: true, isFirst ? change.said : nil, isFirst ? nil : change.said, verdict)
    }
    guard let said = said(step.verdict, half) else { return }
    show(.verdict, isReply: true, isFirst ? said : nil, isFirst ? nil : said, verdict)
  }

  /// What only one trace has, all of it.
  mutating func showAlone() {
    for step in a.steps.all { showLonely(step, a, true, .different) }
    for step in b.steps.all { showLonely(step, b, false, .different) }
  }

  /// What the milter said to a command that only we wanted to be said.
  private mutating func tellReplies(to step: Steps.Step) {
    for change in Change.list(step.modifications, b) {
      add(.modification, step.stage, nil, nil, change.said, rows: (nil, change.row))
    }
    guard let row = step.verdict, let packet = b.trace.packet(at: row) else { return }
    if packet.kind == .reply(.continue) || packet.kind == .reply(.accept) {
      return show(.verdict, isReply: true, nil, said(row, b))
    }
    add(.verdict, step.stage, subject(of: step), nil, b.said(row, packet), rows: (nil, row))
  }

  private mutating func addLonely(_ step: Steps.Step, _ half: Half, _ isFirst: Bool) {
    guard let packet = half.trace.packet(at: step.row) else { return }
    let said = half.said(step.row, packet)
    add(
      .command, step.stage, nil, isFirst ? said : nil, isFirst ? nil : said,
      rows: isFirst ? (step.row, nil) : (nil, step.row))
    // They follow from it, and are no differences of their own.
    showReplies(to: step, half, isFirst, .alike)
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
