import MilterProtocol
import Timeline
import TraceModel

/// The header lines of one mail as an MTA keeps them, and what each modification does to them.
protocol HeaderList {
  /// All lines in order, with those that were removed.
  var lines: [EffectiveResult.HeaderLine] { get }
  /// What did not do what one might expect.
  var remarks: [EffectRemark] { get }
  /// Why the message is refused for now, whatever the verdict.
  var failure: String? { get }

  mutating func add(_ header: Header, _ packet: Int)
  mutating func insert(_ header: Header, at index: UInt32, _ packet: Int)
  /// An empty value deletes.
  mutating func change(_ header: Header, index: UInt32, _ packet: Int)
}

extension EffectiveResult.HeaderLine {
  /// The Received that the MTA itself writes.
  static let ownReceived = {
    var line = EffectiveResult.HeaderLine(name: Array("Received".utf8), text: [], change: .kept)
    line.isOwnReceived = true
    return line
  }()

  /// Whether the milter brought it, and not the client.
  var isOfMilter: Bool { packet == nil && !isOwnReceived }

  mutating func replace(_ name: [UInt8], _ text: [UInt8], by packet: Int) {
    if isOfMilter {
      change = .added(by: packet)
    } else {
      before = before ?? .init(name: self.name, text: self.text)
      change = .changed(by: packet)
    }
    self.name = name
    self.text = text
  }
}

/// Whether a header line goes on with that byte.
func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
