import MilterProtocol

/// Cuts an mbox into its mails as its bytes come: each begins with a line `From …` at the start or behind a blank line.
///
/// Of lines that begin with `>From ` (and more of `>`) one `>` is taken away: it was put there so that they do not look like such
/// a beginning.
package struct MboxCutter: Sendable {
  /// The mail that is being read.
  private var mail: [UInt8] = []
  private var line: [UInt8] = []
  private var isBehindBlank = true
  private var hasBegun = false

  package init() {}

  /// Whether a file that begins so is an mbox.
  package static func fits(_ start: some Collection<UInt8>) -> Bool { start.starts(with: "From ".utf8) }

  /// Takes what comes next; `found` gets each mail that is whole by then.
  package mutating func take(_ bytes: [UInt8], _ found: ([UInt8]) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      if line.isEmpty {
        take(line: rest[...end], found)
      } else {
        line.append(contentsOf: rest[...end])
        var whole: [UInt8] = []
        swap(&whole, &line)
        take(line: whole[...], found)
      }
      rest = rest[(end + 1)...]
    }
    line.append(contentsOf: rest)
  }

  /// The end of the file.
  package mutating func finish(_ found: ([UInt8]) -> Void) {
    if !line.isEmpty { take(line: line[...], found) }
    line = []
    end(found)
  }

  private mutating func take(line: ArraySlice<UInt8>, _ found: ([UInt8]) -> Void) {
    if isBehindBlank, line.starts(with: "From ".utf8) {
      end(found)
      hasBegun = true
      isBehindBlank = false
      return
    }
    isBehindBlank = line.count < 3 && line.allSatisfy { $0 == 0x0A || $0 == 0x0D }
    let isQuoted =
      line.first == UInt8(ascii: ">") && line.drop { $0 == UInt8(ascii: ">") }.starts(with: "From ".utf8)
    mail.append(contentsOf: isQuoted ? line.dropFirst() : line)
  }

  private mutating func end(_ found: ([UInt8]) -> Void) {
    defer { hasBegun = false }
    guard hasBegun else { return }
    // The blank line in front of the next mail is none of this one.
    if mail.last == 0x0A, isBehindBlank || mail.count == 1 {
      mail.removeLast()
      if mail.last == 0x0D { mail.removeLast() }
    }
    found(mail)
    mail = []
  }
}
