extension Binding {
  /// Every key of the screen. The first binding whose places fit wins; the order within a group is that of help.
  package static let table: [Binding] = others + desk

  /// Where a mail waits for a person's verdict.
  private static let desk: [Binding] = [
    Binding("a", .accept, in: .desk, .desk, hint: "accept", "accept the mail; before its end: go on"),
    Binding(
      "r", .reject, in: .desk, .desk, hint: "reject", "reject the mail, or the recipient that is waiting"),
    Binding("t", .tempfail, in: .desk, .desk, hint: "tempfail", "tempfail: the client tries again later"),
    Binding("D", .discard, in: .desk, .desk, hint: "discard", "accept the mail and throw it away; asks"),
    Binding(
      "z", .quarantine, in: .desk, .desk, hint: "quarantine", "accept the mail into the MTA's quarantine"),
    Binding("o", .ownReply, in: .desk, .desk, hint: "own reply", "reply with your own code and text"),
    Binding(
      "*", .allLike, in: .desk, .desk, hint: "all like it",
      "the same verdict for all waiting mails that match"),
    Binding("w", .savePart, in: .desk, .desk, hint: "save part", "save a part of the mail, decoded"),
    Binding(
      "R", .ruleOfDecision, in: [.desk, .idleDesk], .desk, hint: "rule",
      "make a rule from your latest verdict"),
  ]

