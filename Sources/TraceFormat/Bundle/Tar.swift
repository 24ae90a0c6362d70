/// The format of tar archives (POSIX ustar), as far as a bundle needs it.
package enum Tar {
  static let blockBytes = 512
  private static let magic = 257..<262

  /// The header of a file; names are short and ours.
  static func header(_ name: String, bytes: Int, isExecutable: Bool, modified: Int) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: blockBytes)
    func put(_ text: String, _ at: Int) {
      for (place, byte) in text.utf8.enumerated() { block[at + place] = byte }
    }
    func number(_ value: Int, _ digits: Int) -> String {
      let text = String(max(0, value), radix: 8)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    put(name, 0)
    put(isExecutable ? "0000755" : "0000644", 100)
    put("0000000", 108)
    put("0000000", 116)
    put(number(bytes, 11), 124)
    put(number(modified, 11), 136)
    put("        ", 148)
    put("0", 156)
    put("ustar", magic.lowerBound)
    put("00", 263)
    put(number(block.reduce(0) { $0 + Int($1) }, 6), 148)
    block[154] = 0
    return block
  }

  /// What is behind so many bytes of a file.
  static func padding(behind bytes: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (blockBytes - bytes % blockBytes) % blockBytes)
  }

  static let end = [UInt8](repeating: 0, count: 2 * blockBytes)

  /// How many bytes tell whether an archive begins so; 0 where it is none.
  package static func bytesToTell(_ start: ArraySlice<UInt8>) -> Int {
    start.first == nil || start.first == UInt8(ascii: "{") ? 0 : blockBytes
  }

  package static func fits(_ start: ArraySlice<UInt8>) -> Bool {
    start.count >= blockBytes
      && start.dropFirst(magic.lowerBound).prefix(magic.count).elementsEqual("ustar".utf8)
  }

  /// Size of the file behind a header; nil where it has none that can be.
  static func size(_ header: ArraySlice<UInt8>) -> Int? {
    let field = header.dropFirst(124).prefix(12).drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    return Int(String(decoding: field, as: UTF8.self), radix: 8).flatMap { $0 < 0 ? nil : $0 }
  }

  static func isFile(_ header: ArraySlice<UInt8>) -> Bool {
    let kind = header[header.startIndex + 156]
    return kind == 0 || kind == UInt8(ascii: "0")
  }
}

/// The first trace of an archive: a bundle, whoever packed it.
package struct BundledTrace: TraceTranslation {
  private enum State {
    case header
    /// - Parameter isTrace: nil until that is known.
    case content(left: Int, padding: Int, isTrace: Bool?)
    case skipping(Int)
    case over
  }
  private var state = State.header
  private var isFound = false
  private var waiting: [UInt8] = []
  private var judged: JudgedTrace?

  package init(isJudged: Bool) { judged = isJudged ? JudgedTrace() : nil }

  package mutating func append(_ bytes: [UInt8]) -> [UInt8] {
    waiting += bytes
    var text: [UInt8] = []
    var at = 0
    while let count = step(waiting[at...], &text) { at += count }
    waiting.removeFirst(at)
    return judged?.append(text) ?? text
  }

  package mutating func finish() -> [UInt8] { judged?.finish() ?? [] }

  package var refusal: String? {
    if isFound { return nil }
    if case .over = state { return "there is no trace in the archive" }
    return "the archive is cut short before a trace"
  }

  /// How many bytes it takes; nil where more have to come.
  private mutating func step(_ rest: ArraySlice<UInt8>, _ text: inout [UInt8]) -> Int? {
    switch state {
    case .over: return rest.isEmpty ? nil : rest.count
    case .header:
      guard rest.count >= Tar.blockBytes else { return nil }
      let header = rest.prefix(Tar.blockBytes)
      guard header.contains(where: { $0 != 0 }), let size = Tar.size(header) else {
        state = .over
        return Tar.blockBytes
      }
      let isCandidate = Tar.isFile(header) && !isFound
      state = .content(
        left: size, padding: Tar.padding(behind: size).count, isTrace: isCandidate ? nil : false)
      return Tar.blockBytes
    case .content(let left, let padding, nil):
      let mark = TraceHeadReader.mark
      if left >= mark.count, rest.count < mark.count { return nil }
      let isTrace = left >= mark.count && rest.starts(with: mark)
      if isTrace { isFound = true }
      state = .content(left: left, padding: padding, isTrace: isTrace)
      return 0
    case .content(0, let padding, _):
      state = .skipping(padding)
      return 0
    case .content(let left, let padding, let isTrace):
      if rest.isEmpty { return nil }
      let count = min(left, rest.count)
      if isTrace == true { text += rest.prefix(count) }
      state = .content(left: left - count, padding: padding, isTrace: isTrace)
      return count
    case .skipping(0):
      state = .header
      return 0
    case .skipping(let left):
      if rest.isEmpty { return nil }
      let count = min(left, rest.count)
      state = .skipping(left - count)
      return count
    }
  }
}
