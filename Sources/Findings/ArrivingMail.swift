import MilterProtocol

/// What is odd about a mail as the MTA gives it, told from its packets together.
///
/// It keeps a few of the headers, to know them again at the beginning of the body.
struct ArrivingMail: Sendable {
  private var headerCount = 0
  private var fromCount = 0
  private var first: [Packet] = []
  private var asksForUTF8 = false
  private var part = Part.envelope
  private(set) var lines = BodyLines()

  private enum Part { case envelope, headers, body }
  private static let keptHeaders = 4

  /// Remarks on the packet; nothing but commands of the MTA is looked at.
  ///
  /// - Parameter endsHeaders: whether the end of message ends the headers, too: EOH is switched off, and there may be no body.
  mutating func take(
    _ packet: Packet, _ dissection: Dissection, number: Int, endsHeaders: Bool = false
  ) -> [(rule: FindingRule, text: Sentence)] {
    guard packet.sender == .mta else { return [] }
    switch dissection.shape {
    case .mail(_, let arguments):
      self = ArrivingMail()
      asksForUTF8 = StringList(arguments, of: packet).contains {
        packet.bytes[$0].elementsEqual("SMTPUTF8".utf8)
      }
    case .rcpt(let address, _):
      guard !asksForUTF8, packet.bytes[address].contains(where: { $0 >= 0x80 }) else { return [] }
      return [(.addressNotASCII, "'\(wire: packet.bytes[address])'")]
    case .header(let name, _):
      if part == .envelope { part = .headers }
      headerCount += 1
      if packet.bytes[name].count == 4, Self.isFrom(packet.bytes[name]) { fromCount += 1 }
      if first.count < Self.keptHeaders { first.append(packet) }
    case .eoh: return headersAreOver()
    case .bodyEOB: return endsHeaders ? headersAreOver() : []
    case .body(let chunk):
      var remarks = headersAreOver()
      if let text = lines.take(packet.bytes[chunk], number: number) {
        remarks.append((.bodyLineTooLong, text))
      }
      guard part != .body else { return remarks }
      part = .body
      return remarks + beginning(packet.bytes[chunk])
    case .optNeg, .macro, .connect, .helo, .data, .unknown, .abort, .quit, .quitNC, .verdict,
      .replyCode,
      .progress, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody,
      .quarantine, .setSymList, .connFail, .undecoded, .empty:
      break
    }
    return []
  }

  private static func isFrom(_ name: ArraySlice<UInt8>) -> Bool {
    zip(name, "from".utf8).allSatisfy { $0 | 0x20 == $1 }
  }

  /// Once a mail, where headers came at all: they may be switched off.
  private mutating func headersAreOver() -> [(rule: FindingRule, text: Sentence)] {
    guard part == .headers, headerCount > 0 else { return [] }
    defer { headerCount = 0 }
    switch fromCount {
    case 0: return [(.noFrom, "\(counted(headerCount, "header")), none of them From")]
    case 1: return []
    default: return [(.severalFrom, "\(fromCount) headers of that name")]
    }
  }

  /// Two lines that are headers of the mail, word for word, are no chance; of a mail with one header one line.
  private func beginning(_ body: ArraySlice<UInt8>) -> [(rule: FindingRule, text: Sentence)] {
    // Hardly any body begins like that; the others cost no more than this look.
    guard first.contains(where: { beginsAlike(body, $0) }) else { return [] }
    let wanted = min(2, first.count)
    let lines = body.prefix(2048).split(separator: 0x0A, maxSplits: wanted, omittingEmptySubsequences: false)
    guard wanted > 0, lines.count >= wanted, lines.prefix(wanted).allSatisfy(isHeader) else { return [] }
    return [(.headersInBody, "the first line is '\(wire: lines[0].filter { $0 != 0x0D })'")]
  }

  /// Whether it begins with the name of that header and a colon.
  private func beginsAlike(_ body: ArraySlice<UInt8>, _ packet: Packet) -> Bool {
    guard case .header(let name, _) = Dissection(packet).shape, name.count < body.count else { return false }
    return body[body.startIndex + name.count] == UInt8(ascii: ":") && body.starts(with: packet.bytes[name])
  }

  private func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
    first.contains { packet in
      guard case .header(let name, let value) = Dissection(packet).shape else { return false }
      let head = packet.bytes[name] + [UInt8(ascii: ":")]
      let words = packet.bytes[value].prefix { $0 != 0x0A && $0 != 0x0D }.drop { $0 == 0x20 }
      guard line.starts(with: head) else { return false }
      return line.dropFirst(head.count).drop { $0 == 0x20 }.filter { $0 != 0x0D }.elementsEqual(words)
    }
  }
}
