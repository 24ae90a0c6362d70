import MilterProtocol

/// The envelope that a mail speaks of itself, for one that comes without.
extension TakenMail {
  /// Return-Path, else From; nil where neither has an address.
  package var probableSender: [UInt8]? {
    if let path = text(of: "Return-Path") {
      let path = trimmedBlanks(path[...])
      if path.elementsEqual("<>".utf8) { return Array(path) }
      if let address = Self.addresses(Array(path)).first { return address }
    }
    return text(of: "From").flatMap { Self.addresses($0).first }
  }

  /// Those in To, Cc and Bcc, each once.
  package var probableRecipients: [[UInt8]] {
    var found: [[UInt8]] = []
    for field in headers where ["To", "Cc", "Bcc"].contains(where: { sameHeaderName(field.name, $0.utf8) }) {
      for address in Self.addresses(field.text) where !found.contains(address) { found.append(address) }
    }
    return found
  }

  /// `<a@b>` for each address of a list (RFC 5322, 3.4), in order; what is none is left out.
  static func addresses(_ text: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var piece: [UInt8] = []
    var inAngles: [UInt8]?
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    func add(_ address: [UInt8]) {
      let address = trimmedBlanks(address[...])
      guard address.first == UInt8(ascii: "\"") || !address.contains(where: isBlankOrLineEnd) else { return }
      guard let at = address.lastIndex(of: UInt8(ascii: "@")), at > address.startIndex,
        at < address.endIndex - 1
      else { return }
      found.append([UInt8(ascii: "<")] + Array(address) + [UInt8(ascii: ">")])
    }
    func end() {
      add(inAngles ?? piece)
      (piece, inAngles) = ([], nil)
    }
    var isInAngles = false
    for byte in text {
      if isEscaped || byte == UInt8(ascii: "\\") && (isQuoted || depth > 0) {
        isEscaped.toggle()
        if depth == 0 { isInAngles ? inAngles?.append(byte) : piece.append(byte) }
        continue
      }
      switch byte {
      case UInt8(ascii: "\"") where depth == 0:
        isQuoted.toggle()
        isInAngles ? inAngles?.append(byte) : piece.append(byte)
      case _ where isQuoted: isInAngles ? inAngles?.append(byte) : piece.append(byte)
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth = max(0, depth - 1)
      case _ where depth > 0: break
      case UInt8(ascii: "<"): (inAngles, isInAngles) = ([], true)
      case UInt8(ascii: ">"): isInAngles = false
      case UInt8(ascii: ","), UInt8(ascii: ";"): end()
      // The name of a group.
      case UInt8(ascii: ":") where !isInAngles: piece = []
      case _: isInAngles ? inAngles?.append(byte) : piece.append(byte)
      }
    }
    end()
    return found
  }
}
