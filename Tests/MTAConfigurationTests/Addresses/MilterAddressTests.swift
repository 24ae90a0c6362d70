import MTAConfiguration
import Testing

@Suite struct MilterAddressTests {
  struct Spelling: Sendable, CustomTestStringConvertible {
    let text: String
    let canonical: String
    let postfix: String
    var testDescription: String { text }
    init(_ text: String, _ canonical: String, _ postfix: String) {
      (self.text, self.canonical, self.postfix) = (text, canonical, postfix)
    }
  }

  static let spellings = [
    Spelling("inet:8891@127.0.0.1", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("inet:127.0.0.1:8891", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("inet:8891", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("INET:8891@localhost", "inet:8891@localhost", "inet:localhost:8891"),
    Spelling("inet6:8891@::1", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("inet6:8891@[::1]", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("inet6:[::1]:8891", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("inet:[::1]:8891", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("inet6:8891", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("inet6:8891@mx.example.org", "inet6:8891@mx.example.org", "inet:mx.example.org:8891"),
    Spelling("tcp:127.0.0.1:8891", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("tcp://127.0.0.1:8891", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("tcp://[::1]:8891/", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("127.0.0.1:8891", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("mx.example.org:8891", "inet:8891@mx.example.org", "inet:mx.example.org:8891"),
    Spelling("8891@127.0.0.1", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891"),
    Spelling("[::1]:8891", "inet6:8891@::1", "inet:[::1]:8891"),
    Spelling("unix:/run/a.sock", "unix:/run/a.sock", "unix:/run/a.sock"),
    Spelling("unix:///run/a.sock", "unix:/run/a.sock", "unix:/run/a.sock"),
    Spelling("local:/run/a.sock", "unix:/run/a.sock", "unix:/run/a.sock"),
    Spelling("/run/a@b:1.sock", "unix:/run/a@b:1.sock", "unix:/run/a@b:1.sock"),
    Spelling("unix:private/a", "unix:private/a", "unix:private/a"),
  ]

  @Test(arguments: spellings) func isReadInEverySpellingAndPrintedInOne(_ row: Spelling) throws {
    let address = try MilterAddress(parsing: row.text)
    #expect(address.description == row.canonical)
    #expect(address.postfixForm == row.postfix)
  }

  @Test(arguments: spellings) func isReadBackFromBothFormsThatItPrints(_ row: Spelling) throws {
    let address = try MilterAddress(parsing: row.text)
    #expect(try MilterAddress(parsing: address.description) == address)
    let back = try MilterAddress(parsing: address.postfixForm)
    // Postfix has no inet6: a name may stand for either family there.
    if !row.canonical.hasPrefix("inet6:8891@mx") { #expect(back == address) }
  }

  @Test func tellsTheLinesForBothMTAs() throws {
    let address = try MilterAddress(parsing: "inet6:8891@::1")
    #expect(address.postfixLine == "smtpd_milters = inet:[::1]:8891")
    #expect(address.sendmailLine() == "INPUT_MAIL_FILTER(`mitmilter', `S=inet6:8891@::1')dnl")
  }

  @Test func tellsTheLinesForSeveralMilters() throws {
    let addresses = try ["unix:/run/a", "inet:8891@127.0.0.1"].map { try MilterAddress(parsing: $0) }
    #expect(MilterAddress.postfixLine(addresses) == "smtpd_milters = unix:/run/a, inet:127.0.0.1:8891")
    #expect(
      addresses[0].sendmailLine(named: "opendkim") == "INPUT_MAIL_FILTER(`opendkim', `S=unix:/run/a')dnl")
  }

  /// An address to listen on everywhere is none to connect to.
  @Test(arguments: [
    ("0.0.0.0:8891", "inet:127.0.0.1:8891", "inet:8891@127.0.0.1"),
    ("inet:8891@*", "inet:127.0.0.1:8891", "inet:8891@127.0.0.1"),
    ("inet6:8891@::", "inet:[::1]:8891", "inet6:8891@::1"),
    ("unix:/run/m", "unix:/run/m", "unix:/run/m"),
    ("inet:8891@192.0.2.7", "inet:192.0.2.7:8891", "inet:8891@192.0.2.7"),
  ]) func theLinesForMTAsNameAnAddressToConnectTo(_ listen: String, _ postfix: String, _ sendmail: String)
    throws
  {
    let address = try MilterAddress(parsing: listen)
    #expect(address.postfixLine == "smtpd_milters = \(postfix)")
    #expect(address.sendmailLine() == "INPUT_MAIL_FILTER(`mitmilter', `S=\(sendmail)')dnl")
    #expect(address.isEveryInterface == (address.reachable != address))
  }

  @Test(arguments: [
    ("", "address '': expected a port number from 0 to 65535, there is ''"),
    ("inet:", "address 'inet:': expected a port number from 0 to 65535, there is ''"),
    ("inet:@127.0.0.1", "address 'inet:@127.0.0.1': expected a port number from 0 to 65535, there is ''"),
    ("inet:70000@h", "address 'inet:70000@h': expected a port number from 0 to 65535, there is '70000'"),
    ("inet:+25@h", "address 'inet:+25@h': expected a port number from 0 to 65535, there is '+25'"),
    ("inet:smtp@h", "address 'inet:smtp@h': expected a port number from 0 to 65535, there is 'smtp'"),
    ("inet:8891@", "address 'inet:8891@': expected a host beside the port, there is none"),
    (":8891", "address ':8891': expected a host beside the port, there is none"),
    ("::1:8891", "address '::1:8891': expected brackets around the IPv6 address, as in [::1]:8891"),
    ("[::1]", "address '[::1]': expected ]:PORT after the IPv6 address"),
    ("http://h:1", "address 'http://h:1': expected inet:, inet6:, tcp:, unix: or local:, there is 'http:'"),
    ("unix:", "address 'unix:': expected a path after the colon, there is none"),
  ]) func saysWhatItExpected(_ text: String, _ message: String) {
    let error = #expect(throws: MilterAddress.ParsingError.self) { try MilterAddress(parsing: text) }
    #expect(error?.message == message)
  }

  @Test func takesNoPathThatDoesNotFitASocketAddress() throws {
    let longest = "/" + String(repeating: "x", count: MilterAddress.longestPath - 1)
    #expect(try MilterAddress(parsing: longest) == .unix(path: longest))
    #expect(throws: MilterAddress.ParsingError.self) { try MilterAddress(parsing: longest + "x") }
  }

  @Test(arguments: [
    ("inet:8891@127.0.0.1", "inet:127.0.0.1:8891", true), ("inet:8891@0.0.0.0", "127.0.0.1:8891", true),
    ("inet:8891@localhost", "127.0.0.1:8891", true), ("unix:/run/a", "/run/a", true),
    ("inet:8892@127.0.0.1", "127.0.0.1:8891", false), ("inet:8891@0.0.0.0", "192.0.2.1:8891", false),
    ("unix:/run/a", "unix:/run/b", false),
  ]) func aListenerKnowsItsOwnAddress(_ listen: String, _ milter: String, _ expected: Bool) throws {
    let (listen, milter) = (try MilterAddress(parsing: listen), try MilterAddress(parsing: milter))
    #expect(listen.takesConnections(to: milter) == expected)
  }
}