  private static let others: [Binding] = [
    Binding("j Down", .down, .move, counted: true, "down; with a number, that many"),
    Binding("k Up", .up, .move, counted: true, "up"),
    Binding("g Home", .top, .move, "to the first"),
    Binding("G End", .bottom, .move, counted: true, "to the last; with a number, to that packet"),
    Binding("^D", .halfDown, .move, counted: true, "half a page down"),
    Binding("^U", .halfUp, .move, counted: true, "half a page up"),
    Binding("PgDn ^F", .pageDown, .move, hint: "page down", counted: true, "a page down"),
    Binding("PgUp ^B", .pageUp, .move, hint: "page up", counted: true, "a page up"),

    Binding("1", .timeline, .view, "Timeline: every packet"),
    Binding("2", .messages, .view, "Messages: one row per mail"),
    Binding("3", .held, .view, hint: "held", "Held: all held packets, the most urgent first"),
    Binding("4", .findings, .view, "Findings: protocol mistakes and oddities"),
    Binding("5", .rules, .view, "Rules: what is done automatically"),
    Binding("6", .stats, .view, "Stats: reply times and verdicts"),
    Binding(
      "Enter", .open, in: .packets, .view, hint: "open",
      "open: the detail, a mail's packets, a finding's packet"),
    Binding("Enter", .open, in: .stats, .view, hint: "its packets", "show the packets behind the number"),
    Binding("Enter", .open, in: .help, .view, hint: "do it", "do what the line says"),
    Binding(
      "Enter", .open, in: .comparison, .view, hint: "open",
      "both columns of the mail; in them, the line in full"),
    Binding(
      "r", .replay, in: .replayed, .view, hint: "replay",
      "replay the mail at the milter, on a connection of its own, and compare"),
    Binding(
      "R", .fork, in: .replayed, .view, hint: "what if",
      "the same with something said otherwise from the packet on"),
    Binding("T", .replay, in: [.desk, .idleDesk], .view, "replay the mail at a milter, and compare"),
    Binding("U", .fork, in: [.desk, .idleDesk], .view, "the same with something said otherwise"),
    Binding("C", .compared, .view, "what was compared last, or the view again"),
    Binding("q Esc", .back, .view, hint: "back", "back one step"),
    Binding("Tab Shift-Tab", .pane, in: .packets, .view, hint: "pane", "between list and detail"),
    Binding("l Right", .nextTab, in: .packets, .view, hint: "tab", "next tab of the detail"),
    Binding("h Left", .previousTab, in: .packets, .view, "previous tab of the detail"),
    Binding("l Right", .nextTab, in: .stats, .view, hint: "number", "next number, the slowest first"),
    Binding("h Left", .previousTab, in: .stats, .view, "the number before"),
    Binding("Space", .fold, in: .packets, .view, hint: "macros", "unfold or fold the macros of a command"),
    Binding("\\", .maximise, in: .views, .view, hint: "maximise", "maximise pane, or restore it"),
    Binding("|", .split, in: .views, .view, hint: "split", "the detail beside the list, or below it"),
    Binding("<", .borderLeft, in: .views, .view, "the border to the left, or up: more room for the detail"),
    Binding(">", .borderRight, in: .views, .view, "the border to the right, or down: more room for the list"),
    Binding(
      "S", .sort, in: .packets, .view, hint: "sort",
      "sort: mails by time, size, reply time, outcome; findings by severity, first, count"),
    Binding(
      "d", .diff, in: .packets, .view, hint: "diff", "what became of the mail: before and after"),
    Binding(
      "L", .explain, in: .packets, .view, hint: "log", "the lines that logs have of it, and what they mean"),

    Binding(
      "a", .forward, in: .packetsElsewhere, .steer, hint: "forward", "release, with your edits"
    ),
    Binding(
      "A", .forwardAll, in: [.packets, .rules], .steer, hint: "all", "release everything that is held"),
    Binding(
      "s", .step, in: .packets, .steer, hint: "step", "release, and hold the next packet of the connection"),
    Binding(
      "v", .verdictMenu, in: .packets, .steer, hint: "verdict", "set the verdict: a menu"),
    Binding(
      "+", .changeMenu, in: .packets, .steer, hint: "modify", "modify the mail before its final reply: a menu"
    ),
    Binding("e", .form, in: .packets, .steer, hint: "edit", "edit the fields of the held packet"),
    Binding(
      "E", .edit, in: .packets, .steer, hint: "editor",
      "its text, at end of message the mail's body, in $VISUAL or $EDITOR"),
    Binding("D", .drop, in: .packetsElsewhere, .steer, hint: "drop", "drop the held packet"),
    Binding("u", .undo, in: .packets, .steer, hint: "undo", "undo the last change of the held packet"),
    Binding("V", .revert, in: .packets, .steer, hint: "undo all", "undo all changes: the packet as it came"),
    Binding("X", .close, in: .packets, .steer, "close a leg of the packet's connection"),
    Binding(
      "i", .holdPrompt, in: .views, .steer, hint: "hold", "hold packets that match a filter; empty: none"),
    Binding("I", .arm, in: .views, .steer, "turn all rules and holds on or off"),

    Binding("+ o", .addRule, in: .rules, .rules, hint: "add", "add a rule: on EXPRESSION do INSTRUCTION"),
    Binding("Enter e", .editRule, in: .rules, .rules, hint: "edit", "edit the rule"),
    Binding("Space", .switchRule, in: .rules, .rules, hint: "on/off", "switch the rule off, or on"),
    Binding("K", .ruleUp, in: .rules, .rules, hint: "move up", "move the rule up"),
    Binding("J", .ruleDown, in: .rules, .rules, hint: "move down", "move the rule down"),
    Binding("D", .deleteRule, in: .rules, .rules, hint: "delete", "delete the rule"),

    Binding("f", .filterPrompt, in: .views, .find, hint: "filter", "show only packets that match a filter"),
    Binding("/", .searchPrompt, in: .views, .find, hint: "search", "search the list or the detail"),
    Binding("n", .next, in: .views, .find, hint: "next", counted: true, "next match"),
    Binding("N", .previous, in: .views, .find, hint: "previous", counted: true, "previous match"),
    Binding(
      "n", .next, in: .comparison, .find, hint: "next difference", counted: true,
      "next mail or line that differs"),
    Binding("N", .previous, in: .comparison, .find, counted: true, "the one above that differs"),
    Binding(
      "]", .nextFinding, in: .views, .find, hint: "finding", counted: true, "next finding, and what it says"),
    Binding("[", .previousFinding, in: .views, .find, counted: true, "previous finding"),
    Binding(
      "}", .nextRefusal, in: .views, .find, hint: "refusal", counted: true,
      "next reply against a mail: refused, discarded, quarantined"),
    Binding("{", .previousRefusal, in: .views, .find, counted: true, "the one before"),
    Binding("!", .findings, in: .views, .find, "list the findings"),
    Binding("'", .nextMark, in: .views, .find, counted: true, "next mark"),

    Binding("m", .toggleMark, in: .packets, .keep, hint: "mark", "mark the packet, or remove the mark"),
    Binding(";", .notePrompt, in: .packets, .keep, hint: "note", "add a note to the packet"),
    Binding(
      "w", .writePrompt, in: .everywhereElse, .keep, hint: "write", "write the packets shown to a trace file"),
    Binding(
      "W", .record, in: .views, .keep, hint: "record",
      "record to a file: all that was seen, or from now on; again: stop"),
    Binding(
      "x", .exportMenu, in: .views, .keep, hint: "export",
      "export the packet, its mail, the marked or the shown packets: menus"
    ),
    Binding("y", .copy, in: .packets, .keep, hint: "copy", "copy the selected value to the clipboard"),

    Binding("F", .follow, in: .views, .screen, hint: "follow", "follow: keep the newest packet in sight"),
    Binding("p", .freeze, in: .views, .screen, hint: "freeze", "freeze the display; recording goes on"),
    Binding(
      "t", .time, in: .everywhereElse, .screen, hint: "time",
      "time column: clock, since start, since the one before"),
    Binding("z", .clear, in: .everywhereElse, .screen, "clear what is shown, asks; the trace keeps it"),
    Binding("^L", .redraw, .screen, "redraw"),
    Binding("^Z", .suspend, .screen, "suspend; mail goes on, and fg brings the screen back"),
    Binding("? F1", .help, .screen, hint: "help", "this help"),
    Binding(":", .prompt, .screen, hint: "type", "type an instruction; Tab completes"),
    Binding("Q ^C", .leave, .screen, "quit"),
  ]
}
