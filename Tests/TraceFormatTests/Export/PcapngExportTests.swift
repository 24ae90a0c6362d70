import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

@Suite struct PcapngExportTests {
  private func capture(_ records: [Record]) -> [UInt8] {
    var exporter = PcapngExport(ExportInput(MemoryRecords(records, head: ExportedPlay.head)))
    return exporter.all()
  }

  private func read(_ records: [Record]) -> [Record] {
    var capture = CaptureImport()
    return capture.append(self.capture(records)) + capture.finish()
  }

  private func packets(_ records: [Record], connection: Int) -> [Packet] {
    records.filter { $0.connection == connection }.compactMap(\.newPacket)
  }

  @Test func legsThatDifferAreTwoConnections() {
    var play = Recording()
    play.greet()
    let held = play.hold(MTA.mail("<a@b>"))
    play.release(held)
    play.send(held, to: .milter, edited: MTA.mail("<c@d>"))
    play.milter(Milter.continue)
    play.mta(MTA.rcpt())
    play.inject(Milter.reject, to: .mta)
    let read = read(play.records)
    #expect(
      packets(read, connection: 1).suffix(4) == [
        MTA.mail("<a@b>"), Milter.continue, MTA.rcpt(), Milter.reject,
      ])
    #expect(packets(read, connection: 2).suffix(3) == [MTA.mail("<c@d>"), Milter.continue, MTA.rcpt()])
  }

  @Test func aPacketLongerThanASegmentComesBackWhole() {
    var play = Recording()
    play.greet()
    play.mta(MTA.body(String(repeating: "x", count: 200_000)))
    #expect(packets(read(play.records), connection: 1).last?.bytes.count == 200_005)
  }

  @Test(arguments: [
    ("unix:/run/a", "unix:/run/b"), ("inet6:5000@2001:db8::1", "inet:8891@192.0.2.7"),
    ("inet6:5000@::1", "inet6:8891@::ffff:192.0.2.7"), ("inet:1@mail.example", "inet:99999@1.2.3.4"),
  ])
  func anyAddressesWillDo(_ peer: String, _ milter: String) {
    var play = Recording()
    play.append(.opened(Opened(peer: peer, local: "unix:/x", milter: milter)))
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    #expect(packets(read(play.records), connection: 1) == [MTA.optNeg(), Milter.optNeg()])
  }

  @Test func findingsAndNotesAreComments() {
    let text = String(decoding: capture(ExportedPlay.records), as: UTF8.self)
    for words in ["an example", "note: who is <carol>?", "of our own making by operator"] {
      #expect(text.contains(words), "\(words)")
    }
  }

  @Test func aResetStaysOne() {
    var play = Recording()
    play.greet()
    play.append(.closed(Closed(leg: .mta, how: .error("ECONNRESET"))))
    #expect(
      read(play.records).contains {
        $0.event == .closed(Closed(leg: .mta, how: .error("ECONNRESET")))
      })
  }
}
