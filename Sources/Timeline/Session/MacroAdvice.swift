import MilterProtocol
import TraceModel

/// A macro that the milter may expect and did not get, and what would bring it.
package struct MacroAdvice: Equatable, Sendable {
  package let stage: MacroStage
  /// As it travels: `i`, `{client_ptr}`.
  package let name: [UInt8]
  package let origin: Origin

  package enum Origin: Equatable, Sendable {
    /// The milter asked for it when it negotiated (SETSYMLIST).
    case requested
    /// The MTA has a value here, as what else came tells, and its list lacks the name.
    case unlisted
    /// The MTA sends it at this stage unless told otherwise; most likely it has no value here.
    case byDefault
  }

  /// Whether a list of the MTA's own could bring it. Sendmail's configuration may define any name.
  package func isKnown(to rules: KnownMTA) -> Bool {
    KnownMacro.named(name)?.isHad(by: rules) ?? (rules == .sendmail)
  }

  package var meaning: String? { KnownMacro.named(name)?.meaning }

  /// Why it is not there, as far as one can tell; safe to show.
  ///
  /// - Parameters:
  ///   - facts: of the session, at the packet that one looks at.
  ///   - rules: of its MTA.
  package func explanation(in facts: SessionFacts, under rules: KnownMTA) -> String {
    if origin == .requested, rules == .sendmail, isIgnoredAsOnlyList(facts) {
      return "Sendmail ignores a list for end of message without one for end of header (N11)" + inForce(facts)
    }
    if rules.profile != nil {
      return isKnown(to: rules)
        ? "\(rules.name) sends it where it has a value, and takes no list"
        : "\(rules.name) is not known to send it, and takes no list"
    }
    guard let known = KnownMacro.named(name) else {
      return "\(rules.name) knows no macro of that name by default"
    }
    switch rules == .postfix ? known.postfix : known.sendmail {
    case .never: return "\(rules.name) never has it"
    case .onRequest, .byDefault: break
    }
    let older = inForce(facts)
    switch origin {
    case .requested:
      return older.isEmpty
        ? "asked for by the milter; the MTA has no value for it at this stage"
        : "asked for by the milter, and not sent here" + older
    case .unlisted: return "the list of the MTA lacks it"
    case .byDefault: return "has no value at this stage, or the MTA's list was changed"
    }
  }

  /// Sendmail chooses the list for end of message by whether there is one for end of header (`milter_data` in milter.c;
  /// protocol.md 2.8; seen with 8.17).
  private func isIgnoredAsOnlyList(_ facts: SessionFacts) -> Bool {
    stage == .bodyEOB && !facts.negotiation.requestsMacros(at: .eoh)
  }

  /// libmilter looks a macro up from the latest stage back (protocol.md 5.4).
  private func inForce(_ facts: SessionFacts) -> String {
    guard let older = facts.macros.value(name), older.letter != stage.stage.rawValue,
      let command = CommandKind(rawValue: older.letter)
    else { return "" }
    return "; the value sent for \(command.name) is in force"
  }

  /// Macros that were due by now and are not there, by stage: those requested, and where none are, the MTA's defaults.
  ///
  /// A stage counts once its macros were announced, be the set empty where the milter asked for some; what has no value is left out by both MTAs, so a missing default
  /// is often no mistake.
  package static func missing(in facts: SessionFacts, under rules: KnownMTA) -> [MacroAdvice] {
    var missing: [MacroAdvice] = []
    let present = facts.macros.all
    for stage in MacroStage.allCases.sorted(by: { $0.order < $1.order })
    where facts.macros.announced.contains(stage.stage.rawValue) {
      let sent = present.filter { $0.letter == stage.stage.rawValue }.map(\.name.bytes)
      let (names, origin) = expected(at: stage, facts, rules)
      if sent.isEmpty, origin == .byDefault { continue }
      for name in names where !sent.contains(where: { same($0, name) }) {
        let isUnlisted = origin == .byDefault && MacroValues(facts, rules).has(name, at: stage)
        missing.append(MacroAdvice(stage: stage, name: name, origin: isUnlisted ? .unlisted : origin))
      }
    }
    return missing
  }

  private static func expected(
    at stage: MacroStage, _ facts: SessionFacts, _ rules: KnownMTA
  ) -> ([[UInt8]], Origin) {
    let lists = facts.negotiation.answered?.symbolLists ?? []
    if let list = lists.last(where: { $0.stage == stage.rawValue }) {
      let names = list.names.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }
      return (names.map { Array($0) }, .requested)
    }
    let names = rules.measured.map { defaults(at: stage, under: $0) } ?? []
    return (names.map { Array($0.utf8) }, .byDefault)
  }

  private static func same(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    KnownMacro.bareName(a).elementsEqual(KnownMacro.bareName(b))
  }

  private static func defaults(at stage: MacroStage, under rules: MeasuredMTA) -> [String] {
    rules == .postfix ? stage.postfixDefault : stage.sendmailDefault
  }

  /// The whole list of a stage, as `main.cf` or `sendmail.mc` sets it: the MTA's default, and what came beyond that.
  package static func listLine(
    at stage: MacroStage, in facts: SessionFacts, under rules: MeasuredMTA
  ) -> String {
    var names = defaults(at: stage, under: rules)
    for fact in facts.macros.all where fact.letter == stage.stage.rawValue {
      guard !names.contains(where: { same(Array($0.utf8), fact.name.bytes) }),
        let known = KnownMacro.named(fact.name.bytes)
      else { continue }
      names.append(known.wireName)
    }
    switch rules {
    case .postfix: return "\(stage.postfixParameter) = \(names.joined(separator: " "))"
    case .sendmail: return "define(`\(stage.sendmailConfiguration)', `\(names.joined(separator: ", "))')dnl"
    }
  }

  /// The line in `main.cf` or `sendmail.mc` that adds macros to the MTA's default list of a stage; nil where they are
  /// there by default.
  ///
  /// It has no effect for a stage whose list the milter itself requested.
  package static func configurationLine(
    adding names: [String], at stage: MacroStage, under rules: MeasuredMTA
  ) -> String? {
    var all = defaults(at: stage, under: rules)
    let old = all.count
    for name in names where !all.contains(where: { same(Array($0.utf8), Array(name.utf8)) }) {
      all.append(name)
    }
    guard all.count > old else { return nil }
    switch rules {
    case .postfix: return "\(stage.postfixParameter) = \(all.joined(separator: " "))"
    case .sendmail:
      let option = stage.sendmailConfiguration
      let new = all[old...].joined(separator: ", ")
      return old == 0
        ? "define(`\(option)', `\(new)')dnl" : "define(`\(option)', \(option)`, \(new)')dnl"
    }
  }
}
