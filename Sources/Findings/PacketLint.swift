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
  static func looks(at dissection: Dissection, bytes: Int) -> Bool {
    if dissection.malformation != nil || bytes > clampedHeaderBytes { return true }
    switch dissection.shape {
    case .connect, .replyCode, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom:
      return true
    case .mail(_, let arguments), .rcpt(_, let arguments): return !arguments.isEmpty
    case .bodyEOB(let chunk): return !chunk.isEmpty
    case .optNeg, .macro, .helo, .data, .header, .eoh, .body, .unknown, .abort, .quit, .quitNC, .verdict,
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
    case .mail(_, let arguments), .rcpt(_, let arguments): remark(onArguments: arguments)
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
    case .optNeg, .macro, .helo, .data, .header, .eoh, .body, .unknown, .abort, .quit, .quitNC, .verdict,
      .progress, .replBody, .quarantine, .setSymList, .connFail, .undecoded, .empty:
      break
    }
  }

  private mutating func add(_ rule: FindingRule, _ text: Sentence) { remarks.append((rule, text)) }

  private func wire(_ range: Range<Int>) -> Sentence { "\(wire: packet.bytes[range])" }

  // MARK: form

  private mutating func remark(on malformation: Malformation) {
    add(malformation.rule(in: dissection.shape), malformation.sentence)
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
    let text = String(decoding: packet.bytes[connect.address], as: UTF8.self)
    switch connect.family {
    case UInt8(ascii: "4"):
      if !IPText.isIPv4(text) { add(.addressUnparsable, "'\(wire(connect.address))' is no IPv4 address") }
    case UInt8(ascii: "6"):
      let tag = text.prefix(5)
      let isTagged = tag.lowercased() == "ipv6:"
      if !IPText.isIPv6(isTagged ? String(text.dropFirst(5)) : text) {
        add(.addressUnparsable, "'\(wire(connect.address))' is no IPv6 address")
      } else if isTagged {
        add(.addressTagged, "'\(wire(connect.address))'")
      }
    default: break
    }
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
  }

  private mutating func remark(onValue value: Range<Int>, nameBytes: Int) {
    let bytes = packet.bytes[value]
    guard let first = bytes.first else { return }
    if let place = bytes.firstIndex(of: 0x0D) { add(.headerCR, "CR at offset \(place)") }
    if let place = bytes.indices.first(where: { bytes[$0] == 0x0A && !isFold(at: $0, in: bytes) }) {
      add(.headerFold, "LF at offset \(place) without a blank after it")
    }
    if flags.contains(.headerLeadingSpace) {
      if first != 0x20 { add(.headerSpace, "HDR_LEADSPC is negotiated, and the value has no leading blank") }
    } else if first == 0x20 {
      add(.headerSpace, "the MTA puts a blank in front, and the value has one of its own")
    }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let longest =
      lines.enumerated().map { $0.element.count + ($0.offset == 0 ? nameBytes + 2 : 0) }.max() ?? 0
    if longest > 998 { add(.headerTooLong, "a line of \(longest) bytes") }
  }

  private func isFold(at place: Int, in bytes: ArraySlice<UInt8>) -> Bool {
    place + 1 < bytes.endIndex && (bytes[place + 1] == 0x20 || bytes[place + 1] == 0x09)
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
