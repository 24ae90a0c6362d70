/// Remarks that need to know the mail: its headers and recipients. For lint and views, not for the path of packets.
///
/// Fold the packets of one leg in order, each with its place (``StageTracker``). It keeps the headers and recipients of
/// one message at a time, and not more than ``limitBytes`` of them.
package struct MessageLint: Sendable {
  /// Beyond this a message is not looked at any further.
  package static let limitBytes = 4 * 1024 * 1024

  private var message = 0
  private var headers: [SeenHeader] = []
  private var recipients: [Recipient] = []
  private var lastDeleted: [String: UInt32] = [:]
  private var keptBytes = 0

  package init() {}

  private struct SeenHeader: Sendable {
    let name: String
    let value: [UInt8]
  }

  private struct Recipient: Sendable {
    let address: [UInt8]
    /// The packet that named it, RCPT or ADDRCPT.
    let number: Int
    var isDeleted = false
  }

  package mutating func received(
    _ packet: Packet, at place: Place, number: Int, findings: inout [Finding]
  ) {
    if place.message != message {
      self = MessageLint()
      message = place.message
    }
    guard message > 0, keptBytes < Self.limitBytes else { return }
    let dissection = Dissection(packet)
    guard dissection.malformation == nil else { return }
    var remarks: [(FindingRule, Sentence)] = []
    take(dissection.shape, of: packet, at: place, number, &remarks)
    for (rule, text) in remarks {
      findings.append(Finding(rule, packet: number, "\(packet.kind.name): \(text)"))
    }
  }

  private mutating func take(
    _ shape: PacketShape, of packet: Packet, at place: Place, _ number: Int,
    _ remarks: inout [(FindingRule, Sentence)]
  ) {
    func bytes(_ range: Range<Int>) -> [UInt8] { Array(packet.bytes[range]) }
    switch shape {
    case .rcpt(let address, _): add(recipient: bytes(address), number)
    case .header(let name, let value):
      keptBytes += packet.bytes.count
      headers.append(SeenHeader(name: Self.folded(packet.bytes[name]), value: bytes(value)))
    case .verdict(.reject), .verdict(.tempfail), .replyCode:
      if place.stage == .rcpt { recipients.removeAll { $0.number == place.answers } }
    case .addRcpt(let address), .addRcptPar(let address, _):
      let address = bytes(address)
      if recipients.contains(where: { !$0.isDeleted && Self.bare($0.address) == Self.bare(address) }) {
        remarks.append((.addRcptDuplicate, "'\(wire: address)' is a recipient already"))
      }
      add(recipient: address, number)
    case .delRcpt(let address): delete(recipient: bytes(address), &remarks)
    case .addHeader(let name, _): remarkOnUnique(packet.bytes[name], &remarks)
    case .chgHeader(let index, let name, let value):
      remarkOnChange(index, packet.bytes[name], packet.bytes[value], &remarks)
    case .verdict(.continue), .verdict(.accept):
      if place.stage == .bodyEOB, !recipients.isEmpty, recipients.allSatisfy(\.isDeleted) {
        remarks.append((.allRcptDeleted, "all \(counted(recipients.count, "recipient"))"))
      }
    default: break
    }
  }

  // MARK: envelope

  private mutating func add(recipient: [UInt8], _ number: Int) {
    keptBytes += recipient.count
    recipients.append(Recipient(address: recipient, number: number))
  }

  private mutating func delete(recipient: [UInt8], _ remarks: inout [(FindingRule, Sentence)]) {
    let bare = Self.bare(recipient)
    var isFound = false
    for index in recipients.indices where Self.bare(recipients[index].address) == bare {
      recipients[index].isDeleted = true
      isFound = true
    }
    if !isFound {
      remarks.append((.delRcptUnknown, "'\(wire: recipient)' is no recipient"))
    }
  }

  /// The address without angle brackets; case counts, as in Postfix.
  private static func bare(_ address: [UInt8]) -> ArraySlice<UInt8> {
    guard address.count >= 2, address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">") else {
      return address[...]
    }
    return address[1..<address.count - 1]
  }

  // MARK: headers

  /// Header names compare without case (RFC 5322).
  private static func folded(_ name: ArraySlice<UInt8>) -> String {
    InertText.string(escaping: name).lowercased()
  }

  /// Fields that a message has at most once (RFC 5322 section 3.6).
  private static let unique: Set<String> = [
    "date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references",
    "subject",
  ]

  private func remarkOnUnique(_ name: ArraySlice<UInt8>, _ remarks: inout [(FindingRule, Sentence)]) {
    let key = Self.folded(name)
    guard Self.unique.contains(key), headers.contains(where: { $0.name == key }) else { return }
    remarks.append((.headerUnique, "the message has '\(wire: name)' already"))
  }

  private mutating func remarkOnChange(
    _ index: UInt32, _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>,
    _ remarks: inout [(FindingRule, Sentence)]
  ) {
    let key = Self.folded(name)
    let same = headers.filter { $0.name == key }
    let shown: Sentence = "'\(wire: name)'"
    // Without a single header seen they are switched off, and nothing can be told.
    if !headers.isEmpty, index > same.count {
      remarks.append((.headerIndexBeyond, "index \(index) of \(shown), the message has \(same.count)"))
    }
    if value.isEmpty {
      if let last = lastDeleted[key], index > last {
        remarks.append((.deletesAscending, "index \(index) of \(shown) after index \(last)"))
      }
      lastDeleted[key] = index
    } else if let old = same.dropFirst(Int(max(index, 1)) - 1).first?.value,
      !old.elementsEqual(value), Self.unspaced(old[...]) == Self.unspaced(value)
    {
      remarks.append((.headerRespaced, "\(shown) differs in blanks alone"))
    }
  }

  private static func unspaced(_ value: ArraySlice<UInt8>) -> [UInt8] {
    value.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
  }
}
