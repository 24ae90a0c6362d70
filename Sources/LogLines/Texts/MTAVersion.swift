import MilterProtocol

/// A version of Postfix (2.3 to 3.12), or of Sendmail and its libmilter (8.12 to 8.18).
package struct MTAVersion: Equatable, Comparable, Sendable {
  package let major: Int
  package let minor: Int

  init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

  /// - Parameter typed: `3.7`, `3.7.11`, `8.17.1.9`, `3.12-20260821`, with `postfix` or `sendmail` in front or not. What stands
  ///   behind the second number tells nothing here.
  package init?(typed: String) {
    var text = typed.lowercased()[...]
    var name: Substring?
    for word in ["postfix", "sendmail"] where text.hasPrefix(word) {
      name = text.prefix(word.count)
      text = text.dropFirst(word.count).drop { $0 == " " || $0 == "-" || $0 == "/" }
    }
    let numbers = text.prefix { $0 == "." || $0.isASCII && $0.isNumber }
      .split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count >= 2, numbers.allSatisfy({ (1...6).contains($0.count) }), let major = Int(numbers[0]),
      let minor = Int(numbers[1]), [2, 3, 8].contains(major), name != "postfix" || major != 8,
      name != "sendmail" || major == 8
    else { return nil }
    self.init(major, minor)
  }

  /// Whether it is one of that program.
  package func isOf(_ speaker: Speaker) -> Bool { (speaker == .postfix) == (major < 8) }

  package var words: String { "\(major).\(minor)" }

  package static func < (a: MTAVersion, b: MTAVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}
