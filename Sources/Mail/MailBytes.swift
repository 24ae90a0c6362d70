/// A header value on one line: each fold becomes what follows its line end.
package func unfolded(_ value: some Sequence<UInt8>) -> [UInt8] {
  value.filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
}

/// The end of a quoted string that begins at `i`, behind its closing quote; the end of `bytes` where it is not closed.
func endOfQuoted(_ bytes: ArraySlice<UInt8>, from i: Int) -> Int {
  var j = i + 1
  while j < bytes.endIndex {
    if bytes[j] == UInt8(ascii: "\\") {
      j += 2
    } else if bytes[j] == UInt8(ascii: "\"") {
      return j + 1
    } else {
      j += 1
    }
  }
  return bytes.endIndex
}

/// The end of a comment that begins at `i`, comments within it included.
func endOfComment(_ bytes: ArraySlice<UInt8>, from i: Int) -> Int {
  var depth = 0
  var j = i
  while j < bytes.endIndex {
    switch bytes[j] {
    case UInt8(ascii: "("): depth += 1
    case UInt8(ascii: ")"):
      depth -= 1
      if depth == 0 { return j + 1 }
    case UInt8(ascii: "\\"): j += 1
    default: break
    }
    j += 1
  }
  return bytes.endIndex
}

/// Ranges between separators that stand outside quoted strings and comments.
func split(_ bytes: ArraySlice<UInt8>, at separator: UInt8, limit: Int = 1000) -> [Range<Int>] {
  var parts: [Range<Int>] = []
  var start = bytes.startIndex
  var i = start
  while i < bytes.endIndex {
    switch bytes[i] {
    case UInt8(ascii: "\""): i = endOfQuoted(bytes, from: i)
    case UInt8(ascii: "("): i = endOfComment(bytes, from: i)
    case separator where parts.count < limit:
      parts.append(start..<i)
      i += 1
      start = i
    default: i += 1
    }
  }
  parts.append(start..<max(start, min(i, bytes.endIndex)))
  return parts
}

/// A quoted string without its quotes and backslashes; anything else as it is.
func unquoted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  guard bytes.first == UInt8(ascii: "\"") else { return Array(bytes) }
  var text: [UInt8] = []
  var escaped = false
  for byte in bytes.dropFirst() {
    if !escaped, byte == UInt8(ascii: "\"") { break }
    if !escaped, byte == UInt8(ascii: "\\") {
      escaped = true
      continue
    }
    text.append(byte)
    escaped = false
  }
  return text
}
