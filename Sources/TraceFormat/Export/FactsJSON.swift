import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// The members of JSON objects that come from the facts of a session or message, in exports and in questions;
/// `docs/exports.md` explains them, `docs/schema/export.json` is their schema.
enum FactsJSON {
  // MARK: sessions

  /// Client, HELO and negotiation, each with a comma in front.
  static func append(session facts: SessionFacts, to bytes: inout [UInt8]) {
    if let client = facts.client {
      bytes.append(key: ",\"client\":{\"host\":", text(client.hostname))
      bytes.append(key: ",\"family\":", String(decoding: [client.family], as: UTF8.self))
      bytes.append(key: ",\"address\":", client.address.map(text))
      bytes.append(key: ",\"port\":", client.port.map { Int($0) })
      bytes.append(ascii: "}")
    }
    bytes.append(key: ",\"helo\":", facts.helo.map(text))
    append(facts.negotiation, to: &bytes)
  }

  private static func append(_ negotiation: Negotiation, to bytes: inout [UInt8]) {
    bytes.append(ascii: ",\"negotiation\":{")
    var isFirst = true
    for (name, optNeg) in [
      ("offered", negotiation.offered), ("shown", negotiation.shown), ("answered", negotiation.answered),
      ("told", negotiation.told),
    ] {
      guard let optNeg else { continue }
      bytes.append(key: isFirst ? "" : ",", name)
      isFirst = false
      bytes.append(key: ":{\"version\":", Int(optNeg.version))
      bytes.append(ascii: ",\"actions\":")
      bytes.append(list: optNeg.actions.names) { $0.append(key: "", $1) }
      bytes.append(ascii: ",\"protocol\":")
      bytes.append(list: optNeg.protocolFlags.names) { $0.append(key: "", $1) }
      if !optNeg.symbolLists.isEmpty {
        bytes.append(ascii: ",\"macros\":")
        bytes.append(list: optNeg.symbolLists) { bytes, list in
          bytes.append(key: "{\"stage\":", OptNeg.SymbolList.stageName(list.stage))
          bytes.append(key: ",\"names\":", String(decoding: list.names, as: UTF8.self))
          bytes.append(ascii: "}")
        }
      }
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: "}")
  }

  // MARK: messages

  /// Each with a comma in front.
  static func append(_ facts: MessageFacts, to bytes: inout [UInt8]) {
    bytes.append(key: ",\"queue\":", facts.queueID.map(text))
    if let sender = facts.envelopeSender {
      bytes.append(ascii: ",\"from\":{")
      append(sender, to: &bytes)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: ",\"rcpts\":")
    bytes.append(list: facts.envelopeRecipients) { bytes, recipient in
      bytes.append(ascii: "{")
      append(recipient.envelope, to: &bytes)
      bytes.append(ascii: recipient.isRefusedByMilter ? ",\"refused\":true}" : ",\"refused\":false}")
    }
    bytes.append(key: ",\"subject\":", facts.subject.map { text($0.value) })
    bytes.append(ascii: ",\"modifications\":")
    bytes.append(list: facts.modifications) { bytes, modification in
      bytes.append(key: "{\"n\":", modification.packet)
      bytes.append(key: ",\"name\":", modification.kind.name)
      bytes.append(ascii: "}")
    }
  }

  private static func append(_ envelope: EnvelopeFact, to bytes: inout [UInt8]) {
    bytes.append(key: "\"n\":", envelope.packet)
    bytes.append(key: ",\"address\":", text(envelope.address))
    bytes.append(ascii: ",\"arguments\":")
    bytes.append(list: envelope.arguments) { $0.append(key: "", text($1)) }
    if envelope.isMacro { bytes.append(ascii: ",\"macro\":true") }
  }

  /// Wire bytes as UTF-8, what is none of it replaced; the packet has the bytes.
  static func text(_ head: Head) -> String { String(decoding: head.bytes, as: UTF8.self) }
}
