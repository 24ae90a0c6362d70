/// What each bit of OPTNEG says of the milter that sets it, in words.
package enum FlagMeanings {
  package static func action(_ bit: UInt32) -> String { actions[bit] ?? undefined }

  package static func protocolFlag(_ bit: UInt32) -> String { flags[bit] ?? undefined }

  /// Of each bit that is set, in bit order.
  package static func words(_ actions: ActionFlags) -> [String] { bits(actions.rawValue).map(action) }

  package static func words(_ flags: ProtocolFlags) -> [String] { bits(flags.rawValue).map(protocolFlag) }

  private static func bits(_ word: UInt32) -> [UInt32] { (0..<32).map { 1 << $0 }.filter { word & $0 != 0 } }

  private static let undefined = "no version of the protocol defines it"

  private static let actions: [UInt32: String] = [
    0x001: "may add and insert headers", 0x002: "may replace the body", 0x004: "may add recipients",
    0x008: "may remove recipients", 0x010: "may change and delete headers", 0x020: "may quarantine",
    0x040: "may change the sender", 0x080: "may add recipients with ESMTP parameters",
    0x100: "may say which macros it wants",
  ]

  private static let flags: [UInt32: String] = [
    0x0000_0001: "does not want CONNECT", 0x0000_0002: "does not want HELO",
    0x0000_0004: "does not want MAIL", 0x0000_0008: "does not want RCPT",
    0x0000_0010: "does not want the body", 0x0000_0020: "does not want headers",
    0x0000_0040: "does not want end of header", 0x0000_0080: "does not answer headers",
    0x0000_0100: "does not want unknown commands", 0x0000_0200: "does not want DATA",
    0x0000_0400: "may answer SKIP", 0x0000_0800: "wants recipients that the MTA refused, too",
    0x0000_1000: "does not answer CONNECT", 0x0000_2000: "does not answer HELO",
    0x0000_4000: "does not answer MAIL", 0x0000_8000: "does not answer RCPT",
    0x0001_0000: "does not answer DATA", 0x0002_0000: "does not answer unknown commands",
    0x0004_0000: "does not answer end of header", 0x0008_0000: "does not answer body chunks",
    0x0010_0000: "header values keep the white space behind the colon",
    0x1000_0000: "packets up to 256 KB (experimental)", 0x2000_0000: "packets up to 1 MB (experimental)",
    0x8000_0000: "for tests of the protocol (experimental)",
  ]
}
