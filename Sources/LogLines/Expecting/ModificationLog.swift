import MilterProtocol

/// What Sendmail logs of a modification that it makes (`milter.c`), from 8.16 on with the filter's name. Postfix logs none.
enum ModificationLog {
  static func lines(_ kind: ReplyKind, _ occasion: LogOccasion) -> [ExpectedLine] {
    guard let packet = occasion.packet, let dissection = occasion.dissection, dissection.malformation == nil
    else {
      return []
    }
    func words(_ range: Range<Int>) -> String { LogOccasion.escaped(packet.bytes[range]) }
    let writer = LogWriter(occasion, .sendmail)
    func line(_ format: String, _ values: [String: String]) -> [ExpectedLine] {
      [writer.line(format, values)]
    }
    switch dissection.shape {
    case .addHeader(let name, let value):
      guard !name.isEmpty else { return [] }
      return line(
        "Milter ({milter}) add: header: {header}: {value}", ["header": words(name), "value": words(value)])
    case .insHeader(let index, let name, let value):
      guard !name.isEmpty else { return [] }
      return line(
        "Milter ({milter}) insert ({number}): header: {header}: {value}",
        ["number": String(index), "header": words(name), "value": words(value)])
    case .chgHeader(let index, let name, let value):
      guard !name.isEmpty else { return [] }
      return change(index, words(name), words(value), occasion, line)
    case .addRcpt(let address), .addRcptPar(let address, _):
      return address.isEmpty
        ? [] : line("Milter ({milter}) add: rcpt: {address}", ["address": words(address)])
    case .delRcpt(let address):
      return line(
        "Milter ({milter}) delete: rcpt {address}, naddrs=\(occasion.isRecipient ? "{number}" : "0")",
        ["address": words(address), "number": "1"])
    case .chgFrom(let address, _):
      return line("Milter ({milter}) chgfrom: {address}", ["address": words(address)])
    case .replBody:
      return occasion.isBodyBegun || occasion.lacksBodyRight
        ? [] : line("Milter ({milter}) message: body replaced", [:])
    case .quarantine(let reason): return line("milter={name}, quarantine={reason}", ["reason": words(reason)])
    default: return []
    }
  }

  /// The header as it was is what the client sent, unless the milter changed it before.
  private static func change(
    _ index: UInt32, _ name: String, _ value: String, _ occasion: LogOccasion,
    _ line: (String, [String: String]) -> [ExpectedLine]
  ) -> [ExpectedLine] {
    let which = index < 2 ? "" : "[\(index)]"
    if case .missing = occasion.oldHeader {
      return value.isEmpty
        ? line("Milter ({milter}) delete (noop): header: {header}", ["header": name])
        : line("Milter ({milter}) change (add): header: {header}: {value}", ["header": name, "value": value])
    }
    var old = "OLD"
    if case .value(let bytes) = occasion.oldHeader { old = LogOccasion.escaped(bytes) }
    let values = ["which": which, "header": name, "old": old, "value": value.isEmpty ? old : value]
    return line(
      value.isEmpty
        ? "Milter ({milter}) delete: header{which} {header}:{value}"
        : "Milter ({milter}) change: header{which} {header}: from {old} to {value}", values)
  }
}
