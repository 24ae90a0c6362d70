/// What a milter may do to a message (`SMFIF_*`, libmilter `mfapi.h`). Unknown bits are kept.
public struct ActionFlags: OptionSet, Equatable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let addHeaders = ActionFlags(rawValue: 0x001)
  public static let changeBody = ActionFlags(rawValue: 0x002)
  public static let addRcpt = ActionFlags(rawValue: 0x004)
  public static let deleteRcpt = ActionFlags(rawValue: 0x008)
  public static let changeHeaders = ActionFlags(rawValue: 0x010)
  public static let quarantine = ActionFlags(rawValue: 0x020)
  public static let changeFrom = ActionFlags(rawValue: 0x040)
  public static let addRcptWithParameters = ActionFlags(rawValue: 0x080)
  public static let setSymbolList = ActionFlags(rawValue: 0x100)

  /// Every action of version 6 (`SMFI_CURR_ACTS`).
  public static let current = ActionFlags(rawValue: 0x1FF)

  /// Bits with their names in the field, in bit order.
  public static let table: [(flag: ActionFlags, name: String)] = [
    (.addHeaders, "ADDHDRS"), (.changeBody, "CHGBODY"), (.addRcpt, "ADDRCPT"), (.deleteRcpt, "DELRCPT"),
    (.changeHeaders, "CHGHDRS"), (.quarantine, "QUARANTINE"), (.changeFrom, "CHGFROM"),
    (.addRcptWithParameters, "ADDRCPT_PAR"), (.setSymbolList, "SETSYMLIST"),
  ]
}
