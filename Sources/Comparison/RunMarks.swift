import MilterProtocol

/// What is known to differ from run to run, and is taken for the same: queue ids, Message-IDs, dates, the tags b=, t= and
/// x= of signatures, MIME boundaries, and the names by which MTA and milter call their host.
struct RunMarks: Sendable {
  /// Strings of this run, and what stands for each.
  private var own: [(bytes: [UInt8], mark: String)] = []

  /// Tags of signatures that are of this run.
  private var tags = ["b=", "t=", "x="]

  /// What a body is that was replaced says nothing.
  mutating func leaveOutBodyHashes() { if !tags.contains("bh=") { tags.append("bh=") } }

  /// Macros whose values say when and by which way, not what.
  private static let macros: Set<String> = [
    "i", "a", "b", "d", "t", "p", "client_port", "client_connections", "load_avg", "msg_id",
  ]

  /// - Parameter name: of a macro, braces or none.
  static func isOfRun(macro name: ArraySlice<UInt8>) -> Bool {
    var name = name
    if name.first == UInt8(ascii: "{") { name = name.dropFirst().dropLast() }
    return macros.contains(String(decoding: name, as: UTF8.self))
  }

  /// Shorter ones stand in too many places that they are not meant in.
  private static let shortest = 4
  /// Of one mail.
  private static let most = 64

  mutating func note(_ bytes: some Sequence<UInt8>, as mark: String) {
    let bytes = Array(bytes)
    guard bytes.count >= Self.shortest, own.count < Self.most, !own.contains(where: { $0.bytes == bytes })
    else { return }
    own.append((bytes, mark))
    // The longer one first: it may hold the other.
    own.sort { $0.bytes.count > $1.bytes.count }
  }

  /// Takes from a header what it tells about this run.
  mutating func note(header name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
    let words = value.split { " \t\r\n;".utf8.contains($0) }
    if sameHeaderName(name, "Message-ID".utf8) {
      note(
        value.trimmed.drop { $0 == UInt8(ascii: "<") }.prefix { $0 != UInt8(ascii: ">") }, as: "<message-id>")
    } else if sameHeaderName(name, "Authentication-Results".utf8) {
      if let host = words.first { note(host, as: "<host>") }
    } else if sameHeaderName(name, "ARC-Authentication-Results".utf8) {
      if words.count > 1 { note(words[1], as: "<host>") }
    } else if name.count > 7, sameHeaderName(name.suffix(7), "-Filter".utf8) {
      // `DKIM-Filter: OpenDKIM Filter v2.11.0 HOST JOB` (opendkim.c, dmarc's opendmarc.c alike).
      guard
        let version = words.firstIndex(where: {
          $0.first == UInt8(ascii: "v") && $0.contains(UInt8(ascii: "."))
        })
      else { return }
      for (word, mark) in zip(words[(version + 1)...], ["<host>", "<queue-id>"]) { note(word, as: mark) }
    } else if sameHeaderName(name, "Content-Type".utf8) {
      noteBoundary(value)
    }
  }

  private mutating func noteBoundary(_ value: ArraySlice<UInt8>) {
    let name = Array("boundary=".utf8)
    guard let start = value.place(of: name, from: value.startIndex, ignoringCase: true) else { return }
    var rest = value[(start + name.count)...]
    if rest.first == UInt8(ascii: "\"") {
      rest = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
    } else {
      rest = rest.prefix { !"; \t\r\n".utf8.contains($0) }
    }
    note(rest, as: "<boundary>")
  }

  // MARK: What stays

  /// What another run says, too, where it says the same.
  ///
  /// - Parameter value: of the header, where another one counts than the packet's.
  func rest(of packet: Packet, withValue value: ArraySlice<UInt8>? = nil) -> [UInt8] {
    let code = packet.code.map { [$0] } ?? []
    guard let header = packet.header else { return code + rest(of: packet.bytes[packet.payload]) }
    let front = packet.bytes[packet.payload.lowerBound..<header.name.endIndex]
    return code + front + [0] + rest(ofHeader: header.name, value ?? header.value)
  }

