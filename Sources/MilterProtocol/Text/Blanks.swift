/// White space as mails have it: blank, TAB, and the line ends of folds.
@inlinable
package func isBlankOrLineEnd(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    || byte == UInt8(ascii: "\n")
}

/// Without white space at both ends; line ends count as such.
@inlinable
package func trimmedBlanks(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var bytes = bytes
  while let first = bytes.first, isBlankOrLineEnd(first) { bytes.removeFirst() }
  while let last = bytes.last, isBlankOrLineEnd(last) { bytes.removeLast() }
  return bytes
}
