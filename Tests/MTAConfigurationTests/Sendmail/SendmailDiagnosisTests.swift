import MTAConfiguration
import MilterProtocol
import Testing

/// Broken filters, in a `.mc` and in the `.cf` of it: each is named, and sound once the printed line is pasted in.
@Suite struct SendmailDiagnosisTests {
  struct Setup: Sendable, CustomTestStringConvertible {
    let title: String
    var lines: [String]
    var machine: @Sendable (FakeMachine) -> Void = { _ in }
    let ids: [String]
    let line: String
    var testDescription: String { title }
  }

  private static func mc(_ fields: String) -> [String] { ["INPUT_MAIL_FILTER(`dkim', `\(fields)')dnl"] }
  private static func cf(_ fields: String) -> [String] { ["O InputMailFilters=dkim", "Xdkim, \(fields)"] }

  static let broken: [Setup] = [
    Setup(
      title: "Postfix's spelling", lines: mc("S=inet:127.0.0.1:8891, F=T"), ids: ["spelling"],
      line: "INPUT_MAIL_FILTER(`dkim', `S=inet:8891@127.0.0.1, F=T')dnl"),
    Setup(
      title: "Postfix's spelling in the cf", lines: cf("S=inet:127.0.0.1:8891, F=T"), ids: ["spelling"],
      line: "Xdkim, S=inet:8891@127.0.0.1, F=T"),
    Setup(
      title: "an unknown type", lines: cf("S=tcp:8891@127.0.0.1, F=T"), ids: ["spelling"],
      line: "Xdkim, S=inet:8891@127.0.0.1, F=T"),
    Setup(
      title: "brackets", lines: cf("S=inet:8891@[127.0.0.1], F=T"), ids: ["spelling"],
      line: "Xdkim, S=inet:8891@127.0.0.1, F=T"),
    Setup(
      title: "no F=", lines: mc("S=inet:8891@127.0.0.1"), ids: ["no-flag"],
      line: "INPUT_MAIL_FILTER(`dkim', `S=inet:8891@127.0.0.1, F=T')dnl"),
    Setup(
      title: "commas between times", lines: cf("S=inet:8891@127.0.0.1, F=T, T=C:5m,S:1m"), ids: ["timeouts"],
      line: "Xdkim, S=inet:8891@127.0.0.1, F=T, T=C:5m;S:1m"),
    Setup(
      title: "an unknown time", lines: cf("S=inet:8891@127.0.0.1, F=T, T=Q:5m;R:20s"), ids: ["timeouts"],
      line: "Xdkim, S=inet:8891@127.0.0.1, F=T, T=R:20s"),
    Setup(
      title: "little time", lines: cf("S=inet:8891@127.0.0.1, F=T, T=R:2s"), ids: ["timeouts"],
      line: "Xdkim, S=inet:8891@127.0.0.1, F=T, T=R:30s"),
    Setup(
      title: "a filter that nobody asks", lines: ["MAIL_FILTER(`dkim', `S=inet:8891@127.0.0.1, F=T')dnl"],
      ids: ["idle-filter"], line: "define(`confINPUT_MAIL_FILTERS', `dkim')dnl"),
    Setup(
      title: "a filter that nobody asks, in the cf", lines: ["Xdkim, S=inet:8891@127.0.0.1, F=T"],
      ids: ["idle-filter"], line: "O InputMailFilters=dkim"),
    Setup(
      title: "a misspelt name", lines: ["Xdkim, S=inet:8891@127.0.0.1, F=T", "O InputMailFilters=dkmi"],
      ids: ["idle-filter", "no-filter"], line: "O InputMailFilters=dkmi, dkim"),
    Setup(
      title: "a macro without braces",
      lines: cf("S=inet:8891@127.0.0.1, F=T") + ["O Milter.macros.envrcpt=rcpt_addr, {rcpt_host}"],
      ids: ["macro-name"], line: "O Milter.macros.envrcpt={rcpt_addr}, {rcpt_host}"),
    Setup(
      title: "a wrong port", lines: cf("S=inet:8891@127.0.0.1, F=T"),
      machine: {
        $0.ended(.unreachable(.refused), at: "inet:8891@127.0.0.1")
        $0.listeners = [.init(.unix(path: "/run/x/sock"), program: "opendkim")]
        $0.put("/run/x/sock", socket: (0, 0o600))
      }, ids: ["refused"], line: "Xdkim, S=unix:/run/x/sock, F=T"),
    Setup(
      title: "a folder that others may write", lines: cf("S=unix:/run/x/sock, F=T"),
      machine: { $0.put("/run/x/sock", folder: (42, 0o775), socket: (42, 0o660)) }, ids: ["unsafe"],
      line: "chmod go-w /run/x"),
  ]