  func rest(ofHeader name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> [UInt8] {
    let signatures = ["DKIM-Signature", "ARC-Seal", "ARC-Message-Signature"]
    guard signatures.contains(where: { sameHeaderName(name, $0.utf8) }) else { return rest(of: value) }
    var tags: [UInt8] = []
    // Where it is folded depends on how long the others are.
    for tag in value.filter({ $0 > 0x20 }).split(separator: UInt8(ascii: ";")) {
      let isOfRun = self.tags.contains { tag.starts(with: $0.utf8) }
      tags += isOfRun ? tag.prefix(2) : tag
      tags.append(UInt8(ascii: ";"))
    }
    return rest(of: tags[...])
  }

  func rest(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    var bytes = Array(bytes)
    for (string, mark) in own { bytes.replace(string, with: Array(mark.utf8)) }
    bytes.replaceSignatureValues()
    bytes.replaceDates()
    return bytes
  }
}

extension ArraySlice<UInt8> {
  /// Where `text` begins, at or after a place.
  func place(of text: [UInt8], from start: Int, ignoringCase: Bool = false) -> Int? {
    guard let first = text.first, count >= text.count else { return nil }
    let last = endIndex - text.count
    guard start <= last else { return nil }
    for i in start...last {
      if !ignoringCase {
        if self[i] == first, self[i..<i + text.count].elementsEqual(text) { return i }
      } else if sameHeaderName(self[i..<i + text.count], text) {
        return i
      }
    }
    return nil
  }
}

extension [UInt8] {
  fileprivate mutating func replace(_ text: [UInt8], with mark: [UInt8]) {
    guard var found = self[...].place(of: text, from: 0) else { return }
    var result: [UInt8] = []
    var start = 0
    while true {
      result += self[start..<found]
      result += mark
      start = found + text.count
      guard let next = self[...].place(of: text, from: start) else { break }
      found = next
    }
    self = result + self[start...]
  }

  /// `header.b=…` of Authentication-Results: the beginning of a signature.
  fileprivate mutating func replaceSignatureValues() {
    let name = Array("header.b=".utf8)
    var start = 0
    while let found = self[...].place(of: name, from: start) {
      let from = found + name.count
      let end = self[from...].firstIndex { $0 <= 0x20 || $0 == UInt8(ascii: ";") } ?? endIndex
      removeSubrange(from..<end)
      start = from
    }
  }

  /// Dates as in mails (`Sat, 28 Nov 2026 17:02:14 +0000`) and as in ISO 8601.
  fileprivate mutating func replaceDates() {
    // Each has a time of day.
    guard contains(UInt8(ascii: ":")) else { return }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var i = 0
    var wasDigit = false
    while i < count {
      let isDigit = (0x30...0x39).contains(self[i])
      if isDigit, !wasDigit, let end = endOfDate(at: i) {
        result.dropWeekday()
        result += Array("<date>".utf8)
        i = end
        wasDigit = false
      } else {
        result.append(self[i])
        wasDigit = isDigit
        i += 1
      }
    }
    self = result
  }

  /// Patterns: 9 a digit, A a letter; what follows is optional.
  private static let dates = [
    "99 AAA 9999 99:99:99", "9 AAA 9999 99:99:99", "9999-99-99A99:99:99", "9999-99-99 99:99:99",
  ]
  private static let zone = [" +9999", " -9999", "+99:99", "-99:99", "Z"]

  private func endOfDate(at start: Int) -> Int? {
    guard let end = Self.dates.lazy.compactMap({ self.end(of: $0, at: start) }).first else { return nil }
    return Self.zone.lazy.compactMap { self.end(of: $0, at: end) }.first ?? end
  }

  private func end(of pattern: String, at start: Int) -> Int? {
    guard start + pattern.utf8.count <= count else { return nil }
    for (byte, wanted) in zip(self[start...], pattern.utf8) {
      switch wanted {
      case UInt8(ascii: "9"): if !(0x30...0x39).contains(byte) { return nil }
      case UInt8(ascii: "A"): if !(0x61...0x7A).contains(lowercased(byte)) { return nil }
      default: if byte != wanted { return nil }
      }
    }
    return start + pattern.utf8.count
  }

  /// `Sat, ` and a space or none before the day.
  private mutating func dropWeekday() {
    let tail = suffix(6).trimmed
    guard tail.last == UInt8(ascii: ","), tail.count >= 4,
      tail.dropLast().suffix(3).allSatisfy({ (0x61...0x7A).contains(lowercased($0)) })
    else { return }
    while let last, last <= 0x20 { removeLast() }
    removeLast(4)
  }
}
