import Delivery
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// What each milter did to a mail, and what the next ones were shown of it.
@Suite struct ChainStoryTests {
  private static func story(_ play: Recording) -> ChainStory {
    let source = MemoryRecords(play.records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    return ChainStory(index.chain(ofMessage: 0), in: index, from: source, under: .postfix)
  }

  private static func told(_ story: ChainStory) -> [String] {
    let names = story.passages.map { String(decoding: $0.tap, as: UTF8.self) }
    return story.passages.enumerated().flatMap { place, passage in
      passage.deeds.map { deed in
        let seen = deed.seen(by: names[(place + 1)...]).map { " (\($0))" } ?? ""
        return "\(names[place]) \(deed.words.text)\(seen)"
      }
    }
  }

  @Test func tellsWhoDidWhatAndWhoSawIt() {
    var play = Recording()
    for (connection, tap) in [(1, "sign"), (2, "change"), (3, "judge")] {
      play.connection = connection
      play.tap = tap
      play.greet()
    }
    play.connection = 1
    play.mail(headers: [("From", "a@example.org"), ("Subject", "test")])
    play.milter(Milter.addHeader("X-Signed", "yes"), Milter.accept)
    play.connection = 2
    play.mail(headers: [("From", "a@example.org"), ("Subject", "test"), ("X-Signed", "yes")])
    play.milter(
      Milter.chgHeader(1, "Subject", "changed"), Milter.replBody("new\r\n"),
      Milter.addRcpt("<eve@example.net>"),
      Milter.quarantine("odd"), Milter.accept)
    play.connection = 3
    play.mail(headers: [("From", "a@example.org"), ("Subject", "changed")], body: ["new\r\n"])
    play.milter(Milter.reject)
    let story = Self.story(play)
    #expect(story.passages.map(\.outcome) == [.accepted, .quarantined, .rejected])
    #expect(
      Self.told(story) == [
        "sign adds 'X-Signed: yes' (seen by change; not seen by judge)",
        "change changes 'Subject: test' to 'Subject: changed' (seen by judge)",
        "change replaces the body (seen by judge)",
        "change adds the recipient '<eve@example.net>' (not seen by judge)",
        "change quarantines it: 'odd'",
      ])
  }
}
