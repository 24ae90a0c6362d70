import MilterProtocol

/// What is odd about one packet by itself, given what was negotiated.
struct PacketLint {
  let packet: Packet
  let dissection: Dissection
  let flags: ProtocolFlags
  let mta: KnownMTA?
  /// The stage that a reply is about.
  let stage: Stage?
  private(set) var remarks: [(rule: FindingRule, text: Sentence)] = []

  init(_ packet: Packet, _ dissection: Dissection, flags: ProtocolFlags, mta: KnownMTA?, stage: Stage?) {
    (self.packet, self.dissection, self.flags) = (packet, dissection, flags)
    (self.mta, self.stage) = (mta, stage)
  }

  /// Whether packets of that shape are worth a closer look: the common ones are not, and cost nothing.
  static func looks(at dissection: Dissection, of packet: Packet) -> Bool {
    if dissection.malformation != nil || packet.bytes.count > clampedHeaderBytes { return true }
    switch dissection.shape {
    case .header(let name, let value): return name.isEmpty || packet.bytes.span.hasLineEnd(in: value)
    case .body(let chunk): return chunk.isEmpty
    case .unknown: return true
    case .mail(let address, let arguments):
      return !arguments.isEmpty || packet.bytes[address].contains { $0 >= 0x80 }
    case .rcpt(_, let arguments): return !arguments.isEmpty
    case .connect, .replyCode, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom:
      return true
    case .bodyEOB(let chunk): return !chunk.isEmpty
    case .optNeg, .macro, .helo, .data, .eoh, .abort, .quit, .quitNC, .verdict,
      .progress, .replBody, .quarantine, .setSymList, .connFail, .undecoded, .empty:
      return false
    }
  }

  /// Below this no length is remarkable.
  private static let clampedHeaderBytes = 54_000

  mutating func run() {
    if let malformation = dissection.malformation { remark(on: malformation) }
    remarkOnLength()
    switch dissection.shape {
    case .connect(let connect): remark(on: connect)
    case .mail(let address, let arguments):
      remark(onArguments: arguments)
      if packet.bytes[address].contains(where: { $0 >= 0x80 }), !asksForUTF8(arguments) {
        add(.addressNotASCII, "'\(wire(address))'")
      }
    case .rcpt(_, let arguments): remark(onArguments: arguments)
    case .header(let name, let value): remark(onHeaderOfMTA: name, value)
    case .body(let chunk):
      if chunk.isEmpty, packet.sender == .mta { add(.bodyEmpty, "a payload of 0 bytes") }
    case .unknown(let line): remark(onLine: line)
    case .bodyEOB(let chunk):
      if !chunk.isEmpty { add(.bodyInEnd, "\(counted(chunk.count, "byte"))") }
    case .replyCode(let text): remark(onReply: text)
    case .addHeader(let name, let value): remark(onHeader: name, value, index: nil)
    case .insHeader(let index, let name, let value): remark(onHeader: name, value, index: index)
    case .chgHeader(let index, let name, let value): remark(onHeader: name, value, index: index)
    case .addRcpt(let address): remark(onAddress: address, isAdded: true)
    case .delRcpt(let address): remark(onAddress: address, isAdded: false)
    case .addRcptPar(let address, let parameters):
      remark(onAddress: address, isAdded: true)
      remark(onParameters: parameters, known: ["NOTIFY", "ORCPT"])
    case .chgFrom(let address, let parameters):
      remark(onAddress: address, isAdded: false)
      remark(onParameters: parameters, known: ["RET", "ENVID"])
    case .optNeg, .macro, .helo, .data, .eoh, .abort, .quit, .quitNC, .verdict,
      .progress, .replBody, .quarantine, .setSymList, .connFail, .undecoded, .empty:
      break
    }
  }

  private mutating func add(_ rule: FindingRule, _ text: Sentence) { remarks.append((rule, text)) }

  private func wire(_ range: Range<Int>) -> Sentence { "\(wire: packet.bytes[range])" }

  // MARK: form

  private mutating func remark(on malformation: Malformation) {
    let rule = malformation.rule(in: dissection.shape)
    add(
      rule.from(packet.sender, packet.sender == .mta ? malformation.weight(in: dissection.shape) : nil),
      malformation.sentence)
    guard packet.sender == .milter else { return }
    switch dissection.shape {
    case .optNeg where malformation.offset < 17 && malformation.fault != .missing:
      add(.answerTooShort, "expected 12 bytes of payload, there are \(packet.payload.count)")
    case .replyCode:
      add(.replyNUL, malformation.sentence)
    default: break
    }
  }

