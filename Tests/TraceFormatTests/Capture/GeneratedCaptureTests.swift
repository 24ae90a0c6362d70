import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// Every wrapping that a capture comes in, and every way in which one is damaged, around one conversation.
@Suite struct GeneratedCaptureTests {
  static let conversation: [Packet] = [
    MTA.optNeg(), Milter.optNeg(), MTA.connect(), Milter.continue, MTA.helo(), Milter.continue,
    MTA.mail("<a@example.org>"), Milter.continue, MTA.rcpt(), Milter.continue, MTA.header("Subject", "x"),
    Milter.continue, MTA.eoh, Milter.continue, MTA.body(String(repeating: "line\r\n", count: 100)),
    Milter.continue, MTA.bodyEOB, Milter.accept, MTA.quit,
  ]

  private func imported(_ capture: GeneratedCapture) -> [Record] {
    var reader = CaptureImport()
    return reader.append(capture.bytes) + reader.finish()
  }

  private func packets(_ records: [Record]) -> [Packet] { records.compactMap(\.newPacket) }
  private func rules(_ records: [Record]) -> Set<String> {
    Set(
      records.compactMap { $0.finding?.rule.id }.filter { $0.hasPrefix(FindingRule.captureGap.id.prefix(1)) })
  }

  private func check(_ capture: GeneratedCapture, _ what: String) {
    var capture = capture
    capture.handshake()
    for packet in Self.conversation { capture.send(packet) }
    capture.finish()
    let records = imported(capture)
    #expect(packets(records) == Self.conversation, "\(what)")
    #expect(rules(records).isEmpty, "\(what)")
    let opened = records.compactMap { if case .opened(let opened) = $0.event { opened } else { nil } }
    let (one, two) =
      capture.isIPv6
      ? ("inet6:40000@2001:db8::1", "inet6:8891@2001:db8::2")
      : ("inet:40000@192.0.2.1", "inet:8891@192.0.2.2")
    #expect(opened.map(\.peer) == [one], "\(what)")
    #expect(opened.map(\.milter) == [two], "\(what)")
    #expect(
      records.count { if case .closed(let closed) = $0.event { closed.how == .peer } else { false } } == 2,
      "\(what)")
  }

  /// Numbers go by the first frame, whoever speaks first; records never go back in time.
  @Test func connectionsAreNumberedByTheirSYN() {
    var capture = GeneratedCapture()
    let ports: [UInt16] = [40_001, 40_002, 40_003]
    for port in ports {
      capture.mtaPort = port
      capture.handshake()
    }
    for (place, packet) in Self.conversation.enumerated() {
      for port in place == 0 ? ports.reversed() : ports {
        capture.mtaPort = port
        capture.send(packet)
      }
    }
    let records = imported(capture)
    let opened = records.compactMap { if case .opened(let opened) = $0.event { opened } else { nil } }
    #expect(opened.map(\.peer) == ports.map { "inet:\($0)@192.0.2.1" })
    let numbers = records.compactMap { if case .received(let one) = $0.event { one.number } else { nil } }
    #expect(numbers == Array(1...Self.conversation.count * 3))
    #expect(zip(records, records.dropFirst()).allSatisfy { $0.time <= $1.time })
    let first = records.compactMap { $0.newPacket == nil ? nil : $0.connection }.prefix(3)
    #expect(Array(first) == [3, 2, 1])
  }

  /// A connection that says nothing does not keep the others from being told for long.
  @Test func nobodyWaitsForASilentConnection() {
    var capture = GeneratedCapture()
    capture.handshake()
    capture.mtaPort = 40_001
    capture.handshake()
    for packet in Self.conversation { capture.send(packet) }
    capture.wait(microseconds: 3_000_000)
    capture.send(MTA.quit)
    var reader = CaptureImport()
    let records = reader.append(capture.bytes)
    #expect(packets(records) == Self.conversation + [MTA.quit])
    #expect(Set(records.map(\.connection)) == [1])
  }

  @Test(arguments: GeneratedCapture.Link.allCases, [false, true])
  func everyLinkLayer(_ link: GeneratedCapture.Link, _ isIPv6: Bool) {
    guard !(isIPv6 && link == .ipv4Only) else { return }
    check(GeneratedCapture(link: link, isIPv6: isIPv6), "\(link)")
    check(
      GeneratedCapture(link: link, file: .pcapng(bigEndian: false, resolution: nil), isIPv6: isIPv6),
      "\(link) pcapng")
  }

  @Test(arguments: [false, true]) func eitherByteOrder(_ isBig: Bool) {
    for isNano in [false, true] {
      check(GeneratedCapture(file: .pcap(bigEndian: isBig, nanoseconds: isNano)), "pcap")
    }
    for resolution in [nil, 3, 6, 9, 0x80 | 10, 0x80 | 20] as [UInt8?] {
      check(
        GeneratedCapture(file: .pcapng(bigEndian: isBig, resolution: resolution)), "pcapng \(resolution ?? 0)"
      )
    }
  }

  @Test(
    arguments: [
      (GeneratedCapture.File.pcap(bigEndian: true, nanoseconds: true), 1),
      (.pcapng(bigEndian: true, resolution: 9), 1),
      (.pcapng(bigEndian: false, resolution: 3), 1000), (.pcapng(bigEndian: false, resolution: 0x80 | 20), 2),
    ] as [(GeneratedCapture.File, Int64)])
  func timesAreThoseOfTheFile(_ file: GeneratedCapture.File, _ precision: Int64) {
    var capture = GeneratedCapture(file: file)
    capture.handshake()
    for packet in Self.conversation { capture.send(packet) }
    var reader = CaptureImport()
    let records = reader.append(capture.bytes) + reader.finish()
    let start = reader.firstFrameTime ?? 0
    #expect(abs(start - Int64(GeneratedCapture.started) * 1_000_000) <= precision)
    let times = records.filter { $0.newPacket != nil }.map(\.time.microseconds)
    // Three frames of the handshake come first, 1500 µs apart.
    for (place, time) in times.enumerated() { #expect(abs(time - Int64(place + 3) * 1500) <= precision) }
  }

  @Test func aSnapLengthThatCutsFramesIsToldAndTheRestIsRead() {
    var capture = GeneratedCapture()
    capture.snap = 200
    capture.handshake()
    for packet in Self.conversation { capture.send(packet) }
    capture.finish()
    let records = imported(capture)
    #expect(rules(records).contains(FindingRule.captureCutFrames.id))
    #expect(packets(records).prefix(14) == Self.conversation.prefix(14)[...])
    #expect(packets(records).contains(MTA.bodyEOB))
    #expect(packets(records).last == MTA.quit)
  }

  @Test(arguments: Leg.allCases) func aResetIsTheEndOfTheLegThatSentIt(_ leg: Leg) {
    var capture = GeneratedCapture()
    capture.handshake()
    for packet in Self.conversation.prefix(8) { capture.send(packet) }
    capture.reset(from: leg)
    let records = imported(capture)
    #expect(packets(records) == Array(Self.conversation.prefix(8)))
    #expect(records.contains { $0.event == .closed(Closed(leg: leg, how: .error("ECONNRESET"))) })
    #expect(rules(records).contains(FindingRule.captureReset.id))
  }

  @Test func aGapOfWholePacketsIsNamedAndTheRestIsRead() {
    var capture = GeneratedCapture()
    capture.handshake()
    for (place, packet) in Self.conversation.enumerated() {
      if place == 10 { capture.lose(packet.bytes, from: packet.sender) } else { capture.send(packet) }
    }
    capture.finish()
    let records = imported(capture)
    let lost = Self.conversation[10].bytes.count
    #expect(records.contains { $0.finding?.text.hasPrefix("\(lost) bytes from the mta missing") == true })
    #expect(packets(records) == Self.conversation.enumerated().filter { $0.offset != 10 }.map(\.element))
  }

  /// The hole ends inside a packet: what is left of it is passed, and decoding resumes at the next plausible frame.
  @Test func aGapThatEndsWithinAPacketIsPassedOver() {
    var capture = GeneratedCapture()
    capture.handshake()
    for (place, packet) in Self.conversation.enumerated() {
      guard place == 14 else {
        capture.send(packet)
        continue
      }
      capture.lose(Array(packet.bytes.prefix(300)), from: .mta)
      capture.send(Array(packet.bytes.dropFirst(300)), from: .mta)
    }
    capture.finish()
    let records = imported(capture)
    #expect(records.contains { $0.finding?.text.hasPrefix("300 bytes from the mta missing") == true })
    let passed = records.compactMap { if case .passed(let passed) = $0.event { passed } else { nil } }
    #expect(passed.contains { $0.sender == .mta })
    let read = packets(records)
    #expect(read.prefix(14) == Self.conversation.prefix(14)[...])
    #expect(read.suffix(2) == Self.conversation.suffix(2)[...])
  }

  @Test func aConnectionThatWasOpenBeforeIsReadAsFarAsItCanBe() {
    var capture = GeneratedCapture()
    for packet in Self.conversation.dropFirst(6) { capture.send(packet) }
    capture.finish()
    let records = imported(capture)
    #expect(rules(records).contains(FindingRule.captureMidway.id))
    #expect(packets(records) == Array(Self.conversation.dropFirst(6)))
  }
}
