/// Values under their keys. The plain forms throw where the key is missing, those with `maybe` give nil.
extension Members {
  func number(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> Int {
    try require(key, maybeNumber(key, in: line), in: line)
  }

  func maybeNumber(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> Int? {
    guard let token = try token(key, .number, "a whole number", in: line) else { return nil }
    guard let number = JSONNumber.whole(line.extracting(token.start..<token.end)) else {
      throw LineFault(at: token.start, "expected a whole number of at most 64 bits under '\(key.name)'")
    }
    return number
  }

  func microseconds(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> Int64 {
    try require(key, maybeMicroseconds(key, in: line), in: line)
  }

  func maybeMicroseconds(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> Int64? {
    guard let token = try token(key, .number, "a number of seconds", in: line) else { return nil }
    guard let time = JSONNumber.microseconds(line.extracting(token.start..<token.end)) else {
      throw LineFault(at: token.start, "expected a number of seconds under '\(key.name)'")
    }
    return time
  }

  func text(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> String {
    try require(key, maybeText(key, in: line), in: line)
  }

  func maybeText(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> String? {
    guard let token = try token(key, .string, "a string", in: line) else { return nil }
    return try JSONStrings.text(token, in: line)
  }

  func bytes(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> [UInt8] {
    try require(key, maybeBytes(key, in: line), in: line)
  }

  func maybeBytes(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> [UInt8]? {
    guard let token = try token(key, .string, "a string", in: line) else { return nil }
    return try JSONStrings.bytes(token, in: line)
  }

  func flag(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> Bool {
    let token = try require(key, self[key], in: line)
    switch token.kind {
    case .yes: return true
    case .no: return false
    case .none, .null, .string, .number, .array, .object:
      throw LineFault(at: token.start, in: line, expected: "true or false under '\(key.name)'")
    }
  }

  func texts(_ key: Key, in line: Span<UInt8>) throws(LineFault) -> [String] {
    guard let token = try token(key, .array, "an array of strings", in: line) else { return [] }
    return try JSONStrings.texts(token, in: line)
  }

  /// One of `words`.
  func word(_ key: Key, of words: [String], in line: Span<UInt8>) throws(LineFault) -> String {
    let word = try text(key, in: line)
    guard words.contains(word) else {
      let known = words.map { "'\($0)'" }.joined(separator: " or ")
      throw LineFault(at: self[key]?.start ?? 0, "expected \(known) under '\(key.name)'")
    }
    return word
  }

  private func token(_ key: Key, _ kind: JSONCursor.Token.Kind, _ expected: String, in line: Span<UInt8>)
    throws(LineFault) -> JSONCursor.Token?
  {
    guard let token = self[key] else { return nil }
    guard token.kind == kind else {
      throw LineFault(at: token.start, in: line, expected: "\(expected) under '\(key.name)'")
    }
    return token
  }

  func require<Value>(_ key: Key, _ value: Value?, in line: Span<UInt8>) throws(LineFault) -> Value {
    guard let value else { throw LineFault(at: line.count, "expected the key '\(key.name)' in this record") }
    return value
  }
}
