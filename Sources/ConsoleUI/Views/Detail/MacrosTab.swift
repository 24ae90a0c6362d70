import MilterProtocol
import TraceModel

/// The Macros tab: what the milter may look up at this packet, what it means, and what it asked for in vain.
enum MacrosTab {
  static func lines(_ detail: PacketDetail, width: Int, _ model: ConsoleModel) -> [DetailLine] {
    var page = DetailPage(width: width)
    let macros = detail.facts.macros
    var letter: UInt8?
    for fact in macros.all {
      if fact.letter != letter {
        letter = fact.letter
        page.heading(
          "for \(CommandKind(rawValue: fact.letter)?.name ?? InertText.string(escaping: [fact.letter]))")
      }
      row(fact, macros, into: &page)
    }
    missing(detail, model.rules(for: detail), into: &page)
    if macros.all.isEmpty { page.add(.remark("no macros are in force here", indent: 1)) }
    return page.lines
  }

  /// What was due by now and is not there; first what the milter asked for.
  private static func missing(
    _ detail: PacketDetail, _ rules: DeliveryRules, into page: inout DetailPage
  ) {
    let all = MacroAdvice.missing(in: detail.facts, under: rules)
    let requested = all.filter { $0.origin == .requested }
    if !requested.isEmpty {
      page.heading("Requested but missing")
      for advice in requested { row(advice, rules, into: &page) }
    }
    let others = all.filter { $0.origin == .byDefault }
    guard !others.isEmpty else { return }
    page.heading("\(rules.name) would have, but has no value here")
    for advice in others { row(advice, rules, into: &page) }
  }

  private static func row(_ advice: MacroAdvice, _ rules: DeliveryRules, into page: inout DetailPage) {
    let isRequested = advice.origin == .requested
    page.row(
      DisplayText(escaping: advice.name, style: isRequested ? Style(.warn) : .dim),
      DisplayText(advice.stage.stage.name, style: .dim) + "  "
        + DisplayText(advice.meaning ?? "", style: isRequested ? .text : .dim), value: advice.name)
    guard isRequested else { return }
    page.row("", DisplayText(advice.explanation(under: rules), style: .dim))
    let line = MacroAdvice.configurationLine(
      adding: String(decoding: advice.name, as: UTF8.self), at: advice.stage, under: rules)
    page.row(
      "", DisplayText("without the request: ", style: .dim) + DisplayText(line), value: Array(line.utf8))
  }

  private static func row(_ fact: MacroFact, _ macros: MacroFacts, into page: inout DetailPage) {
    let current = macros.value(fact.name.bytes)
    let isShadowed = current?.packet != fact.packet
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
