import MilterProtocol

/// A set of packet kinds as two words of bits: membership is one test.
package struct PacketKindSet: Equatable, Sendable {
  /// A bit for each `CommandKind` in declaration order, then one for other codes of the MTA.
  private var commands: UInt16
  /// A bit for each `ReplyKind` in declaration order, then one for other codes of the milter.
  private var replies: UInt32

  private init(commands: UInt16, replies: UInt32) {
    self.commands = commands
    self.replies = replies
  }

  package static let none = PacketKindSet(commands: 0, replies: 0)
  package static let allCommands = PacketKindSet(commands: .max, replies: 0)
  package static let allReplies = PacketKindSet(commands: 0, replies: .max)
  package static let all = allCommands.union(allReplies)

  package static func commands(_ kinds: CommandKind...) -> PacketKindSet {
    PacketKindSet(commands: kinds.reduce(0) { $0 | bit($1) }, replies: 0)
  }

  package static func replies(_ kinds: ReplyKind...) -> PacketKindSet {
    PacketKindSet(commands: 0, replies: kinds.reduce(0) { $0 | bit($1) })
  }

  package static func replies(role: ReplyKind.Role) -> PacketKindSet {
    PacketKindSet(commands: 0, replies: ReplyKind.allCases.reduce(0) { $1.role == role ? $0 | bit($1) : $0 })
  }

  package func contains(_ kind: PacketKind, from sender: Leg) -> Bool {
    switch kind {
    case .command(let command): commands & Self.bit(command) != 0
    case .reply(let reply): replies & Self.bit(reply) != 0
    case .unknown, .empty:
      sender == .mta ? commands & (1 << 15) != 0 : replies & (1 << 31) != 0
    }
  }

  /// The kinds by name, each once.
  package var names: [String] {
    if self == .allCommands { return ["every command"] }
    var names: [String] = []
    for kind in CommandKind.allCases where contains(.command(kind), from: .mta) { names.append(kind.name) }
    for kind in ReplyKind.allCases where contains(.reply(kind), from: .milter) && !names.contains(kind.name) {
      names.append(kind.name)
    }
    return names
  }

  package var isEmpty: Bool { self == .none }
  package func union(_ other: PacketKindSet) -> PacketKindSet {
    PacketKindSet(commands: commands | other.commands, replies: replies | other.replies)
  }
  package func intersection(_ other: PacketKindSet) -> PacketKindSet {
    PacketKindSet(commands: commands & other.commands, replies: replies & other.replies)
  }
  package var complement: PacketKindSet { PacketKindSet(commands: ~commands, replies: ~replies) }

  private static func bit(_ kind: CommandKind) -> UInt16 {
    let index: UInt16 =
      switch kind {
      case .optNeg: 0
      case .macro: 1
      case .connect: 2
      case .helo: 3
      case .mail: 4
      case .rcpt: 5
      case .data: 6
      case .header: 7
      case .eoh: 8
      case .body: 9
      case .bodyEOB: 10
      case .unknown: 11
      case .abort: 12
      case .quit: 13
      case .quitNC: 14
      }
    return 1 << index
  }

  private static func bit(_ kind: ReplyKind) -> UInt32 {
    let index: UInt32 =
      switch kind {
      case .optNeg: 0
      case .continue: 1
      case .accept: 2
      case .reject: 3
      case .tempfail: 4
      case .discard: 5
      case .replyCode: 6
      case .skip: 7
      case .shutdown: 8
      case .connFail: 9
      case .progress: 10
      case .addHeader: 11
      case .insHeader: 12
      case .chgHeader: 13
      case .addRcpt: 14
      case .addRcptPar: 15
      case .delRcpt: 16
      case .chgFrom: 17
      case .replBody: 18
      case .quarantine: 19
      case .setSymList: 20
      }
    return 1 << index
  }
}
