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
      return change(index, words(name), words(value), occasion, writer)
    case .addRcpt(let address), .addRcptPar(let address, _):
      return address.isEmpty
        ? [] : line("Milter ({milter}) add: rcpt: {address}", ["address": words(address)])
    case .delRcpt(let address):
      let number = occasion.isRecipient == false ? "0" : "{number}"
      let found = occasion.isRecipient == true ? ["number": "1"] : [:]
      return line(
        "Milter ({milter}) delete: rcpt {address}, naddrs=\(number)",
        found.merging(["address": words(address)]) { mine, _ in mine })
    case .chgFrom(let address, _):
      return line("Milter ({milter}) chgfrom: {address}", ["address": words(address)])
    case .replBody:
      return occasion.isBodyBegun || occasion.lacksBodyRight
        ? [] : line("Milter ({milter}) message: body replaced", [:])
    case .quarantine(let reason): return line("milter={name}, quarantine={reason}", ["reason": words(reason)])
    default: return []
    }
  }

  /// The header as it was is what the client sent; once the milter has changed one, nothing tells whether it is there.
  private static func change(
    _ index: UInt32, _ name: String, _ value: String, _ occasion: LogOccasion, _ writer: LogWriter
  ) -> [ExpectedLine] {
    let isDeleted = value.isEmpty
    func missing(_ condition: String?) -> ExpectedLine {
      let format =
        isDeleted
        ? "Milter ({milter}) delete (noop): header: {header}"
        : "Milter ({milter}) change (add): header: {header}: {value}"
      return writer.line(format, ["header": name, "value": value], when: condition)
    }
    func present(_ old: String, _ condition: String?) -> ExpectedLine {
      let format =
        isDeleted
        ? "Milter ({milter}) delete: header{which} {header}:{value}"
        : "Milter ({milter}) change: header{which} {header}: from {old} to {value}"
      let which = index < 2 ? "" : "[\(index)]"
      let values = ["which": which, "header": name, "old": old, "value": isDeleted ? old : value]
      return writer.line(format, values, when: condition)
    }
    switch occasion.oldHeader {
    case .missing: return [missing(nil)]
    case .value(let bytes): return [present(LogOccasion.escaped(bytes), nil)]
    case .unknown: return [present("OLD", "where it is there"), missing("where it is not")]
    }
  }
}
