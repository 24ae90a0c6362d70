/// The first word of an instruction.
package enum InstructionWord: String, Equatable, Sendable, CaseIterable {
  // Flow.
  case hold, forward, step, drop, delay, close, ask
  // Verdicts.
  case `continue`, accept, reject, tempfail, discard, skip, connfail, shutdown, reply, progress
  // Modifications.
  case addHeader = "add-header"
  case insertHeader = "insert-header"
  case changeHeader = "change-header"
  case prefixHeader = "prefix-header"
  case deleteHeader = "delete-header"
  case addRcpt = "add-rcpt"
  case deleteRcpt = "delete-rcpt"
  case changeFrom = "change-from"
  case replaceBody = "replace-body"
  case deletePart = "delete-part"
  case replacePart = "replace-part"
  case defang, quarantine
  // The packet itself.
  case set, raw, revert, mark, unmark, note
  // Faults.
  case extra, duplicate, truncate, shorten, append, corrupt, split, coalesce, reorder, silence, provoke
  // Rules.
  case on, rules, rule
  // Screen and program.
  case savePart = "save-part"
  case apply, edit, filter, search, goto, write, export, bind, unbind, screen, explain, quit
}

/// One row of the table of instructions, which feeds completion, help and docs.
package struct InstructionTerm: Equatable, Sendable {
  package let word: InstructionWord
  package let syntax: String
  package let doc: String
  package let example: String
  package let category: Category

  package enum Category: String, Equatable, Sendable, CaseIterable {
    case flow = "Letting packets go"
    case verdict = "Verdicts"
    case modification = "Modifications"
    case packet = "The packet itself"
    case fault = "Faults on purpose"
    case rule = "Rules"
    case console = "Screen and program"

    /// What an instruction of the category means, by the packet that it is given for.
    package var doc: String {
      switch self {
      case .flow: "For the packet that waits."
      case .verdict:
        "On a command: the MTA is answered in the milter's place, and the milter is not asked. "
          + "On a reply: it is replaced."
      case .modification:
        "Anywhere in a message: kept, and sent before the final reply of its end of message, after the milter's own."
      case .packet: "Changes what leaves, or says something about it in the trace."
      case .fault:
        "What a broken peer does, for tests of the other one ([faults](faults.md)); `raw`, `progress storm` and `close … reset` as "
          + "well. It happens to what leaves for the packet: that packet itself, or the answer where we give one. "
          + "None of it ever happens unasked, and nothing of it is refused for being wrong."
      case .rule: "What is done without the operator."
      case .console: "Typed at the prompt, bound to keys, or written in the config file; not in rules."
      }
    }
  }

  package static let byWord: [InstructionWord: InstructionTerm] = Dictionary(
    table.map { ($0.word, $0) }, uniquingKeysWith: { first, _ in first })

  package static let table: [InstructionTerm] =
    flow + verdicts + modifications + packet + faults + rules + console

  private init(
    _ word: InstructionWord, _ syntax: String, _ doc: String, _ example: String, _ category: Category
  ) {
    self.word = word
    self.syntax = syntax
    self.doc = doc
    self.example = example
    self.category = category
  }

  private static let flow: [InstructionTerm] = [
    .init(.hold, "hold", "stop the packet until it is let go; in a rule: a breakpoint", "hold", .flow),
    .init(
      .forward, "forward [all]", "release, with your edits; all: everything that is held", "forward", .flow),
    .init(.step, "step", "let it go and hold the next of its connection", "step", .flow),
    .init(
      .drop, "drop", "it never leaves; where its sender waits for a reply, that is made up", "drop", .flow),
    .init(.delay, "delay DURATION", "it leaves later by this much", "delay 5s", .flow),
    .init(
      .close, "close mta|milter [reset] [after N]",
      "end that connection; reset: break it (RST); after N: within what leaves for it",
      "close milter", .flow),
    .init(
      .ask, "ask [--persistent] [--within DURATION] [--else VERDICT] [--allow-remote] \"COMMAND ARG…\"|URL",
      "hold it and ask a program, or a service that speaks HTTP, which answers with instructions, a line each",
      "ask \"/usr/local/bin/decide --strict\"", .flow),
  ]

  private static let verdicts: [InstructionTerm] = [
    .init(.continue, "continue", "go on", "continue", .verdict),
    .init(.accept, "accept", "let it pass and ask no more", "accept", .verdict),
    .init(.reject, "reject", "refuse with the MTA's own text", "reject", .verdict),
    .init(.tempfail, "tempfail", "try again later", "tempfail", .verdict),
    .init(.discard, "discard", "take it and throw it away", "discard", .verdict),
    .init(.skip, "skip", "no more packets of this kind", "skip", .verdict),
    .init(.connfail, "connfail", "the reply that neither MTA takes", "connfail", .verdict),
    .init(
      .shutdown, "shutdown", "421 and drop the client, before the message itself; Postfix only", "shutdown",
      .verdict),
    .init(
      .reply, "reply CODE [STATUS] \"TEXT\"…", "refuse in your own words, a string a line",
      "reply 550 5.7.1 \"not here\"", .verdict),
    .init(
      .progress, "progress [storm [COUNT]]",
      "one PROGRESS to the MTA: buys time where it takes it; storm: so many (1,000), whether it takes them or not",
      "progress", .verdict),
  ]

  private static let modifications: [InstructionTerm] = [
    .init(
      .addHeader, "add-header NAME VALUE", "add a header at the end", "add-header X-Seen \"by mitmilter\"",
      .modification),
    .init(
      .insertHeader, "insert-header INDEX NAME VALUE", "insert a header; index 0 is above everything",
      "insert-header 0 X-Seen yes", .modification),
    .init(
      .changeHeader, "change-header NAME[INDEX] VALUE", "another value for the first or INDEXth of that name",
      "change-header Subject \"[spam] hello\"", .modification),
    .init(
      .prefixHeader, "prefix-header NAME TEXT",
      "put a text in front of the first header of that name; add it where there is none",
      "prefix-header Subject \"[external] \"", .modification),
    .init(
      .deleteHeader, "delete-header NAME[INDEX]",
      "delete every header of that name, or the INDEXth; * and ? stand for other letters",
      "delete-header X-*",
      .modification),
    .init(
      .addRcpt, "add-rcpt ADDRESS [PARAMETERS]", "add a recipient, with ESMTP parameters if any",
      "add-rcpt <archive@example.org>", .modification),
    .init(
      .deleteRcpt, "delete-rcpt ADDRESS", "remove a recipient", "delete-rcpt <bob@example.net>",
      .modification),
    .init(
      .changeFrom, "change-from ADDRESS [PARAMETERS]", "another sender", "change-from <>", .modification),
    .init(
      .replaceBody, "replace-body @FILE|TEXT", "another body", "replace-body @notice.txt", .modification),
    .init(
      .deletePart, "delete-part NUMBER|type TYPE|name NAME",
      "take MIME parts out, the rest stays byte for byte: one, or each whose type or file name fits (* and ? stand for other letters)",
      "delete-part 2",
      .modification),
    .init(
      .replacePart, "replace-part NUMBER|type TYPE|name NAME @FILE|TEXT",
      "put something else in place of a MIME part, or of each that fits; {part.name}, {part.type} and {part.size} in the text are its own",
      "replace-part 2 \"removed\"", .modification),
    .init(
      .defang, "defang NUMBER|type TYPE|name NAME",
      "rename MIME parts so that nothing runs them: x.exe is x.exe.txt of type application/octet-stream, and all in it stays byte for byte",
      "defang name \"*.exe\"", .modification),
    .init(
      .quarantine, "quarantine REASON", "hold the message in the MTA's queue",
      "quarantine \"suspicious attachment\"", .modification),
  ]

  private static let packet: [InstructionTerm] = [
    .init(
      .set, "set FIELD VALUE", "change a field of the packet; any other name is an option of the program",
      "set mail.address <a@example.org>", .packet),
    .init(
      .raw, "raw HEX",
      "these bytes leave instead, length field and code included; where we are the milter: in place of our answer, and also where none is due",
      "raw 00 00 00 01 63", .packet),
    .init(
      .revert, "revert [last]",
      "take back all edits of the held packet, and modifications asked for with it; last: the latest",
      "revert last", .packet),
    .init(.mark, "mark", "mark the packet", "mark", .packet),
    .init(.unmark, "unmark", "take the mark away", "unmark", .packet),
    .init(.note, "note TEXT", "words about the packet, kept in the trace", "note \"starts here\"", .packet),
  ]

  private static let faults: [InstructionTerm] = [
    .init(
      .extra, "extra [mta|milter] HEX|VERDICT|MODIFICATION",
      "one packet more: bytes and verdicts behind what leaves, a modification in front of it. Verdicts and modifications go to the MTA, bytes to where the packet goes, unless you say",
      "extra continue", .fault),
    .init(.duplicate, "duplicate", "it leaves twice", "duplicate", .fault),
    .init(
      .truncate, "truncate N", "only the first N bytes of the frame leave; its length field says more",
      "truncate 7", .fault),
    .init(
      .shorten, "shorten N",
      "the last N bytes of the payload are missing, and the length field fits: 1 leaves out a NUL",
      "shorten 1", .fault),
    .init(
      .append, "append HEX", "bytes behind the payload, and the length field fits", "append 00 ff", .fault),
    .init(
      .corrupt, "corrupt OFFSET HEX",
      "these bytes stand in the frame from there on; 0 is the length field, 4 the code", "corrupt 4 5a",
      .fault),
    .init(
      .split, "split N [DURATION]", "it leaves in N pieces, so long after each other (10 ms)",
      "split 3 200ms",
      .fault),
    .init(
      .coalesce, "coalesce",
      "it leaves in one piece with the next packet of its direction, or after a second if none comes",
      "coalesce", .fault),
    .init(
      .reorder, "reorder",
      "it leaves behind the next packet of its direction, or after a second if none comes", "reorder", .fault),
    .init(
      .silence, "silence [mta|milter]",
      "from here on nothing leaves on that connection, and it stays open; else for where the packet goes",
      "silence mta", .fault),
    .init(
      .provoke, "provoke RULE",
      "what that rule of the findings needs, at the next packet that fits: toward where the packet goes, if either peer can break it",
      "provoke R02", .fault),
  ]

  private static let rules: [InstructionTerm] = [
    .init(
      .on,
      "on EXPRESSION [named \"NAME\"] [once [per FIELD, …] | every N | count N per FIELD, … over DURATION] [log] [off] [do INSTRUCTION; …]",
      "a rule: for each packet that matches; once: the first time (for each value of the fields), "
        + "every N: each Nth time; count N: those beyond the first N that have the same fields, until so long after the "
        + "first of them, when counting begins again (100,000 values at a time); log: say so; off: not yet",
      "on rcpt and rcpt.address == \"list@example.net\" do reject", .rule),
    .init(.rules, "rules [on|off]", "the view of rules; on, off: all of them", "rules off", .rule),
    .init(
      .rule, "rule NUMBER on|off|delete|up|down", "one rule, by its place in the list", "rule 2 off", .rule),
  ]

  private static let console: [InstructionTerm] = [
    .init(
      .apply, "apply EXPRESSION do INSTRUCTION; …", "do it for every waiting packet that matches",
      "apply message.from endswith \"@example.com\" do reject", .console),
    .init(.edit, "edit", "the waiting packet in $VISUAL or $EDITOR", "edit", .console),
    .init(
      .filter, "filter [EXPRESSION]", "show only packets that match; nothing: all", "filter reply", .console),
    .init(.search, "search TEXT", "go to the next row that has it", "search \"no such user\"", .console),
    .init(.goto, "goto NUMBER", "go to the packet of that number", "goto 120", .console),
    .init(.write, "write FILE", "write the packets shown to a trace", "write bug.mtrace", .console),
    .init(
      .savePart, "save-part NUMBER FILE", "save a MIME part of the selected mail, decoded",
      "save-part 2 bill.pdf", .console),
    .init(
      .export, "export FORMAT [WHAT] [--redact] [FILE]",
      "write the packet, its message, the marked or the shown packets in another format (also --no-redact)",
      "export report message bug.md",
      .console),
    .init(
      .bind, "bind KEY INSTRUCTION; …", "what a key does; the rest of the line belongs to it",
      "bind F5 reject",
      .console),
    .init(.unbind, "unbind KEY", "the key does nothing", "unbind X", .console),
    .init(
      .screen, "screen ACT [COUNT]", "what a key of the screen does, by its name", "screen down 10", .console),
    .init(
      .explain, "explain", "the lines that logs have of the packet, and what they mean; again: its fields",
      "explain", .console),
    .init(.quit, "quit", "leave the program", "quit", .console),
  ]
}
