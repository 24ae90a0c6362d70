import MilterProtocol

/// Sends a few random mails as Postfix does, one command at a time.
struct BenchMTA {
  /// The command whose reply it waits for.
  private(set) var owed: Stage?
  private(set) var hasLeft = false
  private var negotiated: ProtocolFlags = []
  private var script: [CommandKind] = [.optNeg]
  private var mails = 0
  private var isInMessage = false
  private var accepted = 0
  private var isFiltered = true
  /// Told to send no more of these in a row.
  private var skipped: CommandKind?

  /// The next command with its macros; nothing where it is one that the milter declined.
  mutating func next(_ generator: inout SeededGenerator) -> [Packet] {
    if script.isEmpty { plan(&generator) }
    let kind = script.removeFirst()
    if kind == .data, accepted == 0 {
      script.removeAll { $0 != .quit }
      return []
    }
    if kind == skipped { return [] }
    skipped = nil
    if kind == .mail { beginMessage() }
    if kind == .abort { isInMessage = false }
    if kind == .quit { hasLeft = true }
    let declined = kind.stage?.noCommandFlag.map { negotiated.contains($0) } ?? false
    let isContent = [.header, .eoh, .body].contains(kind)
    let macros =
      [CommandKind.connect, .helo, .mail, .rcpt, .data, .bodyEOB].contains(kind)
      ? [MTA.macro(Unicode.Scalar(kind.rawValue), ["i": "4Xy", "v": "Postfix 3.9"])] : []
    if declined {
      if kind == .rcpt { accepted += 1 }
      return isContent ? [] : macros
    }
    if let stage = kind.stage {
      let isSilent = stage.noReplyFlag.map { negotiated.contains($0) } ?? false
      if !isSilent { owed = stage }
      if isSilent, kind == .rcpt { accepted += 1 }
    }
    return macros + [packet(kind)]
  }

  private mutating func beginMessage() {
    isInMessage = true
    accepted = 0
  }

  private mutating func plan(_ generator: inout SeededGenerator) {
    guard isFiltered, mails < 3 else { return script = [.quit] }
    mails += 1
    script = mails == 1 ? [.connect, .helo] : []
    if generator.chance(1, in: 4) { script.append(.unknown) }
    if generator.chance(1, in: 4) { script.append(.helo) }
    script.append(.mail)
    for _ in 0..<Int.random(in: 1...3, using: &generator) { script.append(.rcpt) }
    if generator.chance(1, in: 4) { script.append(.unknown) }
    if generator.chance(1, in: 5) { return script.append(.abort) }
    script.append(.data)
    for _ in 0..<Int.random(in: 0...3, using: &generator) { script.append(.header) }
    script.append(.eoh)
    for _ in 0..<Int.random(in: 0...2, using: &generator) { script.append(.body) }
    script += [.bodyEOB, .abort]
  }

  private func packet(_ kind: CommandKind) -> Packet {
    switch kind {
    case .optNeg: MTA.optNeg()
    case .macro: MTA.macro("C")
    case .connect: MTA.connect()
    case .helo: MTA.helo()
    case .mail: MTA.mail()
    case .rcpt: MTA.rcpt()
    case .data: MTA.data
    case .header: MTA.header()
    case .eoh: MTA.eoh
    case .body: MTA.body()
    case .bodyEOB: MTA.bodyEOB
    case .unknown: MTA.unknown()
    case .abort: MTA.abort
    case .quit: MTA.quit
    case .quitNC: MTA.quitNC
    }
  }

  /// A reply came; what is wrong with it, if anything.
  mutating func received(_ packet: Packet) -> String? {
    guard case .reply(let kind) = packet.kind else { return "the MTA got \(packet.kind.name)" }
    guard kind.settles else {
      if kind == .progress { return owed == nil ? "PROGRESS while nothing is due" : nil }
      return owed == .bodyEOB ? nil : "\(kind.name) before the end of message"
    }
    guard let stage = owed else { return "\(kind.name) although the MTA waits for nothing" }
    owed = nil
    if case .reply(.optNeg(let answer)) = PacketValue(decoding: packet) { negotiated = answer.protocolFlags }
    obey(kind, at: stage)
    return nil
  }

  private mutating func obey(_ kind: ReplyKind, at stage: Stage) {
    if kind == .skip { skipped = CommandKind(rawValue: stage.rawValue) }
    if stage == .rcpt, kind == .continue || kind == .skip { accepted += 1 }
    let refuses = [.reject, .tempfail, .replyCode].contains(kind)
    let isFinal = kind == .accept || kind == .discard
    switch stage {
    case .negotiation, .unknown, .bodyEOB: return
    case .connect, .helo:
      if kind == .accept || refuses {
        isFiltered = false
        script = [.quit]
      }
    case .rcpt: if isFinal { endMessage() }
    case .data: if isFinal || refuses { endMessage() }
    case .mail, .header, .eoh, .body: if isFinal || refuses { endMessage() }
    }
  }

  private mutating func endMessage() {
    script = [.abort]
    skipped = nil
  }
}
