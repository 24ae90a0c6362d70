/// A service of `master.cf`: `smtp inet n - y - - smtpd -o smtpd_milters=…` (master(5)).
package struct PostfixService: Equatable, Sendable {
  /// The first eight: service, type, private, unpriv, chroot, wakeup, maxproc, command.
  package let fields: [String]
  package let overrides: [Setting]
  /// Words behind the command that belong to no option: Postfix's programs end at once over them.
  package let stray: [String]
  /// `-o` without a value, or with one that has no `=`.
  package let malformed: [String]

  package struct Setting: Equatable, Sendable {
    package let name: String
    package let value: String
  }

  /// nil where there are fewer than eight fields.
  init?(_ line: String) {
    let words = PostfixLines.words(line)
    guard words.count >= 8 else { return nil }
    fields = Array(words[..<8])
    var overrides: [Setting] = []
    var stray: [String] = []
    var malformed: [String] = []
    var rest = words[8...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-o") else {
        if word.hasPrefix("-") { continue }
        stray.append(word)
        continue
      }
      var text = word == "-o" ? rest.popFirst() ?? "" : String(word.dropFirst(2))
      if text.hasPrefix("{"), text.hasSuffix("}") { text = String(text.dropFirst().dropLast().trimmed) }
      if let (name, value) = PostfixLines.setting(text) {
        overrides.append(Setting(name: name, value: value))
      } else {
        malformed.append(text)
      }
    }
    self.overrides = overrides
    self.stray = stray
    self.malformed = malformed
  }

  package var name: String { fields[0] }
  package var type: String { fields[1] }
  /// Name of the program: `smtpd`.
  package var program: String { fields[7].split(separator: "/").last.map(String.init) ?? fields[7] }

  /// `submission/inet`, as postconf names it.
  package var title: String { "\(name)/\(type)" }

  /// Whether it runs below the queue folder. `-` means yes up to Postfix 2.11 and with a `compatibility_level` of 0.
  func isChrooted(byDefault: Bool) -> Bool { fields[4] == "y" || fields[4] == "-" && byDefault }

  /// Its first line, with that in the chroot column.
  func line(chroot: String) -> String {
    var fields = fields
    fields[4] = chroot
    return fields.joined(separator: " ")
  }

  func overrides(_ name: String) -> Bool { overrides.contains { $0.name == name } }
}
