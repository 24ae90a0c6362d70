import MilterProtocol
import TraceModel

/// The body of one session's function, line by line.
///
/// What miltertest does with its arguments is told from miltertest.c 1.6 (Debian's 2.11 of OpenDKIM) and was seen with it.
struct MiltertestSession {
  private(set) var lines: [String] = []
  /// What the script does not do as it was.
  private(set) var remarks: [String] = []
  private var state = MiltertestState()
  private var isOver = false

  /// A reply of the milter to the command at hand.
  struct Received {
    let reply: Reply
    let payloadBytes: Int
    let took: Moment.Span?
  }

  /// Of the buffers for what it sends but bodies, and for what it receives; both are filled without a look at their end.
  private static let bufferBytes = 1024
  /// It waits ten seconds for a reply.
  private static let patience: Int64 = 5_000_000

  mutating func cannot(_ what: String) {
    if !remarks.contains(what) { remarks.append(what) }
  }

  /// - Parameter isPolite: with QUIT.
  mutating func end(isPolite: Bool = false) {
    if !isOver { lines.append(isPolite ? "mt.disconnect(conn)" : "mt.disconnect(conn, false)") }
    isOver = true
  }

  // MARK: commands

  mutating func append(_ command: Command, number: Int, _ replies: [Received]) {
    guard !isOver else {
      return cannot("packet \(number) and what follows come behind the end, and are left out")
    }
    if let why = unreadable(replies) {
      cannot("the session ends before packet \(number): \(why)")
      return end()
    }
    let needed = replies.compactMap(\.took?.microseconds).max() ?? 0
    if needed > Self.patience { lines.append("mt.set_timeout(\(needed / 500_000))") }
    send(command, number, replies)
  }

  /// Why miltertest would fall over these replies; nil where it takes them.
  private func unreadable(_ replies: [Received]) -> String? {
    for received in replies where received.payloadBytes > Self.bufferBytes {
      return "the milter answers \(received.reply.kind.name) of \(received.payloadBytes) bytes, "
        + "miltertest has room for \(Self.bufferBytes)"
    }
    return nil
  }

  private mutating func send(_ command: Command, _ number: Int, _ replies: [Received]) {
    switch command {
    case .optNeg(let optNeg):
      // Its manual has the two the other way round.
      lines.append(
        "sent(mt.negotiate(conn, \(optNeg.version), \(optNeg.protocolFlags.rawValue), \(optNeg.actions.rawValue)))"
      )
      for case .optNeg(let answer) in replies.map(\.reply) { state.flags = answer.protocolFlags }
      state.reached(.negotiated)
    case .macro(let set): macros(set, number)
    case .connect(let connect):
      let (address, length) = self.address(connect.family, number)
      send(
        "conninfo", [Self.text(connect.hostname), address], bytes: connect.hostname.count + 5 + length,
        wants: .negotiated, reaches: .connect, .connect, number, replies)
    case .helo(let name):
      send(
        "helo", [Self.text(name)], bytes: name.count + 1, wants: .connect, reaches: .helo, .helo, number,
        replies)
    case .mail(let envelope):
      skipHelo(before: number)
      send(envelope, "mailfrom", wants: .helo, reaches: .mail, .mail, number, replies)
    case .rcpt(let envelope): send(envelope, "rcptto", wants: .mail, reaches: .rcpt, .rcpt, number, replies)
    case .data: send("data", wants: .rcpt, reaches: .data, .data, number, replies)
    case .header(let header): send(header, number, replies)
    case .eoh: send("eoh", wants: .header, reaches: .eoh, .eoh, number, replies)
    case .body(let chunk): body(chunk, number, replies)
    case .bodyEOB(let chunk):
      if !chunk.isEmpty { cannot("packet \(number), BODYEOB, goes without its payload") }
      skipBody()
      send("eom", wants: .body, reaches: .end, .bodyEOB, number, replies)
    case .unknown(let line):
      let step = state.step
      send(
        "unknown", [Self.text(line)], bytes: line.count + 1, wants: .connect, reaches: nil, .unknown, number,
        replies)
      if step > .connect { state.reached(step) }
    case .abort:
      lines.append("sent(mt.abort(conn))")
      state.reached(.helo)
    case .quit: end(isPolite: true)
    case .quitNC:
      cannot("packet \(number), QUIT_NC, is sent as QUIT")
      end(isPolite: true)
    }
  }

