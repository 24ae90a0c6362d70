/// A packet taken apart into ranges, and the first thing wrong with it.
///
/// Costs no allocation and never traps, whatever the bytes. Trailing bytes, a payload where none belongs and the like
/// are malformations, though some peers let them pass (`docs/protocol.md`, "What each peer does with odd frames").
package struct Dissection: Equatable, Sendable {
  package var shape: PacketShape
  package var malformation: Malformation?

  package init(_ packet: Packet) { self.init(frame: packet.bytes.span, from: packet.sender) }

  /// - Parameter frame: a whole frame, its 4 bytes of length first.
  package init(frame: borrowing Span<UInt8>, from sender: Leg) {
    guard frame.count > Limits.lengthBytes else {
      shape = .empty
      malformation = Malformation(fault: .noCode, field: .code, offset: frame.count, end: frame.count)
      return
    }
    var cursor = Cursor(end: frame.count)
    let code = frame[Limits.lengthBytes]
    switch sender {
    case .mta:
      if let kind = CommandKind(rawValue: code) {
        shape = cursor.command(kind, frame)
      } else {
        shape = cursor.undecoded(code, wrongDirection: ReplyKind(rawValue: code) != nil)
      }
    case .milter:
      if let kind = ReplyKind(rawValue: code) {
        shape = cursor.reply(kind, frame)
      } else {
        shape = cursor.undecoded(code, wrongDirection: CommandKind(rawValue: code) != nil)
      }
    }
    malformation = cursor.malformation
  }
}

/// Walks through one frame; remembers the first malformation and goes on as well as it can.
private struct Cursor {
  var offset = Limits.headerBytes
  let end: Int
  var malformation: Malformation?

  init(end: Int) { self.end = end }

  mutating func command(_ kind: CommandKind, _ frame: borrowing Span<UInt8>) -> PacketShape {
    switch kind {
    case .optNeg: .optNeg(optNeg(frame, mayHaveLists: false))
    case .macro: macro(frame)
    case .connect: .connect(connect(frame))
    case .helo: .helo(name: only(.heloName, frame))
    case .mail: .mail(address: string(.mailAddress, frame), arguments: strings(.argument, frame))
    case .rcpt: .rcpt(address: string(.rcptAddress, frame), arguments: strings(.argument, frame))
    case .header: .header(name: string(.headerName, frame), value: only(.headerValue, frame))
    case .body: .body(offset..<end)
    case .bodyEOB: .bodyEOB(offset..<end)
    case .unknown: .unknown(line: only(.line, frame))
    case .data: bare(.data)
    case .eoh: bare(.eoh)
    case .abort: bare(.abort)
    case .quit: bare(.quit)
    case .quitNC: bare(.quitNC)
    }
  }

  mutating func reply(_ kind: ReplyKind, _ frame: borrowing Span<UInt8>) -> PacketShape {
    switch kind {
    case .optNeg: .optNeg(optNeg(frame, mayHaveLists: true))
    case .continue, .accept, .reject, .tempfail, .discard, .skip, .shutdown: bare(.verdict(kind))
    case .replyCode: .replyCode(text: only(.replyText, frame))
    case .progress: bare(.progress)
    case .addHeader: .addHeader(name: string(.headerName, frame), value: only(.headerValue, frame))
    case .insHeader:
      .insHeader(
        index: number(.index, frame), name: string(.headerName, frame), value: only(.headerValue, frame))
    case .chgHeader:
      .chgHeader(
        index: number(.index, frame), name: string(.headerName, frame), value: only(.headerValue, frame))
    case .addRcpt: .addRcpt(address: only(.address, frame))
    case .addRcptPar: .addRcptPar(address: string(.address, frame), parameters: parameters(frame))
    case .delRcpt: .delRcpt(address: only(.address, frame))
    case .chgFrom: .chgFrom(address: string(.address, frame), parameters: parameters(frame))
    case .replBody: .replBody(offset..<end)
    case .quarantine: .quarantine(reason: only(.reason, frame))
    case .setSymList: .setSymList(stage: number(.symbolStage, frame), names: only(.symbolNames, frame))
    case .connFail: bare(.connFail)
    }
  }

  mutating func undecoded(_ code: UInt8, wrongDirection: Bool) -> PacketShape {
    malformation = Malformation(
      fault: .unknownCode(code, wrongDirection: wrongDirection), field: .code,
      offset: Limits.lengthBytes, end: end)
    return .undecoded(offset..<end)
  }

  // MARK: packets with more to them

