/// How the dialogue runs (`SMFIP_*`, libmilter `mfdef.h`): commands not wanted, replies not sent, extras.
/// Offered by an MTA a bit means "I can"; answered by a milter it means "do". Unknown bits are kept.
public struct ProtocolFlags: OptionSet, Equatable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let noConnect = ProtocolFlags(rawValue: 0x0000_0001)
  public static let noHelo = ProtocolFlags(rawValue: 0x0000_0002)
  public static let noMail = ProtocolFlags(rawValue: 0x0000_0004)
  public static let noRcpt = ProtocolFlags(rawValue: 0x0000_0008)
  public static let noBody = ProtocolFlags(rawValue: 0x0000_0010)
  public static let noHeaders = ProtocolFlags(rawValue: 0x0000_0020)
  public static let noEOH = ProtocolFlags(rawValue: 0x0000_0040)
  public static let noReplyHeaders = ProtocolFlags(rawValue: 0x0000_0080)
  public static let noUnknown = ProtocolFlags(rawValue: 0x0000_0100)
  public static let noData = ProtocolFlags(rawValue: 0x0000_0200)
  public static let skip = ProtocolFlags(rawValue: 0x0000_0400)
  public static let rejectedRcpt = ProtocolFlags(rawValue: 0x0000_0800)
  public static let noReplyConnect = ProtocolFlags(rawValue: 0x0000_1000)
  public static let noReplyHelo = ProtocolFlags(rawValue: 0x0000_2000)
  public static let noReplyMail = ProtocolFlags(rawValue: 0x0000_4000)
  public static let noReplyRcpt = ProtocolFlags(rawValue: 0x0000_8000)
  public static let noReplyData = ProtocolFlags(rawValue: 0x0001_0000)
  public static let noReplyUnknown = ProtocolFlags(rawValue: 0x0002_0000)
  public static let noReplyEOH = ProtocolFlags(rawValue: 0x0004_0000)
  public static let noReplyBody = ProtocolFlags(rawValue: 0x0008_0000)
  public static let headerLeadingSpace = ProtocolFlags(rawValue: 0x0010_0000)
  public static let packets256K = ProtocolFlags(rawValue: 0x1000_0000)
  public static let packets1M = ProtocolFlags(rawValue: 0x2000_0000)
  public static let test = ProtocolFlags(rawValue: 0x8000_0000)

  public static let allNoCommand = ProtocolFlags(rawValue: 0x0000_037F)
  public static let allNoReply = ProtocolFlags(rawValue: 0x000F_F080)
  /// Every bit of version 6 (`SMFI_CURR_PROT`).
  public static let current = ProtocolFlags(rawValue: 0x001F_FFFF)

  /// Bits with their names in the field, in bit order.
  public static let table: [(flag: ProtocolFlags, name: String)] = [
    (.noConnect, "NOCONNECT"), (.noHelo, "NOHELO"), (.noMail, "NOMAIL"), (.noRcpt, "NORCPT"),
    (.noBody, "NOBODY"), (.noHeaders, "NOHDRS"), (.noEOH, "NOEOH"), (.noReplyHeaders, "NR_HDR"),
    (.noUnknown, "NOUNKNOWN"), (.noData, "NODATA"), (.skip, "SKIP"), (.rejectedRcpt, "RCPT_REJ"),
    (.noReplyConnect, "NR_CONN"), (.noReplyHelo, "NR_HELO"), (.noReplyMail, "NR_MAIL"),
    (.noReplyRcpt, "NR_RCPT"), (.noReplyData, "NR_DATA"), (.noReplyUnknown, "NR_UNKN"),
    (.noReplyEOH, "NR_EOH"), (.noReplyBody, "NR_BODY"), (.headerLeadingSpace, "HDR_LEADSPC"),
    (.packets256K, "MDS_256K"), (.packets1M, "MDS_1M"), (.test, "TEST"),
  ]
}
