import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// Real captures, beside each a JSON file that says what was on the wire (made from octets known otherwise).
@Suite struct CaptureImportTests {
  struct Expected: Decodable {
    struct Connection: Decodable {
      var mta: String
      var milter: String
      var start: String
      var end: [String: String]
      var sequence: String
      var packets: [String: Int]
      var bytes: [String: Int]
      var first_frame_time: String?
      var must_report: [String]?
      var gaps: [Gap]?
    }
    struct Gap: Decodable {
      var dir: String
      var offset: Int
      var bytes: Int
      var boundary_known_after: Bool
    }
    var must_report: [String]
    var connections: [Connection]
  }

  static let captures: [URL] = {
    let own = Fixtures.folder(besides: #filePath).appendingPathComponent("captures")
    let folders = [own] + [Fixtures.shared("pcaps")].compactMap { $0 }
    return folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }
        .map { folder.appendingPathComponent($0) }
    }
  }()

  @Test(arguments: captures) func tellsWhatWasOnTheWire(_ capture: URL) throws {
    let (records, start) = try Self.imported(capture, pieces: 1 << 20)
    let expected = try Self.expected(for: capture)
    let connections = Dictionary(grouping: records.filter { $0.connection > 0 }, by: \.connection)
    #expect(connections.count == expected.connections.count)
    for (index, connection) in expected.connections.enumerated() {
      let mine = connections.values.first { records in
        records.contains {
          $0.peer == Self.canonical(connection.mta) && $0.milter == Self.canonical(connection.milter)
        }
      }
      let found = try #require(mine, "connection \(index + 1) from \(connection.mta)")
      #expect(Self.sequence(found) == connection.sequence)
      for leg in Leg.allCases {
        #expect(Self.packets(found, from: leg) == connection.packets[leg.name])
        #expect(Self.bytes(found, from: leg) == connection.bytes[leg.name])
      }
      if let time = connection.first_frame_time, let seconds = Double(time) {
        let opened = try #require(found.first { $0.peer != nil })
        let wanted = Int64((seconds * 1e6).rounded())
        #expect(abs(start + opened.time.microseconds - wanted) <= 1)
      }
      for gap in connection.gaps ?? [] {
        let text = "\(gap.bytes) bytes from the \(gap.dir) missing at offset \(gap.offset) of its stream"
        #expect(found.contains { $0.finding?.rule == .captureGap && $0.finding?.text == text })
      }
      if connection.start == "mid-stream" { #expect(found.contains { $0.finding?.rule == .captureMidway }) }
    }
    let reports: [String: FindingRule] = [
      "gap": .captureGap, "no-start": .captureMidway, "no-optneg": .captureNoOptNeg,
      "truncated-file": .captureTruncated, "cut-packets": .captureCutFrames, "reset": .captureReset,
      "no-milter-traffic": .captureNoMilter,
    ]
    for (report, rule) in reports {
      #expect(
        records.contains { $0.finding?.rule == rule } == expected.must_report.contains(report), "\(report)")
    }
  }

  @Test(arguments: captures) func givesTheSameRecordsHoweverTheFileArrives(_ capture: URL) throws {
    let whole = try Self.imported(capture, pieces: 1 << 24).records
    #expect(try Self.imported(capture, pieces: 997).records == whole)
  }

  @Test func survivesAFileCutAtEveryByte() throws {
    let folder = Fixtures.folder(besides: #filePath).appendingPathComponent("captures")
    for name in ["no-start.pcap", "postfix-ipv6.pcapng"] {
      let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(name)).prefix(3000))
      for length in bytes.indices {
        var capture = CaptureImport()
        let records = capture.append(bytes[..<length]) + capture.finish()
        #expect(records.allSatisfy { $0.connection >= 0 })
      }
    }
  }

  @Test func survivesAFileWithAnyByteChanged() throws {
    let folder = Fixtures.folder(besides: #filePath).appendingPathComponent("captures")
    var generator = SeededGenerator(seed: 20)
    for name in ["no-start.pcap", "postfix-ipv6.pcapng", "raw-big-endian.pcap"] {
      let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(name)))
      for _ in 0..<200 {
        var damaged = bytes
        for _ in 0..<8 {
          damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
        var capture = CaptureImport()
        let records = capture.append(damaged) + capture.finish()
        #expect(records.allSatisfy { $0.connection >= 0 })
      }
    }
  }

  // MARK: reading the records back

  static func imported(_ capture: URL, pieces: Int) throws -> (records: [Record], start: Int64) {
    let bytes = Array(try Data(contentsOf: capture))
    var records: [Record] = []
    var reader = CaptureImport()
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      records += reader.append(bytes[start..<min(start + pieces, bytes.count)])
    }
    records += reader.finish()
    return (records, reader.firstFrameTime ?? 0)
  }

  static func expected(for capture: URL) throws -> Expected {
    try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: capture.appendingPathExtension("expect.json")))
  }

  /// `127.0.0.1:55982` or `[::1]:55982` in this program's form.
  static func canonical(_ address: String) -> String {
    let parts = address.split(separator: ":", omittingEmptySubsequences: false)
    let host = parts.dropLast().joined(separator: ":")
    let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    return (bare.contains(":") ? "inet6:" : "inet:") + "\(parts[parts.count - 1])@\(bare)"
  }

  /// `>X` from the MTA, `>DX` macros for X, `<x` from the milter, `>close`; the same again in a row as `tok*n`.
  static func sequence(_ records: [Record]) -> String {
    var tokens: [(token: String, count: Int)] = []
    for record in records {
      guard let token = token(record) else { continue }
      if tokens.last?.token == token {
        tokens[tokens.count - 1].count += 1
      } else {
        tokens.append((token, 1))
      }
    }
    return tokens.map { $0.count == 1 ? $0.token : "\($0.token)*\($0.count)" }.joined(separator: " ")
  }

  private static func token(_ record: Record) -> String? {
    switch record.event {
    case .received(let received):
      let packet = received.packet
      let letter = packet.code.map { String(UnicodeScalar($0)) } ?? "?"
      let macro = packet.sender == .mta && letter == "D" && packet.bytes.count > 5
      return (packet.sender == .mta ? ">" : "<") + letter
        + (macro ? String(UnicodeScalar(packet.bytes[5])) : "")
    case .passed(let passed) where passed.reason == .incomplete:
      return (passed.sender == .mta ? ">" : "<") + "?\(passed.bytes.count)"
    case .closed(let closed): return closed.leg == .mta ? ">close" : "<close"
    default: return nil
    }
  }

  private static func packets(_ records: [Record], from leg: Leg) -> Int {
    records.count { if case .received(let r) = $0.event { r.packet.sender == leg } else { false } }
  }

  private static func bytes(_ records: [Record], from leg: Leg) -> Int {
    records.reduce(0) { sum, record in
      switch record.event {
      case .received(let r) where r.packet.sender == leg: sum + r.packet.bytes.count
      case .passed(let p) where p.sender == leg: sum + p.bytes.count
      default: sum
      }
    }
  }
}

extension Record {
  var finding: Finding? { if case .found(let finding) = event { finding } else { nil } }
  fileprivate var peer: String? { if case .opened(let opened) = event { opened.peer } else { nil } }
  fileprivate var milter: String? { if case .opened(let opened) = event { opened.milter } else { nil } }
}
