import MilterProtocol

/// `v=1; a=rsa-sha256; d=example.org`: the tags of DKIM-Signature, ARC-Seal and ARC-Message-Signature (RFC 6376 3.2).
package struct TagList: Equatable, Sendable {
  package let tags: [Tag]

  package struct Tag: Equatable, Sendable {
    package var name: Range<Int>
    /// White space at its ends left out, folds within it kept.
    package var value: Range<Int>
  }

  package init(_ value: [UInt8]) {
    var tags: [Tag] = []
    for part in value.split(separator: UInt8(ascii: ";"), maxSplits: 200) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = trimmedBlanks(part[..<equals])
      let content = trimmedBlanks(part[(equals + 1)...])
      guard !name.isEmpty else { continue }
      tags.append(
        Tag(name: name.startIndex..<name.endIndex, value: content.startIndex..<content.endIndex))
    }
    self.tags = tags
  }

  /// The value of the first tag of that name, all white space left out (base64 is folded at will).
  package func value(_ name: String, in value: [UInt8]) -> [UInt8]? {
    tags.first { value[$0.name].elementsEqual(name.utf8) }
      .map { value[$0.value].filter { !isBlankOrLineEnd($0) } }
  }
}
