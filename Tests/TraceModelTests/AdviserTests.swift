import MilterProtocol
import Testing
import TraceModel

/// Who is asked, as it is written.
@Suite struct AdviserTests {
  static let places: [(String, Adviser.Place)] = [
    ("/usr/local/bin/decide --strict", .program(["/usr/local/bin/decide", "--strict"])),
    ("  decide   'two words' \"\" a\"b c\"d ", .program(["decide", "two words", "", "ab cd"])),
    ("http://127.0.0.1:8080/ask?x=1", .tcp(host: "127.0.0.1", port: 8080, path: "/ask?x=1")),
    ("http://localhost", .tcp(host: "localhost", port: 80, path: "/")),
    ("http://[::1]:81", .tcp(host: "::1", port: 81, path: "/")),
    ("http+unix:/run/ask.sock", .unix(socket: "/run/ask.sock", path: "/")),
    ("http+unix:///run/ask.sock:/v1/ask", .unix(socket: "/run/ask.sock", path: "/v1/ask")),
  ]

  @Test(arguments: places) func aPlaceIsRead(text: String, place: Adviser.Place) throws {
    #expect(try Adviser(text).place == place)
  }

  static let refused: [(String, String)] = [
    ("", "expected a command"), ("   ", "expected a command"), ("'decide", "a quote is not closed"),
    ("https://127.0.0.1/", "https is not spoken"), ("http://127.0.0.1:0/", "expected http://HOST:PORT/PATH"),
    ("http://127.0.0.1:99999/", "expected http://HOST:PORT/PATH"),
    ("ftp://127.0.0.1/", "'ftp' is not spoken: expected http://HOST:PORT/PATH"),
    ("127.0.0.1:8080", "expected http://HOST:PORT/PATH"),
    ("localhost:8080/ask", "expected http://HOST:PORT/PATH"),
    ("[::1]:8080", "expected http://HOST:PORT/PATH"),
    ("inet:8080@localhost", "expected http://HOST:PORT/PATH"),
    ("unix:/run/ask.sock", "is written http+unix:/SOCKET"),
    ("http:/x", "expected http://HOST:PORT/PATH"),
    ("http://127.0.0.1/a b", "expected http://HOST:PORT/PATH"),
    ("http+unix:run/x", "expected http+unix:/SOCKET"),
    ("http://192.0.2.7/", "192.0.2.7 is another machine"),
    ("http://127.0.0.1.example.org/", "127.0.0.1.example.org is another machine"),
  ]

  @Test(arguments: refused) func whatIsNoPlaceIsRefused(text: String, why: String) {
    let refusal = #expect(throws: Refusal.self) { try Adviser(text) }
    #expect(refusal?.reason.contains(why) == true, "\(refusal?.reason ?? "")")
  }

  @Test func namesAreNotLookedUp() {
    let refusal = #expect(throws: Refusal.self) { try Adviser("http://example.org/", allowsRemote: true) }
    #expect(refusal?.reason.contains("give the address of example.org") == true)
  }

  @Test func anotherMachineIsAskedWhereThatIsMeant() throws {
    #expect(
      try Adviser("http://192.0.2.7/", allowsRemote: true).place
        == .tcp(host: "192.0.2.7", port: 80, path: "/"))
    #expect(throws: Refusal.self) { try Adviser("http://127.0.0.1/", isPersistent: true) }
  }
}
