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
/// look at is a comment in the script and a remark.
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
      let address = input.head.milter ?? input.head.listen ?? "inet:8891@127.0.0.1"
      bytes += MiltertestLua.opening(address: LuaText.quoted(Array(address.utf8))).utf8
      return
    }
    let c = connections[number - 1]
    let entry = input.index.connections[c]
    var lines = MiltertestLines()
    for row in entry.rows where input.index.connectionIndex(at: row) == c && input.chosen.hasRow(row) {
      append(row, to: &lines)
    }
    lines.end()
    bytes += "\nsession(\(entry.number), function(conn)\n".utf8
    for line in lines.lines { bytes += "  \(line)\n".utf8 }
    bytes += "end)\n".utf8
    for remark in lines.remarks { remarks.append("connection \(entry.number): \(remark)") }
  }

  /// A command as it reached the milter, a reply as the milter gave it.
  private func append(_ row: Int, to lines: inout MiltertestLines) {
    let flags = input.index[row].flags
    guard let came = input.index.packet(at: row, from: input.source) else { return }
    switch came.sender {
    case .mta:
      if !flags.isDisjoint(with: [.dropped, .answered]) { return }
      let packet = input.index.sentInstead(of: row, from: input.source) ?? came
      if case .command(let command) = PacketValue(decoding: packet) {
        lines.append(command, number: input.index.number(at: row))
      } else {
        lines.cannot("packet \(input.index.number(at: row)) is not to be sent by miltertest")
      }
    case .milter:
      if flags.contains(.injected) { return }
      if case .reply(let reply) = PacketValue(decoding: came) { lines.append(reply) }
    }
  }
}
