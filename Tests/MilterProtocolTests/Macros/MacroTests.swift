import MilterProtocol
import TestSupport
import Testing

@Suite struct KnownMacroTests {
  @Test(arguments: [("i", "i"), ("{i}", "i"), ("{mail_addr}", "mail_addr"), ("mail_addr", "mail_addr")])
  func onePairOfBracesDoesNotMatter(_ written: String, name: String) {
    #expect(KnownMacro.named(bytes(written))?.name == name)
  }

  @Test(arguments: ["", "{", "{}", "{{i}}", "nosuch"]) func whatIsUnknownStaysUnknown(_ name: String) {
    #expect(KnownMacro.named(bytes(name)) == nil)
  }

  @Test(arguments: MacroStage.allCases) func theDefaultListsAndTheTableAgree(_ stage: MacroStage) {
    for (list, provision) in [
      (stage.postfixDefault, \KnownMacro.postfix), (stage.sendmailDefault, \KnownMacro.sendmail),
    ] {
      let stages = KnownMacro.table.filter {
        if case .byDefault(let stages) = $0[keyPath: provision] {
          stages.contains(stage.stage)
        } else {
          false
        }
      }
      #expect(Set(stages.map(\.wireName)) == Set(list))
    }
  }
}

@Suite struct MacroScopeTests {
  @Test func aNewerStageShadowsAnOlderOne() {
    let scope = scope(
      MTA.macro("C", ["i": "first", "j": "mx"]), MTA.connect(), MTA.macro("M", ["{i}": "second"]), MTA.mail())
    #expect(value("i", in: scope) == "second")
    #expect(value("{j}", in: scope) == "mx")
    #expect(scope.inForce.map { $0.older.map { text($0.value) } } == [["first"], []])
    #expect(scope.entry(of: bytes("i"))?.packet == 3)
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

  @Test func macrosOfHeaderBodyAndUnknownAreDropped() {
    for letter: Unicode.Scalar in ["L", "B", "U", "Z"] {
      #expect(scope(MTA.macro(letter, ["i": "1"])).inForce.isEmpty)
    }
  }

  private func scope(_ packets: Packet...) -> MacroScope { scope(packets) }

  private func scope(_ packets: [Packet]) -> MacroScope {
    var scope = MacroScope()
    for (number, packet) in packets.enumerated() { scope.received(packet, number: number + 1) }
    return scope
  }

  private func value(_ name: String, in scope: MacroScope) -> String? {
    scope.value(of: bytes(name)).map(text)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
