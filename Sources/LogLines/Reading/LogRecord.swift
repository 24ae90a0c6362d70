/// A line that is an object of JSON: of `journalctl -o json`, of Docker (`log`, `time`), of a collector of logs (`message`).
struct LogRecord {
  let line: LogLine

  /// nil where it is no object, or has no text.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.first == UInt8(ascii: "{") else { return nil }
    var members = JSONMembers(bytes)
    var (text, program, pid, time): ([UInt8]?, String?, Int?, LogTime?) = (nil, nil, nil, nil)
    while let (name, value) = members.next() {
      switch name.lowercased() {
      case "message", "log", "msg": text = text ?? value
      case "syslog_identifier", "program", "appname": program = ByteText.string(value)
      case "_pid", "syslog_pid", "procid", "pid": pid = pid ?? ByteText.number(value)
      case "__realtime_timestamp", "_source_realtime_timestamp":
        time = Int64(ByteText.string(value)).map { LogTime(microseconds: $0) } ?? time
      case "time", "timestamp", "@timestamp": time = LogTime(iso: value) ?? time
      default: break
      }
    }
    guard let text else { return nil }
    var inner = LogLine(plain: text[...].prefix { $0 != UInt8(ascii: "\n") })
    inner.time = time ?? inner.time
    inner.program = program ?? inner.program
    inner.pid = pid ?? inner.pid
    line = inner
  }
}

/// The members of an object whose values are texts, numbers, or bytes as numbers (as journald writes what is no UTF-8).
struct JSONMembers: IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  init(_ object: ArraySlice<UInt8>) { rest = object.dropFirst() }

  /// The next of them, by name and text; nil at the end, or where it is no JSON.
  mutating func next() -> (name: String, value: [UInt8])? {
    while true {
      skipBlanks()
      guard let name = string() else { return nil }
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { return nil }
      skipBlanks()
      let value = value()
      skipBlanks()
      _ = take(UInt8(ascii: ","))
      if let value { return (ByteText.string(name), value) }
      if rest.isEmpty { return nil }
    }
  }

  /// nil for what is neither; it is skipped.
  private mutating func value() -> [UInt8]? {
    switch rest.first {
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "["): return byteList()
    case UInt8(ascii: "{"):
      skipObject()
      return nil
    default:
      let word = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") && $0 > 0x20 }
      rest = rest[word.endIndex...]
      return word.isEmpty ? nil : Array(word)
    }
  }

  private mutating func string() -> [UInt8]? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"): escape(&text)
      default: text.append(byte)
      }
    }
    return text
  }

  private mutating func escape(_ text: inout [UInt8]) {
    switch rest.popFirst() {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "u"):
      let digits = ByteText.string(rest.prefix(4))
      rest = rest.dropFirst(4)
      let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
      text.append(contentsOf: String(scalar).utf8)
    case let byte?: text.append(byte)
    case nil: break
    }
  }

  private mutating func byteList() -> [UInt8] {
    var bytes: [UInt8] = []
    rest.removeFirst()
    while let byte = rest.first, byte != UInt8(ascii: "]") {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      if digits.isEmpty {
        rest.removeFirst()
      } else {
        bytes.append(UInt8(clamping: ByteText.number(digits) ?? 0))
        rest = rest[digits.endIndex...]
      }
    }
    _ = take(UInt8(ascii: "]"))
    return bytes
  }

  private mutating func skipObject() {
    var depth = 0
    while let byte = rest.first {
      if byte == UInt8(ascii: "\"") {
        _ = string()
        continue
      }
      rest.removeFirst()
      if byte == UInt8(ascii: "{") { depth += 1 }
      if byte == UInt8(ascii: "}") { depth -= 1 }
      if depth == 0 { return }
    }
  }

  private mutating func skipBlanks() { while let byte = rest.first, byte <= 0x20 { rest.removeFirst() } }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }
}
