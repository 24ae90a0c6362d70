/// The text of REPLYCODE: `ddd SP [x.y.z SP] text`, or several such lines joined by CRLF, with `ddd-` on all but the last.
///
/// `%` is doubled on the wire (both MTAs print it through a format). Parsing takes whatever is there and keeps ranges
/// into the bytes it was given; what is wrong with it says ``remarks(at:)``.
package struct ReplyText: Equatable, Sendable {
  package struct Line: Equatable, Sendable {
    /// The whole line without its line end.
    package var range: Range<Int>
    /// Three bytes, or fewer where the line is shorter.
    package var code: Range<Int>
    /// The fourth byte: a blank, or a hyphen on all lines but the last; nil where the line is shorter.
    package var separator: UInt8?
    /// `x.y.z`, where it follows.
    package var enhanced: Range<Int>?
    package var text: Range<Int>
    /// How the line ends: CRLF, CR, LF, or nothing for the last.
    package var end: Range<Int>
  }

  package let bytes: [UInt8]
  package private(set) var lines: [Line] = []
  private let range: Range<Int>

  /// - Parameter range: where the text lies, without its NUL.
  package init(parsing bytes: [UInt8], in range: Range<Int>) {
    self.bytes = bytes
    self.range = range
    var start = range.lowerBound
    repeat {
      let end = bytes[start..<range.upperBound].firstIndex { $0 == 0x0D || $0 == 0x0A } ?? range.upperBound
      let isCRLF = end + 1 < range.upperBound && bytes[end] == 0x0D && bytes[end + 1] == 0x0A
      let next = min(end + (isCRLF ? 2 : 1), range.upperBound)
      lines.append(Self.line(bytes, start..<end, end: end..<next))
      start = next
    } while start < range.upperBound
  }

  package init(_ bytes: [UInt8]) { self.init(parsing: bytes, in: bytes.indices) }

  private static func line(_ bytes: [UInt8], _ range: Range<Int>, end: Range<Int>) -> Line {
    let code = range.prefix(3)
    let separator = range.count > 3 ? bytes[range.lowerBound + 3] : nil
    var text = range.dropFirst(4)
    let enhanced = Self.enhanced(bytes, text)
    if let enhanced {
      text = min(enhanced.upperBound + 1, range.upperBound)..<range.upperBound
    }
    return Line(range: range, code: code, separator: separator, enhanced: enhanced, text: text, end: end)
  }

  /// `digit . 1–3 digits . 1–3 digits` (RFC 3463) at the start of `range`, followed by a blank or the end.
  private static func enhanced(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
    let word = range.prefix { bytes[$0] != 0x20 }
    let parts = bytes[word].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 1,
      parts.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(isDigit) })
    else { return nil }
    return word
  }

  /// The code of the first line, 0 to 999; nil where it is none.
  package var code: Int? {
    guard let code = lines.first?.code, code.count == 3, bytes[code].allSatisfy(isDigit) else { return nil }
    return bytes[code].reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// The enhanced status code of the first line.
  package var enhanced: ArraySlice<UInt8>? { lines.first?.enhanced.map { bytes[$0] } }

  /// The text of each line as the client gets it: `%%` made `%`.
  package var plainLines: [[UInt8]] {
    lines.map { line in
      var plain: [UInt8] = []
      var isSecond = false
      for byte in bytes[line.text] {
        if byte == percent, !isSecond {
          isSecond = true
          continue
        }
        plain.append(byte)
        isSecond = false
      }
      return plain
    }
  }

  /// The bytes of a reply: code and enhanced code on each line, `%` doubled, CRLF between lines. Without NUL.
  package static func encode(code: Int, enhanced: [UInt8]? = nil, lines: [[UInt8]]) -> [UInt8] {
    let lines = lines.isEmpty ? [[]] : lines
    var bytes: [UInt8] = []
    for (number, line) in lines.enumerated() {
      let isLast = number == lines.count - 1
      bytes += Array(String(code).utf8)
      bytes.append(isLast ? 0x20 : UInt8(ascii: "-"))
      if let enhanced { bytes += enhanced + (line.isEmpty ? [] : [0x20]) }
      for byte in line { bytes += byte == percent ? [percent, percent] : [byte] }
      if !isLast { bytes += [0x0D, 0x0A] }
    }
    return bytes
  }
}

// MARK: remarks

