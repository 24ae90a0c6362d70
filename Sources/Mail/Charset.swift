import MilterProtocol
import TraceModel

/// A character set by one of the names that mails use for it.
///
/// Which sets are read is decided by this table alone: a mail picks one of its rows, and never what the system loads for it.
package struct Charset: Equatable, Sendable {
  /// As registered (IANA), in lower case; of a set that is not known, what the mail calls it.
  package let name: String
  let reading: Reading

  enum Reading: Equatable, Sendable {
    /// The bytes are taken for UTF-8.
    case asTheyAre
    /// Every byte is the scalar of its number, but for these.
    case latin(from: UInt8, [UInt32])
    /// Somebody else has to convert it (``Charsets``).
    case converted(ForeignCharset)
    case unknown
  }

  /// - Parameter name: as it stands in the mail; a language behind `*` (RFC 2231) does not count.
  package init(_ name: some Collection<UInt8>) {
    let plain = name.prefix { $0 != UInt8(ascii: "*") }.map(lowercased)
    let said = String(decoding: trimmedBlanks(plain[...]), as: UTF8.self)
    self = Self.byName[said] ?? Charset(name: said, reading: .unknown)
  }

  private init(name: String, reading: Reading) {
    self.name = name
    self.reading = reading
  }

  /// All names that are known, aliases included.
  package static var knownNames: some Collection<String> { byName.keys }

  /// Registered names in the order of the table.
  package static var registered: [String] { known.map(\.charset.name) }

  private static let byName: [String: Charset] = {
    var byName: [String: Charset] = ["": known[0].charset]
    for (charset, aliases) in known {
      byName[charset.name] = charset
      for alias in aliases.split(separator: " ") { byName[String(alias)] = charset }
    }
    return byName
  }()

  private static func row(_ name: String, _ reading: Reading, _ aliases: String) -> (
    charset: Charset, aliases: String
  ) { (Charset(name: name, reading: reading), aliases) }

  private static func row(
    _ name: String, glibc: String, unit: Int = 1, _ aliases: String = ""
  ) -> (charset: Charset, aliases: String) {
    row(name, .converted(ForeignCharset(name: glibc, unitBytes: unit)), aliases)
  }

  /// The registered name, how it is read, and other names that mails use (IANA, and the labels of the WHATWG Encoding
  /// Standard). As browsers and mail programs do, a set is read as the larger one that its senders mean: Shift_JIS as
  /// Windows-31J, GB 2312 and GBK as GB 18030, EUC-KR as Windows-949.
  private static let known: [(charset: Charset, aliases: String)] = [
    row("us-ascii", .asTheyAre, "ascii ansi_x3.4-1968 iso646-us"),
    row("utf-8", .asTheyAre, "utf8 unicode-1-1-utf-8"),
    row("utf-7", glibc: "UTF-7", "utf7 unicode-1-1-utf-7"),
    row("utf-16", glibc: "UTF-16", unit: 2, "utf16"),
    row("utf-16be", glibc: "UTF-16BE", unit: 2),
    row("utf-16le", glibc: "UTF-16LE", unit: 2),
    row("utf-32", glibc: "UTF-32", unit: 4, "utf32"),
    row("utf-32be", glibc: "UTF-32BE", unit: 4),
    row("utf-32le", glibc: "UTF-32LE", unit: 4),
    row("iso-8859-1", .latin(from: 0, []), "iso8859-1 iso_8859-1 latin1 latin-1"),
    row("iso-8859-2", glibc: "ISO-8859-2", "iso8859-2 iso_8859-2 latin2 latin-2"),
    row("iso-8859-3", glibc: "ISO-8859-3", "iso8859-3 iso_8859-3 latin3"),
    row("iso-8859-4", glibc: "ISO-8859-4", "iso8859-4 iso_8859-4 latin4"),
    row("iso-8859-5", glibc: "ISO-8859-5", "iso8859-5 iso_8859-5"),
    row("iso-8859-6", glibc: "ISO-8859-6", "iso8859-6 iso_8859-6 iso-8859-6-e iso-8859-6-i"),
    row("iso-8859-7", glibc: "ISO-8859-7", "iso8859-7 iso_8859-7"),
    row("iso-8859-8", glibc: "ISO-8859-8", "iso8859-8 iso_8859-8 iso-8859-8-e iso-8859-8-i"),
    row("iso-8859-9", glibc: "ISO-8859-9", "iso8859-9 iso_8859-9 latin5"),
    row("iso-8859-10", glibc: "ISO-8859-10", "iso8859-10 iso_8859-10 latin6"),
    row("iso-8859-13", glibc: "ISO-8859-13", "iso8859-13 iso_8859-13"),
    row("iso-8859-14", glibc: "ISO-8859-14", "iso8859-14 iso_8859-14"),
    row("iso-8859-15", .latin(from: 0xA4, latin9), "iso8859-15 iso_8859-15 latin9 latin-9"),
    row("iso-8859-16", glibc: "ISO-8859-16", "iso8859-16 iso_8859-16"),
    row("windows-874", glibc: "CP874", "cp874 tis-620 iso-8859-11 iso8859-11 dos-874"),
    row("windows-1250", glibc: "CP1250", "cp1250 cp-1250 x-cp1250"),
    row("windows-1251", glibc: "CP1251", "cp1251 cp-1251 x-cp1251"),
    row("windows-1252", .latin(from: 0x80, windows1252), "cp1252 cp-1252 x-cp1252"),
    row("windows-1253", glibc: "CP1253", "cp1253 cp-1253 x-cp1253"),
    row("windows-1254", glibc: "CP1254", "cp1254 cp-1254 x-cp1254"),
    row("windows-1255", glibc: "CP1255", "cp1255 cp-1255 x-cp1255"),
    row("windows-1256", glibc: "CP1256", "cp1256 cp-1256 x-cp1256"),
    row("windows-1257", glibc: "CP1257", "cp1257 cp-1257 x-cp1257"),
    row("windows-1258", glibc: "CP1258", "cp1258 cp-1258 x-cp1258"),
    row("koi8-r", glibc: "KOI8-R", "koi8_r koi8 koi"),
    row("koi8-u", glibc: "KOI8-U", "koi8-ru"),
    row("koi8-t", glibc: "KOI8-T"),
    row("macintosh", glibc: "MACINTOSH", "x-mac-roman"),
    row("x-mac-cyrillic", glibc: "MAC-CYRILLIC", "x-mac-ukrainian"),
    row("ibm437", glibc: "CP437", "cp437"),
    row("ibm850", glibc: "CP850", "cp850"),
    row("ibm852", glibc: "CP852", "cp852"),
    row("ibm855", glibc: "CP855", "cp855"),
    row("ibm857", glibc: "CP857", "cp857"),
    row("ibm00858", glibc: "CP858", "cp858"),
    row("ibm862", glibc: "CP862", "cp862"),
    row("ibm866", glibc: "CP866", "cp866"),
    row("viscii", glibc: "VISCII"),
    row("shift_jis", glibc: "CP932", "shift-jis sjis x-sjis ms_kanji windows-31j cp932 ms932"),
    row("euc-jp", glibc: "EUC-JP-MS", "x-euc-jp eucjp"),
    row("iso-2022-jp", glibc: "ISO-2022-JP"),
    row("iso-2022-jp-2", glibc: "ISO-2022-JP-2", "iso-2022-jp-1"),
    row("gb18030", glibc: "GB18030", "gbk cp936 ms936 windows-936 gb2312 gb_2312-80 euc-cn x-gbk"),
    row("big5", glibc: "BIG5", "big-5 cn-big5 x-x-big5 cp950 windows-950"),
    row("big5-hkscs", glibc: "BIG5-HKSCS"),
    row("euc-kr", glibc: "CP949", "ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 cp949 uhc"),
    row("iso-2022-kr", glibc: "ISO-2022-KR"),
    row("johab", glibc: "JOHAB", "cp1361"),
  ]

  /// 0xA4 to 0xBE: ISO 8859-15 is ISO 8859-1 but for eight places.
  private static let latin9: [UInt32] = [
    0x20AC, 0xA5, 0x160, 0xA7, 0x161, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0, 0xB1, 0xB2, 0xB3, 0x17D,
    0xB5, 0xB6, 0xB7, 0x17E, 0xB9, 0xBA, 0xBB, 0x152, 0x153, 0x178,
  ]

  /// 0x80 to 0x9F; five places are not assigned.
  private static let windows1252: [UInt32] = [
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152,
    0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
  ]
}
