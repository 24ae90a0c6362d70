import TraceModel

/// The pages of the documentation that the tables are printed into.
package enum LanguagePages {
  /// `docs/filters.md`.
  package static var filters: String {
    var page = """
      # Expressions

      An expression says yes or no about one packet in its context. Filters (`f`, `filter`, `--filter`), rules and
      breakpoints (`on EXPRESSION do …`) all use them. Printed from the table of terms in
      `Sources/CommandLanguage/Terms`; do not edit.

      ```
      rcpt and rcpt.address ~ "@example\\.net$"
      bodyeob and message.header["Subject"] contains "test"
      reply and took > 500ms
      finding >= warning
      macro["client_addr"] == "192.0.2.7" and not held
      ```

      - `and`, `or`, `not`, also `&&`, `||`, `!`; parentheses. `or` binds weakest.
      - A flag stands alone. A field that stands alone says whether it is there.
      - Where a field is not there, every comparison with it is false, `!=` too; `not` before it turns that round.
      - Where a field has several values, a comparison holds if it holds for one of them; `!=` if it holds for all.
      - Letters compare without regard to case (ASCII), except in `body`, `raw` and `code`. `(?-i)` makes a pattern exact.
      - Angle brackets around an address count neither in the packet nor in the expression.
      - A string alone is searched for in the payload: `"example.net"`.
      - Strings: `"…"` or `'…'` with `\\n \\r \\t \\0 \\" \\' \\\\` and `\\xNN` for any byte.
      - Sizes: `10k`, `5MB` (a thousand is 1024). Durations: `500ms`, `2s`, `5m`, `1h`, `1d`.
      - Times: `12:04`, `12:04:31.5`, `2026-05-01`, `2026-05-01T12:04:31Z`, `…+02:00`, or a duration since the trace began;
        without a zone by the clock of whoever looks. `==` means all of the minute, second or day that is written.
      - `in` takes a list `["a", "b"]`, a range `100..200`, or a network `192.0.2.0/24`, `2001:db8::/32`.
      - Patterns (`~`) are found anywhere in the text: `.` (any byte, line ends too), classes, `\\d \\w \\s \\b`, `^ $`, groups, `|`,
        `* + ? {m,n}`, `(?i)`, `(?m)`, `(?-s)`. No back references and no look-around: a search takes time in
        proportion to the text, whatever the text.


      """
    page += "## Operators\n\n| | |\n|---|---|\n"
    for comparison in Comparison.allCases {
      page += "| `\(cell(comparison.rawValue))` | \(comparison.doc) |\n"
    }
    page += "\n## Kinds and flags\n\n| term | says |\n|---|---|\n"
    for term in Term.table where term.type == .flag { page += "| `\(term.name)` | \(cell(term.doc)) |\n" }
    page += "\n## Fields\n\n| term | type | says | is there on | for example |\n|---|---|---|---|---|\n"
    for term in Term.table where term.type != .flag {
      page += "| `\(term.spelling)` | \(term.type.name) | \(cell(term.doc)) | \(cell(term.place)) | "
      page += "`\(cell(term.example))` |\n"
    }
    return page
  }

  /// `docs/instructions.md`.
  package static var instructions: String {
    var page = """
      # Instructions and rules

      An instruction says what is to be done. It can be typed at `:`, given with `-c`, bound to a key, written in a rule or
      in the config file, and is found again in the trace. Printed from the table of instructions in
      `Sources/CommandLanguage/Instructions`; do not edit.

      ```
      on mail and mail.address endswith "@example.com" do reply 550 5.7.1 "not allowed here!"
      on rcpt once per client.address, message.from, rcpt.address do tempfail
      on bodyeob do delete-header "X-*"; add-header X-Seen "by mitmilter"
      on bodyeob and message.size > 5MB do hold
      ```

      `;` separates instructions. A value is one word or a string as in [expressions](filters.md); a text without
      quotes goes on to the next `;`. In files, `#` begins a comment, and a line that begins with white space goes on
      with the one before, as does what follows a backslash at a line's end.

      What an instruction means depends on the packet that it is given for, the same for rule, key and prompt. What cannot
      be done there is refused with the reason.


      """
    for category in InstructionTerm.Category.allCases {
      page +=
        "## \(category.rawValue)\n\n\(category.doc)\n\n| instruction | does | for example |\n|---|---|---|\n"
      for term in InstructionTerm.table where term.category == category {
        page += "| `\(cell(term.syntax))` | \(cell(term.doc)) | `\(cell(term.example))` |\n"
      }
      page += "\n"
    }
    page += "## What set changes\n\n| field | holds | is there on |\n|---|---|---|\n"
    let keyed: [Assignment.Field] = [.symbolList(stage: 2), .macro(Array("i".utf8))]
    for field in Assignment.Field.plain + keyed {
      page += "| `\(field.text)` | \(cell(field.doc)) | \(field.kinds.names.joined(separator: ", ")) |\n"
    }
    return page
  }

  /// A bar would end the cell.
  private static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
