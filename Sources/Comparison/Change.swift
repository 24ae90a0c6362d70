import MilterProtocol

/// A modification of one side; the chunks of a new body are one.
struct Change {
  /// What another run says, too, where it changes the same.
  let rest: [UInt8]
  /// Kind, and name of the header: two of the same subject are told side by side.
  let subject: [UInt8]
  let row: Int
  let said: Difference.Said

  static func list(_ rows: [Int], _ half: Half) -> [Change] {
    var changes: [Change] = []
    var body: (row: Int, bytes: [UInt8])?
    for row in rows {
      guard let packet = half.trace.packet(at: row) else { continue }
      if packet.kind == .reply(.replBody) {
        body = (body?.row ?? row, (body?.bytes ?? []) + half.trace.comparable(packet).bytes[packet.payload])
        continue
      }
      let name = packet.header.map { $0.name.map(lowercased) } ?? []
      changes.append(
        Change(
          rest: half.rest(of: packet), subject: (packet.code.map { [$0] } ?? []) + name, row: row,
          said: half.said(row, packet)))
    }
    guard let body else { return changes }
    let rest = half.marks.rest(of: body.bytes[...])
    let code = ReplyKind.replBody.rawValue
    changes.append(
      Change(
        rest: [code] + rest, subject: [code], row: body.row,
        said: Difference.Said(
          text: "REPLBODY \(body.bytes.count) bytes in all, \(hash(rest))",
          packet: half.trace.index.number(at: body.row))))
    return changes
  }

  /// Tells bodies of one length apart (FNV-1a).
  private static func hash(_ bytes: [UInt8]) -> String {
    let sum = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    return "checksum " + String(sum, radix: 16)
  }

  /// What is in the one list and not in the other, in order.
  static func apart(_ first: [Change], _ second: [Change]) -> (gone: [Change], come: [Change]) {
    var (start, ends) = (0, (first.count, second.count))
    while start < min(ends.0, ends.1), first[start].rest == second[start].rest { start += 1 }
    while ends.0 > start, ends.1 > start, first[ends.0 - 1].rest == second[ends.1 - 1].rest {
      ends = (ends.0 - 1, ends.1 - 1)
    }
    let (one, other) = (Array(first[start..<ends.0]), Array(second[start..<ends.1]))
    // A hostile milter may send a hundred thousand, and the best match of those takes hours.
    guard one.count <= most, other.count <= most else { return (one, other) }
    var (gone, come): ([Change], [Change]) = ([], [])
    for change in other.difference(from: one, by: { $0.rest == $1.rest }) {
      switch change {
      case .remove(_, let element, _): gone.append(element)
      case .insert(_, let element, _): come.append(element)
      }
    }
    return (gone.sorted { $0.row < $1.row }, come)
  }

  private static let most = 1000

  /// How many bytes of a body are quoted from where it differs.
  private static let quoted = 40

  static func said(_ body: [UInt8], _ place: Int, _ packet: Int) -> Difference.Said {
    let part = body[min(place, body.count)..<min(place + quoted, body.count)]
    return Difference.Said(
      text: "body of \(body.count) bytes, from byte \(place + 1): \"\(InertText.string(escaping: part))\"",
      packet: packet)
  }
}