  private mutating func remarkOnLength() {
    let bytes = packet.payload.count
    if bytes > Limits.chunkBytes, flags.isDisjoint(with: [.packets256K, .packets1M]) {
      switch packet.sender {
      case .mta: add(.chunkTooLong, "a payload of \(bytes) bytes")
      case .milter: add(.replyTooLong, "a payload of \(bytes) bytes")
      }
    }
    // A header is clamped so that it fits a packet with its name: what arrives lies a little below the limit.
    if case .header = dissection.shape, (Self.clampedHeaderBytes...60_100).contains(bytes), mta == .postfix {
      add(.headerClamped, "a header of \(bytes) bytes")
    }
  }

  private mutating func remark(on connect: ConnectShape) {
    guard dissection.malformation == nil else { return }
    let text = packet.bytes[connect.address]
    switch connect.family {
    case UInt8(ascii: "4"):
      if IPAddress(ipv4: text) == nil {
        add(.addressUnparsable, "'\(wire(connect.address))' is no IPv4 address")
      }
    case UInt8(ascii: "6"):
      let isTagged = text.prefix(5).map(lowercased).elementsEqual("ipv6:".utf8)
      if IPAddress(ipv6: isTagged ? text.dropFirst(5) : text) == nil {
        add(.addressUnparsable, "'\(wire(connect.address))' is no IPv6 address")
      } else if isTagged {
        add(.addressTagged, "'\(wire(connect.address))'")
      }
    default: break
    }
  }

  private func asksForUTF8(_ arguments: Range<Int>) -> Bool {
    StringList(arguments, of: packet).contains {
      String(decoding: packet.bytes[$0], as: UTF8.self).uppercased() == "SMTPUTF8"
    }
  }

  /// A header of the mail; libmilter hands its value on as it is.
  private mutating func remark(onHeaderOfMTA name: Range<Int>, _ value: Range<Int>) {
    guard dissection.malformation == nil else { return }
    if name.isEmpty { add(FindingRule.headerNameEmpty.from(.mta), "the name is empty") }
    let habit = mta.flatMap { $0.has(.keepsCRLF) ? $0.name : nil }
    remark(
      onLineEnds: packet.bytes[value], .headerCR.from(.mta), .headerFold.from(.mta), habit: habit)
  }

  /// What an SMTP client said that the MTA does not know.
  private mutating func remark(onLine line: Range<Int>) {
    guard let peer = WrongPeer.recognized(in: packet.bytes.span.extracting(line)), let client = peer.client
    else {
      return
    }
    add(.strangerAtSMTP, "\(client) speaks to the SMTP port: '\(wire(line.prefix(60)))'")
  }

  private mutating func remark(onArguments arguments: Range<Int>) {
    for argument in StringList(arguments, of: packet) {
      let bytes = packet.bytes[argument]
      guard !bytes.contains(UInt8(ascii: "=")) else { continue }
      let word = String(decoding: bytes, as: UTF8.self).uppercased()
      if word != "SMTPUTF8", word != "REQUIRETLS" { add(.argumentOdd, "'\(wire(argument))'") }
    }
  }

  // MARK: replies

  private mutating func remark(onReply text: Range<Int>) {
    remarks += ReplyText(parsing: packet.bytes, in: text).remarks(at: stage)
  }

