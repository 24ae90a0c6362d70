import Dialogue
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What a program or service is told about a packet, as one JSON object on a line; `docs/asking.md` explains the members,
/// `docs/schema/question.json` is their schema.
package struct QuestionJSON {
  /// Grows when a member changes its meaning or goes.
  private static let version = 1
  /// Bytes of each text; `size` says how many there are.
  private static let textLimit = 1 << 20

  private let packets: PacketJSON
  private let charsets: Charsets

  /// - Parameter startedAt: microseconds since 1970 at moment zero.
  package init(startedAt: Int64, _ charsets: Charsets) {
    packets = PacketJSON(startedAt: startedAt)
    self.charsets = charsets
  }

  /// - Parameters:
  ///   - id: by which an answer names the question.
  ///   - record: of the packet.
  ///   - body: of the mail, where all of it has come.
  package func line(
    id: Int, about record: Record, number: Int, _ packet: Packet, _ placement: Placement,
    _ facts: SessionFacts, body: [UInt8]?
  ) -> [UInt8] {
    var line = Array("{\"type\":\"question\",\"version\":\(Self.version),\"id\":\(id),\"packet\":{".utf8)
    packets.appendMembers(
      ListedPacket(record, packet, number: number, placement, .received(forwarded: false)), to: &line)
    line.append(ascii: "},\"session\":{\"conn\":")
    line.append(key: "", record.connection)
    FactsJSON.append(session: facts, to: &line)
    line.append(ascii: "},\"macros\":")
    appendMacros(facts.macros, to: &line)
    if let message = facts.message(at: placement) { append(message, body, to: &line) }
    line.append(ascii: "}\n")
    return line
  }

  /// Those in force, by their names without braces.
  private func appendMacros(_ macros: MacrosInForce, to line: inout [UInt8]) {
    var names: Set<[UInt8]> = []
    line.append(ascii: "{")
    for macro in macros.all.reversed() {
      let name = Array(KnownMacro.bareName(macro.name.bytes))
      guard names.insert(name).inserted else { continue }
      if names.count > 1 { line.append(ascii: ",") }
      line.append(key: "", String(decoding: name, as: UTF8.self))
      line.append(key: ":", FactsJSON.text(macro.value))
    }
    line.append(ascii: "}")
  }

  private func append(_ message: MessageFacts, _ body: [UInt8]?, to line: inout [UInt8]) {
    line.append(key: ",\"message\":{\"msg\":", message.number)
    FactsJSON.append(message, to: &line)
    line.append(key: ",\"bytes\":", message.bytes)
    line.append(ascii: ",\"headers\":")
    line.append(list: message.headers) { line, header in
      line.append(key: "{\"name\":", FactsJSON.text(header.name))
      line.append(key: ",\"value\":", FactsJSON.text(header.value))
      line.append(ascii: "}")
    }
    if let body {
      let headers = message.headers.map { Header(name: $0.name.bytes, value: $0.value.bytes) }
      let content = MailContent(headers: headers, body: body, charsets)
      line.append(ascii: ",\"parts\":")
      line.append(list: content.parts) { append($1, to: &$0) }
      line.append(ascii: body.count < message.bodyBytes ? ",\"cut\":true" : ",\"cut\":false")
    }
    line.append(ascii: "}")
  }

  private func append(_ part: MailContent.Part, to line: inout [UInt8]) {
    line.append(key: "{\"type\":", part.type)
    line.append(key: ",\"name\":", part.name.map { String(decoding: $0, as: UTF8.self) })
    line.append(key: ",\"size\":", part.size)
    line.append(
      key: ",\"text\":", part.text.map { String(decoding: $0.prefix(Self.textLimit), as: UTF8.self) })
    line.append(ascii: "}")
  }
}
