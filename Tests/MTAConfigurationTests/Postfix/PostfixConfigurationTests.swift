import MTAConfiguration
import Testing

/// Reading main.cf and master.cf as Postfix does.
@Suite struct PostfixConfigurationTests {
  private static let main = """
    # a comment
    mail_owner = postfix
    first = inet:127.0.0.1:1
    smtpd_milters = $first,
    # a comment within
      ${second}
    second = inet:127.0.0.1:2
    twice = a
    twice = b
    self = $self
    either = ${first?{yes}:{no}} ${nothing?{yes}:{no}} ${nothing:none} $$x $(twice)
    """
  private static let master = """
    smtp      inet  n       -       y       -       -       smtpd
    submission inet n - n - - /usr/lib/postfix/sbin/smtpd
      -o first=inet:127.0.0.1:9
      -o { milter_macro_defaults = {a}=1, {b}=2 } -o non_smtpd_milters=
      -v -o smtpd_milters=$first
    pickup    unix  n       -       -       60      1       pickup
    """

  @Test func valuesAreExpandedWhereTheyStand() throws {
    let read = PostfixConfiguration(main: Self.main, master: Self.master)
    #expect(read.unreadable.isEmpty)
    #expect(read.value("smtpd_milters") == "inet:127.0.0.1:1, inet:127.0.0.1:2")
    #expect(read.value("twice") == "b")
    #expect(read.value("either") == "yes no none $x b")
    #expect(read.value("milter_command_timeout") == "30s")
    // What refers to itself ends.
    #expect(read.value("self") == "$self")
    let submission = read.services[1]
    #expect(submission.program == "smtpd")
    #expect(read.value("smtpd_milters", at: submission) == "inet:127.0.0.1:9")
    #expect(read.value("milter_macro_defaults", at: submission) == "{a}=1, {b}=2")
    #expect(submission.stray.isEmpty)
  }

  @Test func postconfKnowsTheDefaults() {
    let read = PostfixConfiguration(
      main: "a = b", master: "", postconf: "milter_default_action = shutdown\nmail_version = 3.11.1\na = c\n")
    #expect(read.value("milter_default_action") == "shutdown")
    #expect(read.value("a") == "b")
  }

  @Test(arguments: [
    ("no equals sign", "main.cf line 1"), ("a b = c", "main.cf line 1"), ("x = 1\n= 2", "main.cf line 2"),
  ])
  func whatIsNoSettingIsNamed(_ row: (text: String, named: String)) {
    #expect(PostfixConfiguration(main: row.text, master: "").unreadable.first?.hasPrefix(row.named) == true)
  }

  /// No text makes it trap or run for ever.
  @Test func anythingIsRead() {
    for text in [
      "${", "$", "a = ${", "a = ${b?{", "a = $(", "a = ${b?{c}:", "{{{{ = }}}}", "\u{0}", "a =\r\n b\r\n",
      "  a = b",
    ] {
      let read = PostfixConfiguration(main: "x = " + text + "\n" + text, master: text)
      _ = read.value("x")
      _ = read.value("a")
    }
    let deep = (0..<500).map { "v\($0) = $v\($0 + 1) $v\($0 + 1)" }.joined(separator: "\n")
    _ = PostfixConfiguration(main: deep, master: "").value("v490")
  }
}
