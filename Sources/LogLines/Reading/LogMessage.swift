/// What a program wrote, without what stands in front of it: severity, queue id, `SYSERR`.
struct LogMessage {
  let text: ArraySlice<UInt8>
  /// `4ABC123`, `NOQUEUE`, `x5SAbC012345`; nil where the line has none.
  let queue: String?
  /// `warning`, `fatal`, `panic`, `error`; nil for information.
  let severity: String?

  init(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    var (queue, severity): (String?, String?) = (nil, nil)
    while let word = Self.frontWord(rest) {
      if ["warning", "fatal", "panic", "error"].contains(word.name), severity == nil {
        severity = word.name
      } else if queue == nil, Self.isQueueID(word.name) {
        queue = word.name
      } else if !(word.name.hasPrefix("SYSERR") || word.name == "451 4.0.0" || word.name == "554 5.0.0") {
        break
      }
      rest = word.rest
    }
    (text, self.queue, self.severity) = (rest, queue, severity)
  }

  /// What is in front of the first `: `, of at most 30 bytes.
  private static func frontWord(_ bytes: ArraySlice<UInt8>) -> (name: String, rest: ArraySlice<UInt8>)? {
    guard let colon = ByteText.firstIndex(of: Array(": ".utf8), in: bytes.prefix(32)) else { return nil }
    return (ByteText.string(bytes[bytes.startIndex..<colon]), bytes[(colon + 2)...])
  }

  /// `NOQUEUE`; hexadecimal digits, or the long ids of Postfix (letters and digits, no vowels) and those of Sendmail.
  private static func isQueueID(_ word: String) -> Bool {
    if word == "NOQUEUE" { return true }
    let digits = word.utf8.filter { (0x30...0x39).contains($0) }.count
    // It goes into commands to paste: letters and digits, and nothing that a shell heeds.
    guard digits > 0, word.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else { return false }
    let isHexadecimal = word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }
    return isHexadecimal ? (6...15).contains(word.utf8.count) : (11...24).contains(word.utf8.count)
  }
}
