import Cells

/// What becomes of what is held when the screen is left.
package struct Leaving: Equatable, Sendable {
  /// What the MTA is told about it, `tempfail`; nil where it goes on as it came.
  package var verdict: String?
  /// Where we are the milter: what the MTA is told about what is released.
  package var released: String?
  /// How long connections have to end, `10 s`.
  package var grace = "10 s"
  /// What the proxy of another process does with it once no screen is attached; nil where the proxy ends with this one.
  package var detached: Detached?

  package enum Detached: String, Sendable {
    case forward
    case keep
  }

  package init() {}
}

extension Leaving {
  /// How to leave while so many packets are held.
  func menu(held count: Int) -> Menu {
    if let detached { return Self.menu(held: count, detached) }
    let words = NumberText.count(count, "packet is held", "packets are held")
    let left =
      verdict.map { "the MTA is told \($0)" } ?? "what is held goes on as it came, without your edits"
    let release =
      released.map { "the MTA is told \($0), or what your rules say" }
      ?? "what is held goes on, with your edits"
    return Menu(
      title: "\(words). Quit and end connections within \(grace)?",
      items: [
        Menu.Item("a", "release all and quit", DisplayText(release), .allOutside([.forwardAll, .quit])),
        Menu.Item("y", "quit", DisplayText(left), .outside(.quit)),
      ])
  }

  private static func menu(held count: Int, _ detached: Detached) -> Menu {
    let words = NumberText.count(count, "packet is held", "packets are held")
    let left =
      switch detached {
      case .forward: "what is held goes on as it came, unless another screen is attached"
      case .keep: "what is held waits on, until somebody attaches or a peer gives up"
      }
    return Menu(
      title: "\(words). Leave? The proxy goes on.",
      items: [
        Menu.Item(
          "a", "release all and leave", "what is held goes on, with your edits",
          .allOutside([.forwardAll, .quit])),
        Menu.Item("y", "leave", DisplayText(left), .outside(.quit)),
      ])
  }
}
