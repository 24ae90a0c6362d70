import Cells

/// What `z` asks: the lists are cleared, the trace never is.
enum Clearing {
  static func ask(_ scope: Scope) -> [Response] {
    var items = [
      Menu.Item("y", "clear the lists", "what is there is left out; the trace keeps all of it", .clear(true))
    ]
    if scope.start != nil {
      items.append(Menu.Item("a", "show all again", "with what was cleared before", .clear(false)))
    }
    return [.choose(Menu(title: "Clear what is shown?", items: items))]
  }
}
