import Dialogue
import MilterProtocol
import TestSupport
import Testing

/// Recorded connections as text files of our own: they hold where no captures stand beside the project.
@Suite struct RecordedLegTests {
  static let rows: [(file: String, messages: Int, KnownMTA?, ids: [String])] = [
    ("postfix-8bitmime", 1, .postfix, []),
    ("postfix-data-reject", 1, .postfix, []),
    ("postfix-do-everything", 1, .postfix, []),
    ("postfix-helo-accept", 0, .postfix, []),
    ("postfix-ipv6", 1, .postfix, []),
    ("postfix-mail-crash", 1, .postfix, ["R03", "W05"]),
    ("sendmail-ipv6", 1, .sendmail, []),
    ("sendmail-multi-msg", 4, .sendmail, []),
    ("sendmail-no-replies-plain", 1, .sendmail, []),
    ("sendmail-rset", 3, .sendmail, []),
    ("sendmail-unknown-command", 1, .sendmail, []),
  ]

  @Test func everyRecordedLegHasItsRow() {
    let files = Fixtures.names(in: "captures", ending: ".packets")
    #expect(files == Self.rows.map { $0.file + ".packets" })
  }

  @Test(arguments: rows)
  func aRecordedLegIsFollowedToItsEnd(_ file: String, messages: Int, mta: KnownMTA?, ids: [String]) {
    var follower = Follower()
    var findings: [Finding] = []
    var places: [Placement] = []
    for (index, row) in tableRows(Fixtures.text("captures/\(file).packets"), columns: 3).enumerated() {
      let now = Moment(microseconds: Int64((Double(row[0]) ?? 0) * 1_000_000))
      let leg = PacketFixture.leg(row[1])
      guard row[2] != "close" else {
        follower.closed(leg, at: now, findings: &findings)
        continue
      }
      let packet = PacketFixture(row[2], leg, row[2]).packet
      #expect(Packet(encoding: PacketValue(decoding: packet), from: leg) == packet)
      let place = follower.received(packet, number: index + 1, at: now, findings: &findings)
      #expect(leg == .mta || place.answers != nil)
      places.append(place)
    }
    #expect(findings.ids(from: .warning).sorted() == ids)
    #expect(places.map(\.message).max() == messages)
    #expect(follower.dialogue.mta == mta)
  }
}
