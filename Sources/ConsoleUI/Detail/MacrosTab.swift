import Cells
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// The Macros tab: what the milter may look up at this packet, what it means, and what it asked for in vain.
enum MacrosTab {
  static func lines(_ detail: PacketDetail, width: Int, _ settings: Settings) -> [DetailLine] {
    var page = DetailPage(width: width)
    let macros = detail.facts.macros
    var letter: UInt8?
    // What travelled with this stage is what one came for.
    let own = detail.stage?.rawValue
    let facts = macros.all
    for fact in facts.filter({ $0.letter == own }) + facts.filter({ $0.letter != own }) {
      if fact.letter != letter {
        letter = fact.letter
        let command = CommandKind(rawValue: fact.letter)?.name ?? InertText.string(escaping: [fact.letter])
        page.heading(
          detail.facts.isOfEarlierMail(fact)
            ? "for \(command), of an earlier mail (packet \(fact.packet)) and still in force"
            : "for \(command)")
      }
      row(fact, macros, into: &page)
    }
    missing(detail, settings.knownRules(for: detail), into: &page)
    if facts.isEmpty { page.add(.remark("no macros are in force here", indent: 1)) }
    return page.lines
  }

  /// What was due by now and is not there; first what the milter asked for.
  ///
  /// - Parameter known: of the MTA; nil where nothing tells which it is.
  private static func missing(
    _ detail: PacketDetail, _ known: KnownMTA?, into page: inout DetailPage
  ) {
    let rules = known ?? .postfix
    if let profile = known?.profile {
      page.add(
        .remark("\(rules.name) sends a set of its own and takes no list; \(profile.source)", indent: 1))
    }
    let all = MacroAdvice.missing(in: detail.facts, under: rules)
    let requested = all.filter { $0.origin == .requested }
    if !requested.isEmpty {
      page.heading("Requested but missing")
      for stage in MacroStage.allCases.sorted(by: { $0.order < $1.order }) {
        let here = requested.filter { $0.stage == stage }
        guard !here.isEmpty else { continue }
        for advice in here {
          row(advice, into: &page)
          page.row("", DisplayText(advice.explanation(in: detail.facts, under: rules), style: .dim))
        }
        for mta in lists(of: known) { line(here, mta, into: &page) }
      }
    }
    unlisted(all.filter { $0.origin == .unlisted }, detail, known, into: &page)
    let others = all.filter { $0.origin == .byDefault }
    guard !others.isEmpty else { return }
    page.heading(
      known == nil
        ? "Postfix would have, but has no value here; nothing tells which MTA it is"
        : "\(rules.name) would have, but has no value here")
    for advice in others { row(advice, into: &page) }
  }

  /// What has a value here, as other macros tell, and is not in the MTA's list.
  private static func unlisted(
    _ missing: [MacroAdvice], _ detail: PacketDetail, _ known: KnownMTA?, into page: inout DetailPage
  ) {
    guard !missing.isEmpty else { return }
    page.heading("\(known?.name ?? "The MTA") has these here, and its list lacks them")
    for stage in MacroStage.allCases.sorted(by: { $0.order < $1.order }) {
      let here = missing.filter { $0.stage == stage }
      guard !here.isEmpty else { continue }
      for advice in here { row(advice, into: &page) }
      for mta in lists(of: known) {
        let line = MacroAdvice.listLine(at: stage, in: detail.facts, under: mta)
        page.row("", DisplayText("\(mta.name): ", style: .dim) + DisplayText(line), value: Array(line.utf8))
      }
    }
  }

  /// Who has lists of macros that can be set.
  private static func lists(of known: KnownMTA?) -> [MeasuredMTA] {
    known.map { [$0.measured].compactMap(\.self) } ?? MeasuredMTA.allCases
  }

  private static func row(_ advice: MacroAdvice, into page: inout DetailPage) {
    let isRequested = advice.origin != .byDefault
    page.row(
      DisplayText(escaping: advice.name, style: isRequested ? Style(.warn) : .dim),
      DisplayText(advice.stage.stage.name, style: .dim) + "  "
        + DisplayText(advice.meaning ?? "", style: isRequested ? .text : .dim), value: advice.name)
  }

  /// What would bring the macros of one stage if the milter did not ask.
  private static func line(
    _ missing: [MacroAdvice], _ mta: MeasuredMTA, into page: inout DetailPage
  ) {
    let names = missing.filter { $0.isKnown(to: mta.known) }.map { String(decoding: $0.name, as: UTF8.self) }
    guard !names.isEmpty else { return }
    let head = "without the request, \(mta.name): "
    guard let line = MacroAdvice.configurationLine(adding: names, at: missing[0].stage, under: mta) else {
      page.row("", DisplayText(head + "in its list by default", style: .dim))
      return
    }
    page.row("", DisplayText(head, style: .dim) + DisplayText(line), value: Array(line.utf8))
  }

  private static func row(_ fact: MacroFact, _ macros: MacrosInForce, into page: inout DetailPage) {
    let current = macros.value(fact.name.bytes)
    let isShadowed = current.map { $0.packet != fact.packet && $0.value != fact.value } ?? false
    var value = DisplayText(escaping: fact.value.slice, style: isShadowed ? .dim : Style(.value))
    if value.isEmpty { value = DisplayText("empty", style: Style(.placeholder)) }
    if isShadowed {
      value += DisplayText(
        "  older; \(CommandKind(rawValue: current?.letter ?? 0)?.name ?? "a later stage") has another",
        style: .dim)
    }
    let meaning = KnownMacro.named(fact.name.bytes)?.meaning
    let name = DisplayText(escaping: fact.name.slice, style: Style(.name))
    let words = DisplayText(meaning ?? "", style: .dim)
    let fits = value.width + words.width + 4 + page.labelColumns < page.width
    if fits, !words.isEmpty { value += "  " + words }
    page.row(name, value, value: fact.value.bytes, packet: fact.packet)
    if !fits, !words.isEmpty { page.row("", words, value: fact.value.bytes, packet: fact.packet) }
  }
}
