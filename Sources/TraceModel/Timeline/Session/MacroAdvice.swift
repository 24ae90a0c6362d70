import MilterProtocol

/// A macro that the milter may expect and did not get, and what would bring it.
package struct MacroAdvice: Hashable, Sendable {
  package let stage: MacroStage
  /// As it travels: `i`, `{client_ptr}`.
  package let name: [UInt8]
  package let origin: Origin

  package enum Origin: Hashable, Sendable {
    /// The milter asked for it when it negotiated (SETSYMLIST).
    case requested
    /// The MTA sends it at this stage unless told otherwise.
    case byDefault
  }

  package var meaning: String? { KnownMacro.named(name)?.meaning }

  /// Why it is not there, as far as one can tell; safe to show.
  package func explanation(under rules: DeliveryRules) -> String {
    guard let known = KnownMacro.named(name) else {
      return "\(rules.name) knows no macro of that name by default"
    }
    switch rules == .postfix ? known.postfix : known.sendmail {
    case .never: return "\(rules.name) never has it"
    case .onRequest, .byDefault:
      switch origin {
      case .requested: return "asked for by the milter; the MTA has no value for it in this session"
      case .byDefault: return "has no value in this session, or the MTA's list was changed"
      }
    }
  }

  /// Macros that were due by now and are not there, by stage: those requested, and where none are, the MTA's defaults.
  ///
  /// A stage counts once its macros were announced; what has no value is left out by both MTAs, so a missing default
  /// is often no mistake.
  package static func missing(in facts: SessionFacts, under rules: DeliveryRules) -> [MacroAdvice] {
    var missing: [MacroAdvice] = []
    let present = facts.macros.all
    for stage in MacroStage.allCases.sorted(by: { $0.order < $1.order })
    where present.contains(where: { $0.letter == stage.stage.rawValue }) {
      let sent = present.filter { $0.letter == stage.stage.rawValue }.map(\.name.bytes)
      let (names, origin) = expected(at: stage, facts, rules)
      for name in names where !sent.contains(where: { same($0, name) }) {
        missing.append(MacroAdvice(stage: stage, name: name, origin: origin))
      }
    }
    return missing
  }

  private static func expected(
    at stage: MacroStage, _ facts: SessionFacts, _ rules: DeliveryRules
  ) -> ([[UInt8]], Origin) {
    let lists = facts.negotiation.answered?.symbolLists ?? []
    if let list = lists.last(where: { $0.stage == stage.rawValue }) {
      let names = list.names.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }
      return (names.map { Array($0) }, .requested)
    }
    return (defaults(at: stage, under: rules).map { Array($0.utf8) }, .byDefault)
  }

  private static func same(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    KnownMacro.bareName(a).elementsEqual(KnownMacro.bareName(b))
  }

  private static func defaults(at stage: MacroStage, under rules: DeliveryRules) -> [String] {
    rules == .postfix ? stage.postfixDefault : stage.sendmailDefault
  }

  /// The line in `main.cf` or `sendmail.mc` that adds a macro to the MTA's default list of a stage.
  ///
  /// It has no effect for a stage whose list the milter itself requested.
  package static func configurationLine(adding name: String, at stage: MacroStage, under rules: DeliveryRules)
    -> String
  {
    switch rules {
    case .postfix:
      let names = defaults(at: stage, under: rules) + [name]
      return "\(stage.postfixParameter) = \(names.joined(separator: " "))"
    case .sendmail:
      let option = stage.sendmailConfiguration
      let isEmpty = defaults(at: stage, under: rules).isEmpty
      return isEmpty
        ? "define(`\(option)', `\(name)')dnl" : "define(`\(option)', \(option)`, \(name)')dnl"
    }
  }
}
