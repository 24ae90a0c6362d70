/// The page `docs/keys.md`, printed from the tables that the screen obeys.
package enum KeyReference {
  package static var markdown: String {
    var page = """
      # Keys of the screen

      Printed from the table of bindings; `?` shows the same in the program, with what counts in the view and pane at hand first
      and what counts elsewhere last; `/`, `n` and `N` search in it.
      `bind KEY INSTRUCTION` gives a key another meaning, at the `:` prompt or in the config file
      `$XDG_CONFIG_HOME/mitmilter/config`; `unbind KEY` takes it away. What a key does itself is typed and bound as
      `screen` and the word in the table: `bind ^N screen down`.

      A number typed before a key marked *n* repeats it: `12j` goes twelve rows down, `117G` to packet 117, typed without a pause. As each of
      `\(ListView.digits.0)` to `\(ListView.digits.1)` shows its view at once, a number of one such digit has a 0 in front: `04j`.


      """
    for group in Binding.Group.allCases {
      page += "## \(group.rawValue)\n\n| key | does | `screen` … | where |\n|---|---|---|---|\n"
      for binding in Binding.table where binding.group == group { page += row(binding) }
      page += "\n"
    }
    page += "## While typing\n\n| key | does |\n|---|---|\n"
    for row in LineEditor.table {
      page += "| \(row.keys.map { code($0.description) }.joined(separator: " ")) | \(row.help) |\n"
    }
    for row in Prompt.keys {
      page +=
        "| \(row.key.split(separator: " ").map { code(String($0)) }.joined(separator: " ")) | \(row.help) |\n"
    }
    page += "\n## Settings\n\n| `set` | does |\n|---|---|\n"
    for name in Settings.Name.allCases { page += "| `\(name.rawValue)` | \(name.help) |\n" }
    return page
  }

  private static func row(_ binding: Binding) -> String {
    let keys = binding.keys.map { code($0.description) }.joined(separator: " ")
    let places = binding.places.words.joined(separator: ", ")
    return
      "| \(keys)\(binding.takesCount ? " *n*" : "") | \(binding.help) | `\(binding.act.rawValue)` | \(places) |\n"
  }

  /// A vertical bar would end the table's cell.
  private static func code(_ text: String) -> String {
    text == "`"
      ? "`` ` ``"
      : "`" + text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") + "`"
  }
}
