import Cells

/// What becomes of what is held when the screen is left.
package struct Leaving: Equatable, Sendable {
  /// What the MTA is told about it, `tempfail`; nil where it goes on as it came.
  package var verdict: String?
  /// Where we are the milter: what the MTA is told about what is released.
  package var released: String?
  /// How long connections have to end, `10 s`.
  package var grace = "10 s"
  /// Whether the trace was picked from a list of files, to which `q` goes back when there is nothing else to go back to.
  package var hasList = false
  /// What becomes of mail while the screen is suspended.
  package var suspension = Suspension.stopsMail

  package enum Suspension: Sendable {
    /// A proxy stops with its screen.
    case stopsMail
    /// Only the screen goes away.
    case screenAlone
    /// There is no shell that could have the terminal meanwhile.
    case impossible
  }

  /// What the proxy of another process does with it once no screen is attached; nil where the proxy ends with this one.
  package var detached: Detached?

  package enum Detached: String, Sendable {
    case forward
    case keep
  }

  enum Place {
    case shell
    case list

    var effect: ConsoleEffect { self == .shell ? .quit : .backToList }
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
