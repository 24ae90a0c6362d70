import MilterProtocol

/// The addresses of From, To, Cc and the like, for reading: names and addresses by their ranges in the value.
package struct MailAddresses: Equatable, Sendable {
  package let entries: [Entry]

  package struct Entry: Equatable, Sendable {
    /// Display name, quotes and encoded words as they stand; nil for none.
    package var name: Range<Int>?
    /// Without angle brackets.
    package var address: Range<Int>
  }

  package init(_ value: [UInt8]) {
    entries = split(value[...], at: UInt8(ascii: ",")).compactMap {
      Self.entry(value, Self.member(value, $0))
    }
  }

  /// `Undisclosed: a, b;`: the name of a group and its semicolon are left out.
  private static func member(_ value: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var part = trimmedBlanks(value[range])
    if part.last == UInt8(ascii: ";") { part.removeLast() }
    if !part.contains(UInt8(ascii: "<")), part.first != UInt8(ascii: "\""), part.first != UInt8(ascii: "["),
      let colon = part.firstIndex(of: UInt8(ascii: ":")), !part[..<colon].contains(UInt8(ascii: "@"))
    {
      part = part[(colon + 1)...]
    }
    part = trimmedBlanks(part)
    return part.startIndex..<part.endIndex
  }

  private static func entry(_ value: [UInt8], _ range: Range<Int>) -> Entry? {
    guard !range.isEmpty else { return nil }
    let part = value[range]
    guard let open = part.lastIndex(of: UInt8(ascii: "<")) else { return Entry(name: nil, address: range) }
    let close = part[open...].firstIndex(of: UInt8(ascii: ">")) ?? part.endIndex
    let name = trimmedBlanks(part[..<open])
    return Entry(
      name: name.isEmpty ? nil : name.startIndex..<name.endIndex, address: (open + 1)..<max(open + 1, close))
  }
}
