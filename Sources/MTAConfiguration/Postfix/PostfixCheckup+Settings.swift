import MilterProtocol

/// Settings beside the addresses: names, overrides, protocol, time-outs, default action, macro lists.
extension PostfixCheckup {
  // MARK: Names

  /// A parameter that Postfix does not know has no effect, and is not complained of when mail comes.
  mutating func checkNames() {
    let used =
      configuration.named.flatMap { Self.variables(in: configuration.raw($0)) }
      + configuration.services.flatMap(\.overrides).flatMap { Self.variables(in: $0.value) }
    for name in configuration.named where name.contains("milter") && !Self.parameters.contains(name) {
      guard !used.contains(name) else { continue }
      let near = Nearest.match(for: name, among: Self.parameters)
      diagnosis.add(
        Fault(
          "unknown-parameter", at: "main.cf, \(name)", "Postfix knows no parameter \(name)",
          why:
            "the line has no effect (postconf warns of an unused parameter); the one below belongs in its place",
          mend: [
            near.map { Remedy(.mainCF, "\($0) = \(configuration.raw(name))") }
              ?? Remedy(.words, "postconf -d lists the parameters that there are")
          ]))
    }
  }

  private static var parameters: [String] {
    MacroStage.allCases.map(\.postfixParameter) + [
      "smtpd_milters", "non_smtpd_milters", "smtpd_milter_maps", "milter_default_action", "milter_protocol",
      "milter_connect_timeout", "milter_command_timeout", "milter_content_timeout", "milter_header_checks",
      "milter_macro_daemon_name", "milter_macro_defaults", "milter_macro_v", "milter_unknown_command_macros",
    ]
  }

