import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

/// A held packet being edited: a line a field, judged while it is typed.
package struct EditForm {
  let number: Int
  /// What would leave if nothing more were changed.
  let packet: Packet
  private(set) var fields: [Field]
  private(set) var current = 0
  private(set) var judgement = Judgement.unchanged
  private let rules: PacketJudge
  /// Which MTA it is for, if anything tells.
  var mta: KnownMTA? { rules.mta }
  /// What is too long for a line.
  let tooLong: String?

  enum Judgement {
    case unchanged
    /// What is wrong with the field at that index.
    case refused(Int, String)
    case fine([Instruction], Packet, [PacketJudge.Remark])
  }

  /// Longer values are for an editor.
  static let longestLine = 2000
  static let longestFrame = 600

  init(_ detail: PacketDetail, macros: Packet?) {
    number = detail.number
    packet = detail.leaving ?? detail.packet
    rules = PacketJudge(detail)
    var values = Assignment.Field.all(of: PacketValue(decoding: packet))
    if let macros { values += Assignment.Field.all(of: PacketValue(decoding: macros)) }
    tooLong = values.first { $0.value.count > EditForm.longestLine }.map(\.field.name)
    fields = values.filter { $0.value.count <= EditForm.longestLine }.flatMap {
      Field.lines($0.field, $0.value)
    }
    if packet.bytes.count <= EditForm.longestFrame {
      fields.append(Field(.frame, packet.bytes.map(HexDigit.pair).joined(separator: " ")))
    }
  }

  /// As it would stand between quotes, so that every byte can be seen and typed; quotes themselves need no backslash.
  static func text(_ bytes: [UInt8]) -> String {
    String(Quoting.string(bytes).dropFirst().dropLast()).replacing("\\\"", with: "\"")
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    var isEscaped = false
    for character in text.unicodeScalars {
      if character == "\"", !isEscaped { result += "\\" }
      isEscaped = character == "\\" && !isEscaped
      result.unicodeScalars.append(character)
    }
    return result + "\""
  }

  // MARK: keys

  mutating func press(_ key: Key) -> BottomLine.Press {
    switch key {
    case .named(.escape), .control("c"), .control("g"): return .closes([])
    case .named(.down), .named(.tab), .control("n"): current = (current + 1) % fields.count
    case .named(.up), .named(.backTab), .control("p"): current = (current + fields.count - 1) % fields.count
    case .named(.enter): return keep()
    default: if fields[current].apply(key) { judge() }
    }
    return .stays([])
  }

  private mutating func keep() -> BottomLine.Press {
    switch judgement {
    case .unchanged: return .closes([])
    case .refused(let index, let words):
      current = index
      return .stays(.refuse(words))
    case .fine(let instructions, _, let remarks):
      return .closes(.confirming(instructions.map { .instruct($0.asItStands, packet: number) }, remarks))
    }
  }

  // MARK: judging

  /// Says anew what the fields as they stand come to.
  private mutating func judge() {
    judgement = .unchanged
    guard fields.contains(where: \.isChanged) else { return }
    var instructions: [Instruction] = []
    var value = PacketValue(decoding: packet)
    var result = packet
    for (index, field) in fields.enumerated() where field.isChanged {
      do throws(Refusal) {
        let instruction = try instruction(field)
        guard instructions.last != instruction else { continue }
        let isMacroSet = packet.kind == .command(.macro)
        if case .set(let assignment) = instruction, isMacroSet || !assignment.field.isOfMacros {
          value = try assignment.applied(to: value)
          result = Packet(encoding: value, from: packet.sender)
        }
        if case .raw(let bytes) = instruction {
          result = Packet(frame: bytes, from: packet.sender)
          instructions = []
        }
        instructions.append(instruction)
      } catch {
        judgement = .refused(index, error.reason)
        return
      }
    }
    judgement = .fine(instructions, result, rules.remarks(on: result))
  }

  /// Its texts are meant as they stand: what came in a mail may look like a value.
  private func instruction(_ field: Field) throws(Refusal) -> Instruction {
    switch field.target {
    case .frame:
      return try Self.refusing { () throws(SyntaxError) in
        try Instruction(parsing: "raw " + field.editor.text)
      }
    case .field(let target):
      let value = try Self.refusing { () throws(SyntaxError) in
        try Quoting.bytes(of: Self.quoted(field.editor.text))
      }
      return .set(try Assignment(target, value))
    case .flag(let target, _): return .set(try Assignment(target, Array(words(of: target).utf8)))
    }
  }

  private static func refusing<Value>(_ read: () throws(SyntaxError) -> Value) throws(Refusal) -> Value {
    do { return try read() } catch {
      throw Refusal(Sentence(others: error.summary))
    }
  }

  /// All flags of a field that are on.
  private func words(of target: Assignment.Field) -> String {
    let bits = fields.reduce(0 as UInt32) { bits, field in
      if case .flag(target, let bit) = field.target, field.isOn { bits | bit } else { bits }
    }
    return target == .actions
      ? FlagNames.text(ActionFlags(rawValue: bits)) : FlagNames.text(ProtocolFlags(rawValue: bits))
  }
}
