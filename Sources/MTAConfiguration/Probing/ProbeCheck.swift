import MilterProtocol

/// Judges what came of asking whoever is at an address.
struct ProbeCheck {
  let address: MilterAddress
  /// Where the address is named.
  let place: String
  /// What becomes of mail.
  let effect: String
  /// The program that was most likely meant, where this one is none; asked only then.
  let other: () -> ListeningProgram?
  /// The lines that name another address.
  let lines: (MilterAddress) -> [Remedy]

  func faults(of probed: ProbedMilter) -> [Fault] {
    ended(probed) + probed.findings.compactMap(fault)
  }

  private func ended(_ probed: ProbedMilter) -> [Fault] {
    switch probed.ending {
    case .finished: []
    case .unresolved(let why):
      [
        Fault(
          "unresolved", at: place, "the address \(address.postfixForm) leads nowhere: \(why)",
          why: "Postfix logs Cannot assign requested address, Sendmail Unknown host name; \(effect)",
          mend: instead ?? literal)
      ]
    case .unreachable(let why): [unreachable(why)]
    case .silent(let stage):
      [
        Fault(
          "silent", at: place, "\(address) takes the connection and does not answer \(stage.name)",
          why: "every mail waits for the MTA's time-out (Postfix 30 s, Sendmail 10 s, by default); \(effect)",
          mend: [
            Remedy(.words, "look what the milter waits for (its log, DNS, a database), or start it anew")
          ])
      ]
    case .closed(let stage):
      [
        Fault(
          "closed", at: place, "\(address) hangs up instead of answering \(stage.name)",
          why: stage == .negotiation
            ? "Postfix logs can't read SMFIC_OPTNEG reply packet header: Success; \(effect)" : effect,
          mend: (stage == .negotiation ? instead : nil) ?? [
            Remedy(
              .words, "look at the log of the program there: it refuses this client, is no milter, or crashed"
            )
          ])
      ]
    case .wrongPeer(let peer):
      [
        Fault(
          "wrong-peer", at: place, "\(address) is \(peer.name), no milter", why: effect,
          mend: instead ?? [Remedy(.words, "name the address on which the milter listens")])
      ]
    case .notMilter(let bytes):
      [
        Fault(
          "wrong-peer", at: place,
          "\(address) does not speak milter: it begins with '\(InertText.string(escaping: Array(bytes.prefix(40))))'",
          why: effect, mend: instead ?? [Remedy(.words, "name the address on which the milter listens")])
      ]
    }
  }

  private func unreachable(_ why: ProbedMilter.Unreachable) -> Fault {
    let start = Remedy(.words, "start the milter, or name the address on which it listens")
    switch why {
    case .refused:
      return Fault(
        "refused", at: place,
        address.isUnix
          ? "nobody listens on \(address) any more: the file was left behind"
          : "nobody listens on \(address)",
        why: "the MTA logs Connection refused; \(effect)", mend: (instead ?? []) + [start])
    case .noSuchFile:
      return Fault(
        "path-missing", at: place, "there is no \(address)",
        why: "the MTA logs No such file or directory; \(effect)",
        mend: instead ?? [start])
    case .denied:
      return Fault(
        "denied", at: place, "we may not connect to \(address) ourselves",
        why: "what the milter says could not be seen", mend: [Remedy(.words, "ask again as root")])
    case .full:
      return Fault(
        "queue-full", at: place, "the queue of \(address) is full: the milter takes no connections",
        why: "the MTA logs Resource temporarily unavailable; \(effect)",
        mend: [Remedy(.words, "start the milter anew; raise its number of workers or its listen backlog")])
    case .timedOut:
      return Fault(
        "timed-out", at: place, "\(address) does not take a connection within 10 s",
        why: "every mail waits for the MTA's time-out; \(effect)",
        mend: instead ?? [Remedy(.words, "look for a firewall in between, and whether that machine runs")])
    case .other(let words):
      return Fault(
        "unreachable", at: place, "\(address) cannot be reached: \(words)", why: effect,
        mend: instead ?? [start])
    }
  }

  /// The lines with the milter that was meant.
  private var instead: [Remedy]? {
    other().map { other in
      lines(other.address.reachable) + [Remedy(.words, "that is where \(other.program) listens")]
    }
  }

  private var literal: [Remedy] {
    guard case .inet("localhost", let port, let family) = address else {
      return [Remedy(.words, "check the spelling, or give the IP address")]
    }
    return lines(.inet(host: family == .ipv6 ? "::1" : "127.0.0.1", port: port, family: family))
  }

  /// What the milter did that breaks sessions, or works by luck.
  private func fault(_ finding: Finding) -> Fault? {
    let weight: Fault.Weight
    switch finding.severity {
    case .error: weight = .wrong
    case .warning: weight = .doubtful
    case .note: return nil
    }
    let cure = finding.rule.cure
    return Fault(
      finding.rule.id, weight, at: place, "\(finding.rule.title): \(finding.text)",
      why: finding.rule.consequence.text,
      mend: cure.isEmpty ? [] : [Remedy(.words, cure)])
  }
}
