import Dialogue
import MilterProtocol
import Timeline

/// What was said about one mail, or about a connection outside its mails, command by command.
struct Steps {
  private(set) var all: [Step] = []
  /// Replies that answer nothing.
  private(set) var unasked: [Int] = []
  /// Bytes of the body, as far as chunks were sent.
  private(set) var body: [Int] = []

  /// A command of the MTA, or macros that no command follows, with what came in reply.
  struct Step {
    let key: Key
    let row: Int
    let kind: CommandKind
    let stage: Stage?
    fileprivate(set) var macros: [Int] = []
    fileprivate(set) var modifications: [Int] = []
    /// Row of the reply that settles it.
    fileprivate(set) var verdict: Int?
  }

  /// The command by which another run has the same step: kind, recipient or name of the header, and which of several.
  struct Key: Hashable {
    let kind: UInt8
    let name: [UInt8]
    fileprivate(set) var place = 0
  }

  init(_ rows: [Int], in trace: ComparedTrace) {
    var places: [Key: Int] = [:]
    var byRow: [Int: Int] = [:]
    for row in rows {
      guard case .command(let kind) = trace.index.glance(at: row).kind else { continue }
      let entry = trace.index[row]
      if kind == .macro, entry.foldsInto != nil { continue }
      var key = Self.key(kind, at: row, in: trace)
      key.place = places[key, default: 0]
      places[Key(kind: key.kind, name: key.name), default: 0] += 1
      var step = Step(key: key, row: row, kind: kind, stage: entry.stage)
      step.macros = kind == .macro ? [row] : trace.index.macroRows(of: row)
      byRow[row] = all.count
      all.append(step)
      if kind == .body || kind == .bodyEOB { body.append(row) }
    }
    for row in rows {
      guard case .reply(let kind) = trace.index.glance(at: row).kind else { continue }
      guard let i = trace.index[row].answers.flatMap({ byRow[$0] }) else {
        if kind.role != .keepAlive { unasked.append(row) }
        continue
      }
      if kind.role == .modification {
        all[i].modifications.append(row)
      } else if kind.settles, all[i].verdict == nil {
        all[i].verdict = row
      }
    }
  }

  private static func key(_ kind: CommandKind, at row: Int, in trace: ComparedTrace) -> Key {
    var name: [UInt8] = []
    switch kind {
    case .rcpt, .header, .macro:
      guard let packet = trace.comparable(at: row) else { break }
      switch Dissection(packet).shape {
      case .rcpt(let address, _): name = Array(packet.bytes[address])
      case .header(let range, _): name = packet.bytes[range].map(lowercased)
      case .macro(let command, _): name = [command]
      default: break
      }
    case .optNeg, .connect, .helo, .mail, .data, .eoh, .body, .bodyEOB, .unknown, .abort, .quit, .quitNC:
      break
    }
    return Key(kind: kind.rawValue, name: name)
  }
}