  private static func variables(in text: String) -> [String] {
    text.split(separator: "$").dropFirst().map { part in
      String(part.drop { $0 == "{" || $0 == "(" }.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
  }

  // MARK: Services

  mutating func check(_ service: PostfixService) {
    guard ["smtpd", "cleanup", "pickup"].contains(service.program) else { return }
    let place = "master.cf, \(service.title)"
    let isOfMilters = service.overrides.contains { $0.name.contains("milter") }
    if !service.malformed.isEmpty, service.malformed.contains(where: { $0.contains("milter") }) || isOfMilters
    {
      broken(service, service.malformed[0])
    } else if let stray = service.stray.first, isOfMilters {
      broken(service, stray)
    }
    let wrongHere = service.program == "smtpd" ? "non_smtpd_milters" : "smtpd_milters"
    if service.overrides(wrongHere) {
      idle(wrongHere, at: place, service.program == "smtpd" ? "smtpd_milters" : "non_smtpd_milters", service)
    }
    guard service.program == "smtpd" else { return }
    for stage in [MacroStage.eoh, .bodyEOB] where service.overrides(stage.postfixParameter) {
      diagnosis.add(
        Fault(
          "idle-override", .doubtful, at: place, "\(stage.postfixParameter) has no effect at smtpd",
          why: "cleanup sends the macros of headers, body and end of message",
          mend: [
            Remedy(
              .mainCF,
              "\(stage.postfixParameter) = \(configuration.value(stage.postfixParameter, at: service))")
          ]))
    }
  }

  /// What postfix's programs do not take on their command line: `-o smtpd_milters=a, b` is two words.
  private mutating func broken(_ service: PostfixService, _ word: String) {
    let settings = service.overrides.filter { $0.name.contains("milter") }
    let setting = settings.last
    let (name, value) =
      (setting?.name ?? String(word.prefix { !$0.isBlank && $0 != "=" }), setting?.value ?? "")
    let rest = service.stray.drop { $0 == "=" }
    let whole = ([value] + rest).filter { !$0.isEmpty }.joined(separator: " ")
    diagnosis.add(
      Fault(
        "override-words", at: "master.cf, \(service.title)",
        "-o takes one word, and '\(word)' stands beside it",
        why: "\(service.program) ends with a fatal error as soon as it starts: clients are hung up on",
        mend: [Remedy(.masterCF, "  -o { \(name) = \(whole) }")]))
  }

  private mutating func idle(_ name: String, at place: String, _ right: String, _ service: PostfixService) {
    let value = configuration.raw(name, at: service)
    diagnosis.add(
      Fault(
        "idle-override", .doubtful, at: place, "\(name) has no effect at \(service.program)",
        why: name == "non_smtpd_milters"
          ? "it is for mail that comes over no smtpd" : "it is for mail that comes over smtpd",
        mend: [Remedy(.masterCF, "  -o \(right)=\(value)")]))
  }

  // MARK: Settings of a use

  mutating func checkSettings(of use: MilterUse) {
    var seen: [String] = []
    for milter in use.milters {
      checkAction(milter, use)
      checkProtocol(milter, use)
      for name in ["milter_connect_timeout", "milter_command_timeout", "milter_content_timeout"] {
        checkTimeout(name, milter, use)
      }
      if seen.contains(milter.address) {
        diagnosis.add(
          Fault(
            "twice", .doubtful, at: use.place, "\(milter.address) is asked twice",
            why: "each mail goes through it two times", mend: [line(of: use, once(use.milters))]))
      }
      seen.append(milter.address)
    }
    guard !use.milters.isEmpty else { return }
    for stage in MacroStage.allCases { checkList(of: stage, use) }
  }

  private func once(_ milters: [PostfixMilter]) -> [PostfixMilter] {
    milters.reduce(into: []) { kept, milter in
      if !kept.contains(where: { $0.address == milter.address }) { kept.append(milter) }
    }
  }

  private mutating func checkAction(_ milter: PostfixMilter, _ use: MilterUse) {
    let text = setting("milter_default_action", milter, use)
    let known = DefaultAction.allCases.filter { $0 != .shutdown || !isBefore(3, 10) }
    guard !known.contains(where: { $0.rawValue == text }) else { return }
    let near = Nearest.match(for: text, among: known.map(\.rawValue)) ?? "tempfail"
    diagnosis.add(
      Fault(
        "default-action", at: use.place, "there is no milter_default_action '\(text)'",
        why:
          "when the milter fails Postfix logs unrecognized default action, and every client gets 451 4.3.5",
        mend: [remedy("milter_default_action", near, milter, use)]))
  }

  private func isBefore(_ major: Int, _ minor: Int) -> Bool {
    let version = configuration.version
    return version.count == 2 && (version[0], version[1]) < (major, minor)
  }

  /// One of 2, 3, 4, 6, and `no_header_reply` beside it (`milter8_conf`, seen with 3.7).
  private mutating func checkProtocol(_ milter: PostfixMilter, _ use: MilterUse) {
    let text = setting("milter_protocol", milter, use)
    let words = PostfixLines.words(text, commas: true)
    let versions = words.filter { ["2", "3", "4", "6"].contains($0) }
    let isKnown = words.allSatisfy { versions.contains($0) || $0 == "no_header_reply" }
    guard !isKnown || versions.count != 1 else { return }
    diagnosis.add(
      Fault(
        "protocol", at: use.place, "there is no milter_protocol '\(text)'",
        why: "Postfix logs bad protocol information, and every client gets 451 4.3.5",
        mend: [remedy("milter_protocol", "6", milter, use)]))
  }

  private mutating func checkTimeout(_ name: String, _ milter: PostfixMilter, _ use: MilterUse) {
    let text = setting(name, milter, use)
    let usual = name == "milter_content_timeout" ? "300s" : "30s"
    guard let seconds = PostfixConfiguration.seconds(text), seconds > 0 else {
      diagnosis.add(
        Fault(
          "timeout", at: use.place, "\(name) is '\(text)': expected a time of at least 1s",
          why: "\(use.service.program) ends with a fatal error as soon as it starts",
          mend: [remedy(name, usual, milter, use)]))
      return
    }
    guard seconds < 5 else { return }
    diagnosis.add(
      Fault(
        "timeout", .doubtful, at: use.place, "\(name) is \(seconds) s",
        why: "a milter that asks DNS or a database may take longer, and counts as dead then",
        mend: [remedy(name, usual, milter, use)]))
  }

  // MARK: Macros

  /// A list that somebody set, judged by itself.
  private mutating func checkList(of stage: MacroStage, _ use: MilterUse) {
    let name = stage.postfixParameter
    guard configuration.isSet(name, at: use.service) else { return }
    let place = use.service.overrides(name) ? "master.cf, \(use.service.title)" : "main.cf, \(name)"
    let names = PostfixLines.words(configuration.value(name, at: use.service), commas: true)
    let mended = names.map { Self.mended($0) }
    if mended != names {
      let odd = zip(names, mended).filter { $0 != $1 }.map(\.0)
      diagnosis.add(
        Fault(
          "macro-name", at: place, "\(odd.joined(separator: " ")): that is not how the macro is called",
          why:
            "names of more than one letter stand in braces, and Postfix leaves out what it does not know; the milter finds no value",
          mend: [listLine(name, mended, use)]))
      return
    }
    let lacking = stage.postfixDefault.filter { !names.contains($0) }
    guard !lacking.isEmpty else { return }
    diagnosis.add(
      Fault(
        "macro-list", .doubtful, at: place,
        "\(name) lacks \(lacking.joined(separator: " ")), which Postfix sends by default",
        why: "a milter that looks for them finds nothing",
        mend: [
          listLine(name, stage.postfixDefault + names.filter { !stage.postfixDefault.contains($0) }, use)
        ]))
  }

  /// The name of the macro that was meant; the same where it is one, or where nobody can tell.
  private static func mended(_ name: String) -> String {
    if let known = KnownMacro.named(Array(name.utf8)) { return known.wireName }
    let bare = String(decoding: KnownMacro.bareName(Array(name.utf8)), as: UTF8.self)
    let candidates = KnownMacro.table.filter { $0.isHad(by: .postfix) && $0.name.utf8.count > 1 }.map(\.name)
    return Nearest.match(for: bare, among: candidates).map { "{\($0)}" } ?? name
  }

  private func listLine(_ name: String, _ names: [String], _ use: MilterUse) -> Remedy {
    let value = names.joined(separator: " ")
    return use.service.overrides(name)
      ? Remedy(.masterCF, "  -o { \(name) = \(value) }") : Remedy(.mainCF, "\(name) = \(value)")
  }

  /// What the milter asks for in its answer to OPTNEG: its own lists stand instead of ours, but values only Postfix has.
  mutating func checkMacros(askedBy answer: OptNeg, _ name: String, _ use: MilterUse) {
    let defaults = configuration.value("milter_macro_defaults", at: use.service)
    for list in answer.symbolLists {
      guard let stage = MacroStage(rawValue: list.stage) else { continue }
      let names = list.names.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }
      for macro in names {
        let text = InertText.string(escaping: Array(macro))
        guard KnownMacro.named(macro)?.isHad(by: .postfix) != true, !defaults.contains(text) else { continue }
        diagnosis.add(
          Fault(
            "macro-never", .doubtful, at: use.place,
            "\(name) asks for \(text) at \(OptNeg.SymbolList.name(ofStage: list.stage)), and Postfix never has it",
            why: "the milter finds no value",
            mend: [Remedy(.words, "milter_macro_defaults can give it a fixed value (Postfix 3.1 and later)")])
        )
      }
      if configuration.isSet(stage.postfixParameter, at: use.service) {
        diagnosis.add(
          Fault(
            "macro-own-list", .doubtful, at: use.place,
            "\(name) brings a macro list of its own for \(stage.stage.name): \(stage.postfixParameter) does nothing for it",
            why: "the milter's list stands instead of Postfix's",
            mend: [Remedy(.words, "take it out of the configuration if no other milter needs it")]))
      }
    }
  }
}
