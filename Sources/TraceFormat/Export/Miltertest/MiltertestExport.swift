import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let miltertest = ExportFormat(
    "miltertest", fileExtension: "lua",
    "a script for OpenDKIM's miltertest that plays the sessions at a milter and asserts the recorded replies and changes"
  ) { MiltertestExport($0) }
}

/// A function a connection: what the milter was sent, and behind each command what it answered.
///
/// Whatever comes from the wire stands in Lua strings of printable ASCII and escapes. What miltertest cannot send or
/// look at is a comment at the head of its connection and a remark.
struct MiltertestExport: Exporter {
  private let input: ExportInput
  private let connections: [Int]
  private(set) var remarks: [String] = []

  init(_ input: ExportInput) {
    self.input = input.completed
    connections = input.connections
  }

  var stepCount: Int { connections.count + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    guard number > 0 else {
      let address =
        input.head.milter ?? input.head.taps.first?.milter ?? input.head.listen ?? "inet:8891@127.0.0.1"
      bytes += MiltertestLua.opening(address: LuaText.quoted(Array(address.utf8))).utf8
      return
    }
    let c = connections[number - 1]
    let entry = input.index.connections[c]
    var session = MiltertestSession()
    for row in entry.rows where input.index.connectionIndex(at: row) == c && input.chosen.hasRow(row) {
      append(row, to: &session)
    }
    session.end()
    bytes += "\n".utf8
    for remark in session.remarks { bytes += "-- \(remark)\n".utf8 }
    bytes += "session(\(entry.number), function(conn)\n".utf8
    for line in session.lines { bytes += "  \(line)\n".utf8 }
    bytes += "end)\n".utf8
    for remark in session.remarks.prefix(Self.remarksAConnection) {
      remarks.append("connection \(entry.number): \(remark)")
    }
  }

  private static let remarksAConnection = 20

  /// A command as it reached the milter, with the replies as the milter gave them.
  private func append(_ row: Int, to session: inout MiltertestSession) {
    let entry = input.index[row]
    guard entry.sender == .mta, entry.flags.isDisjoint(with: [.dropped, .answered]),
      let came = input.index.packet(at: row, from: input.source)
    else { return }
    let packet = input.index.sentInstead(of: row, from: input.source) ?? came
    guard case .command(let command) = PacketValue(decoding: packet) else {
      session.cannot("packet \(entry.number) is malformed, and left out")
      return
    }
    var replies: [MiltertestSession.Received] = []
    for reply in input.index.replyRows(to: row) where !input.index[reply].flags.contains(.injected) {
      guard let packet = input.index.packet(at: reply, from: input.source),
        case .reply(let value) = PacketValue(decoding: packet)
      else { continue }
      replies.append(
        MiltertestSession.Received(
          reply: value, payloadBytes: packet.payload.count, took: input.index[reply].took))
    }
    session.append(command, number: entry.number, replies)
  }
}
