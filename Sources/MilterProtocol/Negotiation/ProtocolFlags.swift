/// How the dialogue runs (`SMFIP_*`, libmilter `mfdef.h`): commands not wanted, replies not sent, extras.
/// Offered by an MTA a bit means "I can"; answered by a milter it means "do". Unknown bits are kept.
package struct ProtocolFlags: OptionSet, Equatable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let noConnect = ProtocolFlags(rawValue: 0x0000_0001)
  package static let noHelo = ProtocolFlags(rawValue: 0x0000_0002)
  package static let noMail = ProtocolFlags(rawValue: 0x0000_0004)
  package static let noRcpt = ProtocolFlags(rawValue: 0x0000_0008)
  package static let noBody = ProtocolFlags(rawValue: 0x0000_0010)
  package static let noHeaders = ProtocolFlags(rawValue: 0x0000_0020)
  package static let noEOH = ProtocolFlags(rawValue: 0x0000_0040)
  package static let noReplyHeaders = ProtocolFlags(rawValue: 0x0000_0080)
  package static let noUnknown = ProtocolFlags(rawValue: 0x0000_0100)
  package static let noData = ProtocolFlags(rawValue: 0x0000_0200)
  package static let skip = ProtocolFlags(rawValue: 0x0000_0400)
  package static let rejectedRcpt = ProtocolFlags(rawValue: 0x0000_0800)
  package static let noReplyConnect = ProtocolFlags(rawValue: 0x0000_1000)
  package static let noReplyHelo = ProtocolFlags(rawValue: 0x0000_2000)
  package static let noReplyMail = ProtocolFlags(rawValue: 0x0000_4000)
  package static let noReplyRcpt = ProtocolFlags(rawValue: 0x0000_8000)
  package static let noReplyData = ProtocolFlags(rawValue: 0x0001_0000)
  package static let noReplyUnknown = ProtocolFlags(rawValue: 0x0002_0000)
  package static let noReplyEOH = ProtocolFlags(rawValue: 0x0004_0000)
  package static let noReplyBody = ProtocolFlags(rawValue: 0x0008_0000)
  package static let headerLeadingSpace = ProtocolFlags(rawValue: 0x0010_0000)
  package static let packets256K = ProtocolFlags(rawValue: 0x1000_0000)
  package static let packets1M = ProtocolFlags(rawValue: 0x2000_0000)
  package static let test = ProtocolFlags(rawValue: 0x8000_0000)

  package static let allNoCommand = ProtocolFlags(rawValue: 0x0000_037F)
  package static let allNoReply = ProtocolFlags(rawValue: 0x000F_F080)
  /// Every bit of version 6 (`SMFI_CURR_PROT`).
  package static let current = ProtocolFlags(rawValue: 0x001F_FFFF)

  /// Bits with their names in the field, in bit order.
  package static let table: [(flag: ProtocolFlags, name: String)] = [
    (.noConnect, "NOCONNECT"), (.noHelo, "NOHELO"), (.noMail, "NOMAIL"), (.noRcpt, "NORCPT"),
    (.noBody, "NOBODY"), (.noHeaders, "NOHDRS"), (.noEOH, "NOEOH"), (.noReplyHeaders, "NR_HDR"),
    (.noUnknown, "NOUNKNOWN"), (.noData, "NODATA"), (.skip, "SKIP"), (.rejectedRcpt, "RCPT_REJ"),
    (.noReplyConnect, "NR_CONN"), (.noReplyHelo, "NR_HELO"), (.noReplyMail, "NR_MAIL"),
    (.noReplyRcpt, "NR_RCPT"), (.noReplyData, "NR_DATA"), (.noReplyUnknown, "NR_UNKN"),
    (.noReplyEOH, "NR_EOH"), (.noReplyBody, "NR_BODY"), (.headerLeadingSpace, "HDR_LEADSPC"),
    (.packets256K, "MDS_256K"), (.packets1M, "MDS_1M"), (.test, "TEST"),
  ]
}
