import MilterProtocol

/// Judges Sendmail's filters: those that are defined, and in which order which daemon asks them.
struct SendmailCheckup<Place: Surroundings> {
  let configuration: SendmailConfiguration
  let machine: Place
  var diagnosis = Diagnosis()

  init(_ configuration: SendmailConfiguration, in machine: Place) {
    self.configuration = configuration
    self.machine = machine
  }

  mutating func run() {
    diagnosis.show("Filters of each daemon, in the order in which they are asked", table)
    checkNames()
    for filter in configuration.filters { check(filter) }
    for (stage, names) in configuration.macros.sorted(by: { $0.key < $1.key }) { check(names, at: stage) }
  }

  private var file: String { configuration.language == .cf ? "sendmail.cf" : "sendmail.mc" }
  private var user: String { configuration.runAsUser ?? "root" }

  private var table: [[String]] {
    let daemons =
      configuration.daemons.isEmpty
      ? [SendmailConfiguration.Daemon(name: "MTA", input: nil)] : configuration.daemons
    var rows = [["daemon", "filter", "socket", "when it is dead"]]
    for daemon in daemons {
      let names = daemon.input ?? configuration.input
      if names.isEmpty { rows.append([daemon.name, "none", "", ""]) }
      for name in names {
        let filter = configuration.filters.first { $0.name == name }
        rows.append([daemon.name, name, filter?.value("S") ?? "", filter.map(effect) ?? "not defined"])
      }
    }
    return rows
  }

  /// What Sendmail does with mail whose filter cannot be asked (`F=`; milter.c, seen with 8.17).
  private func effect(of filter: SendmailFilter) -> String {
    switch filter.value("F") {
    case "T": "every client is told to try again later (451 4.3.2)"
    case "R": "every mail is refused (554, 550)"
    case "4": "every client is told to try again later and hung up on (421)"
    default: "mail passes unfiltered"
    }
  }

  // MARK: Names

  private mutating func checkNames() {
    var seen: [String] = []
    let asked = configuration.input + configuration.daemons.flatMap { $0.input ?? [] }
    for filter in configuration.filters {
      if seen.contains(filter.name) {
        add(
          "duplicate", filter, "the filter \(filter.name) is defined twice",
          "Sendmail logs duplicate filter definition", [])
      }
      seen.append(filter.name)
      guard !asked.contains(filter.name) else { continue }
      add(
        "idle-filter", filter, "the filter \(filter.name) is defined, and nobody asks it",
        "mail passes it by: it is not in InputMailFilters", [inputLine(configuration.input + [filter.name])])
    }
    for name in asked where !seen.contains(name) {
      let near = Nearest.match(for: name, among: seen)
      diagnosis.add(
        Fault(
          "no-filter", at: file, "InputMailFilters names \(name), which is not defined",
          why: "Sendmail logs InputFilter \(name) not defined, and mail passes without it",
          mend: near.map { near in [inputLine(configuration.input.map { $0 == name ? near : $0 })] } ?? [
            Remedy(.words, "define it, or take it out of the list")
          ]))
    }
  }

  private func inputLine(_ names: [String]) -> Remedy {
    let list = names.joined(separator: ", ")
    return configuration.language == .cf
      ? Remedy(.sendmailCF, "O InputMailFilters=\(list)")
      : Remedy(.sendmailMC, "define(`confINPUT_MAIL_FILTERS', `\(list)')dnl")
  }

  // MARK: One filter

  private mutating func check(_ filter: SendmailFilter) {
    checkTimeouts(of: filter)
    checkFlags(of: filter)
    guard let text = filter.value("S"), !text.isEmpty else {
      return add(
        "no-socket-named", filter, "the filter \(filter.name) has no S=",
        "Sendmail logs empty or missing socket information; \(effect(of: filter))",
        [Remedy(.words, "name the milter's socket: S=inet:PORT@HOST or S=unix:PATH")])
    }
    switch SendmailEndpoint(text, filter: filter.name) {
    case .wrong(let log, let meant):
      add(
        "spelling", filter, "Sendmail does not take S=\(text)", "it logs \(log); \(effect(of: filter))",
        meant.map { [line(filter.with("S", $0.description))] } ?? [
          Remedy(.words, "Sendmail writes inet:PORT@HOST, inet6:PORT@HOST or unix:PATH")
        ])
    case .good(let address): ask(address, filter)
    }
  }