  private mutating func remark(onHeader name: Range<Int>, _ value: Range<Int>, index: UInt32?) {
    // Of an index that is cut off nothing is known, nor of what would follow it.
    if case .truncated? = dissection.malformation?.fault { return }
    let name = packet.bytes[name]
    if name.isEmpty {
      add(.headerNameEmpty, "the name is empty")
    } else if let byte = name.first(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: ":") }) {
      add(.headerNameIllegal, "byte 0x\(HexDigit.pair(byte)) in '\(wire: name)'")
    }
    if let index, index >= 0x8000_0000 { add(.headerIndexHuge, "index \(index)") }
    if case .chgHeader = dissection.shape {
      if index == 0 { add(.headerIndexZero, "index 0 for '\(wire: name)'") }
      if flags.contains(.noHeaders) { add(.headerUnseen, "NOHDRS is negotiated") }
    }
    remark(onValue: value, nameBytes: name.count)
    if Self.isResults(name), !value.isEmpty, !hasResult(packet.bytes[value]) {
      add(.resultsWithoutResult, "'\(wire(value))'")
    }
  }

  private static func isResults(_ name: ArraySlice<UInt8>) -> Bool {
    sameHeaderName(name, "Authentication-Results".utf8)
      || sameHeaderName(name, "ARC-Authentication-Results".utf8)
  }

  /// `host; method=result …` or `host; none`; of ARC's, `i=1;` comes first.
  private func hasResult(_ value: ArraySlice<UInt8>) -> Bool {
    var parts = value.split(separator: UInt8(ascii: ";")).map { trimmedBlanks($0) }
    if parts.first?.starts(with: "i=".utf8) ?? false { parts.removeFirst() }
    return parts.dropFirst().contains { part in
      part.contains(UInt8(ascii: "=")) || sameHeaderName(part.prefix(4), "none".utf8)
    }
  }

  private mutating func remark(onValue value: Range<Int>, nameBytes: Int) {
    let bytes = packet.bytes[value]
    guard let first = bytes.first else { return }
    remark(onLineEnds: bytes, .headerCR, .headerFold)
    if flags.contains(.headerLeadingSpace) {
      // A fold or a TAB right behind the colon is blank enough.
      if first != 0x20, first != 0x09,
        !isFold(at: first == 0x0D ? value.lowerBound + 1 : value.lowerBound, in: bytes)
      {
        add(.headerSpace, "HDR_LEADSPC is negotiated, and the value has no leading blank")
      }
    } else if first == 0x20 {
      add(.headerSpace, "the MTA puts a blank in front, and the value has one of its own")
    }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let longest =
      lines.enumerated().map { $0.element.count + ($0.offset == 0 ? nameBytes + 2 : 0) }.max() ?? 0
    if longest > 998 { add(.headerTooLong, "a line of \(longest) bytes") }
  }

  /// - Parameter habit: the MTA that writes CRs wherever a header is folded.
  private mutating func remark(
    onLineEnds bytes: ArraySlice<UInt8>, _ cr: FindingRule, _ fold: FindingRule, habit: String? = nil
  ) {
    if let place = bytes.firstIndex(of: 0x0D) {
      let words = habit.map { ", as in each folded header of \($0)" } ?? ""
      add(cr, "CR at offset \(place)\(words)")
    }
    if let place = bytes.indices.first(where: { bytes[$0] == 0x0A && !isFold(at: $0, in: bytes) }) {
      add(fold, "LF at offset \(place) without a blank after it")
    }
  }

  private func isFold(at place: Int, in bytes: ArraySlice<UInt8>) -> Bool {
    place + 1 < bytes.endIndex && bytes[place] == 0x0A
      && (bytes[place + 1] == 0x20 || bytes[place + 1] == 0x09)
  }

  private mutating func remark(onAddress address: Range<Int>, isAdded: Bool) {
    let bytes = packet.bytes[address]
    if bytes.isEmpty { add(.addressEmpty, "the address is empty") }
    guard isAdded else { return }
    var isQuoted = false
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == UInt8(ascii: ","), !isQuoted {
        add(.addRcptList, "'\(wire(address))'")
        return
      }
    }
  }

  private mutating func remark(onParameters parameters: Range<Int>?, known: [String]) {
    guard let parameters else { return }
    for word in packet.bytes[parameters].split(separator: 0x20) {
      let keyword = String(decoding: word.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self).uppercased()
      if !known.contains(keyword) {
        add(
          .parameterIgnored,
          "'\(wire: word)', known are \(known.joined(separator: " and "))")
      }
    }
  }
}

extension Malformation {
  /// How much it weighs with libmilter in a packet of the MTA of that shape: error where it closes or never answers.
  fileprivate func weight(in shape: PacketShape) -> Finding.Severity? {
    switch (fault, shape) {
    case (.unterminated, .macro), (.missing, .macro), (.unterminated, .unknown): .warning
    case (.unterminated, _), (.missing, _): .error
    case (.surplus, .connect(let connect)): connect.family == UInt8(ascii: "U") ? .warning : .error
    case (.surplus, .data), (.surplus, .eoh), (.surplus, .abort), (.surplus, .quit), (.surplus, .quitNC): nil
    case (.surplus, _): .warning
    case (_, _): nil
    }
  }

  /// The rule that this breaks, in a packet of that shape.
  package func rule(in shape: PacketShape) -> FindingRule {
    switch fault {
    case .noCode: .lengthZero
    case .unknownCode(_, let wrongDirection): wrongDirection ? .wrongDirection : .unknownCode
    case .missing: field == .symbolNames ? .listUnterminated : .tooFewStrings
    case .unterminated: field == .symbolNames ? .listUnterminated : .unterminated
    case .truncated: .truncated
    case .unknownFamily: .unknownFamily
    case .surplus:
      switch shape {
      case .data, .eoh, .abort, .quit, .quitNC, .verdict, .progress, .connFail: .needlessPayload
      default: .surplusBytes
      }
    }
  }
}