  private mutating func send(
    _ function: String, _ arguments: [String] = [], bytes: Int = 0, wants: MiltertestState.Step,
    reaches: MiltertestState.Step?, _ kind: CommandKind, _ number: Int, _ replies: [Received]
  ) {
    guard bytes <= Self.bufferBytes else {
      return cannot(
        "packet \(number), \(kind.name), is left out: \(bytes) bytes, miltertest has room for \(Self.bufferBytes)"
      )
    }
    guard !state.refuses(kind) else {
      return cannot(
        "packet \(number), \(kind.name), is left out: the milter switched it off, and miltertest heeds that")
    }
    let own = state.assert(wants).filter { $0 != kind }
    if !own.isEmpty {
      cannot(
        "before packet \(number), \(kind.name), miltertest sends \(own.map(\.name).joined(separator: ", ")) of its own"
      )
    }
    lines.append("sent(mt.\(function)(\((["conn"] + arguments).joined(separator: ", "))))")
    if let reaches { state.reached(reaches) }
    check(replies, "\(kind.name), packet \(number)", isAtEnd: kind == .bodyEOB)
  }

  private mutating func send(
    _ envelope: Envelope, _ function: String, wants: MiltertestState.Step, reaches: MiltertestState.Step,
    _ kind: CommandKind, _ number: Int, _ replies: [Received]
  ) {
    let strings = [envelope.address] + envelope.arguments
    send(
      function, strings.map(Self.text), bytes: strings.reduce(0) { $0 + $1.count + 1 }, wants: wants,
      reaches: reaches, kind, number, replies)
  }

  /// With HDR_LEADSPC in force it puts a blank in front by itself.
  private mutating func send(_ header: Header, _ number: Int, _ replies: [Received]) {
    var value = header.value
    if state.flags.contains(.headerLeadingSpace) {
      if value.first == 0x20 {
        value.removeFirst()
      } else {
        cannot("packet \(number), HEADER, goes with a blank in front of its value")
      }
    }
    send(
      "header", [Self.text(header.name), Self.text(value)], bytes: header.name.count + value.count + 3,
      wants: .data, reaches: .header, .header, number, replies)
  }

  /// A chunk with NULs goes by way of a file.
  private mutating func body(_ chunk: [UInt8], _ number: Int, _ replies: [Received]) {
    guard chunk.contains(0) else {
      return send(
        "bodystring", [Self.text(chunk)], wants: .eoh, reaches: .body, .body, number, replies)
    }
    let own = state.assert(.eoh)
    if !own.isEmpty {
      cannot(
        "before packet \(number), BODY, miltertest sends \(own.map(\.name).joined(separator: ", ")) of its own"
      )
    }
    lines.append("sent(bodybytes(conn, \(Self.text(chunk))))")
    state.reached(.body)
    check(replies, "BODY, packet \(number)", isAtEnd: false)
  }

  /// Without HELO it would send one. After ABORT, which milters take anywhere, it believes that there was one.
  private mutating func skipHelo(before number: Int) {
    guard state.step == .connect, !state.flags.contains(.noHelo) else { return }
    cannot("before packet \(number), MAIL, there is an ABORT, for miltertest would send a HELO of its own")
    lines.append("sent(mt.abort(conn))")
    state.reached(.helo)
  }

  /// Without BODY it would send one. An empty file sends nothing, and counts.
  private mutating func skipBody() {
    guard state.step == .eoh, !state.flags.contains(.noBody) else { return }
    lines.append("sent(mt.bodyfile(conn, \"/dev/null\"))")
    state.reached(.body)
  }

  /// Its constants are for four commands; any number is taken.
  private mutating func macros(_ set: MacroSet, _ number: Int) {
    guard !set.pairs.isEmpty else { return }
    let bytes = set.pairs.reduce(1) { $0 + $1.name.count + $1.value.count + 2 }
    guard bytes <= Self.bufferBytes else {
      return cannot(
        "packet \(number), MACRO, is left out: \(bytes) bytes, miltertest has room for \(Self.bufferBytes)")
    }
    let types: [UInt8: String] = [
      0x43: "SMFIC_CONNECT", 0x48: "SMFIC_HELO", 0x4D: "SMFIC_MAIL", 0x52: "SMFIC_RCPT",
    ]
    let type = types[set.command] ?? "string.byte(\(Self.text([set.command])))"
    let pairs = set.pairs.flatMap { [Self.text($0.name), Self.text($0.value)] }
    lines.append("sent(mt.macro(\((["conn", type] + pairs).joined(separator: ", "))))")
  }

