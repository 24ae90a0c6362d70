import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// One mail of an MTA that passes several milters, each on a connection of its own.
@Suite struct MailChainsTests {
  /// A connection at a tap, greeted by the client of that port.
  private static func greet(
    _ play: inout Recording, _ connection: Int, _ tap: String, client port: UInt16 = 51234
  ) {
    play.connection = connection
    play.tap = tap
    play.greet(client: port)
  }

  private static func mail(
    _ play: inout Recording, _ connection: Int, id: String, from sender: String = "<alice@example.org>"
  ) {
    play.connection = connection
    play.mail(from: sender, id: id)
    play.milter(Milter.accept)
  }

  /// The chains of a trace, each as its mails' places in the index.
  private static func chains(_ play: Recording) -> [[Int]] {
    var index = TimelineIndex()
    index.catchUp(with: MemoryRecords(play.records))
    return index.messages.indices.filter { index.head(ofMessage: $0) == $0 }.map {
      index.chain(ofMessage: $0)
    }
  }

  @Test func aMailAtTwoTapsIsOne() {
    var play = Recording()
    Self.greet(&play, 1, "opendkim")
    Self.greet(&play, 2, "rspamd")
    Self.mail(&play, 1, id: "4XyZ")
    Self.mail(&play, 2, id: "4XyZ")
    // The next one of the same client, to which a milter of the two says no before there is a queue id.
    play.connection = 1
    play.ask(MTA.macro("M"), MTA.mail("<alice@example.org>"))
    play.connection = 2
    play.mta(MTA.macro("M"), MTA.mail("<alice@example.org>"))
    play.milter(Milter.reject)
    #expect(Self.chains(play) == [[0, 1], [2, 3]])
  }

  @Test func mailsOfTwoClientsAtTheSameTimeAreTwo() {
    var play = Recording()
    for (place, port) in [UInt16(1000), 2000].enumerated() {
      Self.greet(&play, 1 + place, "a", client: port)
      Self.greet(&play, 3 + place, "b", client: port)
    }
    for connection in 1...4 {
      play.connection = connection
      play.ask(MTA.macro("M"), MTA.mail("<alice@example.org>"))
    }
    #expect(Self.chains(play) == [[0, 2], [1, 3]])
  }

  /// Postfix's cleanup shows mails of its own as from 127.0.0.1, port 0.
  @Test func withoutAClientTheQueueIDJoins() {
    var play = Recording()
    for (connection, tap) in [(1, "a"), (2, "b"), (3, "a"), (4, "b")] {
      Self.greet(&play, connection, tap, client: 0)
    }
    Self.mail(&play, 1, id: "first")
    Self.mail(&play, 3, id: "second")
    Self.mail(&play, 4, id: "second")
    Self.mail(&play, 2, id: "first")
    #expect(Self.chains(play) == [[0, 3], [1, 2]])
  }

  @Test func aQueueIDThatComesAgainAfterHoursIsAnotherMail() {
    var play = Recording()
    Self.greet(&play, 1, "a", client: 0)
    Self.mail(&play, 1, id: "4XyZ")
    play.wait(.seconds(3 * 3600))
    Self.greet(&play, 2, "b", client: 0)
    Self.mail(&play, 2, id: "4XyZ")
    #expect(Self.chains(play) == [[0], [1]])
  }

  @Test func aQueueIDThatComesAgainAtTheSameTapIsAnotherMail() {
    var play = Recording()
    for (connection, tap) in [(1, "a"), (2, "a"), (3, "b")] { Self.greet(&play, connection, tap, client: 0) }
    for connection in 1...3 { Self.mail(&play, connection, id: "4XyZ") }
    #expect(Self.chains(play) == [[0], [1, 2]])
  }

  /// What looked like one until the ids came.
  @Test func differentQueueIDsPartWhatTheClientJoined() {
    var play = Recording()
    Self.greet(&play, 1, "a")
    Self.greet(&play, 2, "b")
    Self.mail(&play, 1, id: "first")
    Self.mail(&play, 2, id: "second")
    #expect(Self.chains(play) == [[0], [1]])
  }

  @Test func withoutTapsEachMailIsForItself() {
    var play = Recording()
    play.greet()
    play.mail()
    play.connection = 2
    play.greet()
    play.mail()
    #expect(Self.chains(play) == [[0], [1]])
  }

  @Test func separateTracesAreJoinedByTheirFiles() throws {
    var sources: [MemoryRecords] = []
    for (connection, milter) in [(1, "inet:1@127.0.0.1"), (2, "inet:2@127.0.0.1")] {
      var play = Recording()
      play.wait(.seconds(Int64(connection)))
      play.connection = connection
      play.greet()
      play.mail()
      play.milter(Milter.accept)
      let head = TraceHead(program: "test", startedAt: 0, command: [], listen: "unix:/l", milter: milter)
      sources.append(MemoryRecords(play.records, head: head))
    }
    let names = ["/var/log/opendkim.mtrace", "rspamd.mtrace.2.gz"]
    let merged = MergedRecords(sources, names: names)
    var index = TimelineIndex()
    index.catchUp(with: merged)
    #expect(index.tapNames == ["opendkim", "rspamd"])
    #expect(index.chain(ofMessage: 1) == [0, 1])
    #expect(
      merged.head?.taps.map(\.text) == [
        "opendkim=unix:/l,inet:1@127.0.0.1", "rspamd=unix:/l,inet:2@127.0.0.1",
      ])
    // Several files of one run are no taps.
    sources[1].head?.milter = "inet:1@127.0.0.1"
    #expect(MergedRecords(sources, names: names).head?.taps == [])
  }
}
