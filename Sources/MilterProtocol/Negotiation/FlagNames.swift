/// Flags that have a table of names.
package protocol NamedFlags: OptionSet, Hashable, Sendable where RawValue == UInt32 {
  static var table: [(flag: Self, name: String)] { get }
  /// Every bit of version 6.
  static var current: Self { get }
  /// Names that headers and libraries have for several bits at once, or for the same bit.
  static var sets: [(flag: Self, name: String)] { get }
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
    for part in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "+" || $0 == "|" }) {
      let word = bare(part.uppercased())
      if let row = (Flags.table + Flags.sets).first(where: { $0.name == word }) {
        flags |= row.flag.rawValue
      } else if word.hasPrefix("0X"), let bits = UInt32(word.dropFirst(2), radix: 16) {
        flags |= bits
      } else {
        throw Unknown(word: String(part))
      }
    }
    return Flags(rawValue: flags)
  }

  /// A name without the prefix that `mfapi.h` and `mfdef.h` give it, in whatever case.
  package static func bare(_ name: String) -> String {
    let prefix = ["SMFIF_", "SMFIP_", "SMFI_"].first { name.uppercased().hasPrefix($0) }
    return String(name.dropFirst(prefix?.count ?? 0))
  }
}

extension ActionFlags {
  /// `SMFI_V1_ACTS`, `SMFI_V2_ACTS` and `SMFI_CURR_ACTS` of `mfdef.h`, `SMFIF_MODBODY` of `mfapi.h`, and the names of python-libmilter,
  /// where `ALLOPTS_V6` is what version 6 has beyond version 2; `V6_ACTS` is Sendmail::PMilter's.
  package static let sets: [(flag: ActionFlags, name: String)] = [
    (ActionFlags(rawValue: 0x0F), "V1_ACTS"), (ActionFlags(rawValue: 0x3F), "V2_ACTS"),
    (.current, "V6_ACTS"), (.current, "CURR_ACTS"), (.current, "ALLOPTS"),
    (ActionFlags(rawValue: 0x3F), "ALLOPTS_V2"), (ActionFlags(rawValue: 0x1C0), "ALLOPTS_V6"),
    (.changeBody, "MODBODY"), ([], "NONE"),
  ]
}

extension ProtocolFlags {
  /// `SMFI_V1_PROT`, `SMFI_V2_PROT`, `SMFI_CURR_PROT` and `SMFIP_NOHREPL` of `mfdef.h`, and the names of python-libmilter, where
  /// `ALLPROTOS_V6` is what version 6 has beyond version 2; `V6_PROT` is Sendmail::PMilter's.
  package static let sets: [(flag: ProtocolFlags, name: String)] = [
    (ProtocolFlags(rawValue: 0x3F), "V1_PROT"), (ProtocolFlags(rawValue: 0x7F), "V2_PROT"),
    (.current, "V6_PROT"), (.current, "CURR_PROT"), (.current, "ALLPROTOS"),
    (ProtocolFlags(rawValue: 0x7F), "ALLPROTOS_V2"), (ProtocolFlags(rawValue: 0x1F_FF80), "ALLPROTOS_V6"),
    (.noReplyHeaders, "NOHREPL"),
  ]
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
