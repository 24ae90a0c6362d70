import Dialogue
import MilterProtocol
import TestSupport
import Testing

/// Over which replies an MTA whose source was read gives its milter up.
@Suite struct GivingUpTests {
  /// `read_nul_terminated` in protocol.rs.
  @Test func stalwartFailsOverAnAddressWithoutItsSecondString() {
    let one = Milter.chgFrom("<x@example.org>")
    #expect(one.isGivenUpOver(by: .stalwart, at: .bodyEOB))
    #expect(!one.isGivenUpOver(by: .postfix, at: .bodyEOB))
    #expect(!Milter.progress.isGivenUpOver(by: .stalwart, at: .body))
    #expect(Milter.progress.isGivenUpOver(by: .stalwart, at: .mail))
  }
}
