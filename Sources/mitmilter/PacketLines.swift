import Glibc
import TraceFormat
import TraceModel

/// Prints entries of a listing as they come, as text or JSON: for `show`, and live for a proxy without a screen.
struct PacketLines {
  private let output: Output
  private var text: ListingText?
  private let json: PacketJSON?
  /// nil prints everything.
  var selection: PacketSelection?
  /// Entries printed so far.
  private(set) var count = 0

  init(_ output: Output, text: ListingText) {
    self.output = output
    self.text = text
    json = nil
  }

  /// Packets and findings: other remarks have no line of JSON.
  init(_ output: Output, json: PacketJSON) {
    self.output = output
    self.json = json
  }

  mutating func print(_ entries: [Listing.Entry]) {
    for entry in entries where selection?.takes(entry) ?? true {
      count += 1
      if let json {
        output.append { Self.append(entry, json, to: &$0) }
      } else if let words = text?.text(entry) {
        output.write(words)
      }
    }
  }

  private static func append(_ entry: Listing.Entry, _ json: PacketJSON, to bytes: inout [UInt8]) {
    switch entry {
    case .packet(let packet): json.append(packet, to: &bytes)
    case .remark(let record):
      guard case .found(let finding) = record.event else { break }
      json.append(finding, of: record.connection, at: record.time, to: &bytes)
    }
  }
}
