import MilterProtocol

/// Judges Postfix's configuration: each service that connects to milters by itself, for one may be right where another is
/// wrong.
struct PostfixCheckup<Place: Surroundings> {
  let configuration: PostfixConfiguration
  let machine: Place
  var diagnosis = Diagnosis()

  init(_ configuration: PostfixConfiguration, in machine: Place) {
    self.configuration = configuration
    self.machine = machine
  }

  mutating func run() {
    let uses = configuration.uses
    diagnosis.show("Milters of each service", PostfixOverview(configuration).rows(uses))
    for line in configuration.unreadable { unreadable(line) }
    checkNames()
    for service in configuration.services { check(service) }
    for use in uses {
      checkSettings(of: use)
      for milter in use.milters { check(milter, of: use) }
    }
    checkMaps()
    if machine.account(owner) == nil {
      diagnosis.cannotSee("whether Postfix may connect: there is no user \(owner) (mail_owner) here")
    }
  }

  private var owner: String { configuration.value("mail_owner") }
  private var queueFolder: String { configuration.value("queue_directory") }

  private mutating func unreadable(_ line: String) {
    diagnosis.add(
      Fault(
        "unreadable", at: String(line.prefix { $0 != " " }), line,
        why:
          "Postfix does not start with it, or goes on with the old configuration; the line was skipped here",
        mend: [Remedy(.words, "mend the line, or put # in front of it")]))
  }

  // MARK: One milter

  private mutating func check(_ milter: PostfixMilter, of use: MilterUse) {
    checkGroup(milter, of: use)
    let endpoint = PostfixEndpoint(milter.address)
    switch endpoint {
    case .wrong(let wrong, let meant): misspelt(milter, wrong, meant, use)
    case .inet(let address):
      checkFamily(address, milter, use)
      ask(address, named: milter.address, milter, use)
    case .unix(let path): check(path: path, milter, use)
    }
  }

  private mutating func misspelt(
    _ milter: PostfixMilter, _ wrong: PostfixEndpoint.Wrong, _ meant: MilterAddress?, _ use: MilterUse
  ) {
    let (what, why): (String, String) =
      switch wrong {
      case .refused(let log):
        (
          "Postfix does not take the address '\(milter.address)'",
          "it logs \(log), and every client gets 451 4.3.5 Server configuration problem, whatever milter_default_action says"
        )
      case .fatal(let log):
        (
          "Postfix does not take the address '\(milter.address)'",
          "\(use.service.program) ends with fatal: \(log) before it says a word: clients are hung up on, and local mail waits"
        )
      case .elsewhere(let words):
        ("'\(milter.address)' leads to no milter: \(words)", effect(of: milter, use))
      }
    diagnosis.add(
      Fault(
        "spelling", at: use.place, what, why: why,
        mend: meant.map { line(of: use, milter, address: $0.postfixForm) } ?? [
          Remedy(.words, "Postfix writes inet:HOST:PORT, inet:[IPV6]:PORT or unix:PATH")
        ]))
  }

  private mutating func checkGroup(_ milter: PostfixMilter, of use: MilterUse) {
    let unknown = milter.settings.map(\.name).filter { !PostfixMilter.knownSettings.contains($0) }
    guard milter.isUnclosed || !milter.malformed.isEmpty || !unknown.isEmpty else { return }
    var mended = milter
    mended.settings = milter.settings.compactMap { setting in
      PostfixMilter.knownSettings.contains(setting.name)
        ? setting
        : Nearest.match(for: setting.name, among: PostfixMilter.knownSettings).map {
          PostfixService.Setting(name: $0, value: setting.value)
        }
    }
    mended.settings += Self.settings(outOf: milter.malformed)
    let what =
      milter.isUnclosed
      ? "a brace is not closed"
      : unknown.first.map { "there is no setting \($0) in braces" }
        ?? "expected NAME=VALUE without blanks in braces, there is '\(milter.malformed.joined(separator: " "))'"
    diagnosis.add(
      Fault(
        "braces", at: use.place, what,
        why: "\(use.service.program) ends with a fatal error before it says a word: clients are hung up on",
        mend: [line(of: use, replacing: milter, with: mended)].compactMap(\.self)))
  }

  /// `name = value` with blanks, which come as three words.
  private static func settings(outOf words: [String]) -> [PostfixService.Setting] {
    let joined = words.joined(separator: " ")
    guard let (name, value) = PostfixLines.setting(joined), PostfixMilter.knownSettings.contains(name),
      !value.contains(where: \.isBlank)
    else { return [] }
    return [PostfixService.Setting(name: name, value: value)]
  }

  private mutating func checkFamily(_ address: MilterAddress, _ milter: PostfixMilter, _ use: MilterUse) {
    guard case .inet(let host, _, .ipv6) = address else { return }
    let protocols = PostfixLines.words(configuration.value("inet_protocols", at: use.service), commas: true)
    guard !protocols.contains("all"), !protocols.contains("ipv6") else { return }
    diagnosis.add(
      Fault(
        "no-ipv6", at: use.place, "\(host) is an IPv6 address, and inet_protocols leaves IPv6 out",
        why: "Postfix logs Cannot assign requested address; \(effect(of: milter, use))",
        mend: [Remedy(.mainCF, "inet_protocols = all")]))
  }

