/// Numbers of packets in our own sentences: `RCPT (packet 12) was never answered`.
enum PacketMentions {
  private static let word = Array("packet ".utf8)

  /// The sentence with each `packet 12` by its new number; one that `new` does not know stays as it is.
  static func renumbered(_ sentence: String, by new: (Int) -> Int?) -> String {
    let bytes = Array(sentence.utf8)
    guard bytes.count > word.count else { return sentence }
    var result: [UInt8] = []
    var copied = 0
    var at = 0
    while at + word.count < bytes.count {
      let begins = at == 0 || bytes[at - 1] == UInt8(ascii: " ") || bytes[at - 1] == UInt8(ascii: "(")
      let digits = at + word.count
      guard begins, bytes[at..<digits].elementsEqual(word), let number = number(in: bytes, from: digits),
        let renumbered = new(number.value)
      else {
        at += 1
        continue
      }
      result += bytes[copied..<digits] + Array(String(renumbered).utf8)
      copied = number.end
      at = number.end
    }
    if copied == 0 { return sentence }
    return String(decoding: result + bytes[copied...], as: UTF8.self)
  }

  private static func number(in bytes: [UInt8], from start: Int) -> (value: Int, end: Int)? {
    let end = bytes[start...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.endIndex
    guard let value = Int(String(decoding: bytes[start..<end], as: UTF8.self)) else { return nil }
    return (value, end)
  }
}
