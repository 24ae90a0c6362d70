import Cells

/// Every sign that the screen uses, with what it means.
enum HelpSigns {
  static let rows: [HelpPage.Row] = lists + states + details

  private static func row(_ sign: String, _ style: Style, _ words: String) -> HelpPage.Row {
    HelpPage.Row(DisplayText(sign, style: style), DisplayText(words))
  }

  private static let lists = [
    row("c7.1", Style(.connection(7)), "connection 7, its 1st message"),
    row("mta → →", Style(.fromMTA), "a command, from the MTA"),
    row("← mlt ←", Style(.fromMilter), "a reply, from the milter"),
    row("▌", Style(.marked), "marked"),
    row("✎", Style(.marked), "has a note"),
    row("●", Style(.findingNote), "finding: worth a look"),
    row("▲", Style(.findingWarning), "finding: works by luck, or not everywhere"),
    row("✖", Style(.findingError), "finding: breaks a session or loses mail"),
    row("✕", Style(.warn), "the connection ended here, and not by QUIT; in the ladder: did not arrive"),
    row("!2.4s", Style(.warn, .bold), "slower than set slow says"),
    row("+2", .dim, "macros of the command, folded away; recipients more"),
    row("└", .dim, "macros of the command above; a finding that follows from the one above"),
    row("▸ ▾", .key, "findings of one rule: Enter opens, closes; in the ladder ▸ is the selected packet"),
    row("−1", Style(.bad), "recipients that were refused"),
    row("·", .dim, "none; not known"),
    row("…", .dim, "goes on; reading or filtering goes on"),
  ]

  private static let states = [
    row("HELD", Style(.held, .bold), "waits here; behind it what happens unasked, and when"),
    row("EDITED", Style(.edited, .bold), "left otherwise than it came"),
    row("INJECTED", Style(.injected, .bold), "made here"),
    row("DROPPED", Style(.dropped, .bold), "did not leave"),
    row("ANSWERED", Style(.answered, .bold), "answered here, in the milter's place"),
    row("RULE", Style(.rule, .bold), "a rule did it"),
    row("● REC ● LIVE", Style(.live, .bold), "recording to a file; live, without a file"),
    row("○ ■", .dim, "not recording; the trace has ended"),
    row("⇄", .dim, "between the MTA's address and the milter's"),
  ]

  private static let details = [
    row("*", Style(.edited, .bold), "a field that is not as it came"),
    row("● ·", Style(.good), "a flag of the negotiation: set, not set"),
    row("+ -", Style(.added), "before and after: a line that is new, a line that is gone"),
    row("→", .text, "under a finding: what to do"),
    row("─▶ ◀─ ┊", Style(.fromMTA), "ladder: an arrow a packet, us in the middle"),
    row("↵ ↓ ←", .dim, "line ends: CR LF, LF alone, CR alone"),
    row("· ⇥", .dim, "a blank at either end of a line, a tab"),
    row("\\x1b", Style(.text, .escaped), "underlined: bytes that a terminal would obey, as text"),
    row("✓ ^", Style(.good), "while typing: it holds; where it does not"),
    row("▁▄█", Style(.number), "how many, or how often"),
    row("↑ ↓ 12 more", .dim, "lines above or below"),
  ]
}