  private mutating func checkFlags(of filter: SendmailFilter) {
    let text = filter.value("F")
    guard !["R", "T", "4"].contains(text) else { return }
    add(
      "no-flag", filter,
      text.map { "F=\($0) is none of F=T, F=R, F=4" } ?? "the filter \(filter.name) has no F=",
      "when the milter fails, mail passes unfiltered", [line(filter.with("F", "T"))], .doubtful)
  }

  /// C, S, R and E, a colon, a time; semicolons between (`milter_parse_timeouts`).
  private mutating func checkTimeouts(of filter: SendmailFilter) {
    let parts = (filter.value("T") ?? "").split(separator: ";").map { String($0.trimmed) }
    let bad = parts.first { part in
      part.first.map { !"CSRE".contains($0) } ?? true || part.dropFirst().trimmed.first != ":"
    }
    if !filter.stray.isEmpty || bad != nil {
      let whole = (parts + filter.stray).filter { part in
        part.first.map { "CSRE".contains($0) } ?? false && part.dropFirst().trimmed.first == ":"
      }
      let what =
        filter.stray.isEmpty
        ? "T= does not know '\(bad ?? "")'" : "'\(filter.stray.joined(separator: ","))' is no S=, F= or T="
      return add(
        "timeouts", filter, what,
        "Sendmail logs an error and does not take the filter: its times are C, S, R and E with semicolons between",
        whole.isEmpty ? [] : [line(filter.with("T", whole.joined(separator: ";")))])
    }
    guard let reply = filter.timeouts["R"], reply < 5 else { return }
    add(
      "timeouts", filter, "R: is \(reply) s",
      "a milter that asks DNS or a database may take longer, and counts as dead then",
      [line(filter.with("T", (parts.filter { !$0.hasPrefix("R") } + ["R:30s"]).joined(separator: ";")))],
      .doubtful)
  }

  private mutating func ask(_ address: MilterAddress, _ filter: SendmailFilter) {
    if case .unix(let path) = address, !isReachable(path, filter) { return }
    let probed = machine.probe(address, as: .sendmail)
    let check = probeCheck(address, filter)
    for fault in check.faults(of: probed) { diagnosis.add(fault) }
    let limit = filter.timeouts["R"] ?? 10
    for step in probed.steps {
      guard let took = step.took, took > .seconds(Int64(limit)) else { continue }
      add(
        "too-slow", filter,
        "the milter took \(took.milliseconds) ms for \(step.stage.name), and R: is \(limit) s",
        "Sendmail logs timeout before data read; \(effect(of: filter))",
        [line(filter.with("T", "S:30s;R:60s;E:5m"))])
    }
  }

  private func probeCheck(_ address: MilterAddress, _ filter: SendmailFilter) -> ProbeCheck {
    ProbeCheck(
      address: address, place: place(filter), effect: effect(of: filter),
      other: { machine.milter(insteadOf: address) }, lines: { [line(filter.with("S", $0.description))] })
  }

  /// Whether there is a socket to ask; what is wrong with it is said.
  private mutating func isReachable(_ path: String, _ filter: SendmailFilter) -> Bool {
    let survey = machine.survey(path, below: "")
    survey.unseen.forEach { diagnosis.cannotSee($0) }
    if case .hidden(let hidden)? = survey.ending {
      diagnosis.cannotSee("\(hidden): we may not look there; ask again as root")
      return false
    }
    guard let account = machine.account(user) else {
      diagnosis.cannotSee("whether Sendmail may connect: there is no user \(user) (RunAsUser) here")
      return survey.socket != nil
    }
    let check = AccessCheck(
      survey: survey, account: account, place: place(filter), mta: "Sendmail", effect: effect(of: filter))
    let faults = check.faults
    for fault in faults { diagnosis.add(fault) }
    if let socket = survey.socket { checkSafety(of: survey, socket, filter) }
    return survey.socket != nil
  }