  private mutating func check(path: String, _ milter: PostfixMilter, _ use: MilterUse) {
    let isChrooted = configuration.isChrooted(use.service)
    let root = isChrooted ? queueFolder : ""
    let slashed = path.hasPrefix("/") ? path : isChrooted ? "/" + path : queueFolder + "/" + path
    let survey = machine.survey(slashed, below: root)
    survey.unseen.forEach { diagnosis.cannotSee($0) }
    guard survey.socket != nil else { return missing(path, survey, milter, use) }
    guard let account = machine.account(owner) else { return ask(survey, milter, use) }
    let check = AccessCheck(
      survey: survey, account: account, place: use.place, mta: use.service.program,
      effect: effect(of: milter, use))
    for fault in check.faults { diagnosis.add(fault) }
    ask(survey, milter, use)
  }

  /// There is no socket where Postfix looks: it may be where the administrator thinks.
  private mutating func missing(
    _ path: String, _ survey: PathSurvey, _ milter: PostfixMilter, _ use: MilterUse
  ) {
    if case .hidden(let hidden)? = survey.ending {
      return diagnosis.cannotSee("\(hidden): we may not look there; ask again as root")
    }
    let isChrooted = configuration.isChrooted(use.service)
    let who = use.service.program
    if isChrooted, path.hasPrefix(queueFolder + "/") {
      let inside = String(path.dropFirst(queueFolder.count + 1))
      if machine.survey("/" + inside, below: queueFolder).socket != nil {
        return chroot(
          "\(who) runs below \(queueFolder) and looks for \(survey.path)", milter, use,
          [line(of: use, replacing: milter, address: "unix:\(inside)")])
      }
    }
    if isChrooted, path.hasPrefix("/"), machine.survey(path, below: "").socket != nil {
      return chroot(
        "\(who) runs below \(queueFolder) and looks for \(survey.path): the socket is at \(path), out of its reach",
        milter, use, [Remedy(.masterCF, use.service.line(chroot: "n"))])
    }
    let inside = path.hasPrefix("/") ? String(path.dropFirst()) : path
    if !isChrooted, machine.survey("/" + inside, below: queueFolder).socket != nil {
      return chroot(
        "\(who) runs in no chroot and looks for \(survey.path): the socket is below \(queueFolder)", milter,
        use,
        [line(of: use, replacing: milter, address: "unix:\(inside)")])
    }
    let check = probeCheck(.unix(path: survey.path), milter, use)
    var probed = ProbedMilter(as: .postfix)
    probed.ending = .unreachable(.noSuchFile)
    for fault in check.faults(of: probed) { diagnosis.add(fault) }
  }

  private mutating func chroot(
    _ what: String, _ milter: PostfixMilter, _ use: MilterUse, _ remedies: [Remedy?]
  ) {
    diagnosis.add(
      Fault(
        "chroot", at: use.isOverridden ? use.place : "\(use.place), for \(use.service.title)", what,
        why: "it logs No such file or directory; \(effect(of: milter, use))",
        mend: remedies.compactMap(\.self)))
  }

  /// Another milter's address as that service can reach it.
  private func reach(_ address: MilterAddress, _ use: MilterUse) -> String {
    guard case .unix(let path) = address, path.hasPrefix(queueFolder + "/") else {
      return address.postfixForm
    }
    return "unix:" + path.dropFirst(queueFolder.count + 1)
  }

  // MARK: Asking it

  private mutating func ask(_ survey: PathSurvey, _ milter: PostfixMilter, _ use: MilterUse) {
    ask(.unix(path: survey.socket?.path ?? survey.path), named: milter.address, milter, use)
  }

  private mutating func ask(
    _ address: MilterAddress, named name: String, _ milter: PostfixMilter, _ use: MilterUse
  ) {
    let probed = machine.probe(address, as: .postfix)
    let check = probeCheck(address, milter, use)
    for fault in check.faults(of: probed) { diagnosis.add(fault) }
    checkPatience(with: probed, name, milter, use)
    guard let answer = probed.answer else { return }
    checkVersion(answer, name, milter, use)
    checkMacros(askedBy: answer, name, use)
  }

  private func probeCheck(_ address: MilterAddress, _ milter: PostfixMilter, _ use: MilterUse) -> ProbeCheck {
    ProbeCheck(
      address: address, place: use.place, effect: effect(of: milter, use),
      other: { machine.milter(insteadOf: address) }, lines: { line(of: use, milter, address: reach($0, use)) }
    )
  }

