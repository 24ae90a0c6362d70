import Glibc
import MilterProtocol
import ProxyRuntime
import TraceFormat

/// The file of `--redact-map`: the key of the pseudonyms, and what became what. Who has it can undo the redaction.
///
///     # key 0f3a…
///     xkmfz@qpzmcs.rvg    alice@example.org
///
/// One that is there gives its key, so that exports made with it have the same pseudonyms, and gets what is new.
struct RedactionMap {
  let key: RedactionKey
  private let path: String
  private var lines: Set<String> = []

  private static let keyMark = "# key "

  /// - Throws: where the file is there and is no such map; it is not written over.
  init(_ path: String) throws {
    self.path = path
    guard let bytes = try ownFile(path), !bytes.isEmpty else {
      key = .random
      return
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    guard let first = lines.first, let key = Self.key(in: first) else {
      throw Failure(
        "'\(ListingText.inert(path))' is no map of pseudonyms: its first line has no key",
        hint: "name another file; it is made where there is none")
    }
    self.key = key
    self.lines = Set(lines.dropFirst())
  }

  private static func key(in line: String) -> RedactionKey? {
    let digits = line.dropFirst(keyMark.count)
    guard line.hasPrefix(keyMark), digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit),
      let first = UInt64(digits.prefix(16), radix: 16), let second = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    return RedactionKey(first, second)
  }

  /// Writes the file, which only its owner can read.
  mutating func write(_ pseudonyms: [[UInt8]: [UInt8]]) throws(FileFailure) {
    for (old, new) in pseudonyms {
      lines.insert("\(InertText.string(escaping: new))\t\(InertText.string(escaping: old))")
    }
    let words = [key.first, key.second].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    let text = Self.keyMark + words.joined() + "\n" + lines.sorted().map { $0 + "\n" }.joined()
    var file = try NewFile(path, replacing: true, sparing: .init([]), waiting: tell)
    try file.append(Array(text.utf8))
  }
}

extension RedactionKey {
  static var random: RedactionKey { RedactionKey(.random(in: .min ... .max), .random(in: .min ... .max)) }
}
