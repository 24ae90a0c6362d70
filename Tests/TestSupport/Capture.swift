import Foundation
import MilterProtocol

/// A capture of real traffic: a JSON line an event, as the folder of captures beside the project has them.
package struct Capture: Sendable, CustomStringConvertible {
  package enum Event: Sendable {
    case opened(Leg)
    case data(Leg, [UInt8])
    /// `error` where it was no orderly close.
    case closed(Leg, error: String?)
    /// The recording ended.
    case stopped
  }

  package let name: String
  package let head: [String: String]
  package let events: [(time: Moment, connection: Int, event: Event)]

  package var description: String { name }

  /// - Parameter url: `NAME.jsonl` or `NAME.jsonl.gz`.
  package init(contentsOf url: URL) throws {
    let data = url.pathExtension == "gz" ? try gunzip(url) : try Data(contentsOf: url)
    let lines = try data.split(separator: 0x0A).map { line in
      try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] ?? [:]
    }
    name = url.lastPathComponent.replacingOccurrences(of: ".gz", with: "")
      .replacingOccurrences(of: ".jsonl", with: "")
    head = (lines.first ?? [:]).compactMapValues { $0 as? String }
    events = lines.dropFirst().compactMap { line in
      guard let time = line["t"] as? Double, let connection = line["conn"] as? Int,
        let event = Self.event(line)
      else { return nil }
      return (Moment(microseconds: Int64(time * 1_000_000)), connection, event)
    }
  }

  private static func event(_ line: [String: Any]) -> Event? {
    let leg = Leg.allCases.first { $0.name == line["dir"] as? String }
    switch (line["event"] as? String, leg) {
    case ("open", let leg?): return .opened(leg)
    case ("close", let leg?): return .closed(leg, error: line["error"] as? String)
    case ("close", nil): return .stopped
    case ("data", let leg?):
      guard let data = (line["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else { return nil }
      return .data(leg, Array(data))
    default: return nil
    }
  }
}

private func gunzip(_ url: URL) throws -> Data {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["gzip", "-dc", url.path]
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return data
}

/// Cuts what arrives on one side of a connection into packets, chunk by chunk.
package struct PacketStream {
  private var buffer: [UInt8] = []
  private let sender: Leg

  package init(from sender: Leg) { self.sender = sender }

  /// Bytes of a packet that is not whole yet.
  package var unfinished: Int { buffer.count }

  package mutating func append(_ bytes: [UInt8]) -> [Packet] {
    buffer += bytes
    var packets: [Packet] = []
    var start = 0
    while case .complete(let count) = Framing.next(in: buffer.span, at: start, ceiling: .max) {
      packets.append(Packet(frame: Array(buffer[start..<start + count]), from: sender))
      start += count
    }
    buffer.removeFirst(start)
    return packets
  }
}
