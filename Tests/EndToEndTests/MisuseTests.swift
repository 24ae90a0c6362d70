import Foundation
import TestSupport
import Testing
import TraceFormat

/// What is said about a command line that cannot be carried out: what was expected, what there is, and where to look.
@Suite struct MisuseTests {
  struct Row: Sendable, CustomStringConvertible {
    let arguments: [String]
    let words: [String]
    var description: String { arguments.joined(separator: " ") }

    init(_ arguments: [String], _ words: String...) {
      self.arguments = arguments
      self.words = words
    }
  }

  private static let commands =
    "hint: the commands are demo, proxy, milter, open, show, send, replay, lint, diff, explain, export, doctor, attach, ctl, wireshark-dissector"
  private static let verdicts =
    #"hint: verdicts are accept, reject, tempfail, discard, continue, reply CODE "TEXT""#
  private static let duration = "hint: a number above 0 and its unit: 30s, 5m, 1h, 500ms"
  private static let terms = "hint: mitmilter help filters lists the terms"
  private static let aRule =
    "hint: a rule is such as: on rcpt do reject; mitmilter help instructions lists what can be done"
  private static let prompt =
    "hint: it takes a rule, or what can be typed at the prompt: mitmilter help instructions"
  private static let addresses =
    "hint: addresses look like inet:8891@127.0.0.1, inet:127.0.0.1:8891, inet6:8891@::1, [::1]:8891, "
    + "unix:/path or /path"

  private static func help(_ command: String) -> String {
    "hint: mitmilter \(command) --help lists the options"
  }

  private static func proxy(_ arguments: String...) -> [String] {
    ["proxy", "--headless", "--listen", "127.0.0.1:0", "--milter", "127.0.0.1:9"] + arguments
  }

  private static func milter(_ arguments: String...) -> [String] {
    ["milter", "--headless", "--listen", "127.0.0.1:0"] + arguments
  }

  static let commandRows: [Row] = [
    Row(["bogus"], "error: unknown command 'bogus'", commands),
    Row(
      ["shwo", "--json", "x"], "error: unknown command 'shwo'",
      commands.replacingOccurrences(of: "hint: ", with: "hint: did you mean 'show'? ")),
    Row(
      ["help", "bogus"], "error: unknown command or topic 'bogus'",
      commands
        + "; the topics are asking, attach, chain, ci, desk, diff, doctor, effects, explain, exports, "
        + "faults, filters, findings, fleet, guide, holding, instructions, keys, lint, log-lines, milter, mtas, "
        + "postmaster, protocol, recipes, redaction, replay, security, send, shadow, trace-format, words"
    ),
    Row(
      ["help", "findings", "Z99"], "error: nothing is called 'Z99' there",
      "hint: mitmilter help findings prints all of it"),
    Row(["--bogus"], "error: unknown option '--bogus'", "hint: mitmilter --help lists the options"),
    Row(["proxy"], "error: mitmilter proxy needs --listen <address> and --milter <address>", help("proxy")),
    Row(
      ["proxy", "--listen", "/x", "--headless"], "error: mitmilter proxy needs --milter <address>",
      help("proxy")),
    Row(["milter"], "error: mitmilter milter needs --listen <address>", help("milter")),
    Row(["open"], "error: mitmilter open needs a file", help("open")),
    Row(["show"], "error: mitmilter show needs a file", help("show")),
    Row(["export"], "error: mitmilter export needs a format and a file", help("export")),
    Row(
      ["send", "--milter", "127.0.0.1:9"], "error: mitmilter send needs a mail or --scenario",
      help("send")),
    Row(
      ["send", "--milter", "127.0.0.1:9", "--conformance", "--only", "plian"],
      "error: --only: no fault is called 'plian'",
      "hint: did you mean 'plain'? mitmilter help faults lists them"),
    Row(
      ["send", "x", "--milter", "127.0.0.1:9", "--only", "plain"], "error: --only chooses from the checklist",
      "hint: give --conformance as well"),
    Row(
      ["send", "--milter", "127.0.0.1:9", "--conformance", "--diff"],
      "error: --conformance and --diff do not go together", "hint: run it twice"),
    Row(
      ["send", "a", "b", "--milter", "127.0.0.1:9", "--conformance"],
      "error: --conformance takes one mail, there are 2", "hint: leave them out for a built-in one"),
    Row(
      ["send", "--milter", "127.0.0.1:9", "--conformance", "-w", "-"],
      "error: -w: the checklist is on standard output, so the trace needs a file", "hint: -w faults.mtrace"),
    Row(["export", "json"], "error: mitmilter export needs a file", help("export")),
  ]

