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
