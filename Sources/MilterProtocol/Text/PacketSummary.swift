/// A packet in one line, without its name: our own words, and bytes from the wire that have yet to be made inert.
///
///     MAIL       <alice@example.org> SIZE=1820
///     CONNECT    mail.example.org [192.0.2.7]:51234
///     REPLYCODE  550 5.1.1 no such user
///     CHGHEADER  Subject[1]: new
package struct PacketSummary: Equatable, Sendable {
  package private(set) var parts: [SummaryPart] = []
  private let packet: Packet

  package init(_ packet: Packet) {
    self.packet = packet
    let dissection = Dissection(packet)
    append(dissection.shape)
    guard let malformation = dissection.malformation else { return }
    append(parts.isEmpty ? "malformed: " : "  malformed: ")
    append(malformation.sentence.text)
  }

  /// The line, safe to print.
  package var text: String { parts.map(\.text).joined() }
}

package enum SummaryPart: Equatable, Sendable {
  case words(String)
  case wire(ArraySlice<UInt8>)

  /// Safe to print.
  package var text: String {
    switch self {
    case .words(let words): words
    case .wire(let bytes): InertText.string(escaping: bytes)
    }
  }

  /// Appends ``text`` as UTF-8.
  package func append(to output: inout [UInt8]) {
    switch self {
    case .words(let words): output += words.utf8
    case .wire(let bytes) where InertText.isInert(bytes): output += bytes
    case .wire: output += text.utf8
    }
  }
}

extension PacketSummary {
  private mutating func append(_ shape: PacketShape) {
    switch shape {
    case .optNeg(let optNeg): append(optNeg)
    case .macro(let command, let strings): append(command, strings)
    case .connect(let connect): append(connect)
    case .helo(let name): append(name)
    case .mail(let address, let arguments), .rcpt(let address, let arguments):
      append(address, orElse: "(empty)")
      for argument in StringList(arguments, of: packet) {
        append(" ")
        append(argument)
      }
    case .header(let name, let value), .addHeader(let name, let value): append(name, value)
    case .insHeader(let index, let name, let value):
      append("at \(index): ")
      append(name, value)
    case .chgHeader(let index, let name, let value):
      if value.isEmpty { append("delete ") }
      append(name)
      append("[\(index)]")
      guard !value.isEmpty else { return }
      append(": ")
      append(value)
    case .body(let chunk): append(chunk: chunk)
    case .replBody(let chunk): chunk.isEmpty ? append("no body") : append(chunk: chunk)
    case .bodyEOB(let chunk):
      append("end of message")
      guard !chunk.isEmpty else { return }
      append(", ")
      append(chunk: chunk)
    case .unknown(let line): append(line)
    case .eoh: append("end of header")
    case .quitNC: append("another connection follows")
    case .data, .abort, .quit, .empty: break
    case .verdict(let kind): append(kind.word)
    case .progress: append(ReplyKind.progress.word)
    case .connFail: append(ReplyKind.connFail.word)
    case .replyCode(let text): append(reply: ReplyText(parsing: packet.bytes, in: text))
    case .addRcpt(let address), .delRcpt(let address): append(address, orElse: "(empty)")
    case .addRcptPar(let address, let parameters), .chgFrom(let address, let parameters):
      append(address, orElse: "(empty)")
      guard let parameters else { return }
      append(" ")
      append(parameters)
    case .quarantine(let reason): append(reason)
    case .setSymList(let stage, let names): append(stage: stage, names: names)
    case .undecoded(let payload):
      guard !payload.isEmpty else { return }
      append(chunk: payload)
    }
  }

  private mutating func append(_ optNeg: OptNegShape) {
    append("version \(optNeg.version), \(optNeg.actions.words), \(optNeg.protocolFlags.words)")
    for list in SymbolLists(optNeg.symbolLists, of: packet) {
      append(", ")
      append(stage: list.stage, names: list.names)
    }
  }

