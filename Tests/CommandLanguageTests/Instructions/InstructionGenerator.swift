import MilterProtocol
import TestSupport
import TraceModel

extension SeededGenerator {
  /// Any instruction that the parser may give.
  mutating func instruction() -> Instruction {
    switch Int.random(in: 0..<16, using: &self) {
    case 0:
      element(of: [
        .hold, .forward, .forwardAll, .step, .drop, .progress, .revert(.last), .revert(.all), .mark, .unmark,
      ])
    case 1: .answer(element(of: Answer.plain))
    case 2: reply().map { .answer(.custom($0)) } ?? .hold
    case 3: .set(assignment())
    case 4: .raw(bytes(4...12))
    case 5: .delay(Moment.Span(microseconds: Int64.random(in: 0...(1 << 40), using: &self)))
    case 6: .close(element(of: Leg.allCases))
    case 7: .note(String(decoding: string(1...8), as: UTF8.self))
    case 8, 9: .fault(fault())
    default: .change(change())
    }
  }

  private mutating func fault() -> Fault {
    let count = Int.random(in: 0...99_999, using: &self)
    let leg: Leg? = chance(1, in: 2) ? element(of: Leg.allCases) : nil
    return switch Int.random(in: 0..<10, using: &self) {
    case 0: .extra(extra(), to: leg)
    case 1: element(of: [.duplicate, .coalesce, .reorder, .silence(leg), .provoke("R02"), .provoke("S04")])
    case 2: .truncate(count)
    case 3: .shorten(count + 1)
    case 4: .append(bytes(1...9))
    case 5: .corrupt(offset: count, bytes(1...9))
    case 6:
      .split(2 + count % 900, pause: Moment.Span(microseconds: Int64.random(in: 0...(1 << 40), using: &self)))
    case 7: .storm(1 + count % 9_999)
    case 8: .breakOff(element(of: Leg.allCases), reset: true, after: chance(1, in: 2) ? count : nil)
    default: .breakOff(element(of: Leg.allCases), reset: false, after: count)
    }
  }

  private mutating func extra() -> Fault.Extra {
    switch Int.random(in: 0..<5, using: &self) {
    case 0: return .frame(bytes(4...12))
    case 1: return .answer(element(of: Answer.plain))
    case 2: return reply().map { .answer(.custom($0)) } ?? .progress
    case 3: return .progress
    default:
      let change = change()
      return change.rewritesPart ? .progress : .change(change)
    }
  }

  private mutating func reply() -> CustomReply? {
    let code = Int.random(in: 400...599, using: &self)
    let status =
      chance(1, in: 2) ? CustomReply.Status(code / 100, 7, Int.random(in: 0...999, using: &self)) : nil
    let lines = (0..<Int.random(in: 1...3, using: &self)).map { _ in
      string().filter { $0 != 0x0A && $0 != 0x0D }
    }
    return try? CustomReply(code: code, status: status, lines: lines)
  }

  private mutating func assignment() -> Assignment {
    let keyed: [Assignment.Field] = [
      .macro(bareName()), .symbolList(stage: UInt32.random(in: 0...12, using: &self)),
    ]
    let field = chance(1, in: 5) ? element(of: keyed) : element(of: Assignment.Field.plain)
    let words = ["7", "451", "none", "ADDHDRS+CHGHDRS", "NOBODY+0x8", "inet6", "mail"]
    let values = [string(1...8), Array(element(of: words).utf8), Array(element(of: words).utf8), []]
    for value in values.shuffled(using: &self) {
      if let assignment = try? Assignment(field, value) { return assignment }
    }
    return assignment()
  }

  private mutating func bareName() -> [UInt8] { string(1...5).map { $0 == 0x7B ? 0x7A : $0 } }

  private mutating func header() -> Header {
    Header(name: string(1...8).map { $0 == 0x3A ? 0x2D : $0 }, value: valued(string()))
  }

  /// A text, sometimes with what stands for a value or looks like it.
  private mutating func valued(_ text: [UInt8]) -> [UInt8] {
    guard chance(1, in: 3) else { return text }
    let values = [
      "{client.address}", "{{client.address}", "{{{n}", "{message.header[\"a \\\"; b\"]}", "{nothing}",
      "{{n['x']}",
      "{sub(lower(message.subject), /a\\/\"\\.b/, \"';\")}", "{{sub(n, /\\./, 'x')}",
    ]
    return Array(text.prefix(2)) + Array(element(of: values).utf8) + text.dropFirst(2)
  }

  private mutating func part() -> Change.PartChoice {
    switch Int.random(in: 0..<3, using: &self) {
    case 0: .number(Int.random(in: 1...99, using: &self))
    case 1: .type(Glob(string(1...8)))
    default: .name(Glob(string(1...8)))
    }
  }

  private mutating func change() -> Change {
    let header = header()
    let index = UInt32.random(in: 1 ... .max, using: &self)
    let source: Change.BodySource =
      chance(1, in: 2) ? .text(valued(bytes(0...8))) : .file(String(decoding: string(1...8), as: UTF8.self))
    let parameters = chance(1, in: 2) ? valued(string(1...8)) : nil
    switch Int.random(in: 0..<12, using: &self) {
    case 0: return .addHeader(header)
    case 1: return .insertHeader(index: index, header)
    case 2: return .changeHeader(index: chance(1, in: 2) ? 1 : index, header)
    case 3: return .deleteHeader(HeaderPattern(header.name), index: chance(1, in: 2) ? nil : index)
    case 4: return .addRcpt(address: string(1...8), parameters: parameters)
    case 5: return .deleteRcpt(address: valued(string(1...8)))
    case 6: return .changeFrom(address: string(1...8), parameters: parameters)
    case 7: return .replaceBody(source)
    case 8: return .quarantine(reason: valued(string()))
    case 9: return .deletePart(part())
    case 10: return .defang(part())
    default: return .replacePart(part(), source)
    }
  }
}
