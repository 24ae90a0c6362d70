import Dialogue
import MilterProtocol
import TestSupport
import Testing

/// The macros that a milter may look up at a moment, by libmilter's rules.
@Suite struct MacrosInForceTests {
  @Test func aNewerStageShadowsAnOlderOne() {
    let scope = scope(
      MTA.macro("C", ["i": "first", "j": "mx"]), MTA.connect(), MTA.macro("M", ["{i}": "second"]), MTA.mail())
    #expect(value("i", in: scope) == "second")
    #expect(value("{j}", in: scope) == "mx")
    #expect(scope.values("i".utf8).map { text($0.value.bytes) } == ["second", "first"])
    #expect(scope.value("i".utf8)?.packet == 3)
  }

  @Test func aNewSetReplacesTheOldOneOfItsStage() {
    let scope = scope(MTA.macro("R", ["{rcpt_addr}": "a", "x": "1"]), MTA.rcpt(), MTA.macro("R", ["x": "2"]))
    #expect(value("{rcpt_addr}", in: scope) == nil)
    #expect(value("x", in: scope) == "2")
  }

  static let clearing: [(String, Packet, kept: String)] = [
    ("CONNECT", MTA.connect(), "C"), ("HELO", MTA.helo(), "CH"), ("MAIL", MTA.mail(), "CHM"),
    ("RCPT", MTA.rcpt(), "CHMR"), ("DATA", MTA.data, "CHMRTNE"), ("EOH", MTA.eoh, "CHMRTNE"),
    ("ABORT", MTA.abort, "CHMRTNE"), ("OPTNEG", MTA.optNeg(), ""), ("QUIT", MTA.quit, ""),
    ("QUIT_NC", MTA.quitNC, ""),
  ]

  @Test(arguments: clearing) func aCommandClearsWhatIsLater(_ title: String, packet: Packet, kept: String) {
    let full = "CHMRTNE".unicodeScalars.map { MTA.macro($0, ["{at_\(String($0))}": "1"]) }
    let scope = scope(full + [packet])
    let left = "CHMRTNE".filter { value("at_\($0)", in: scope) != nil }
    #expect(left == kept)
  }

  /// libmilter drops most of them; what was sent is shown.
  @Test func macrosOfHeaderBodyAndUnknownAreKeptWithoutAPlace() {
    for letter: Unicode.Scalar in ["U", "Z"] {
      let scope = scope(MTA.macro(letter, ["i": "1"]))
      #expect(scope.all.map(\.letter) == [UInt8(ascii: letter)])
      #expect(scope.announced.isEmpty)
    }
  }

  private func scope(_ packets: Packet...) -> MacrosInForce { scope(packets) }

  private func scope(_ packets: [Packet]) -> MacrosInForce {
    var dialogue = Dialogue()
    for (number, packet) in packets.enumerated() {
      dialogue.travelled(packet, Dissection(packet).shape, number: number + 1, .through, at: .zero)
    }
    return dialogue.macros
  }

  private func value(_ name: String, in scope: MacrosInForce) -> String? {
    scope.bytes(of: bytes(name)).map { text(Array($0)) }
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
