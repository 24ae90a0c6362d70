/// Flags that have a table of names.
package protocol NamedFlags: OptionSet, Hashable, Sendable where RawValue == UInt32 {
  static var table: [(flag: Self, name: String)] { get }
  /// Every bit of version 6.
  static var current: Self { get }
  var names: [String] { get }
}

extension ActionFlags: NamedFlags {}
extension ProtocolFlags: NamedFlags {}

/// Flags as an operator writes them: names joined by `+`, bits without a name in hexadecimal, `none` for no bit.
package enum FlagNames {
  /// A word that names no flag.
  package struct Unknown: Error {
    package let word: String
  }

  /// The text that reads back as these flags.
  package static func text<Flags: NamedFlags>(_ flags: Flags) -> String {
    flags.isEmpty ? "none" : flags.names.joined(separator: "+")
  }

  /// - Parameter all: what `all` stands for.
  package static func read<Flags: NamedFlags>(_ text: String, all: Flags) throws(Unknown) -> Flags {
    switch text.lowercased() {
    case "all": return all
    case "none": return []
    default: break
    }
    var flags: UInt32 = 0
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let word = part.uppercased()
      if let row = Flags.table.first(where: { $0.name == word }) {
        flags |= row.flag.rawValue
      } else if word.hasPrefix("0X"), let bits = UInt32(word.dropFirst(2), radix: 16) {
        flags |= bits
      } else {
        throw Unknown(word: String(part))
      }
    }
    return Flags(rawValue: flags)
  }
}

/// The stages that a milter may ask macros for, by the words that expressions have for them (`SMFIM_*`, `mfapi.h`).
extension OptNeg.SymbolList {
  package static let stages: [(number: UInt32, name: String)] = [
    (0, "connect"), (1, "helo"), (2, "mail"), (3, "rcpt"), (4, "data"), (6, "eoh"), (5, "bodyeob"),
  ]

  /// `mail`, or the number of a stage that has no name.
  package static func name(ofStage number: UInt32) -> String {
    stages.first { $0.number == number }?.name ?? String(number)
  }

  package static func stage(named name: String) -> UInt32? {
    stages.first { $0.name == name.lowercased() }?.number ?? UInt32(name)
  }
}
