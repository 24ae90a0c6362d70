import MilterProtocol
import ProxyCore
import TestSupport
import Testing

/// In a milter's place the operator's own hold stops what no rule has decided.
@Suite struct BreakpointTests {
  private static let mail = "opened\nmta OPTNEG\nmta CONNECT\nmta HELO\nmta MAIL\nmta RCPT\nmta DATA\nmta EOH"

  private func acts(_ rules: [String], isMilter: Bool = true) throws -> [Effects.Act] {
    let controls = Beginnings.watched { controls in
      if isMilter { controls.role = ProxySettings.MilterRole(verdict: .accept) }
    }
    let script = (rules.map { "rule \($0)" } + ["mta BODYEOB"]).joined(separator: "\n")
    return try Playbook(controls: controls).acts(
      script, after: isMilter ? Self.mail : Beginnings.upTo("BODY"))
  }

  private static let breakpoint = "on bodyeob named hold do hold"

  @Test(arguments: [
    ["on bodyeob do reject", breakpoint], [breakpoint, "on bodyeob do reject"],
    [breakpoint, "on bodyeob and message.from contains \"alice\" do add-header X-A b; reject"],
  ])
  func aMailThatARuleDecidesDoesNotWait(rules: [String]) throws {
    let acts = try acts(rules)
    #expect(acts.contains(.send(Milter.reject, to: .mta)))
  }

  @Test(arguments: [
    [breakpoint], [breakpoint, "on bodyeob do add-header X-A b"], [breakpoint, "on bodyeob do mark"],
    // Refused, for nothing is left to skip: nobody has decided.
    [breakpoint, "on bodyeob do skip"],
    // Whoever writes a rule that holds wants to see the mail.
    ["on bodyeob do hold", "on bodyeob do reject"],
  ])
  func whatNoRuleDecidesWaits(rules: [String]) throws {
    #expect(try !acts(rules).contains(where: \.sends))
  }

  @Test func beforeAMilterItStopsWhateverItSays() throws {
    #expect(try !acts([Self.breakpoint, "on bodyeob do reject"], isMilter: false).contains(where: \.sends))
  }
}

extension Effects.Act {
  fileprivate var sends: Bool {
    switch self {
    case .send, .forward: true
    default: false
    }
  }
}
