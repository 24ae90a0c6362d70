/// A field of a packet, for detail views, JSON and hex dumps.
package struct PacketField: Equatable, Sendable {
  /// Our word for it (`hostname`, `argument`), the same for every packet of the kind; a macro goes by its own name.
  package var label: String
  /// Where it lies in the frame, its NUL and other syntax included.
  package var range: Range<Int>
  package var value: Value
  /// What it means, where that is not plain; safe to print.
  package var note: String?

  package enum Value: Equatable, Sendable {
    /// Bytes of the wire, without NUL.
    case wire(ArraySlice<UInt8>)
    case number(UInt32)
    /// A letter of the protocol: a code, a family.
    case letter(UInt8)
    /// Bits with the names of those set, unknown ones as one number.
    case flags(raw: UInt32, names: [String])
  }

  /// Every field of `packet` in wire order: `length` and `code` first, what is left over last (`surplus`).
  package static func fields(of packet: Packet) -> [PacketField] {
    var list = FieldList(packet)
    list.append(Dissection(packet))
    return list.fields
  }

  /// The value as a number, where filters compare it as one: a reply code is three digits on the wire.
  package var number: UInt32? {
    switch value {
    case .number(let number): return number
    case .wire(let digits) where label == Self.replyCode && digits.count == 3:
      return UInt32(String(decoding: digits, as: UTF8.self)).flatMap { $0 >= 100 ? $0 : nil }
    case .wire, .letter, .flags: return nil
    }
  }

  fileprivate static let replyCode = "reply code"
}

private struct FieldList {
  private let packet: Packet
  private(set) var fields: [PacketField] = []

  init(_ packet: Packet) {
    self.packet = packet
    append("length", 0..<4, .number(packet.bytes.span.bigEndian32(at: 0)), note: "of code and payload")
    if let code = packet.code {
      append("code", 4..<5, .letter(code), note: packet.kind.name)
    }
  }

  mutating func append(_ dissection: Dissection) {
    switch dissection.shape {
    case .optNeg(let shape): append(shape)
    case .macro(let command, let strings): append(command, strings)
    case .connect(let shape): append(shape)
    case .helo(let name): append("name", name)
    case .mail(let address, let arguments), .rcpt(let address, let arguments):
      append("address", address)
      for argument in StringList(arguments, of: packet) { append("argument", argument) }
    case .header(let name, let value), .addHeader(let name, let value): append(name, value)
    case .insHeader(let index, let name, let value):
      append("index", 5..<9, .number(index), note: index == 0 ? "above all headers" : nil)
      append(name, value)
    case .chgHeader(let index, let name, let value):
      append("index", 5..<9, .number(index), note: "among the headers of that name, from 1")
      append(name, value)
      if value.isEmpty, !fields.isEmpty { fields[fields.count - 1].note = "empty: delete the header" }
    case .body(let chunk), .bodyEOB(let chunk), .replBody(let chunk): append(chunk: chunk)
    case .unknown(let line): append("line", line)
    case .replyCode(let text): append(ReplyText(parsing: packet.bytes, in: text))
    case .addRcpt(let address), .delRcpt(let address): append("address", address)
    case .addRcptPar(let address, let parameters), .chgFrom(let address, let parameters):
      append("address", address)
      if let parameters { append("parameters", parameters) }
    case .quarantine(let reason): append("reason", reason)
    case .setSymList(let stage, let names):
      append("stage", 5..<9, .number(stage), note: OptNeg.SymbolList.stageName(stage))
      append("names", names)
    case .undecoded(let payload):
      if !payload.isEmpty { append("payload", payload, .wire(packet.bytes[payload])) }
    case .data, .eoh, .abort, .quit, .quitNC, .verdict, .progress, .connFail, .empty: break
    }
    guard let malformation = dissection.malformation, case .surplus = malformation.fault else { return }
    let rest = malformation.offset..<packet.bytes.count
    append("surplus", rest, .wire(packet.bytes[rest]), note: "nothing is expected here")
  }

  private mutating func append(_ shape: OptNegShape) {
    append("version", 5..<9, .number(shape.version))
    append("actions", 9..<13, .flags(raw: shape.actions.rawValue, names: shape.actions.names))
    append(
      "protocol", 13..<17, .flags(raw: shape.protocolFlags.rawValue, names: shape.protocolFlags.names))
    for list in SymbolLists(shape.symbolLists, of: packet) {
      let start = list.names.lowerBound - 4
      append(
        "stage", start..<start + 4, .number(list.stage), note: OptNeg.SymbolList.stageName(list.stage))
      append("names", list.names)
    }
  }

  private mutating func append(_ command: UInt8, _ strings: Range<Int>) {
    append("command", 5..<6, .letter(command), note: CommandKind(rawValue: command)?.name)
    var list = StringList(strings, of: packet)
    while let name = list.next() {
      let value = list.next() ?? strings.upperBound..<strings.upperBound
      let end = min(value.upperBound + 1, strings.upperBound)
      append(
        InertText.string(escaping: packet.bytes[name]), name.lowerBound..<end,
        .wire(packet.bytes[value]),
        note: KnownMacro.named(packet.bytes[name])?.meaning)
    }
  }

  private mutating func append(_ shape: ConnectShape) {
    append("hostname", shape.hostname)
    let family = shape.hostname.upperBound + 1
    append("family", family..<family + 1, .letter(shape.family), note: familyNote(shape.family))
    guard family + 3 <= shape.address.lowerBound, shape.family != UInt8(ascii: "U") else { return }
    append("port", family + 1..<family + 3, .number(UInt32(shape.port)))
    append("address", shape.address)
  }

  private func familyNote(_ family: UInt8) -> String? {
    switch family {
    case UInt8(ascii: "4"): "IPv4"
    case UInt8(ascii: "6"): "IPv6"
    case UInt8(ascii: "L"): "unix socket"
    case UInt8(ascii: "U"): "unknown"
    default: nil
    }
  }

  private mutating func append(_ name: Range<Int>, _ value: Range<Int>) {
    append("name", name)
    append("value", value)
  }

  private mutating func append(chunk: Range<Int>) {
    guard !chunk.isEmpty else { return }
    append("body", chunk, .wire(packet.bytes[chunk]), note: counted(chunk.count, "byte"))
  }

  private mutating func append(_ reply: ReplyText) {
    for line in reply.lines {
      append(PacketField.replyCode, line.code, .wire(packet.bytes[line.code]))
      if let enhanced = line.enhanced {
        append("enhanced status", enhanced, .wire(packet.bytes[enhanced]))
      }
      append("text", line.text)
    }
  }

  /// A string; its NUL belongs to the field where there is one.
  private mutating func append(_ label: String, _ string: Range<Int>) {
    let end = string.upperBound
    let hasNUL = end < packet.bytes.count && packet.bytes[end] == 0
    append(label, string.lowerBound..<(hasNUL ? end + 1 : end), .wire(packet.bytes[string]))
  }

  /// Fields that are cut off altogether are left out.
  private mutating func append(
    _ label: String, _ range: Range<Int>, _ value: PacketField.Value, note: String? = nil
  ) {
    guard range.upperBound <= packet.bytes.count else { return }
    fields.append(PacketField(label: label, range: range, value: value, note: note))
  }
}