  private mutating func optNeg(_ frame: borrowing Span<UInt8>, mayHaveLists: Bool) -> OptNegShape {
    let version = number(.version, frame)
    let actions = ActionFlags(rawValue: number(.actions, frame))
    let protocolFlags = ProtocolFlags(rawValue: number(.protocolFlags, frame))
    let lists = offset..<end
    if mayHaveLists {
      while offset < end {
        _ = number(.symbolStage, frame)
        _ = string(.symbolNames, frame)
      }
    } else {
      expectEnd()
    }
    return OptNegShape(
      version: version, actions: actions, protocolFlags: protocolFlags, symbolLists: lists)
  }

  private mutating func macro(_ frame: borrowing Span<UInt8>) -> PacketShape {
    let command = byte(.macroCommand, frame)
    let list = offset..<end
    while offset < end {
      _ = string(.macroName, frame)
      _ = string(.macroValue, frame)
    }
    return .macro(command: command, strings: list)
  }

  private mutating func connect(_ frame: borrowing Span<UInt8>) -> ConnectShape {
    let hostname = string(.hostname, frame)
    let place = offset
    let family = byte(.family, frame)
    switch family {
    case UInt8(ascii: "4"), UInt8(ascii: "6"), UInt8(ascii: "L"):
      let port = port(frame)
      // Cut off after the port is cut off before the address: the same fault (protocol.md, G04).
      if offset == end { remark(.truncated(bytes: 0), .address, at: offset) }
      return ConnectShape(hostname: hostname, family: family, port: port, address: only(.address, frame))
    case UInt8(ascii: "U"): expectEnd()
    default: remark(.unknownFamily(family), .family, at: place)
    }
    return ConnectShape(hostname: hostname, family: family, port: 0, address: end..<end)
  }

  private mutating func parameters(_ frame: borrowing Span<UInt8>) -> Range<Int>? {
    offset < end ? only(.parameters, frame) : nil
  }

  // MARK: fields

  /// A packet without payload.
  @inline(__always)
  private mutating func bare(_ shape: PacketShape) -> PacketShape {
    expectEnd()
    return shape
  }

  /// The last string of a packet.
  @inline(__always)
  private mutating func only(_ field: Malformation.Field, _ frame: borrowing Span<UInt8>) -> Range<Int> {
    let range = string(field, frame)
    expectEnd()
    return range
  }

  @inline(__always)
  private mutating func string(_ field: Malformation.Field, _ frame: borrowing Span<UInt8>) -> Range<Int> {
    let start = offset
    guard let nul = frame.firstNUL(in: start..<end) else {
      remark(start == end ? .missing : .unterminated, field, at: start)
      offset = end
      return start..<end
    }
    offset = nul &+ 1
    return start..<nul
  }

  /// All strings up to the end.
  private mutating func strings(_ field: Malformation.Field, _ frame: borrowing Span<UInt8>) -> Range<Int> {
    let start = offset
    if start < end, frame[end &- 1] != 0 {
      var last = end &- 1
      while last > start, frame[last &- 1] != 0 { last &-= 1 }
      remark(.unterminated, field, at: last)
    }
    offset = end
    return start..<end
  }

  @inline(__always)
  private mutating func number(_ field: Malformation.Field, _ frame: borrowing Span<UInt8>) -> UInt32 {
    guard end &- offset >= 4 else {
      remark(.truncated(bytes: end - offset), field, at: offset)
      offset = end
      return 0
    }
    defer { offset &+= 4 }
    return frame.bigEndian32(at: offset)
  }

  private mutating func port(_ frame: borrowing Span<UInt8>) -> UInt16 {
    guard end &- offset >= 2 else {
      remark(.truncated(bytes: end - offset), .port, at: offset)
      offset = end
      return 0
    }
    defer { offset &+= 2 }
    return frame.bigEndian16(at: offset)
  }

  private mutating func byte(_ field: Malformation.Field, _ frame: borrowing Span<UInt8>) -> UInt8 {
    guard offset < end else {
      remark(.truncated(bytes: 0), field, at: offset)
      return 0
    }
    defer { offset &+= 1 }
    return frame[offset]
  }

  @inline(__always)
  private mutating func expectEnd() {
    if offset < end { remark(.surplus(bytes: end - offset), .end, at: offset) }
  }

  @inline(never)
  private mutating func remark(_ fault: Malformation.Fault, _ field: Malformation.Field, at offset: Int) {
    guard malformation == nil else { return }
    malformation = Malformation(fault: fault, field: field, offset: offset, end: end)
  }
}
