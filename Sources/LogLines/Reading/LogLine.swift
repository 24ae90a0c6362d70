import MilterProtocol

/// A line of a log taken apart: who wrote it when, and what it says.
///
/// Stamps are those of syslog (classic, ISO 8601, RFC 5424), of `journalctl` (short, JSON) and of containers (Docker's JSON, `name |`,
/// the CRI of Kubernetes); a line without any is text alone.
package struct LogLine: Sendable {
  package var time: LogTime?
  /// `postfix/smtpd`, `sm-mta`, `opendkim`; nil where the line does not name it.
  package var program: String?
  package var pid: Int?
  /// What the program wrote, as it came.
  package var bytes: ArraySlice<UInt8>

  /// Longer lines are looked at up to here; no program writes such (Postfix 2,000 bytes or so).
  package static let longest = 16_384

  /// Bytes of a line that is shown.
  static let shown = 400

  package init(_ line: ArraySlice<UInt8>) {
    let line = LogLine.withoutEnd(line.prefix(Self.longest))
    if let json = LogRecord(line) {
      self = json.line
    } else {
      self.init(plain: line)
    }
  }

  /// A line that is no JSON.
  init(plain line: ArraySlice<UInt8>) {
    var rest = Self.withoutFrame(line)
    time = LogTime.take(&rest)
    if let structured = Self.structured(rest) {
      (program, pid, bytes) = structured
    } else if let tagged = Self.tagged(rest) {
      (program, pid, bytes) = tagged
    } else {
      (program, pid, bytes) = (nil, nil, rest)
    }
  }

  init(time: LogTime?, program: String?, pid: Int?, bytes: ArraySlice<UInt8>) {
    (self.time, self.program, self.pid, self.bytes) = (time, program, pid, bytes)
  }

  /// Whether anything stands before the text.
  var hasStamp: Bool { time != nil || program != nil }

  /// Whether it may be the rest of the line before it: a mail program or a terminal broke it there.
  var mayContinue: Bool { !hasStamp && !bytes.isEmpty }

  /// Whose lines are read together; nil where the line does not say.
  var process: String? { program.map { "\($0)[\(pid.map(String.init) ?? "")]" } }

  private static func withoutEnd(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while let last = line.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }

  /// Without `<22>`, `mail-1  | ` and `2026-01-31T12:00:00Z stderr F `.
  private static func withoutFrame(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while let first = line.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
      line.removeFirst()
    }
    if line.first == UInt8(ascii: "<"), let end = line.prefix(6).firstIndex(of: UInt8(ascii: ">")) {
      line = line[(end + 1)...]
      if line.starts(with: "1 ".utf8) { line = line.dropFirst(2) }
    }
    if let bar = line.prefix(64).firstIndex(of: UInt8(ascii: "|")), bar > line.startIndex,
      line[line.startIndex..<bar].allSatisfy({ isOfName($0) || $0 == UInt8(ascii: " ") }),
      bar + 1 < line.endIndex,
      line[bar + 1] == UInt8(ascii: " ")
    {
      line = line[(bar + 2)...]
    }
    for stream in ["stdout", "stderr"] {
      let mark = Array(" \(stream) F ".utf8)
      if let place = ByteText.firstIndex(of: mark, in: line.prefix(64)) {
        return line[(place + mark.count)...]
      }
    }
    return line
  }

  /// `HOST PROGRAM PID MSGID SD TEXT` of RFC 5424.
  private static func structured(
    _ rest: ArraySlice<UInt8>
  ) -> (program: String?, pid: Int?, text: ArraySlice<UInt8>)? {
    let words = rest.split(separator: UInt8(ascii: " "), maxSplits: 5, omittingEmptySubsequences: false)
    guard words.count == 6, words[4].elementsEqual("-".utf8), let pid = ByteText.number(words[2]),
      words[3].allSatisfy(isOfName)
    else { return nil }
    return (ByteText.string(words[1]), pid, words[5])
  }

  /// `HOST PROGRAM[PID]: TEXT`, and `PROGRAM: TEXT` of a known one.
  private static func tagged(
    _ rest: ArraySlice<UInt8>
  ) -> (program: String?, pid: Int?, text: ArraySlice<UInt8>)? {
    let head = rest.prefix(160)
    guard let colon = ByteText.firstIndex(of: Array(": ".utf8), in: head) else { return nil }
    let tag = head[head.startIndex..<colon]
    let word = tag.lastIndex(of: UInt8(ascii: " ")).map { tag[($0 + 1)...] } ?? tag
    let text = rest[(colon + 2)...]
    if word.last == UInt8(ascii: "]"), let open = word.lastIndex(of: UInt8(ascii: "[")),
      open > word.startIndex,
      word[word.startIndex..<open].allSatisfy(isOfName),
      let pid = ByteText.number(word[(open + 1)...].dropLast())
    {
      return (ByteText.string(word[word.startIndex..<open]), pid, text)
    }
    guard word.allSatisfy(isOfName), !word.isEmpty else { return nil }
    let name = ByteText.string(word)
    return Speaker(program: name) == nil ? nil : (name, nil, text)
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "/"), UInt8(ascii: "@"):
      true
    default: false
    }
  }
}

/// Bytes as text, in the few ways that reading a log takes.
enum ByteText {
  static func string(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Digits and nothing else, of a size that a number of a process has.
  static func number(_ bytes: some Collection<UInt8>) -> Int? {
    guard !bytes.isEmpty, bytes.count < 10, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Where `text` begins in `bytes`, from the left.
  static func firstIndex(of text: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = text.first, bytes.count >= text.count else { return nil }
    var place = bytes.startIndex
    let last = bytes.endIndex - text.count
    while place <= last {
      if bytes[place] == first, bytes[place..<place + text.count].elementsEqual(text) { return place }
      place += 1
    }
    return nil
  }
}
