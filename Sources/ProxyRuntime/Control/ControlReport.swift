import CLinux
import Glibc
import MilterProtocol
import Sending
import TraceFormat

/// How a run stands, as other programs read it.
struct ControlReport {
  private let status: Engine.Status
  private let program: String
  private let startedAt: Int64
  private let operators: Int
  private let trace: ControlServer.Trace

  init(
    _ status: Engine.Status, program: String, startedAt: Int64, operators: Int, trace: ControlServer.Trace
  ) {
    self.status = status
    self.program = program
    self.startedAt = startedAt
    self.operators = operators
    self.trace = trace
  }

  /// One object on one line.
  var json: String {
    var bytes: [UInt8] = []
    bytes.append(key: "{\"program\":", program)
    bytes.append(key: ",\"pid\":", Int(getpid()))
    bytes.append(key: ",\"upSeconds\":", Int(status.time.microseconds / 1_000_000))
    bytes.append(key: ",\"connections\":", status.connections)
    bytes.append(key: ",\"accepted\":", status.accepted)
    bytes.append(key: ",\"packets\":", status.packets)
    bytes.append(key: ",\"operators\":", operators)
    bytes.append(key: ",\"keptBytes\":", status.keptBytes)
    bytes.append(key: ",\"trace\":", name)
    bytes.append(key: ",\"traceBytes\":", traceBytes)
    if !status.taps.isEmpty { appendTaps(to: &bytes) }
    bytes.append(ascii: ",\"held\":[")
    for (place, held) in status.held.enumerated() {
      if place > 0 { bytes.append(ascii: ",") }
      bytes.append(key: "{\"conn\":", held.connection)
      bytes.append(key: ",\"tap\":", held.tap)
      bytes.append(key: ",\"packet\":", held.packet)
      bytes.append(key: ",\"seconds\":", Int((status.time - held.since).microseconds / 1_000_000))
      bytes.append(ascii: "}")
    }
    bytes.append(
      ascii: status.isArmed ? "],\"rulesAct\":true,\"rules\":[" : "],\"rulesAct\":false,\"rules\":[")
    for (place, rule) in status.rules.enumerated() {
      if place > 0 { bytes.append(ascii: ",") }
      bytes.append(key: "", rule)
    }
    bytes.append(ascii: "],\"findings\":{")
    for (place, finding) in findings.enumerated() {
      if place > 0 { bytes.append(ascii: ",") }
      bytes.append(key: "", finding.id)
      bytes.append(key: ":", finding.count)
    }
    bytes.append(ascii: "}")
    appendShadows(to: &bytes)
    bytes.append(ascii: "}")
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Nothing where there are none.
  private func appendShadows(to bytes: inout [UInt8]) {
    for (place, shadow) in status.shadows.enumerated() {
      bytes.append(key: place == 0 ? ",\"shadows\":[{\"address\":" : ",{\"address\":", shadow.address)
      bytes.append(key: ",\"conversations\":", shadow.tally.conversations)
      bytes.append(key: ",\"alike\":", shadow.tally.mails.alike)
      bytes.append(key: ",\"different\":", shadow.tally.mails.different)
      bytes.append(key: ",\"unfinished\":", shadow.tally.mails.open)
      bytes.append(key: ",\"givenUp\":", shadow.tally.givenUp)
      bytes.append(ascii: "}")
    }
    if !status.shadows.isEmpty { bytes.append(ascii: "]") }
  }

  private func appendTaps(to bytes: inout [UInt8]) {
    bytes.append(ascii: ",\"taps\":")
    bytes.append(list: status.taps) { bytes, one in
      bytes.append(key: "{\"name\":", one.tap.name)
      bytes.append(key: ",\"listen\":", one.tap.listen)
      bytes.append(key: ",\"milter\":", one.tap.milter)
      bytes.append(key: ",\"connections\":", one.connections)
      bytes.append(key: ",\"accepted\":", one.accepted)
      bytes.append(ascii: "}")
    }
  }

  /// In the text format of Prometheus.
  var prometheus: [String] {
    let gauges: [(String, String, Int)] = [
      ("connections", "Open connections from MTAs.", status.connections),
      ("held_packets", "Packets that wait for an operator or for time.", status.held.count),
      ("operators", "Screens that are attached.", operators),
      ("rules", "Rules in force.", status.isArmed ? status.rules.count : 0),
      ("kept_bytes", "Bytes of peers that are kept in memory.", status.keptBytes),
      ("trace_bytes", "Size of the trace.", traceBytes ?? 0),
      ("up_seconds", "Seconds since the start.", Int(status.time.microseconds / 1_000_000)),
    ]
    let counters: [(String, String, Int)] = [
      ("connections_total", "Connections from MTAs since the start.", status.accepted),
      ("packets_total", "Packets since the start, both directions.", status.packets),
    ]
    let plain = gauges.map { ($0, "gauge") } + counters.map { ($0, "counter") }
    let lines = plain.flatMap { entry, kind in
      Self.head(entry.0, entry.1, kind) + ["mitmilter_\(entry.0) \(entry.2)"]
    }
    return lines + taps
      + Self.head("findings_total", "Findings since the start, by id (mitmilter lint).", "counter")
      + findings.map { "mitmilter_findings_total{id=\"\($0.id)\"} \($0.count)" } + ofShadows
  }

  private var ofShadows: [String] {
    if status.shadows.isEmpty { return [] }
    var mails = Self.head("shadow_mails_total", "Mails that a shadow got, by how it answered.", "counter")
    var ends = Self.head(
      "shadow_given_up_total", "Conversations with a shadow that were given up.", "counter")
    for (address, tally) in status.shadows {
      let name = address.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
      let results = [
        ("alike", tally.mails.alike), ("different", tally.mails.different), ("unfinished", tally.mails.open),
      ]
      mails += results.map { "mitmilter_shadow_mails_total{shadow=\"\(name)\",result=\"\($0.0)\"} \($0.1)" }
      ends.append("mitmilter_shadow_given_up_total{shadow=\"\(name)\"} \(tally.givenUp)")
    }
    return mails + ends
  }

  private var taps: [String] {
    guard !status.taps.isEmpty else { return [] }
    return Self.head("tap_connections", "Open connections from MTAs, by tap.", "gauge")
      + status.taps.map { "mitmilter_tap_connections{tap=\"\($0.tap.name)\"} \($0.connections)" }
      + Self.head("tap_connections_total", "Connections from MTAs since the start, by tap.", "counter")
      + status.taps.map { "mitmilter_tap_connections_total{tap=\"\($0.tap.name)\"} \($0.accepted)" }
  }

  private static func head(_ name: String, _ help: String, _ kind: String) -> [String] {
    ["# HELP mitmilter_\(name) \(help)", "# TYPE mitmilter_\(name) \(kind)"]
  }

  /// Each id once, in alphabetical order.
  private var findings: [(id: String, count: Int)] {
    var counts: [String: Int] = [:]
    for group in status.findings.groups {
      counts[group.rule.id, default: 0] += group.count
      for (rule, count) in group.consequences { counts[rule.id, default: 0] += count }
    }
    return counts.sorted { $0.key < $1.key }.map { (id: $0.key, count: $0.value) }
  }

  private var name: String? { if case .named(let path) = trace { path } else { nil } }

  private var traceBytes: Int? {
    var entry = stat()
    let found =
      switch trace {
      case .named(let path): stat(path, &entry)
      case .unnamed(let descriptor): fstat(descriptor, &entry)
      }
    return found == 0 ? Int(entry.st_size) : nil
  }
}
