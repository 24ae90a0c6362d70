import MTAConfiguration
import MilterProtocol
import Testing

/// What `doctor ADDRESS` says of a machine as described.
@Suite struct AddressDiagnosisTests {
  private func ids(_ diagnosis: Diagnosis) -> [String] { diagnosis.byWeight.map(\.id) }

  private func line(_ diagnosis: Diagnosis, _ place: Remedy.Place) -> String? {
    diagnosis.faults.flatMap(\.remedies).first { $0.place == place }?.text
  }

  @Test func aMilterThatAnswersIsSound() throws {
    let machine = FakeMachine()
    let diagnosis = Diagnosis(of: try MilterAddress(parsing: "inet:127.0.0.1:8891"), in: machine)
    #expect(diagnosis.isSound)
    #expect(diagnosis.faults.isEmpty)
    #expect(machine.probes == ["postfix inet:8891@127.0.0.1", "sendmail inet:8891@127.0.0.1"])
    #expect(diagnosis.sections.contains { $0.title == "What the milter wants" })
  }

  struct Access: Sendable, CustomTestStringConvertible {
    let folder: (group: UInt32, mode: UInt32)
    let socket: (group: UInt32, mode: UInt32)
    let mends: String?
    var testDescription: String { "\(folder) \(socket)" }
  }

  @Test(arguments: [
    Access(folder: (0, 0o755), socket: (0, 0o666), mends: nil),
    Access(folder: (0, 0o755), socket: (106, 0o660), mends: nil),
    Access(folder: (42, 0o750), socket: (42, 0o660), mends: "usermod -aG 42 postfix && postfix reload"),
    Access(folder: (0, 0o700), socket: (0, 0o666), mends: "chmod o+x /run/x"),
    Access(
      folder: (0, 0o755), socket: (0, 0o600), mends: "chgrp postfix /run/x/sock && chmod g+rw /run/x/sock"),
    Access(
      folder: (42, 0o700), socket: (42, 0o600),
      mends: "chmod o+x /run/x && chgrp postfix /run/x/sock && chmod g+rw /run/x/sock"),
    // Whom the group shuts out is not let in by the rest.
    Access(folder: (106, 0o705), socket: (0, 0o666), mends: "chmod g+x /run/x"),
  ])
  func whoMayNotConnectIsToldHow(_ row: Access) throws {
    let machine = FakeMachine()
    machine.put("/run/x/sock", folder: row.folder, socket: row.socket)
    let diagnosis = Diagnosis(of: .unix(path: "/run/x/sock"), in: machine)
    #expect(diagnosis.isSound == (row.mends == nil))
    #expect(line(diagnosis, .shell) == row.mends)
  }

  @Test func aMissingPathIsOneFault() {
    let machine = FakeMachine()
    machine.ended(.unreachable(.noSuchFile), at: "unix:/run/none")
    #expect(ids(Diagnosis(of: .unix(path: "/run/none"), in: machine)) == ["path-missing"])
  }

  @Test(arguments: [
    (ProbedMilter.Ending.unresolved("no"), "unresolved"), (.unreachable(.refused), "refused"),
    (.unreachable(.full), "queue-full"), (.unreachable(.timedOut), "timed-out"),
    (.unreachable(.other("no route to host")), "unreachable"),
    (.silent(at: .negotiation), "silent"), (.closed(at: .mail), "closed"),
    (.wrongPeer(.httpServer), "wrong-peer"), (.notMilter(begins: [0x1B, 0x41]), "wrong-peer"),
  ])
  func eachEndingIsAFaultThatSaysWhatToDo(_ row: (ending: ProbedMilter.Ending, id: String)) {
    let machine = FakeMachine()
    machine.ended(row.ending, at: "inet:8891@127.0.0.1")
    let diagnosis = Diagnosis(of: .inet(host: "127.0.0.1", port: 8891, family: .any), in: machine)
    #expect(ids(diagnosis) == [row.id])
    #expect(!diagnosis.isSound)
    #expect(diagnosis.faults.allSatisfy { !$0.why.isEmpty && !$0.remedies.isEmpty })
    // Who is no milter is asked once.
    #expect(machine.probes.count == 1)
  }

  @Test func whatWeMayNotLookAtIsNoFault() {
    let machine = FakeMachine()
    machine.ended(.unreachable(.denied), at: "inet:8891@127.0.0.1")
    let diagnosis = Diagnosis(of: .inet(host: "127.0.0.1", port: 8891, family: .any), in: machine)
    #expect(diagnosis.isSound)
    #expect(diagnosis.unseen.contains { $0.contains("ask again as root") })
  }

  @Test func theMilterThatWasMeantIsNamed() {
    let machine = FakeMachine()
    machine.ended(.unreachable(.refused), at: "inet:8891@127.0.0.1")
    machine.listeners = [
      ListeningProgram(.inet(host: "127.0.0.1", port: 11332, family: .any), program: "rspamd"),
      ListeningProgram(.inet(host: "127.0.0.1", port: 11334, family: .any), program: "rspamd"),
      ListeningProgram(.inet(host: "0.0.0.0", port: 80, family: .any), program: "nginx"),
    ]
    let address = MilterAddress.inet(host: "127.0.0.1", port: 8891, family: .any)
    #expect(line(Diagnosis(of: address, in: machine), .mainCF) == "smtpd_milters = inet:127.0.0.1:11332")
    machine.listeners.append(ListeningProgram(.unix(path: "/run/o"), program: "opendkim"))
    #expect(line(Diagnosis(of: address, in: machine), .mainCF) == nil)
  }

  @Test func whatTheMilterDoesWrongIsAFault() throws {
    let machine = FakeMachine()
    var probed = machine.probe(try MilterAddress(parsing: "127.0.0.1:1"), as: .postfix)
    probed.findings = [
      Finding(.secondVerdict, packet: 9, "CONTINUE for MAIL"), Finding(.progressStorm, packet: 9, "again"),
    ]
    machine.probed["inet:1@127.0.0.1"] = probed
    let diagnosis = Diagnosis(of: try MilterAddress(parsing: "127.0.0.1:1"), in: machine)
    #expect(ids(diagnosis).first == "R02")
  }
}
