import MilterProtocol
import Testing

/// The table of MTAs that were read and not measured.
@Suite struct MTAProfileTests {
  private static let read: [KnownMTA] = [.stalwart, .maddy, .generic]
  private static let verdicts = ReplyKind.allCases.filter { $0.role == .verdict }

  @Test func whatWasMeasuredNeedsNoRow() {
    #expect(KnownMTA.measured == [.postfix, .sendmail])
    for mta in KnownMTA.allCases { #expect((mta.profile == nil) == KnownMTA.measured.contains(mta)) }
  }

  @Test(arguments: read) func everyVerdictHasARow(_ mta: KnownMTA) throws {
    let profile = try #require(mta.profile)
    for stage in Stage.allCases where stage != .negotiation {
      for kind in Self.verdicts {
        let row = try #require(profile.verdict(kind, at: stage), "\(kind) at \(stage)")
        #expect(!row.words.hasSuffix(".") && !(row.danger ?? "").hasSuffix("."))
      }
    }
    #expect(profile.verdict(.progress, at: .body) == nil)
  }

  @Test(arguments: read) func whereItComesFromAndWhatIsNotKnownIsSaid(_ mta: KnownMTA) throws {
    let profile = try #require(mta.profile)
    #expect(profile.source.contains("not measured"))
    #expect(profile.unknown.count > 1)
    #expect(!mta.failureSetting.isEmpty)
  }

  @Test func whoeverKeepsMailBackSaysHowItIsReleased() {
    #expect(KnownMTA.postfix.releaseCommand("1A") == "postsuper -H 1A")
    #expect(KnownMTA.sendmail.releaseCommand("1A") == "sendmail -qQ -qI1A -Q")
    for mta in Self.read { #expect(mta.releaseCommand("1A") == nil) }
    #expect(!KnownMTA.stalwart.keepsQuarantined && KnownMTA.maddy.keepsQuarantined)
  }

  @Test func everyChoiceButAutoIsAnMTA() {
    for choice in MTAChoice.allCases { #expect((choice.mta == nil) == (choice == .auto)) }
    for mta in KnownMTA.allCases { #expect(MTAChoice(mta).mta == mta) }
  }

  @Test func macrosAreThoseThatTheSourceSends() {
    #expect(KnownMacro.named("client_ptr".utf8)?.isHad(by: .stalwart) == true)
    #expect(KnownMacro.named("i".utf8)?.isHad(by: .stalwart) == false)
    #expect(KnownMacro.named("i".utf8)?.isHad(by: .maddy) == true)
  }

  @Test(arguments: [
    ("From: a\r\n\r\nBody\r\n", "Body\r\n"), ("FROM: a\n\nBody", "Body"), ("\r\nBody", "\r\nBody"),
    ("From: a\r\n", ""), ("", ""), ("A: 1\r\nB: 2\r\n\r\n\r\nx", "\r\nx"), ("Hello\r\n", "Hello\r\n"),
    ("From a friend\n\nBody", "From a friend\n\nBody"), ("Other: a\n\nBody", "Other: a\n\nBody"),
  ])
  func headersInFrontOfABodyAreLeftOutHoweverItIsCut(_ body: String, _ rest: String) {
    let bytes = Array(body.utf8)
    let names: [ArraySlice<UInt8>] = ["From", "A"].map { Array($0.utf8)[...] }
    // A first piece that is shorter than the name shows nothing.
    for cut in [0] + (min(6, bytes.count)...bytes.count) {
      var repeated = RepeatedHeaders()
      let kept =
        repeated.rest(of: bytes[..<cut], ofMailWith: names)
        + repeated.rest(of: bytes[cut...], ofMailWith: names)
      #expect(String(decoding: kept, as: UTF8.self) == rest, "cut at \(cut)")
    }
  }
}
