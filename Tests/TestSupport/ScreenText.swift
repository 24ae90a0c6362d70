import Cells

/// A frame as text a person can read and review: what stands where, and beside it what it means.
///
/// ```
/// screen 40x3 cursor 5,2
/// --- text
///  mitmilter  1 Timeline
/// --- roles
///  ttttttttt  TTTTTTTTTT
/// --- attributes
///             bbbbbbbbbb
/// --- key
/// t title · T tabActive · b bold
/// ```
/// A blank in the layers stands for plain text and no attribute; blanks at line ends are left out. A wide character has
/// two letters in the layers. Only attributes that occur together get a digit.
package struct ScreenText: Equatable, CustomStringConvertible {
  package var lines: [String]

  package init(lines: [String]) { self.lines = lines }

  package init(_ frame: Frame) {
    var combinations: [UInt16] = []
    var roles: Set<UInt8> = []
    var single: Set<UInt16> = []
    var layers: (text: [String], roles: [String], attributes: [String]) = ([], [], [])
    for row in 0..<frame.size.rows {
      var text = ""
      var roleLine = ""
      var attributeLine = ""
      for column in 0..<frame.size.columns {
        let cell = frame[Point(column: column, row: row)]
        if let base = cell.base {
          text.unicodeScalars.append(base)
          if let mark = cell.mark { text.unicodeScalars.append(mark) }
        }
        let style = cell.style
        roles.insert(style.role.rawValue)
        roleLine.append(Self.letter(of: style.role))
        let bits = style.attributes.rawValue
        if let known = Self.attributes.first(where: { $0.0.rawValue == bits }) {
          single.insert(bits)
          attributeLine.append(known.1)
        } else if bits == 0 {
          attributeLine.append(" ")
        } else {
          if !combinations.contains(bits) { combinations.append(bits) }
          attributeLine.append(String((combinations.firstIndex(of: bits) ?? 0) + 1, radix: 36))
        }
      }
      layers.text.append(text.trimmingBlanks)
      layers.roles.append(roleLine.trimmingBlanks)
      layers.attributes.append(attributeLine.trimmingBlanks)
    }
    let cursor = frame.cursor.map { " cursor \($0.column),\($0.row)" } ?? ""
    lines = ["screen \(frame.size.columns)x\(frame.size.rows)\(cursor)", "--- text"] + layers.text
    lines += ["--- roles"] + layers.roles
    if layers.attributes.contains(where: { !$0.isEmpty }) { lines += ["--- attributes"] + layers.attributes }
    lines += ["--- key", Self.key(roles: roles, single: single, combinations: combinations)]
  }

  package var description: String { lines.joined(separator: "\n") + "\n" }

  private static let attributes: [(Style.Attributes, Character, String)] = [
    (.bold, "b", "bold"), (.underline, "u", "underline"), (.reverse, "r", "reverse"),
    (.selected, "s", "selected"), (.match, "m", "match"), (.escaped, "e", "escaped"),
    (.selectedElsewhere, "o", "selectedElsewhere"),
  ]

  private static func letter(of role: Style.Role) -> Character {
    switch role {
    case .text: " "
    case .dim: "d"
    case .title: "t"
    case .heading: "H"
    case .label: "l"
    case .border: "B"
    case .tab: "T"
    case .tabActive: "A"
    case .key: "k"
    case .prompt: "p"
    case .status: "s"
    case .placeholder: "_"
    case .name: "n"
    case .value: "v"
    case .address: "a"
    case .number: "#"
    case .offset: "o"
    case .keyword: "K"
    case .fromMTA: ">"
    case .fromMilter: "<"
    case .good: "g"
    case .warn: "w"
    case .bad: "b"
    case .held: "h"
    case .edited: "e"
    case .injected: "i"
    case .dropped: "x"
    case .answered: "y"
    case .rule: "r"
    case .marked: "m"
    case .findingNote: "."
    case .findingWarning: "!"
    case .findingError: "E"
    case .added: "+"
    case .removed: "-"
    case .changed: "~"
    case .live: "R"
    case .frozen: "F"
    case .connection0: "0"
    case .connection1: "1"
    case .connection2: "2"
    case .connection3: "3"
    case .connection4: "4"
    case .connection5: "5"
    case .connection6: "6"
    case .connection7: "7"
    }
  }

  private static func key(roles: Set<UInt8>, single: Set<UInt16>, combinations: [UInt16]) -> String {
    var words = Style.Role.allCases.filter { $0 != .text && roles.contains($0.rawValue) }
      .map { "\(letter(of: $0)) \($0)" }
    words += attributes.filter { single.contains($0.0.rawValue) }.map { "\($0.1) \($0.2)" }
    for (index, bits) in combinations.enumerated() {
      let names = attributes.filter { bits & $0.0.rawValue != 0 }.map(\.2)
      words.append("\(String(index + 1, radix: 36)) \(names.joined(separator: "+"))")
    }
    return words.isEmpty ? "plain" : words.joined(separator: " · ")
  }

  /// Both screens beside each other, `≠` before each line that differs.
  package static func sideBySide(expected: ScreenText, got: ScreenText) -> String {
    let width = max(8, expected.lines.map(\.unicodeScalars.count).max() ?? 0)
    var out = ["  " + "expected".padded(to: width) + " │ got"]
    for index in 0..<max(expected.lines.count, got.lines.count) {
      let left = index < expected.lines.count ? expected.lines[index] : "(no line)"
      let right = index < got.lines.count ? got.lines[index] : "(no line)"
      out.append((left == right ? "  " : "≠ ") + left.padded(to: width) + " │ " + right)
    }
    return out.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    var scalars = unicodeScalars
    while scalars.last == " " { scalars.removeLast() }
    return String(scalars)
  }

  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - unicodeScalars.count))
  }
}
