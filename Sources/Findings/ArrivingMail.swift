import MilterProtocol

/// What is odd about a mail as the MTA gives it, told from its packets together.
///
/// Its packets are read once, when its headers are over.
struct ArrivingMail: Sendable {
  private var asksForUTF8 = false
  private var areHeadersOver = false
  private var isBodyBegun = false
  private(set) var lines = BodyLines()

  private static let comparedHeaders = 4

  init() {}

  /// - Parameter arguments: those of MAIL.
  init(arguments: Range<Int>, _ scene: borrowing Remarks.Scene) {
    let bytes = scene.packet.bytes
    asksForUTF8 = StringList(arguments, of: scene.packet).contains {
      bytes[$0].elementsEqual("SMTPUTF8".utf8)
    }
  }

  mutating func take(
    recipient address: Range<Int>, _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
  ) {
    let bytes = scene.packet.bytes[address]
    guard !asksForUTF8, bytes.contains(where: { $0 >= 0x80 }) else { return }
    scene.remark(.addressNotASCII, "\(scene.name): '\(wire: bytes)'", &findings)
  }

  /// Once a mail, where headers came at all: they may be switched off.
  mutating func headersAreOver(
    _ mail: MailInHand, _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
  ) {
    guard !areHeadersOver, !mail.isCut else { return }
    areHeadersOver = true
    var (count, fromCount) = (0, 0)
    for place in mail.kept.indices {
      guard case .header(let name, _) = mail.kept[place].shape else { continue }
      count += 1
      if name.count == 4, sameHeaderName(mail.kept[place].packet.bytes[name], "from".utf8) { fromCount += 1 }
    }
    guard count > 0 else { return }
    if fromCount == 0 {
      scene.remark(.noFrom, "\(scene.name): \(counted(count, "header")), none of them From", &findings)
    } else if fromCount > 1 {
      scene.remark(.severalFrom, "\(scene.name): \(fromCount) headers of that name", &findings)
    }
  }

  mutating func take(
    body chunk: Range<Int>, _ mail: MailInHand, _ scene: borrowing Remarks.Scene, _ findings: inout [Finding]
  ) {
    let piece = scene.packet.bytes[chunk]
    if let text = lines.take(piece, number: scene.number) {
      scene.remark(.bodyLineTooLong, "\(scene.name): \(text)", &findings)
    }
    if isBodyBegun { return }
    isBodyBegun = true
    guard let line = headerLine(at: piece, mail) else { return }
    scene.remark(.headersInBody, "\(scene.name): the first line is '\(wire: line)'", &findings)
  }

  /// The first line, where the body begins with headers of the mail.
  ///
  /// Two lines that are headers of the mail, word for word, are no chance; of a mail with one header one line.
  private func headerLine(at body: ArraySlice<UInt8>, _ mail: MailInHand) -> [UInt8]? {
    let places = mail.kept.indices.lazy.filter {
      if case .header = mail.kept[$0].shape { true } else { false }
    }.prefix(Self.comparedHeaders)
    // Hardly any body begins like that; the others cost no more than this look.
    guard places.contains(where: { beginsAlike(body, mail.kept[$0]) }) else { return nil }
    let first = places.map { mail.kept[$0] }
    let wanted = min(2, first.count)
    let lines = body.prefix(2048).split(separator: 0x0A, maxSplits: wanted, omittingEmptySubsequences: false)
    guard lines.count >= wanted,
      lines.prefix(wanted).allSatisfy({ line in first.contains { isHeader(line, $0) } })
    else { return nil }
    return lines[0].filter { $0 != 0x0D }
  }

  /// Whether it begins with the name of that header and a colon.
  private func beginsAlike(_ body: ArraySlice<UInt8>, _ kept: MailInHand.Kept) -> Bool {
    guard case .header(let name, _) = kept.shape, name.count < body.count else { return false }
    return body[body.startIndex + name.count] == UInt8(ascii: ":")
      && body.starts(with: kept.packet.bytes[name])
  }

  private func isHeader(_ line: ArraySlice<UInt8>, _ kept: MailInHand.Kept) -> Bool {
    guard case .header(let name, let value) = kept.shape else { return false }
    let head = kept.packet.bytes[name] + [UInt8(ascii: ":")]
    let words = kept.packet.bytes[value].prefix { $0 != 0x0A && $0 != 0x0D }.drop { $0 == 0x20 }
    guard line.starts(with: head) else { return false }
    return line.dropFirst(head.count).drop { $0 == 0x20 }.filter { $0 != 0x0D }.elementsEqual(words)
  }
}
