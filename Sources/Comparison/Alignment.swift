import MilterProtocol
import Timeline

/// Which mail and which connection of one trace is which of the other.
///
/// A mail is known again by what is most its own: queue id and envelope, then Message-ID and envelope, Message-ID,
/// envelope, and at last its place among those that are left. Of several that look alike the first goes with the first. In a trace
/// of a replay it is known which is which.
/// A connection goes with the one that has its first mail; without mails, with one of the same client, then by order.
struct Alignment {
  /// By message of the first trace: that of the second.
  private(set) var messages: [Int?]
  /// Mails of the first trace that a shadow got: nothing is compared with these.
  private var isShadow: [Bool] = []
  private(set) var byOrder: Set<Int> = []
  private(set) var lonelyMessages: [Int] = []
  private(set) var connections: [Int?]
  /// Of the second trace, without a mail or with mails that the first does not have.
  private(set) var lonelyConnections: [Int] = []

  init(_ first: ComparedTrace, _ second: ComparedTrace) {
    messages = Array(repeating: nil, count: first.index.messages.count)
    connections = Array(repeating: nil, count: first.index.connections.count)
    if !second.origins.isEmpty { alignByOrigin(first, second) }
    isShadow = first.index.messages.indices.map(first.isOfShadow(message:))
    align(
      first.index.messages.indices.map { MailMarks(ofMessage: $0, in: first) },
      second.index.messages.indices.map { MailMarks(ofMessage: $0, in: second) },
      among: second.index.messages.indices.filter { !second.isOfShadow(message: $0) })
    alignConnections(first, second)
  }

  /// What is said again is the same mail, whatever it says by now.
  private mutating func alignByOrigin(_ first: ComparedTrace, _ second: ComparedTrace) {
    for (i, message) in second.index.messages.enumerated() {
      let row = [message.mailRow, message.firstRow].lazy.compactMap { $0.flatMap { second.origins[$0] } }
        .first
      if let origin = row.flatMap({ first.index.messageIndex(at: $0) }), messages[origin] == nil {
        messages[origin] = i
      }
    }
  }

  private mutating func align(_ first: [MailMarks], _ second: [MailMarks], among wanted: [Int]) {
    let known = Set(messages.compactMap { $0 })
    var rest = wanted.filter { !known.contains($0) }
    let rounds: [(MailMarks) -> Int?] = [
      { $0.queueID }, { $0.messageIDAndEnvelope }, { $0.messageID }, { $0.envelope },
    ]
    for mark in rounds { pair(first, second, &rest, by: mark) }
    var left = rest[...]
    for i in open {
      guard let next = left.popFirst() else { break }
      messages[i] = next
      byOrder.insert(i)
    }
    lonelyMessages = Array(left)
  }

  /// Mails of the first trace that have no other yet.
  private var open: [Int] { messages.indices.filter { messages[$0] == nil && !isShadow[$0] } }

  private mutating func pair(
    _ first: [MailMarks], _ second: [MailMarks], _ rest: inout [Int], by mark: (MailMarks) -> Int?
  ) {
    var open: [Int: ArraySlice<Int>] = [:]
    for i in rest { if let value = mark(second[i]) { open[value, default: []].append(i) } }
    var taken: Set<Int> = []
    for i in self.open {
      guard let value = mark(first[i]), let other = open[value]?.popFirst() else { continue }
      messages[i] = other
      taken.insert(other)
    }
    rest.removeAll { taken.contains($0) }
  }

  private mutating func alignConnections(_ first: ComparedTrace, _ second: ComparedTrace) {
    var taken: Set<Int> = []
    for (i, other) in messages.enumerated() {
      guard let other else { continue }
      let (a, b) = (first.index.messages[i].connection, second.index.messages[other].connection)
      if connections[a] == nil, taken.insert(b).inserted { connections[a] = b }
    }
    // Those whose mails went elsewhere have nothing of their own to compare.
    func isLeft(_ trace: ComparedTrace, _ i: Int) -> Bool {
      trace.index.connections[i].messageCount == 0 && !trace.isOfShadow(connection: i)
    }
    var rest = second.index.connections.indices.filter { !taken.contains($0) && isLeft(second, $0) }
    let open = connections.indices.filter { connections[$0] == nil && isLeft(first, $0) }
    let clients = rest.map { second.place(ofConnection: $0).name }
    var byClient: [String: ArraySlice<Int>] = [:]
    for (place, client) in clients.enumerated() { byClient[client, default: []].append(rest[place]) }
    for i in open { connections[i] = byClient[first.place(ofConnection: i).name]?.popFirst() }
    let found = Set(open.compactMap { connections[$0] })
    rest.removeAll { found.contains($0) }
    var left = rest[...]
    for i in open where connections[i] == nil { connections[i] = left.popFirst() }
    lonelyConnections = Array(left)
  }
}

/// What a mail is known again by, as hashes: a trace may hold a hundred thousand mails.
private struct MailMarks {
  /// With the envelope: a queue id comes again after a while.
  var queueID: Int?
  var messageID: Int?
  var envelope: Int?
  var messageIDAndEnvelope: Int? {
    guard let messageID, let envelope else { return nil }
    return [messageID, envelope].hashValue
  }

  init(ofMessage i: Int, in trace: ComparedTrace) {
    let entry = trace.index.messages[i]
    var addresses: [[UInt8]] = []
    for row in trace.index.rows(ofMessage: i) {
      switch trace.index.glance(at: row).kind {
      case .command(.mail), .command(.rcpt):
        guard let packet = trace.comparable(at: row) else { continue }
        switch Dissection(packet).shape {
        case .mail(let address, _), .rcpt(let address, _): addresses.append(Array(packet.bytes[address]))
        default: continue
        }
      case .command(.header) where messageID == nil:
        guard let packet = trace.comparable(at: row),
          case .header(let name, let value) = Dissection(packet).shape,
          sameHeaderName(packet.bytes[name], "Message-ID".utf8)
        else { continue }
        messageID = Array(packet.bytes[value].trimmed).hashValue
      case .command, .reply, .unknown, .empty: continue
      }
    }
    if !addresses.isEmpty { envelope = addresses.hashValue }
    if let id = trace.queueID(ofMessage: i), entry.queueRow != nil { queueID = [[id], addresses].hashValue }
  }
}

extension ArraySlice<UInt8> {
  var withoutLead: ArraySlice<UInt8> { first == UInt8(ascii: " ") ? dropFirst() : self }

  /// Without blanks and line ends around it.
  var trimmed: ArraySlice<UInt8> {
    var rest = self
    while let byte = rest.first, byte <= 0x20 { rest.removeFirst() }
    while let byte = rest.last, byte <= 0x20 { rest.removeLast() }
    return rest
  }
}