  /// What cannot be sent as an address is sent as an unknown one; also the bytes that it takes.
  private mutating func address(_ family: Connect.Family, _ number: Int) -> (String, Int) {
    switch family {
    case .unknown: return ("\"unspec\"", 0)
    case .unix:
      cannot("packet \(number), CONNECT, goes with an unknown address in place of a socket's path")
      return ("\"unspec\"", 0)
    case .inet(_, let address): return parsed(address, number)
    case .inet6(_, let address):
      let tag = Array("IPv6:".utf8)
      guard address.starts(with: tag) else { return parsed(address, number) }
      cannot("packet \(number), CONNECT, goes without IPv6: in front of its address")
      return parsed(Array(address.dropFirst(tag.count)), number)
    }
  }

  private mutating func parsed(_ address: [UInt8], _ number: Int) -> (String, Int) {
    guard IPAddress(address[...]) != nil else {
      cannot("packet \(number), CONNECT, goes with an unknown address: its own is none")
      return ("\"unspec\"", 0)
    }
    return (Self.text(address), address.count)
  }

  // MARK: replies

  private mutating func check(_ replies: [Received], _ command: String, isAtEnd: Bool) {
    for received in replies {
      switch received.reply {
      case .optNeg: break
      case .progress, .connFail, .setSymList:
        if !isAtEnd { cannot("\(command): miltertest takes \(received.reply.kind.name) for the verdict") }
      case .modification(let modification):
        isAtEnd
          ? check(modification, command)
          : cannot("\(command): miltertest takes \(modification.kind.name) for the verdict")
      case .verdict(let verdict):
        if isAtEnd, verdict == .skip || verdict == .shutdown {
          cannot("\(command): miltertest does not take \(verdict.kind.name) for a verdict")
        }
        lines.append("replied(conn, \"\(UnicodeScalar(verdict.kind.rawValue))\", \"\(command)\")")
        if case .replyCode(let text) = verdict { check(text, command, isAtEnd: isAtEnd) }
        return
      }
    }
  }

  private mutating func check(_ modification: Modification, _ command: String) {
    switch modification {
    case .addHeader(let header): check("MT_HDRADD", [header.name, header.value], command)
    case .insHeader(let index, let header):
      check("MT_HDRINSERT", [header.name, header.value], index: Int(index), command)
    case .chgHeader(let index, let header):
      // Of a change it takes the value for the index.
      header.value.isEmpty
        ? check("MT_HDRDELETE", [header.name], index: Int(index), command)
        : check("MT_HDRCHANGE", [header.name, header.value], command)
    case .addRcpt(let address): check("MT_RCPTADD", [address], command)
    case .delRcpt(let address): check("MT_RCPTDELETE", [address], command)
    case .replBody(let chunk):
      // Each piece by itself, as it came.
      chunk.contains(0) ? check("MT_BODYCHANGE", [], command) : check("MT_BODYCHANGE", [chunk], command)
    case .quarantine(let reason): check("MT_QUARANTINE", [reason], command)
    case .addRcptPar(let address, _), .chgFrom(let address, _):
      lines.append("-- \(modification.kind.name) \(Self.text(address)): miltertest cannot look at it")
      cannot("\(command): miltertest cannot look at \(modification.kind.name)")
    }
  }

  private mutating func check(_ what: String, _ values: [[UInt8]], index: Int? = nil, _ command: String) {
    // It keeps an index as a signed number.
    let index = index.flatMap { $0 <= Int32.max ? String($0) : nil }
    let arguments = ["conn", what] + values.map(Self.text) + [index].compactMap { $0 }
    lines.append("changed(mt.eom_check(\(arguments.joined(separator: ", "))), \"\(what) \(command)\")")
  }

  /// It keeps the text of a reply at the end of message only, and compares it with three arguments and blanks between them.
  private mutating func check(_ text: [UInt8], _ command: String, isAtEnd: Bool) {
    let words = text.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    if isAtEnd, words.count == 3 {
      check("MT_SMTPREPLY", words, command)
    } else {
      lines.append("-- with the text \(Self.text(text))")
      cannot("\(command): miltertest cannot look at the text of the reply")
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { LuaText.quoted(bytes) }
}