extension ReplyText {
  /// What is wrong with the text, or worth knowing, when it answers `stage`.
  ///
  /// Rules T01 to T11 except T05, which is about the NUL.
  package func remarks(at stage: Stage?) -> [(rule: FindingRule, text: Sentence)] {
    var remarks: [(FindingRule, Sentence)] = []
    if !codeIsValid {
      remarks.append((.replyCodeInvalid, "expected 4xx or 5xx, there is '\(wire(lines[0].code))'"))
    }
    if codeIsValid, let text = badSeparator { remarks.append((.replySeparator, text)) }
    if let line = lines.first(where: classDiffers) {
      remarks.append(
        (.replyClass, "reply \(wire(line.code)) with the status code \(wire(statusWord(line)))"))
    }
    if let place = singlePercent {
      remarks.append((.replyPercent, "a '%' that is not doubled at offset \(place)"))
    }
    if let text = disagreement { remarks.append((.replyLines, text)) }
    if let text = badLineEnd { remarks.append((.replyLineEnds, text)) }
    if let text = excess { remarks.append((.replyTooLongForSMTP, text)) }
    if let place = oddByte {
      remarks.append((.replyBytes, "byte 0x\(HexDigit.pair(bytes[place])) at offset \(place)"))
    }
    if code == 421 { remarks.append((.reply421, "both MTAs end the SMTP session after it")) }
    if stage == .connect {
      remarks.append((.replyAtConnect, "the client does not get this text as a banner"))
    }
    return remarks
  }

  private var codeIsValid: Bool {
    guard let code else { return false }
    return (400..<600).contains(code)
  }

  private var badSeparator: Sentence? {
    guard let line = lines.first(where: { ![0x20, 0x2D].contains($0.separator) }) else { return nil }
    guard let separator = line.separator else {
      return "expected a blank or a hyphen after the code, the line ends"
    }
    return
      "expected a blank or a hyphen after the code, there is '\(wire: [separator])'"
  }

  /// Postfix looks at the byte after the separator alone: a digit there begins a status code.
  private func classDiffers(_ line: Line) -> Bool {
    let place = line.range.lowerBound + 4
    guard place < line.range.upperBound, isDigit(bytes[place]) else { return false }
    return bytes[place] != bytes[line.range.lowerBound]
  }

  private func statusWord(_ line: Line) -> Range<Int> {
    line.range.dropFirst(4).prefix { bytes[$0] != 0x20 }
  }

  private var singlePercent: Int? {
    var place = range.lowerBound
    while place < range.upperBound {
      guard bytes[place] == percent else {
        place += 1
        continue
      }
      let run = bytes[place..<range.upperBound].prefix { $0 == percent }.count
      if run % 2 == 1 { return place }
      place += run
    }
    return nil
  }

  private var disagreement: Sentence? {
    for (number, line) in lines.enumerated() {
      let isLast = number == lines.count - 1
      if line.range.isEmpty, isLast, number > 0 { continue }
      if bytes[line.code] != bytes[lines[0].code] {
        return "line \(number + 1) has the code \(wire(line.code)), line 1 has \(wire(lines[0].code))"
      }
      if !isLast, line.separator == 0x20 { return "line \(number + 1) of \(lines.count) has no hyphen" }
      if isLast, line.separator == 0x2D { return "the last line has a hyphen" }
    }
    return nil
  }

  private var badLineEnd: Sentence? {
    for (number, line) in lines.enumerated() where !line.end.isEmpty {
      if line.end.count == 1 {
        return "line \(number + 1) ends in \(bytes[line.end.lowerBound] == 0x0A ? "LF" : "CR") alone"
      }
      if line.end.upperBound == range.upperBound { return "there is a CRLF at the end" }
    }
    return nil
  }

  /// libmilter's limits (`MAXREPLYLEN`, `MAXREPLIES` in smfi.c), and the 512 bytes of RFC 5321 with CRLF.
  private var excess: Sentence? {
    if lines.count > 32 { return "\(lines.count) lines, libmilter takes 32" }
    guard let longest = lines.map(\.range.count).max() else { return nil }
    if longest > 980 { return "a line of \(longest) bytes, libmilter takes 980" }
    if longest > 510 { return "a line of \(longest) bytes, SMTP clients expect at most 510" }
    return nil
  }

  private var oddByte: Int? {
    for line in lines {
      if let place = line.range.first(where: { bytes[$0] >= 0x7F || bytes[$0] < 0x20 && bytes[$0] != 0x09 }) {
        return place
      }
    }
    return nil
  }

  private func wire(_ range: Range<Int>) -> Sentence { "\(wire: bytes[range])" }
}

private let percent = UInt8(ascii: "%")

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

extension Range<Int> {
  fileprivate func prefix(_ count: Int) -> Range<Int> {
    lowerBound..<Swift.min(upperBound, lowerBound + count)
  }
  fileprivate func dropFirst(_ count: Int) -> Range<Int> {
    Swift.min(upperBound, lowerBound + count)..<upperBound
  }
  fileprivate func prefix(while holds: (Int) -> Bool) -> Range<Int> {
    lowerBound..<(first { !holds($0) } ?? upperBound)
  }
}
