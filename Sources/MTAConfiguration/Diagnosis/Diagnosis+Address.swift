import MilterProtocol

/// A milter's address by itself, before or without any MTA's configuration.
extension Diagnosis {
  /// - Parameter queueFolder: where a chrooted smtpd has its `/`.
  package init(
    of address: MilterAddress, in surroundings: some Surroundings, queueFolder: String = "/var/spool/postfix"
  ) {
    self.init()
    show(
      "Address",
      [["", address.description], ["Postfix", address.postfixForm], ["Sendmail", "S=\(address)"]])
    if case .unix(let path) = address { lookAt(path, surroundings, queueFolder) }
    var probes = [surroundings.probe(address, as: .postfix)]
    // Who is no milter to the one is none to the other.
    if probes[0].isMilter { probes.append(surroundings.probe(address, as: .sendmail)) }
    if let answer = probes[0].answer { show("What the milter wants", MilterWishes.rows(answer)) }
    show("A probe mail, aborted before its end", MilterWishes.times(probes))
    let check = ProbeCheck(
      address: address, place: address.description, effect: Self.effect,
      other: { surroundings.milter(insteadOf: address) }, lines: Self.lines)
    for probed in probes {
      if case .unreachable(.denied) = probed.ending {
        cannotSee("what the milter says: we may not connect to \(address) ourselves; ask again as root")
        continue
      }
      // A missing path was named with the component that is missing.
      if case .unreachable(.noSuchFile) = probed.ending, faults.contains(where: { $0.id == "path-missing" }) {
        continue
      }
      for fault in check.faults(of: probed) { add(fault) }
    }
  }

  /// Of a milter that cannot be asked, by default (protocol.md 7.4).
  private static let effect =
    "milter_default_action then decides at Postfix (by default clients are told to try again later), F= at Sendmail (without it mail passes unfiltered)"

  private static func lines(_ address: MilterAddress) -> [Remedy] {
    [
      Remedy(.mainCF, address.postfixLine),
      Remedy(.sendmailMC, "INPUT_MAIL_FILTER(`milter', `S=\(address), F=T')dnl"),
    ]
  }

  private mutating func lookAt(_ path: String, _ surroundings: some Surroundings, _ queueFolder: String) {
    let survey = surroundings.survey(path, below: "")
    show("Path", survey.components.map { [$0.path, $0.access, $0.kind == .folder ? "" : $0.kind.words] })
    if case .hidden(let hidden)? = survey.ending {
      cannotSee("\(hidden): we may not look there; ask again as root")
    }
    let users = [
      ("postfix", "Postfix"), ("smmsp", "Sendmail, where RunAsUser says so"), ("root", "Sendmail"),
    ]
    var rows: [[String]] = []
    for (name, mta) in users {
      guard let account = surroundings.account(name) else { continue }
      let obstacles = survey.obstacles(for: account)
      rows.append([name, mta, Self.words(obstacles)])
      let isAsked = name == "postfix" || name == "root" && rows.count == 1
      guard isAsked, !obstacles.isEmpty else { continue }
      let check = AccessCheck(
        survey: survey, account: account, place: path, mta: mta, effect: Self.effect)
      for fault in check.faults { add(fault) }
    }
    show("Who may connect, by owners, modes and access lists", rows)
    survey.unseen.forEach { cannotSee($0) }
    show("Postfix in a chroot", chroot(path, surroundings, queueFolder))
  }

  /// Of what we may not look at nobody can tell.
  private static func words(_ obstacles: [PathSurvey.Obstacle]) -> String {
    if obstacles.isEmpty { return "may connect" }
    let isKnown = obstacles.contains { if case .broken(.hidden) = $0 { false } else { true } }
    return isKnown ? "may not connect" : "cannot be told"
  }

  /// What a chrooted smtpd makes of the path: whether any is, its configuration says.
  private func chroot(_ path: String, _ surroundings: some Surroundings, _ queueFolder: String) -> [[String]]
  {
    guard surroundings.account("postfix") != nil else { return [] }
    if path.hasPrefix(queueFolder + "/") {
      return [["finds it as", "unix:" + path.dropFirst(queueFolder.count)]]
    }
    let inside = surroundings.survey(path, below: queueFolder)
    return [
      ["looks for it at", inside.path], ["", inside.socket == nil ? "it is not there" : "it is there"],
    ]
  }
}