  static let optionRows: [Row] = [
    Row(["proxy", "--nonsense"], "error: unknown option '--nonsense'", help("proxy")),
    Row(["proxy", "--nonsense", "--listen", "x"], "error: unknown option '--nonsense'", help("proxy")),
    Row(["show", "-z"], "error: unknown option '-z'", help("show")),
    Row(["open", "--bogus"], "error: unknown option '--bogus'", help("open")),
    Row(["demo", "--nonsense"], "error: unknown option '--nonsense'", help("demo")),
    Row(["export", "--bogus"], "error: unknown option '--bogus'", help("export")),
    Row(
      ["wireshark-dissector", "--bogus"], "error: unknown option '--bogus'", help("wireshark-dissector")),
    Row(
      ["show", "--jsn", "x"], "error: unknown option '--jsn'",
      "hint: did you mean '--json'? mitmilter show --help lists the options"),
    Row(["demo", "x"], "error: unexpected argument 'x'", help("demo")),
    Row(proxy("x", "y"), "error: 2 unexpected arguments: 'x', 'y'", help("proxy")),
    Row(["proxy", "--listen"], "error: --listen: expected an address, nothing follows", help("proxy")),
    Row(
      ["proxy", "--listen", "--milter"], "error: --listen: expected an address, there is '--milter'",
      help("proxy")),
    Row(["show", "-f"], "error: -f: expected an expression, nothing follows", help("show")),
    Row(["show", "--json=1", "x"], "error: --json takes no value, there is '1'", help("show")),
    Row(
      proxy("--grace", "-1"),
      "error: --grace: expected a whole number of seconds up to 65535, there is '-1'", help("proxy")),
    Row(
      proxy("--grace", "it's long"),
      "error: --grace: expected a whole number of seconds up to 65535, there is 'it's long'", help("proxy")),
    Row(
      ["demo", "--count", "70000"], "error: --count: expected a whole number up to 65535, there is '70000'",
      help("demo")),
    Row(
      ["demo", "--speed", "fast"], "error: --speed: expected a number from 0 up, there is 'fast'",
      help("demo")),
    Row(
      proxy("--negotiation", "wide"),
      "error: --negotiation: expected transparent, widen or all, there is 'wide'", help("proxy")),
    Row(
      proxy("--mta", "exim"),
      "error: --mta: expected postfix, sendmail, stalwart, maddy or generic, there is 'exim'",
      help("proxy")),
    Row(
      proxy("--bo\u{1B}[31m\u{7F}\u{9B}gus"), #"error: unknown option '--bo\x1b[31m\x7f\x9bgus'"#,
      help("proxy")),
  ]