  private mutating func append(stage: UInt32, names: Range<Int>) {
    append("macros at \(OptNeg.SymbolList.stageName(stage)): ")
    append(names, orElse: "none")
  }

  private mutating func append(_ command: UInt8, _ strings: Range<Int>) {
    append((CommandKind(rawValue: command)?.name ?? "'\(InertText.string(escaping: [command]))'") + ": ")
    var list = StringList(strings, of: packet)
    var isFirst = true
    while let name = list.next() {
      if !isFirst { append(", ") }
      isFirst = false
      append(name)
      append("=")
      if let value = list.next() { append(value) }
    }
    if isFirst { append("none") }
  }

  private mutating func append(_ connect: ConnectShape) {
    append(connect.hostname)
    switch connect.family {
    case UInt8(ascii: "U"): append(" (unknown address)")
    case UInt8(ascii: "L"):
      append(" unix:")
      append(connect.address)
    default:
      append(" [")
      append(connect.address)
      append("]:\(connect.port)")
    }
  }

  private mutating func append(_ name: Range<Int>, _ value: Range<Int>) {
    append(name)
    append(": ")
    append(value)
  }

  private mutating func append(reply: ReplyText) {
    for (number, line) in reply.lines.enumerated() {
      if number > 0 { append(" / ") }
      append(line.range)
    }
  }

  /// How much of a body chunk a summary quotes.
  private static let quotedBytes = 60

  private mutating func append(chunk: Range<Int>) {
    append("\(counted(chunk.count, "byte")) \"")
    append(chunk.lowerBound..<min(chunk.upperBound, chunk.lowerBound + Self.quotedBytes))
    append(chunk.count > Self.quotedBytes ? "…\"" : "\"")
  }

  private mutating func append(_ range: Range<Int>, orElse words: String) {
    range.isEmpty ? append(words) : append(range)
  }

  private mutating func append(_ words: String) { parts.append(.words(words)) }

  private mutating func append(_ range: Range<Int>) {
    if !range.isEmpty { parts.append(.wire(packet.bytes[range])) }
  }
}

extension ReplyKind {
  /// What it says, in the words of the instruction that sends it.
  package var word: String {
    switch self {
    case .connFail: "connection failed"
    default: name.lowercased()
    }
  }
}

extension OptNeg.SymbolList {
  /// `CONNECT`, `EOM`, …: `SMFIM_*` without prefix; `stage 9` for what does not exist.
  package static func stageName(_ stage: UInt32) -> String {
    let names = ["CONNECT", "HELO", "ENVFROM", "ENVRCPT", "DATA", "EOM", "EOH"]
    return stage < names.count ? names[Int(stage)] : "stage \(stage)"
  }
}

extension ActionFlags {
  /// The bits set that version 6 does not define.
  package var unknown: UInt32 { subtracting(.current).rawValue }

  /// Names of the bits set; unknown bits as one number.
  package var names: [String] {
    Self.table.filter { contains($0.flag) }.map(\.name)
      + (unknown == 0 ? [] : ["0x" + String(unknown, radix: 16)])
  }

  /// `all actions`, `no actions`, `actions ADDHDRS CHGHDRS`.
  package var words: String {
    if self == .current { return "all actions" }
    return isEmpty ? "no actions" : "actions " + names.joined(separator: " ")
  }
}

extension ProtocolFlags {
  /// Every bit that has a name.
  package static let named = ProtocolFlags(table.map(\.flag))

  package var unknown: UInt32 { subtracting(.named).rawValue }

  /// Names of the bits set; unknown bits as one number.
  package var names: [String] {
    Self.table.filter { contains($0.flag) }.map(\.name)
      + (unknown == 0 ? [] : ["0x" + String(unknown, radix: 16)])
  }

  /// `all protocol flags`, `all steps` where none is set, `protocol NOBODY NR_HDR`.
  package var words: String {
    if self == .current { return "all protocol flags" }
    return isEmpty ? "all steps" : "protocol " + names.joined(separator: " ")
  }
}
