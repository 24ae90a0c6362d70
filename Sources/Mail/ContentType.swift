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
    /// Without quotes and percent signs, as bytes of `charset`.
    package var value: [UInt8]
    /// What the parameter says of itself (RFC 2231); nil where it says nothing.
    package var charset: Charset?
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
    var parameter = Parameter(name: name, value: unquoted(trimmedBlanks(part[(equals + 1)...])))
    let known = parameters.firstIndex { $0.name == name }
    if sent.last == UInt8(ascii: "*") { parameter.decode(isFirst: known == nil) }
    // RFC 2231 cuts long values into name*0, name*1, in order; a character may be cut in two between them.
    if let known {
      if sent.contains(UInt8(ascii: "*")) { parameters[known].value += parameter.value }
    } else {
      parameters.append(parameter)
    }
  }

  package subscript(_ name: String) -> [UInt8]? { parameters.first { $0.name == name }?.value }

  /// A parameter as UTF-8; where it does not name its character set, with encoded words read, which mail programs write
  /// there all the same.
  func text(_ name: String, _ charsets: Charsets) -> [UInt8]? {
    parameters.first { $0.name == name }.map { parameter in
      guard let charset = parameter.charset else {
        return EncodedWords(parameter.value, charsets).text(of: parameter.value)
      }
      return charsets.utf8(parameter.value, from: charset) ?? parameter.value
    }
  }

  package var isMultipart: Bool { type.hasPrefix("multipart/") }
  package var isText: Bool { type.hasPrefix("text/") || type.isEmpty }
  package var charset: Charset { Charset(self["charset"] ?? []) }
}

extension ContentType.Parameter {
  /// `utf-8'en'%e2%82%ac`: the character set and language come first, and only in the first piece.
  fileprivate mutating func decode(isFirst: Bool) {
    let pieces = value.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
    let isNamed = isFirst && pieces.count == 3
    let coded = isNamed ? pieces[2] : value[...]
    var bytes: [UInt8] = []
    var i = coded.startIndex
    while i < coded.endIndex {
      if coded[i] == UInt8(ascii: "%"), i + 2 < coded.endIndex,
        let high = HexDigit.value(coded[i + 1]), let low = HexDigit.value(coded[i + 2])
      {
        bytes.append(high << 4 | low)
        i += 3
      } else {
        bytes.append(coded[i])
        i += 1
      }
    }
    if isNamed { charset = Charset(pieces[0]) }
    value = bytes
  }
}
