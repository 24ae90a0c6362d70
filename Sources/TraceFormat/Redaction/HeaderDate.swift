import MilterProtocol

/// The date of RFC 5322: `Thu, 01 Jan 2026 12:00:00 +0000 (UTC)`. Numbers elsewhere than in one are not a date's.
enum HeaderDate {
  /// Behind the date that `range` begins with, its zone in brackets included; nil where it begins with none.
  static func end(in bytes: [UInt8], _ range: Range<Int>) -> Int? {
    var reader = Reader(bytes: bytes, at: range.lowerBound, limit: range.upperBound)
    if reader.word(of: days) { _ = reader.skip(UInt8(ascii: ",")) }
    guard reader.number(1...2), reader.word(of: months), reader.year(), reader.number(1...2),
      reader.skip(UInt8(ascii: ":")), reader.number(2...2)
    else { return nil }
    if reader.skip(UInt8(ascii: ":")), !reader.number(2...2) { return nil }
    var end = reader.at
    if reader.skip(UInt8(ascii: "+")) || reader.skip(UInt8(ascii: "-")) {
      guard reader.number(4...4) else { return end }
      end = reader.at
    } else if reader.word(of: zones) {
      end = reader.at
    }
    if reader.skip(UInt8(ascii: "(")), reader.word(of: zones), reader.skip(UInt8(ascii: ")")) {
      end = reader.at
    }
    return end
  }

  private static let days: Set<String> = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let months: Set<String> = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let zones: Set<String> = [
    "utc", "gmt", "ut", "z", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "cet", "cest", "bst",
    "jst",
  ]

  private struct Reader {
    let bytes: [UInt8]
    var at: Int
    let limit: Int

    private mutating func skipSpace() { while at < limit, bytes[at] <= 0x20 { at += 1 } }

    mutating func skip(_ byte: UInt8) -> Bool {
      skipSpace()
      guard at < limit, bytes[at] == byte else { return false }
      at += 1
      return true
    }

    mutating func word(of words: Set<String>) -> Bool {
      skipSpace()
      let word = bytes[at..<limit].prefix { (0x61...0x7A).contains(lowercase($0)) }
      guard words.contains(String(decoding: word.map(lowercase), as: UTF8.self)) else { return false }
      at = word.endIndex
      return true
    }

    mutating func number(_ digits: ClosedRange<Int>) -> Bool {
      skipSpace()
      let number = bytes[at..<limit].prefix(while: Redactor.isDigit)
      guard digits.contains(number.count) else { return false }
      at = number.endIndex
      return true
    }

    mutating func year() -> Bool {
      skipSpace()
      let start = at
      guard number(2...4) else { return false }
      return at - start == 2
        || at - start == 4 && (bytes[start] == UInt8(ascii: "1") || bytes[start] == UInt8(ascii: "2"))
    }
  }
}