  @Test(arguments: broken)
  func aBrokenFilterIsNamedAndMendedByItsLine(_ setup: Setup) throws {
    let machine = FakeMachine()
    setup.machine(machine)
    let diagnosis = Diagnosis(of: SendmailConfiguration(setup.lines.joined(separator: "\n")), in: machine)
    #expect(diagnosis.faults.map(\.id).sorted() == setup.ids, "\(diagnosis.faults)")
    let remedy = try #require(diagnosis.faults.flatMap(\.remedies).first { $0.place != .words })
    #expect(remedy.text == setup.line)
    guard remedy.place != .shell, setup.ids.count == 1 else { return }
    let head = remedy.text.prefix { $0 != "=" && $0 != "," }
    let mended = setup.lines.filter { !$0.hasPrefix(head) } + [remedy.text]
    let after = Diagnosis(of: SendmailConfiguration(mended.joined(separator: "\n")), in: machine)
    #expect(after.faults.isEmpty, "\(after.faults)")
  }

  @Test func aConfigurationIsReadInEitherLanguage() throws {
    let mc = SendmailConfiguration(
      """
      dnl INPUT_MAIL_FILTER(`gone', `S=inet:1@127.0.0.1')
      OSTYPE(`linux')dnl
      INPUT_MAIL_FILTER(`one', `S=unix:/run/one, F=T, T=C:5m;R:20s')dnl and more
      MAIL_FILTER(`two', `S=inet:2@localhost, F=R')
      define(`confMILTER_MACROS_CONNECT', `j, _, {client_ptr}')dnl
      DAEMON_OPTIONS(`Port=25, Name=MTA, InputMailFilters=two;one')dnl
      """)
    #expect(mc.filters.map(\.name) == ["one", "two"])
    #expect(mc.input == ["one"])
    #expect(mc.daemons.map(\.name) == ["MTA"])
    #expect(mc.daemons.first?.input == ["two", "one"])
    #expect(mc.macros == ["connect": ["j", "_", "{client_ptr}"]])
    let cf = SendmailConfiguration(
      """
      # a comment
      O InputMailFilters=one, two
      O RunAsUser=smmsp:smmsp
      Xone, S=local:/run/one, F=T
      Xtwo,
        S=inet:2@localhost, F=4
      """)
    #expect(cf.filters.map(\.name) == ["one", "two"])
    #expect(cf.input == ["one", "two"])
    #expect(cf.runAsUser == "smmsp")
  }

  @Test func theOrderIsShown() throws {
    let configuration = SendmailConfiguration(
      "O InputMailFilters=two, one\nXone, S=inet:1@127.0.0.1, F=T\nXtwo, S=inet:2@127.0.0.1, F=R")
    let diagnosis = Diagnosis(of: configuration, in: FakeMachine())
    #expect(diagnosis.faults.isEmpty)
    #expect(diagnosis.sections.first?.rows.map { $0[1] } == ["filter", "two", "one"])
  }

  /// No text makes it trap or run for ever.
  @Test func anythingIsRead() {
    for text in [
      "X", "O", "O =", "define(", "define(`a", "define(`a', `b'", "MAIL_FILTER(((", "X,,,=", "dnl",
      "INPUT_MAIL_FILTER()",
    ] {
      _ = Diagnosis(of: SendmailConfiguration(text), in: FakeMachine())
    }
  }

  @Test(arguments: [
    ("", false), ("root:x:0:0:root:/root:/bin/bash\n", false), ("V10/Berkeley\n", true),
    ("O InputMailFilters=dkim\n", true), ("MAILER(`smtp')dnl\n", true),
    ("Mesmtp,\t\tP=[IPC], F=mDFMuXa, S=EnvFromSMTP/HdrFromSMTP\n", true),
  ]) func whatIsNoConfigurationIsToldFromOne(_ text: String, _ isOne: Bool) {
    #expect(SendmailConfiguration(text).isOne == isOne)
  }

  @Test func whatIsIncludedStandsInItsPlace() {
    let mc =
      "include(`/usr/share/sendmail/cf/m4/cf.m4')dnl\ninclude(`filters.m4')dnl\ndnl include(`no.m4')\n"
      + "sinclude(`maybe.m4')\ninclude(`gone.m4')dnl\n"
    let files = ["/etc/mail/filters.m4": "INPUT_MAIL_FILTER(`dkim', `S=inet:127.0.0.1:8891, F=T')dnl\n"]
    let whole = M4Includes(in: mc, of: "/etc/mail/sendmail.mc") { files[$0] }
    #expect(whole.text.contains("INPUT_MAIL_FILTER(`dkim'"))
    #expect(whole.unread == ["/etc/mail/gone.m4"])
    let circle = M4Includes(in: "include(`a.m4')", of: "/x/b.mc") { _ in "include(`a.m4')\n" }
    #expect(circle.circular == ["/x/a.m4"])
    #expect(circle.unread == [])
    let itself = M4Includes(in: "include(`b.mc')", of: "b.mc") { _ in "include(`b.mc')\n" }
    #expect(itself.circular == ["./b.mc"])
  }
}
