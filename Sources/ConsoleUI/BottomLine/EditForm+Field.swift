import Cells
import CommandLanguage
import MilterProtocol
import Timeline
import TraceModel

extension EditForm {
  /// One line of the form: a value to be typed, or a flag to be switched.
  struct Field {
    enum Target: Equatable {
      case field(Assignment.Field)
      /// One bit of a field of flags.
      case flag(Assignment.Field, UInt32)
      case frame
    }
    let target: Target
    let before: String
    var editor: LineEditor

    init(_ target: Target, _ text: String) {
      self.target = target
      before = text
      editor = LineEditor(text)
    }

    var isChanged: Bool { editor.text != before }

    var label: String {
      switch target {
      case .frame: "raw frame"
      case .field(.macro(let name)): "macro \(InertText.string(escaping: name))"
      case .field(let field): field.text
      case .flag(let field, let bit):
        field == .actions
          ? "action \(ActionFlags(rawValue: bit).names.joined())"
          : "protocol \(ProtocolFlags(rawValue: bit).names.joined())"
      }
    }

    /// What the flag means where it is on; nil for what is typed.
    var meaning: String? {
      guard case .flag(let field, let bit) = target else { return nil }
      return NegotiationMatrix.meaning(field == .actions ? .action : .protocolFlag, bit)
    }

    // MARK: flags

    private static let on = "on"
    private static let off = "off"

    var isOn: Bool { editor.text == Self.on }

    /// Does what `key` says; false where it means nothing here.
    mutating func apply(_ key: Key) -> Bool {
      guard case .flag = target else { return editor.apply(key) }
      guard key == .character(" ") else { return false }
      editor = LineEditor(isOn ? Self.off : Self.on)
      return true
    }

    /// The lines of a field: one, or one for each flag.
    static func lines(_ field: Assignment.Field, _ value: [UInt8]) -> [Field] {
      let text = String(decoding: value, as: UTF8.self)
      switch field {
      case .actions: return lines(field, (try? FlagNames.read(text, all: .current)) ?? ActionFlags())
      case .protocolFlags: return lines(field, (try? FlagNames.read(text, all: .current)) ?? ProtocolFlags())
      default: return [Field(.field(field), EditForm.text(value))]
      }
    }

    /// Every flag that has a name, then those without that are on.
    private static func lines<Flags: NamedFlags>(_ field: Assignment.Field, _ flags: Flags) -> [Field] {
      let named = Flags.table.map(\.flag.rawValue)
      let others = (0..<32).map { UInt32(1) << $0 }.filter { flags.rawValue & $0 != 0 && !named.contains($0) }
      return (named + others).map { Field(.flag(field, $0), flags.rawValue & $0 != 0 ? on : off) }
    }
  }
}
