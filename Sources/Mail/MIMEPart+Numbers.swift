/// Parts by number, as the screen lists them and instructions name them.
extension MIMEPart {
  package struct Numbered: Equatable, Sendable {
    package var number: Int
    package var part: MIMEPart
    /// How deep it lies: 0 for the whole body, 1 for the parts of a multipart.
    package var depth: Int
    /// Index of the part that it lies in; nil for the whole body.
    package var parent: Int?
  }

  /// From 1, in the order in which they stand, containers included. A mail of one part is part 1 itself; the multipart
  /// around all parts has no number.
  package var numbered: [Numbered] {
    var list: [Numbered] = []
    if parts.isEmpty {
      list.append(Numbered(number: 1, part: self, depth: 0, parent: nil))
    } else {
      add(to: &list, depth: 1, parent: nil)
    }
    return list
  }

  private func add(to list: inout [Numbered], depth: Int, parent: Int?) {
    for part in parts {
      list.append(Numbered(number: list.count + 1, part: part, depth: depth, parent: parent))
      part.add(to: &list, depth: depth + 1, parent: list.count - 1)
    }
  }
}
