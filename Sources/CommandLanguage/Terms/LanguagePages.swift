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
      - Letters compare without regard to case (ASCII), except in `body`, `raw`, `message.raw` and `code`. `(?-i)` makes a pattern exact.
      - What a mail says (`message.body`, `message.raw`, `part.…`) is known at its end: whatever chunks it came in, decoded, in UTF-8. A rule that
        asks keeps the first 8 MiB of each body for it (`--max-memory` counts them), and reads UTF-8, Latin 1, Latin 9 and Windows-1252; text in other
        character sets has its own bytes there. Filters read all that the system knows.
      - Angle brackets around an address count neither in the packet nor in the expression.
      - A string alone is searched for in the payload: `"example.net"`.
      - Strings: `"…"` or `'…'` with `\\n \\r \\t \\0 \\" \\' \\\\` and `\\xNN` for any byte.
      - Sizes: `10k`, `5MB` (a thousand is 1024). Durations: `500ms`, `2s`, `5m`, `1h`, `1d`.
      - Times: `12:04`, `12:04:31.5`, `2026-05-01`, `2026-05-01T12:04:31Z`, `…+02:00`, or a duration since the trace began;
        without a zone by the clock of whoever looks. `==` means all of the minute, second or day that is written.
      - `in` takes a list `["a", "b"]`, a range `100..200`, or a network `192.0.2.0/24`, `2001:db8::/32`. In a rule the list may be in a file,
        `rcpt.address in @addresses.txt`: an entry a line, of `client.address` also a network; lines that begin with `#` say nothing. HUP reads it again.
      - Patterns (`~`) are found anywhere in the text: `.` (any byte, line ends too), classes, `\\d \\w \\s \\b`, `^ $`, groups, `|`,
        `* + ? {m,n}`, `(?i)`, `(?m)`, `(?-s)`. No back references and no look-around: a search takes time in
        proportion to the text, whatever the text.


      """
    page += """
      ## Plain words

      A filter (`f`, `filter`, `--filter`) only shows, so it takes plain words too, without quotes:

      | you type | it says |
      |---|---|

      """
    for row in PlainTerm.examples { page += "| `\(cell(row.filter))` | `\(cell(row.meaning))` |\n" }
    page += """

      A word that is a term stays one: `reject` is the REJECT reply alone, `refusal` also a reply with 4xx or 5xx. A rule, `--hold`
      and `apply` act on mail: there a word that is no term is an error. Each error comes with the corrected text, to be pasted.


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
      quotes goes on to the next `;`, and may name [values](#values-in-texts). In files, `#` begins a comment, and a line that begins with white space goes on
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
    page += values
    page += "## What set changes\n\n| field | holds | is there on |\n|---|---|---|\n"
    let keyed: [Assignment.Field] = [.symbolList(stage: 2), .macro(Array("i".utf8))]
    for field in Assignment.Field.plain + keyed {
      page += "| `\(field.text)` | \(cell(field.doc)) | \(field.kinds.names.joined(separator: ", ")) |\n"
    }
    return page
  }

  /// Of `docs/instructions.md`: how texts name values.
  private static var values: String {
    """
    ## Values in texts

    In any text of an instruction `{TERM}` stands for what the [term](filters.md) has for the packet at hand: in the value of a
    header, the words of a `reply`, the reason of a `quarantine`, an address and its parameters, a new body or part, a `note`, and the text
    that `set` gives a field. Names of headers, numbers and files are as they are written.

    ```
    on mail do add-header X-Client "{client.address}"
    on rcpt and rcpt.address endswith "@example.net" do reply 550 5.7.1 "{rcpt.address} is unknown"
    on bodyeob and message.header["X-Spam-Score"] do quarantine "score {message.header["X-Spam-Score"]}"
    on bodyeob do change-header Subject "[ext] {sub(message.subject, /^(Re: )+/, "")}"
    on rcpt do add-rcpt <archive@example.org> "ORCPT=rfc822;{lower(rcpt.address)}"
    ```

    - `lower(TERM)` is the term in lower case (ASCII). `sub(TERM, /PATTERN/, "TEXT")` has each place where the pattern is found replaced by the
      text as it stands; the longest match from the left counts, patterns are those of `~`, and a `/` in one is written `\\/`. They may stand in each other.
    - A value may have quotes within a text in quotes. It is what was known right behind the packet that a rule matched; for what you type yourself, what
      is known when you type it. A packet that has left is gone: what you say of it can name the client, the message and its macros, not what stood in the packet.
    - Where the packet has no such field, the value is empty. A rule whose packets can never have it is refused.
    - Several values are a list with commas; of the headers of one name it is the first, and ESMTP arguments stand with blanks between them. Angle brackets do not
      belong to an address: write `<{message.from}>`. `time` is in UTC.
    - The value of a header is on one line, without its folds. In a header, what is not ASCII becomes an encoded word (RFC 2047), and the whole is folded at 78 columns. A parameter is written as
      xtext (RFC 3461), unless it is `mail.args` or `rcpt.args`. A header, a parameter or a field refuses a value with a line end or NUL in it, an address also one with blanks or
      brackets; the refusal is recorded, and nothing is changed. A `reply` and a `quarantine` do not refuse, as the mail would go on: `?` stands for each such byte, and a line
      of a reply is cut where libmilter would cut it.
    - Braces that no term follows at once stand for themselves, so a text without terms means what it always meant. In front of a term `{{` stands for a brace:
      `{{client.address}` goes out as `{client.address}`. What looks like a term and is none, as `{client.adress}` does, is warned of when rules are read, and while you type.
    - The contents of `@FILE` go out byte for byte, and so does what you change in a form or in your editor.
    - The trace shows the instruction as it is written, and in the packet that left what became of it.


    """
  }

  /// A bar would end the cell.
  private static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