  static let valueRows: [Row] = [
    Row(
      ["proxy", "--listen", "x", "--milter", "y"],
      "error: address 'x': expected a port number from 0 to 65535, there is 'x'", addresses),
    Row(
      ["proxy", "--tap", "a=127.0.0.1:1,127.0.0.1:2", "--listen", "127.0.0.1:3"],
      "error: --listen is for one milter, --tap for several: they do not go together",
      "hint: give that one a name, too: --tap NAME=LISTEN,MILTER"),
    Row(
      ["proxy", "--tap", "127.0.0.1:1"],
      "error: --tap: expected NAME=LISTEN,MILTER, there is '127.0.0.1:1'",
      "hint: such as opendkim=inet:8892@127.0.0.1,inet:8891@127.0.0.1"),
    Row(
      ["proxy", "--tap", "1 a=127.0.0.1:1,127.0.0.1:2"], "error: --tap: '1 a' is no name for a tap",
      "hint: a letter, then letters, digits, '-', '_' and '.', 32 at most: tap == opendkim asks for it"),
    Row(
      ["proxy", "--tap", "a=127.0.0.1:1"],
      "error: --tap: expected two addresses with a comma between them behind 'a=', there is '127.0.0.1:1'",
      "hint: such as opendkim=inet:8892@127.0.0.1,inet:8891@127.0.0.1"),
    Row(
      ["proxy", "--tap", "a=127.0.0.1:1,x"],
      "error: --tap: address 'x': expected a port number from 0 to 65535, there is 'x'", addresses),
    Row(
      ["proxy", "--tap", "a=systemd,/b"], "error: --tap: systemd hands over one socket, for --listen alone",
      "hint: give the tap an address of its own"),
    Row(
      ["proxy", "--tap", "a=127.0.0.1:1,/a", "--tap", "a=127.0.0.1:2,/b"],
      "error: two taps have the name 'a'", "hint: a name says which milter it is"),
    Row(
      ["proxy", "--tap", "a=0.0.0.0:1,/a", "--tap", "b=127.0.0.1:1,/b"],
      "error: taps 'a' and 'b' listen on the same address, inet:1@127.0.0.1",
      "hint: an MTA tells them apart by it: give each its own"),
    Row(
      ["proxy", "--tap", "a=127.0.0.1:1,127.0.0.1:2", "--tap", "b=127.0.0.1:2,/b"],
      "error: tap 'a': the milter's address inet:2@127.0.0.1 is where tap 'b' listens: every connection would come back to us",
      "hint: name the address of the milter itself; the MTA asks one after the other, taps do not"),
    Row(
      ["proxy", "--tap", "a=/x,/x"],
      "error: tap 'a': the milter's address unix:/x is the one to listen on: every connection would come back to us",
      "hint: name the address of the milter itself; the MTA asks one after the other, taps do not"),
    Row(
      ["proxy", "--taps", "/nosuch"], "error: cannot open '/nosuch': no such file or folder",
      "hint: check the spelling; folders are not created"),
    Row(
      proxy("--socket-mode", "999"),
      "error: --socket-mode: expected an octal mode from 0 to 777, there is '999'",
      "hint: 660 lets the user and the group of the socket connect"),
    Row(
      proxy("--socket-group", "nobody-of-that-name"),
      "error: --socket-group: there is no group 'nobody-of-that-name'",
      "hint: the MTA's user has to be in it: postfix, or smmsp"),
    Row(
      proxy("--max-connections", "0"), "error: --max-connections: expected a number from 1 up, there is '0'",
      "hint: leave it out for no limit"),
    Row(
      milter("--max-memory", "7M"), "error: --max-memory: expected a size from 8MB up, there is '7M'",
      "hint: a number and its unit: 256M, 1G"),
    Row(
      milter("--idle-timeout", "0s"), "error: --idle-timeout: expected a duration, there is '0s'", duration),
    Row(proxy("--mta-timeout", "5"), "error: --mta-timeout: expected a duration, there is '5'", duration),
    Row(
      proxy("--milter-timeout", "0s"), "error: --milter-timeout: expected a duration, there is '0s'",
      duration),
    Row(
      proxy("--on-timeout", "later"), "error: --on-timeout: expected forward or a verdict, there is 'later'",
      verdicts),
    Row(
      proxy("--on-milter-failure", "add-rcpt"),
      "error: --on-milter-failure: expected pass or a verdict, there is 'add-rcpt'", verdicts),
    Row(
      proxy("--on-timeout", "reply 250 \"x\""),
      "error: --on-timeout: the reply code is 400 to 599, not 250: MTAs take nothing else from a milter",
      "  reply 250 \"x\"", "        ^^^^^^^", verdicts),
    Row(milter("--default", "bogus"), "error: --default: expected a verdict, there is 'bogus'", verdicts),
    Row(milter("--default", "forward"), "error: --default: expected a verdict, there is 'forward'", verdicts),
    Row(
      milter("--hold", "stge"), "error: --hold: unknown term 'stge'", "  stge",
      "  ^^^^ try: stage", terms),
    Row(
      proxy("--hold", "bob"), "error: --hold: unknown term 'bob'", "  bob", "  ^^^ try: \"bob\"", terms),
    Row(
      proxy("-f", "rcpt and stge == mail"), "error: --filter: unknown term 'stge'", "  rcpt and stge == mail",
      "           ^^^^ try: rcpt and stage == mail", terms),
    Row(
      ["open", "-f", "rcpt mail", "x"], "error: --filter: expected 'and', 'or' or the end here",
      "  rcpt mail",
      "       ^^^^ try: rcpt and mail", terms),
    Row(
      ["show", "-f", "rcpt ==", "x"],
      "error: --filter: rcpt is yes or no by itself, there is nothing to compare",
      "  rcpt ==", "  ^^^^ try: rcpt.address == \"bob@example.net\"", terms),
    Row(["show", "-f", " ", "x"], "error: --filter: it is empty", terms),
    Row(
      proxy("-c", "on mail"), "error: --command: expected 'do' here", "  on mail", "         ^", aRule),
    Row(proxy("-c", ""), "error: --command: it is empty", prompt),
    Row(
      proxy("-c", "reject"), "error: --command: expected a rule", "  reject",
      "  ^^^^^^ on EXPRESSION do INSTRUCTION",
      aRule.replacingOccurrences(of: "hint: ", with: "hint: without a screen ")),
    Row(
      ["open", "-c", "fliter mail", "x"],
      "error: --command: unknown instruction 'fliter'; try: filter mail",
      "  fliter mail", "  ^^^^^^", prompt),
    Row(
      ["export", "pdf", "x"], "error: unknown format 'pdf'",
      "hint: the formats are: " + ExportFormat.table.map(\.name).joined(separator: ", ")),
    Row(
      ["show", "/nosuch"], "error: cannot open '/nosuch': no such file or folder",
      "hint: check the spelling; folders are not created"),
    Row(
      ["show", "/usr"], "error: cannot read '/usr': it is a folder",
      "hint: name a trace or a capture; there is none in it"),
    Row(
      ["open", "/usr"], "error: cannot read '/usr': it is a folder",
      "hint: name a trace or a capture; there is none in it"),
    Row(
      ["show", "/dev/null"], "error: cannot read '/dev/null': it is empty",
      "hint: a trace has at least its first line; was it written by 'mitmilter proxy -w'?"),
    Row(
      proxy("-r", "/usr"), "error: cannot read '/usr': it is a folder",
      "hint: name the files in it, as the shell does with /usr/*"),
    Row(
      proxy("-w", "/nosuch/x"), "error: cannot open '/nosuch/x': no such file or folder",
      "hint: check the spelling; folders are not created"),
    Row(
      ["open", "-", "-"], "error: standard input can be read once only", "hint: - is there more than once"),
  ]

  @Test(arguments: commandRows + optionRows + valueRows) func isToldWithAHint(_ row: Row) throws {
    let outcome = try BuiltProgram.run(row.arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    let expected = row.words.map { $0.hasPrefix(" ") ? $0 : "mitmilter: " + $0 }
    #expect(outcome.messages == expected.joined(separator: "\n") + "\n")
  }

  @Test func aMistakeInAFileOfRulesIsShownWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("rules")
    try folder.write(Array("on mail do reject\n\non rcptt do reject\n".utf8), to: "rules")
    let outcome = try BuiltProgram.run(Self.proxy("-r", path))
    #expect(outcome.status == 2)
    #expect(
      outcome.messages == """
        mitmilter: error: \(path):3:4: unknown term 'rcptt'
          on rcptt do reject
             ^^^^^ try: on rcpt do reject
        mitmilter: \(Self.aRule)

        """)
  }
}
