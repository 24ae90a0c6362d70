/// A choice of one key each, above the bottom line.
package struct Menu: Hashable, Sendable {
  package var title: String
  package var items: [Item]

  package struct Item: Hashable, Sendable {
    package var key: Unicode.Scalar
    package var words: String
    /// What comes of it.
    package var remark: DisplayText
    var choice: Choice

    init(_ key: Unicode.Scalar, _ words: String, _ remark: DisplayText = "", _ choice: Choice) {
      (self.key, self.words, self.remark, self.choice) = (key, words, remark, choice)
    }
  }

  enum Choice: Hashable, Sendable {
    case does([ConsoleEffect])
    /// Goes on at a prompt that has this text in it already.
    case asks(Prompt.Purpose, String)
    case deletesRule(Int)
    /// Goes on with what is to be exported in that format.
    case exports(String)
    /// The mail on the desk.
    case discards
  }
}
