/// What a milter may do to a message (`SMFIF_*`, libmilter `mfapi.h`). Unknown bits are kept.
package struct ActionFlags: OptionSet, Equatable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let addHeaders = ActionFlags(rawValue: 0x001)
  package static let changeBody = ActionFlags(rawValue: 0x002)
  package static let addRcpt = ActionFlags(rawValue: 0x004)
  package static let deleteRcpt = ActionFlags(rawValue: 0x008)
  package static let changeHeaders = ActionFlags(rawValue: 0x010)
  package static let quarantine = ActionFlags(rawValue: 0x020)
  package static let changeFrom = ActionFlags(rawValue: 0x040)
  package static let addRcptWithParameters = ActionFlags(rawValue: 0x080)
  package static let setSymbolList = ActionFlags(rawValue: 0x100)

  /// Every action of version 6 (`SMFI_CURR_ACTS`).
  package static let current = ActionFlags(rawValue: 0x1FF)

  /// Bits with their names in the field, in bit order.
  package static let table: [(flag: ActionFlags, name: String)] = [
    (.addHeaders, "ADDHDRS"), (.changeBody, "CHGBODY"), (.addRcpt, "ADDRCPT"), (.deleteRcpt, "DELRCPT"),
    (.changeHeaders, "CHGHDRS"), (.quarantine, "QUARANTINE"), (.changeFrom, "CHGFROM"),
    (.addRcptWithParameters, "ADDRCPT_PAR"), (.setSymbolList, "SETSYMLIST"),
  ]
}
