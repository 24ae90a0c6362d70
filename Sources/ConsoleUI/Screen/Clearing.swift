import Cells

/// What `z` asks: the lists are cleared, the trace never is.
enum Clearing {
  static func ask(_ scope: Scope) -> [Response] {
    var items = [
      Menu.Item("y", "clear the lists", "hides what is listed now; the trace keeps it", .clear(true))
    ]
    if scope.start != nil {
      items.append(Menu.Item("a", "show all again", "what was cleared, too", .clear(false)))
    }
    return [.choose(Menu(title: "Clear what is shown?", items: items))]
  }
}