  private mutating func checkPatience(
    with probed: ProbedMilter, _ name: String, _ milter: PostfixMilter, _ use: MilterUse
  ) {
    for step in probed.steps {
      let parameter = step.stage.isAskedByCleanup ? "milter_content_timeout" : "milter_command_timeout"
      guard let took = step.took, let limit = seconds(parameter, milter, use), took > .seconds(Int64(limit))
      else {
        continue
      }
      diagnosis.add(
        Fault(
          "too-slow", at: use.place,
          "\(name) took \(took.milliseconds) ms for \(step.stage.name), and \(parameter) is \(limit) s",
          why: "Postfix logs Connection timed out; \(effect(of: milter, use))",
          mend: [remedy(parameter, step.stage.isAskedByCleanup ? "300s" : "30s", milter, use)]))
    }
  }

  /// What a milter wants by version 6 and is not offered by an older one makes libmilter close (`st_optionneg`).
  private mutating func checkVersion(
    _ answer: OptNeg, _ name: String, _ milter: PostfixMilter, _ use: MilterUse
  ) {
    guard let offered = milterProtocol(milter, use), offered < 6 else { return }
    let lacking = answer.actions.subtracting(ActionFlags(rawValue: 0x3F))
    diagnosis.add(
      Fault(
        "old-protocol", lacking.isEmpty ? .doubtful : .wrong, at: use.place,
        "milter_protocol is \(offered), and \(name) speaks \(answer.version)",
        why: lacking.isEmpty
          ? "what came with version 6 is not offered: stages without replies, SKIP, macro lists"
          : "it wants \(lacking.names.joined(separator: " ")), which that version does not offer: libmilter hangs up",
        mend: [remedy("milter_protocol", "6", milter, use)]))
  }

  // MARK: Lines

  /// What becomes of mail when this milter cannot be asked.
  func effect(of milter: PostfixMilter, _ use: MilterUse) -> String {
    let text = setting("milter_default_action", milter, use)
    guard let action = DefaultAction(rawValue: text) else {
      return "every client gets 451 4.3.5, for there is no default action '\(text)'"
    }
    return use.parameter == "smtpd_milters" ? action.effect : action.localEffect
  }

  /// A setting of one milter: its own in braces, else that of the service.
  func setting(_ parameter: String, _ milter: PostfixMilter, _ use: MilterUse) -> String {
    milter.own(String(parameter.dropFirst("milter_".count)))
      ?? configuration.value(parameter, at: use.service)
  }

  private func seconds(_ parameter: String, _ milter: PostfixMilter, _ use: MilterUse) -> Int? {
    PostfixConfiguration.seconds(setting(parameter, milter, use))
  }

  /// The version of the protocol; nil where there is none that Postfix knows.
  func milterProtocol(_ milter: PostfixMilter, _ use: MilterUse) -> Int? {
    let words = PostfixLines.words(setting("milter_protocol", milter, use), commas: true)
    return words.lazy.compactMap { Int($0) }.first
  }

  /// The line that sets a parameter where it is set now.
  func remedy(_ parameter: String, _ value: String, _ milter: PostfixMilter, _ use: MilterUse) -> Remedy {
    let own = String(parameter.dropFirst("milter_".count))
    guard milter.own(own) == nil else {
      var mended = milter
      mended.settings.removeAll { $0.name == own }
      mended.settings.append(PostfixService.Setting(name: own, value: value))
      return line(of: use, replacing: milter, with: mended)
    }
    return use.service.overrides(parameter)
      ? Remedy(.masterCF, "  -o \(parameter)=\(value)") : Remedy(.mainCF, "\(parameter) = \(value)")
  }

  private func line(of use: MilterUse, _ milter: PostfixMilter, address: String) -> [Remedy] {
    [line(of: use, replacing: milter, address: address)]
  }

  private func line(of use: MilterUse, replacing milter: PostfixMilter, address: String) -> Remedy {
    var mended = milter
    mended.address = address
    return line(of: use, replacing: milter, with: mended)
  }

  /// The whole list with one milter written anew.
  private func line(of use: MilterUse, replacing milter: PostfixMilter, with mended: PostfixMilter) -> Remedy
  {
    line(of: use, use.milters.map { $0 == milter ? mended : $0 })
  }

  /// The line that names these milters, where the list is now.
  func line(of use: MilterUse, _ milters: [PostfixMilter]) -> Remedy {
    let texts = milters.map(\.text)
    guard use.isOverridden else {
      return Remedy(.mainCF, "\(use.parameter) = \(texts.joined(separator: ", "))")
    }
    let isPlain = !texts.contains { $0.contains(where: \.isBlank) }
    return Remedy(
      .masterCF,
      isPlain
        ? "  -o \(use.parameter)=\(texts.joined(separator: ","))"
        : "  -o { \(use.parameter) = \(texts.joined(separator: ", ")) }")
  }
}

extension Stage {
  /// Headers, body and end of message are the business of cleanup (protocol.md 9.1).
  var isAskedByCleanup: Bool {
    switch self {
    case .header, .eoh, .body, .bodyEOB: true
    case .negotiation, .connect, .helo, .mail, .rcpt, .data, .unknown: false
    }
  }
}

extension Diagnosis {
  /// What Postfix's configuration makes of its milters.
  package init(of configuration: PostfixConfiguration, in machine: some Surroundings) {
    var checkup = PostfixCheckup(configuration, in: machine)
    checkup.run()
    self = checkup.diagnosis
  }
}
