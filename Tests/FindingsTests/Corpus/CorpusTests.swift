import Dialogue
import Foundation
import MilterProtocol
import TestSupport
import Testing

/// The captures of real peers that may stand beside the project.
private enum Corpus {
  static let folder = Fixtures.shared("corpus")

  static let names: [String] = {
    guard let folder, let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      return []
    }
    return files.filter { $0.hasSuffix(".jsonl") || $0.hasSuffix(".jsonl.gz") }.sorted()
  }()
}

/// One capture, followed connection by connection.
private struct CaptureRun {
  struct Connection {
    var streams: [Leg: PacketStream] = [.mta: PacketStream(from: .mta), .milter: PacketStream(from: .milter)]
    var follower = Follower()
    var tokens: [String] = []
    var findings: [Finding] = []
  }

  var connections: [Int: Connection] = [:]
  var packets: [Leg: Int] = [:]
  var bytes: [Leg: Int] = [:]
  var places: [(packet: Packet, place: Placement)] = []
  private var number = 0

  var findings: [Finding] { connections.values.flatMap(\.findings) }

  init(_ capture: Capture) {
    for (time, id, event) in capture.events {
      var connection = connections[id] ?? Connection()
      switch event {
      case .opened: break
      case .stopped: connection.tokens.append("=close")
      case .data(let leg, let chunk): receive(chunk, from: leg, at: time, &connection)
      case .closed(let leg, let error): close(leg, error, at: time, &connection)
      }
      connections[id] = connection
    }
  }

  private mutating func receive(
    _ chunk: [UInt8], from leg: Leg, at time: Moment, _ connection: inout Connection
  ) {
    bytes[leg, default: 0] += chunk.count
    for packet in connection.streams[leg]?.append(chunk) ?? [] {
      number += 1
      packets[leg, default: 0] += 1
      #expect(Packet(encoding: PacketValue(decoding: packet), from: leg) == packet)
      connection.tokens.append(Self.token(packet))
      let place = connection.follower.received(
        packet, number: number, at: time, findings: &connection.findings)
      places.append((packet, place))
    }
  }

  private mutating func close(_ leg: Leg, _ error: String?, at time: Moment, _ connection: inout Connection) {
    let unfinished = connection.streams[leg]?.unfinished ?? 0
    if unfinished > 0 { connection.tokens.append("?\(unfinished)") }
    connection.tokens.append(leg == .mta ? ">close" : "<close")
    connection.follower.closed(leg, unfinished: unfinished, at: time, findings: &connection.findings)
  }

  private static func token(_ packet: Packet) -> String {
    let letter = packet.code.map { String(UnicodeScalar($0)) } ?? "0"
    guard packet.sender == .mta else { return "<" + letter }
    guard packet.kind == .command(.macro), packet.bytes.count > 5 else { return ">" + letter }
    return ">D" + String(UnicodeScalar(packet.bytes[5]))
  }
}

@Suite(.enabled(if: Corpus.folder != nil, "no folder of captures beside the project"))
struct CorpusTests {
  @Test(arguments: Corpus.names) func aCaptureIsReadAsItsRecorderSawIt(_ name: String) throws {
    guard let folder = Corpus.folder else { return }
    let capture = try Capture(contentsOf: folder.appendingPathComponent(name))
    let expected = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent(capture.name + ".expect.json")))
    guard let expected = expected as? [String: Any], let packets = expected["packets"] as? [String: Int],
      let bytes = expected["bytes"] as? [String: Int]
    else {
      Issue.record("the expectations of \(name) do not read")
      return
    }
    let run = CaptureRun(capture)
    for leg in Leg.allCases {
      #expect(run.packets[leg, default: 0] == packets[leg.name, default: 0])
      #expect(run.bytes[leg, default: 0] == bytes[leg.name, default: 0])
    }
    for (id, line) in expected["sequence"] as? [String: String] ?? [:] {
      let tokens = Int(id).flatMap { run.connections[$0]?.tokens } ?? []
      #expect(tokens == Self.expanded(line), "connection \(id)")
    }
    if let counts = expected["distinct_sequences"] as? [String: Int] {
      let lines = Dictionary(grouping: run.connections.values.map(\.tokens)) { $0 }
      for (line, count) in counts { #expect(lines[Self.expanded(line)]?.count == count) }
    }
    if !run.findings.contains(where: { $0.rule == .replyNotWanted || $0.rule == .secondVerdict }) {
      for (packet, place) in run.places where packet.sender == .milter {
        #expect(place.answers != nil && place.took != nil && place.stage != nil)
      }
    }
    let ids = Set(run.findings.ids(from: .warning)).sorted()
    #expect(ids == Self.findings[capture.name, default: []], "\(run.findings.map(\.text))")
  }

  /// Errors and warnings by capture; none in the others.
  private static let findings = Dictionary(
    tableRows(Fixtures.text("corpus.findings"), columns: 3).map {
      ($0[0], $0[1].split(separator: " ").map(String.init))
    }, uniquingKeysWith: { first, _ in first })

  /// `tok*n` stands for n of them.
  private static func expanded(_ line: String) -> [String] {
    line.split(separator: " ").flatMap { word -> [String] in
      let parts = word.split(separator: "*")
      guard parts.count == 2, let count = Int(parts[1]) else { return [String(word)] }
      return Array(repeating: String(parts[0]), count: count)
    }
  }
}
