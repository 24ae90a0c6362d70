import MilterProtocol
import TraceModel

/// `text/plain; charset=utf-8; name="a.txt"`: type and parameters of a part, or of its disposition.
package struct ContentType: Equatable, Sendable {
  /// Lower case: `text/plain`; `attachment` for a disposition.
  package var type: String
  package var parameters: [Parameter]

  package struct Parameter: Equatable, Sendable {
    /// Lower case, without the `*` and numbers of RFC 2231.
    package var name: String
    /// Without quotes; as UTF-8 where the parameter names its character set.
    package var value: [UInt8]
  }

  package static let plain = ContentType(type: "text/plain", parameters: [])

  init(type: String, parameters: [Parameter]) {
    self.type = type
    self.parameters = parameters
  }

  package init(_ value: ArraySlice<UInt8>) {
    let parts = split(value, at: UInt8(ascii: ";"), limit: 64)
    let word = parts.first.map { trimmedBlanks(value[$0]) } ?? []
    type = String(decoding: word.map(lowercased).filter { $0 > 32 && $0 < 127 }, as: UTF8.self)
    parameters = []
    for part in parts.dropFirst() { add(trimmedBlanks(value[part])) }
  }

  private mutating func add(_ part: ArraySlice<UInt8>) {
    guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return }
    let sent = trimmedBlanks(part[..<equals]).map(lowercased)
    let name = String(decoding: sent.prefix { $0 != UInt8(ascii: "*") }, as: UTF8.self)
    var value = unquoted(trimmedBlanks(part[(equals + 1)...]))
    if sent.last == UInt8(ascii: "*") { value = Self.percentDecoded(value) }
    // RFC 2231 cuts long values into name*0, name*1, in order.
    if sent.contains(UInt8(ascii: "*")), let i = parameters.firstIndex(where: { $0.name == name }) {
      parameters[i].value += value
    } else if self[name] == nil {
      parameters.append(Parameter(name: name, value: value))
    }
  }

  package subscript(_ name: String) -> [UInt8]? { parameters.first { $0.name == name }?.value }

  package var isMultipart: Bool { type.hasPrefix("multipart/") }
  package var isText: Bool { type.hasPrefix("text/") || type.isEmpty }
  package var charset: Charset { Charset(self["charset"] ?? []) }

  /// `utf-8'en'%e2%82%ac`: the character set and language come first, and only in the first piece.
  private static func percentDecoded(_ value: [UInt8]) -> [UInt8] {
    let pieces = value.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
    let coded = pieces.count == 3 ? pieces[2] : value[...]
    var bytes: [UInt8] = []
    var i = coded.startIndex
    while i < coded.endIndex {
      if coded[i] == UInt8(ascii: "%"), i + 2 < coded.endIndex,
        let high = QuotedPrintable.nibble(coded[i + 1]), let low = QuotedPrintable.nibble(coded[i + 2])
      {
        bytes.append(high << 4 | low)
        i += 3
      } else {
        bytes.append(coded[i])
        i += 1
      }
    }
    return pieces.count == 3 ? Charset(pieces[0]).utf8(bytes) ?? bytes : bytes
  }
}