  /// Sendmail passes no link, and no folder that others may write (`safefile` in libsm; the log does not say which it is).
  private mutating func checkSafety(
    of survey: PathSurvey, _ socket: PathSurvey.Component, _ filter: SendmailFilter
  ) {
    for component in survey.components {
      let remedy: Remedy
      switch component.kind {
      case .link where component.path == survey.path:
        remedy = line(filter.with("S", "unix:\(socket.path)"))
      case .folder where component.isWritableByOthers && !isBlameless(component):
        remedy = Remedy(.shell, "chmod go-w \(quoted(component.path))")
      case .folder, .link, .socket, .file: continue
      }
      add(
        "unsafe", filter,
        "\(component.path) is \(component.kind == .folder ? "writable by others (\(component.access))" : "a link")",
        "Sendmail logs local socket name \(survey.path) unsafe; \(effect(of: filter))", [remedy])
    }
  }

  private func isBlameless(_ folder: PathSurvey.Component) -> Bool {
    if folder.mode & 0o1000 != 0, configuration.isBlameless("TrustStickyBit") { return true }
    if folder.mode & 0o002 == 0, configuration.isBlameless("GroupWritableDirPathSafe") { return true }
    return configuration.isBlameless("WorldWritableDirPathSafe")
  }

  // MARK: Macros

  private mutating func check(_ names: [String], at stage: String) {
    let place = "\(file), Milter.macros.\(stage)"
    if names.count > 50 {
      diagnosis.add(
        Fault(
          "macro-list", at: place, "\(names.count) macros for \(stage)",
          why: "Sendmail takes 50 at most, and logs too many macros", mend: [Remedy(.words, "leave some out")]
        ))
    }
    let odd = names.filter { name in
      guard let known = KnownMacro.named(Array(name.utf8)), !name.hasPrefix("conf") else { return false }
      return known.wireName != name && name != "{\(known.name)}"
    }
    guard !odd.isEmpty else { return }
    let mended = names.map { KnownMacro.named(Array($0.utf8))?.wireName ?? $0 }.joined(separator: ", ")
    let option =
      configuration.language == .cf
      ? Remedy(.sendmailCF, "O Milter.macros.\(stage)=\(mended)")
      : Remedy(.sendmailMC, "define(`confMILTER_MACROS_\(stage.uppercased())', `\(mended)')dnl")
    diagnosis.add(
      Fault(
        "macro-name", at: place, "\(odd.joined(separator: ", ")): that is not how the macro is called",
        why: "names of more than one letter stand in braces; the milter finds no value", mend: [option]))
  }

  // MARK: Lines

  private func place(_ filter: SendmailFilter) -> String { "\(file), \(filter.name)" }

  private func line(_ filter: SendmailFilter) -> Remedy {
    guard configuration.language == .mc else {
      return Remedy(.sendmailCF, "X\(filter.name), \(filter.fields)")
    }
    let macro = configuration.input.contains(filter.name) ? "INPUT_MAIL_FILTER" : "MAIL_FILTER"
    return Remedy(.sendmailMC, "\(macro)(`\(filter.name)', `\(filter.fields)')dnl")
  }

  private mutating func add(
    _ id: String, _ filter: SendmailFilter, _ what: String, _ why: String, _ remedies: [Remedy],
    _ weight: Fault.Weight = .wrong
  ) {
    diagnosis.add(Fault(id, weight, at: place(filter), what, why: why, mend: remedies))
  }
}

extension Diagnosis {
  /// What Sendmail's configuration makes of its filters.
  package init(of configuration: SendmailConfiguration, in machine: some Surroundings) {
    var checkup = SendmailCheckup(configuration, in: machine)
    checkup.run()
    self = checkup.diagnosis
  }
}
