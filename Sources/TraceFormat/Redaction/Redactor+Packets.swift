import MilterProtocol
import TraceModel

/// Frames: every field by what it is, and what no field is as text. Numbers, flags, codes and NULs stay.
extension Redactor {
  package mutating func packet(_ packet: Packet) -> Packet {
    guard packet.bytes.count > Limits.headerBytes else { return packet }
    var bytes = packet.bytes
    var covered = packet.payload.lowerBound
    for field in fields(Dissection(packet).shape, of: packet) where field.range.lowerBound >= covered {
      // Cut short or surplus bytes: nobody knows what they are.
      replaceEscaped(&bytes, covered..<field.range.lowerBound, .percent, .secret)
      replace(&bytes, field)
      covered = field.range.upperBound
    }
    replaceEscaped(&bytes, covered..<bytes.count, .percent, .secret)
    return Packet(frame: bytes, from: packet.sender)
  }

  private struct Field {
    enum Kind {
      case fixed
      case text(Style)
      case argument, address, reply
      case header(Range<Int>, Style)
      case macro(Range<Int>)
      case body
    }
    var range: Range<Int>
    var kind: Kind
  }

  private mutating func replace(_ bytes: inout [UInt8], _ field: Field) {
    let source = bytes
    switch field.kind {
    case .fixed: break
    case .text(let style): replace(&bytes, field.range, style)
    case .body: bytes.replaceSubrange(field.range, with: body(Array(source[field.range]), headers: []))
    case .header(let name, let style):
      remember(headerName: Array(source[name]))
      bytes.replaceSubrange(field.range, with: headerValue(source[name], Array(source[field.range]), style))
    case .macro(let name):
      let bare = String(decoding: KnownMacro.bareName(source[name]), as: UTF8.self)
      bytes.replaceSubrange(field.range, with: macroValue(bare, Array(source[field.range])))
    case .argument: replaceArgument(&bytes, field.range)
    case .address: replaceAddress(&bytes, field.range)
    case .reply:
      for line in ReplyText(parsing: source, in: field.range).lines { replace(&bytes, line) }
    }
  }

  private func fields(_ shape: PacketShape, of packet: Packet) -> [Field] {
    let start = packet.payload.lowerBound
    func fixed(_ bytes: Int) -> Field {
      Field(range: start..<min(start + bytes, packet.bytes.count), kind: .fixed)
    }
    func header(_ name: Range<Int>, _ value: Range<Int>) -> [Field] {
      [
        Field(range: name, kind: .fixed),
        Field(range: value, kind: .header(name, packet.sender == .milter ? .said : .technical)),
      ]
    }
    func text(_ range: Range<Int>, _ style: Style = .secret) -> Field {
      Field(range: range, kind: .text(style))
    }
    func arguments(_ list: Range<Int>) -> [Field] {
      StringList(list, of: packet).map { Field(range: $0, kind: .argument) }
    }
    switch shape {
    case .optNeg: return [Field(range: packet.payload, kind: .fixed)]
    case .macro(_, let strings):
      var list = StringList(strings, of: packet)
      var fields = [fixed(1)]
      while let name = list.next() {
        fields.append(Field(range: name, kind: .fixed))
        if let value = list.next() { fields.append(Field(range: value, kind: .macro(name))) }
      }
      return fields
    case .connect(let connect):
      let isAddressed = "46L".utf8.contains(connect.family)
      let behind = min(connect.hostname.upperBound + 1, packet.bytes.count)
      let numbers = behind..<min(behind + (isAddressed ? 3 : 1), packet.bytes.count)
      return [text(connect.hostname, .technical)]
        + (behind < packet.bytes.count ? [Field(range: numbers, kind: .fixed)] : [])
        + (isAddressed ? [Field(range: connect.address, kind: .address)] : [])
    case .helo(let name): return [text(name)]
    case .mail(let address, let list), .rcpt(let address, let list): return [text(address)] + arguments(list)
    case .header(let name, let value), .addHeader(let name, let value): return header(name, value)
    case .insHeader(_, let name, let value), .chgHeader(_, let name, let value):
      return [fixed(4)] + header(name, value)
    case .body(let chunk), .bodyEOB(let chunk), .replBody(let chunk):
      return [Field(range: chunk, kind: .body)]
    case .replyCode(let range): return [Field(range: range, kind: .reply)]
    case .addRcptPar(let address, let parameters), .chgFrom(let address, let parameters):
      let words = parameters.map { packet.bytes[$0].split(separator: 0x20).map(\.indices) } ?? []
      return [text(address)] + words.map { Field(range: $0, kind: .argument) }
    case .setSymList(_, let names): return [fixed(4), Field(range: names, kind: .fixed)]
    case .unknown(let line): return [text(line)]
    case .addRcpt(let address), .delRcpt(let address): return [text(address)]
    case .quarantine(let reason): return [text(reason, .said)]
    case .data, .eoh, .abort, .quit, .quitNC, .verdict, .progress, .connFail, .undecoded, .empty: return []
    }
  }

