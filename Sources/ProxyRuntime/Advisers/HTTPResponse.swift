import MilterProtocol

/// The answer of a service that speaks HTTP/1.1 (RFC 9112), as its bytes come.
struct HTTPResponse {
  /// It is no HTTP, or more of it than anybody needs.
  struct Failure: Error, Equatable {
    let why: Sentence
  }

  private(set) var status = 0
  private(set) var reason = ""
  private(set) var body: [UInt8] = []
  private(set) var isWhole = false
  /// Of `Content-Type`, in lower case and without parameters.
  private(set) var type = ""
  private var keeps = true
  private var bytes: [UInt8] = []
  private var part = Part.head

  private enum Part: Equatable {
    case head
    case content(left: Int)
    case chunkSize
    case chunk(left: Int)
    case trailers
    /// Until the service closes.
    case rest
  }

  private static let mostHead = 1 << 16
  private static let mostBody = 1 << 20

  /// Whether nothing has come.
  var isEmpty: Bool { bytes.isEmpty && part == .head }

  /// Whether another question may go over the same connection.
  var keepsConnection: Bool { isWhole && keeps && bytes.isEmpty && part != .rest }

  mutating func take(_ more: ArraySlice<UInt8>) throws(Failure) {
    bytes += more
    while !isWhole, try step() {}
  }

  /// The service closed. Whether that is where its answer ends.
  mutating func end() -> Bool {
    if part == .rest { isWhole = true }
    return isWhole
  }

  /// Whether there is more to look at.
  private mutating func step() throws(Failure) -> Bool {
    switch part {
    case .head: return try head()
    case .content(let left):
      try takeBody(left) { .content(left: $0) }
      if case .content(0) = part { isWhole = true }
      return false
    case .chunkSize:
      guard let line = try line() else { return false }
      let digits = line.prefix { $0.isHexDigit }
      guard let size = Int(digits, radix: 16), size <= Self.mostBody else {
        throw Failure(why: "the size of a chunk is no number")
      }
      part = size == 0 ? .trailers : .chunk(left: size)
      return true
    case .chunk(let left):
      try takeBody(left) { .chunk(left: $0) }
      guard case .chunk(0) = part, let line = try line() else { return false }
      guard line.isEmpty else { throw Failure(why: "a chunk is longer than it said") }
      part = .chunkSize
      return true
    case .trailers:
      guard let line = try line() else { return false }
      if line.isEmpty { isWhole = true }
      return !isWhole
    case .rest:
      try takeBody(bytes.count) { _ in .rest }
      return false
    }
  }

  private mutating func takeBody(_ left: Int, _ next: (Int) -> Part) throws(Failure) {
    let count = min(left, bytes.count)
    body += bytes.prefix(count)
    bytes.removeFirst(count)
    guard body.count <= Self.mostBody else { throw Failure(why: "its answer has more than 1 MiB") }
    part = next(left - count)
  }

  /// Without its end; nil where it is still to come.
  private mutating func line() throws(Failure) -> String? {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
      guard bytes.count <= Self.mostHead else { throw Failure(why: "a line of its answer does not end") }
      return nil
    }
    var line = bytes[..<end]
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    defer { bytes.removeFirst(end + 1) }
    return String(decoding: line, as: UTF8.self)
  }

  private mutating func head() throws(Failure) -> Bool {
    guard let lines = try headLines(), let first = lines.first else { return false }
    let words = first.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
      (100...599).contains(status)
    else { throw Failure(why: "its answer is no HTTP") }
    self.status = status
    reason = words.count > 2 ? String(words[2]) : ""
    keeps = words[0] == "HTTP/1.1"
    part = .rest
    for line in lines.dropFirst() { try heed(line) }
    if status < 200 {
      part = .head
    } else if status == 204 || status == 304 {
      part = .content(left: 0)
    }
    return true
  }

  /// All of them at once, or none.
  private mutating func headLines() throws(Failure) -> [String]? {
    var ahead = self
    var lines: [String] = []
    while let line = try ahead.line() {
      guard line.isEmpty else {
        lines.append(line)
        continue
      }
      bytes = ahead.bytes
      return lines.isEmpty ? [""] : lines
    }
    guard bytes.count <= Self.mostHead else { throw Failure(why: "the head of its answer does not end") }
    return nil
  }

  private mutating func heed(_ line: String) throws(Failure) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }).lowercased()
    switch line[..<colon].lowercased() {
    case "content-length":
      guard part != .chunkSize else { return }
      guard let count = Int(value), (0...Self.mostBody).contains(count) else {
        throw Failure(why: "the length of its answer is no number up to 1 MiB")
      }
      part = .content(left: count)
    case "transfer-encoding": if value.hasSuffix("chunked") { part = .chunkSize }
    case "connection": if value.contains("close") { keeps = false }
    case "content-type": type = String(value.prefix { $0 != ";" && $0 != " " })
    default: break
    }
  }
}
