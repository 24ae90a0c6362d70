import Foundation
import MilterProtocol
import TraceModel

/// A capture as records of a run that forwarded everything as it came, and the mails that the MTA delivered then.
package struct DeliveredCapture {
  package let mta: String
  package let records: [Record]
  package let delivered: [Mail]

  /// A mail as it was handed to the next hop, or as it lay in the hold queue.
  package struct Mail {
    package let sender: String?
    package let recipients: [String]
    package let headers: [String]
    package let body: String?
    package let isHeld: Bool
  }

  /// Names of the captures that are there; empty without the folder beside the project.
  package static func names(containing part: String) -> [String] {
    guard let folder = Fixtures.shared("corpus") else { return [] }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let suffix = ".expect.json"
    return files.filter { $0.contains(part) && $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }.sorted()
  }

  package init(_ name: String) throws {
    guard let folder = Fixtures.shared("corpus") else { preconditionFailure("no captures") }
    let plain = folder.appendingPathComponent(name + ".jsonl")
    let isPlain = FileManager.default.fileExists(atPath: plain.path)
    let capture = try Capture(contentsOf: isPlain ? plain : plain.appendingPathExtension("gz"))
    let data = try Data(contentsOf: folder.appendingPathComponent(name + ".expect.json"))
    let expectation = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    mta = capture.head["mta"] ?? ""
    records = Self.records(capture)
    delivered =
      Self.mails(expectation["delivered"], isHeld: false) + Self.mails(expectation["held"], isHeld: true)
  }

  private static func mails(_ list: Any?, isHeld: Bool) -> [Mail] {
    (list as? [[String: Any]] ?? []).map { mail in
      Mail(
        sender: mail["mail"] as? String, recipients: mail["rcpt"] as? [String] ?? [],
        headers: mail["headers"] as? [String] ?? [], body: mail["body"] as? String, isHeld: isHeld)
    }
  }

  private static func records(_ capture: Capture) -> [Record] {
    var records: [Record] = []
    var streams: [String: PacketStream] = [:]
    var number = 0
    for (time, connection, event) in capture.events {
      switch event {
      case .opened(.mta):
        let opened = Opened(peer: "unix:", local: "unix:", milter: "unix:")
        records.append(Record(time: time, connection: connection, event: .opened(opened)))
      case .data(let leg, let bytes):
        for packet in streams["\(connection)\(leg.name)", default: PacketStream(from: leg)].append(bytes) {
          number += 1
          let received = Received(number: number, packet: packet, forwarded: true)
          records.append(Record(time: time, connection: connection, event: .received(received)))
        }
      case .closed(let leg, _):
        let closed = Closed(leg: leg, how: .peer)
        records.append(Record(time: time, connection: connection, event: .closed(closed)))
      case .opened(.milter), .stopped: break
      }
    }
    return records
  }
}