  // MARK: fields

  /// A line of a reply: code and status stay where they are such, and of what follows whether it begins like a status.
  private mutating func replace(_ bytes: inout [UInt8], _ line: ReplyText.Line) {
    let isCode = line.code.count == 3 && bytes[line.code].allSatisfy(Self.isDigit)
    guard isCode else { return replace(&bytes, line.range, .said) }
    guard let separator = line.separator, separator == 0x20 || separator == UInt8(ascii: "-") else {
      return replace(&bytes, line.code.upperBound..<line.range.upperBound, .said)
    }
    var start = line.text.lowerBound
    if line.enhanced == nil, start < line.text.upperBound, Self.isDigit(bytes[start]) { start += 1 }
    replace(&bytes, start..<line.text.upperBound, .said)
  }

  /// `SIZE=1024`, `AUTH=<a@b>`, `ORCPT=rfc822;a@b`: the keyword stays, and values that are words of SMTP.
  private mutating func replaceArgument(_ bytes: inout [UInt8], _ range: Range<Int>) {
    guard let equals = bytes[range].firstIndex(of: UInt8(ascii: "=")) else {
      replace(&bytes, range, .technical)
      return
    }
    let keyword = String(decoding: bytes[range.lowerBound..<equals].map(lowercase), as: UTF8.self)
    let known = ["size", "body", "ret", "notify", "orcpt", "envid", "auth", "mt-priority", "by", "holdfor"]
    if !known.contains(keyword) { replace(&bytes, range.lowerBound..<equals, .technical) }
    let value = (equals + 1)..<range.upperBound
    if keyword == "size", bytes[value].allSatisfy(Self.isDigit) { return }
    let isPrivate = ["orcpt", "envid", "auth"].contains(keyword)
    replaceEscaped(&bytes, value, .xtext, isPrivate ? .secret : .technical)
  }

  /// The address of CONNECT: what is no IP address does not become one.
  mutating func address(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    replaceAddress(&result, bytes.indices)
    return result
  }

  /// Arguments as one string.
  mutating func parameters(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for word in bytes.split(separator: 0x20) { replaceArgument(&result, word.indices) }
    return result
  }

  private mutating func replaceAddress(_ bytes: inout [UInt8], _ range: Range<Int>) {
    let isAddress = IPAddress(bytes[range]) != nil
    replace(&bytes, range, .secret)
    if !isAddress, IPAddress(bytes[range]) != nil { bytes[range.lowerBound] = UInt8(ascii: "x") }
  }

  mutating func macroValue(_ name: String, _ value: [UInt8]) -> [UInt8] {
    switch name {
    case "v": Self.isVersion(value) ? value : replaced(value, .technical)
    case "cipher_bits", "auth_ssf", "client_connections", "client_port", "daemon_port", "msg_size", "nrcpts",
      "load_avg":
      value.allSatisfy(Self.isDigit) ? value : replaced(value, .technical)
    case "tls_version", "cipher", "auth_type", "client_resolve", "r", "verify":
      Self.isWordOfMachines(value) ? value : replaced(value, .technical)
    case "_", "mail_mailer", "rcpt_mailer", "rcpt_host", "mail_host", "daemon_name", "client_name",
      "client_ptr":
      replaced(value, .technical)
    default: replaced(value, .secret)
    }
  }

  /// `Postfix 3.7.11`, `8.17.1`.
  private static func isVersion(_ value: [UInt8]) -> Bool {
    let words = value.split(separator: 0x20)
    return words.count <= 2
      && words.allSatisfy {
        $0.elementsEqual("Postfix".utf8) || $0.elementsEqual("Sendmail".utf8)
          || $0.first.map(isDigit) ?? false && $0.count <= 20 && longestNumber($0.prefix { $0 != 0x2D }) <= 3
            && isDateOrNothing($0.drop { $0 != 0x2D }.dropFirst())
      }
  }

  /// The day of a Postfix snapshot: `20260101`.
  private static func isDateOrNothing(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.isEmpty || bytes.count == 8 && bytes.starts(with: "20".utf8) && bytes.allSatisfy(isDigit)
  }

  /// Capitals, digits and hyphens, as in TLSv1.3, TLS_AES_256_GCM_SHA384, CRAM-MD5, 256.
  private static func isWordOfMachines(_ value: [UInt8]) -> Bool {
    value.count <= 40 && longestNumber(value) <= 3
      && value.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || "-_.v/".utf8.contains($0)
      }
  }
}
