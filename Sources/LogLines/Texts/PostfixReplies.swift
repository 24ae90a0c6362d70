/// What smtpd and cleanup say of a milter's replies (`milter8.c`).
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String, _ source: String) -> LogText
  {
    LogText(.postfix, format, advice, meaning, "\(source) in milter8.c")
  }

  static let postfixReplies: [LogText] = [
    text(
      "milter {milter}: can't read {event} reply packet header: {error}", .reading,
      "Postfix waited for the milter's reply to {event} and got none.", "milter8_read_resp"),
    text(
      "milter {milter}: can't read packet header: {error}", .reading,
      "Postfix (before 2.5) waited for a reply of the milter and got none.", "milter8_read_resp"),
    text(
      "milter {milter}: bad packet length: {length}", .length,
      "The milter sent a packet of length {length}; the shortest that there is has 1.", "milter8_read_resp"),
    text(
      "milter {milter}: unreasonable packet length: {length} > {limit}", .length,
      "Where a packet's length should be, the milter sent {length}.", "milter8_read_resp"),
    text(
      "milter {milter}: unreasonable packet length: {length}", .length,
      "Where a packet's length should be, the milter sent {length}.", "milter8_read_resp"),
    text(
      "milter {milter}: EOF while reading command code: {error}", .reading,
      "The length of a reply came, and then nothing more.", "milter8_read_resp"),
    text(
      "milter {milter}: EOF while reading network long: {error}", .reading,
      "The milter's connection ended or stalled in the middle of a number of its reply.", "vmilter8_read_data"
    ),
    text(
      "milter {milter}: EOF while reading data: {error}", .reading,
      "The milter's connection ended or stalled in the middle of its reply.", "vmilter8_read_data"),
    text(
      "milter8_read_data: milter {milter}: EOF while reading string: {error}", .reading,
      "The milter's connection ended or stalled in the middle of a text of its reply.", "vmilter8_read_data"),
    text(
      "milter {milter}: error writing command: {error}", .reading,
      "Postfix could not send the next command: the milter is gone, or does not read.", "vmilter8_write_cmd"),
    text(
      "milter {milter}: input packet too short for network long", .finding("G04"),
      "A reply that has a number in it (negotiation, CHGHEADER, INSHEADER) ends before the number does.",
      "vmilter8_read_data"),
    text(
      "milter {milter}: no data in input packet", .finding("G04"),
      "A reply has no content where it needs some.",
      "vmilter8_read_data"),
    text(
      "milter {milter}: packet too short for string", .finding("G02"),
      "A reply has fewer texts than it needs: ADDHEADER with one, ADDRCPT with none.", "vmilter8_read_data"),
    text(
      "milter8_read_data: milter {milter}: missing string null termimator", .finding("G01"),
      "A text in a reply has no zero byte at its end (the log spells it so).", "vmilter8_read_data"),
    text(
      "milter8_read_data: left-over data {number} bytes", .finding("G03"),
      "A reply has {number} bytes more than it takes. The line does not name the milter.",
      "vmilter8_read_data"),
    text(
      "milter8_event: attempt to send event {event} to milter {milter} after error", .consequence,
      "Postfix has given this milter up for the session and does not send it {event}. It says so after a QUARANTINE before the end of a message as well, "
        + "where nothing failed.", "milter8_event"),
    text(
      "milter {milter}: DISCARD action is not allowed for connect or helo", .finding("R10"),
      "The milter answered DISCARD to CONNECT or HELO, where there is no mail yet; Postfix ignores it.",
      "milter8_event"),
    text(
      "milter {milter}: malformed reply: {reply}", .finding("T02"),
      "The milter's own SMTP reply is none that Postfix takes; the client gets 451 4.3.5.", "milter8_event"),
    text(
      "milter {milter}: bad change header index: {number}", .finding("H06"),
      "The milter wants to change header number {number}; they count from 1.", "milter8_event"),
    text(
      "milter {milter}: bad insert header index: {number}", .finding("H06"),
      "The milter wants to insert a header at {number}, before the first.", "milter8_event"),
    text(
      "milter {milter}: null change header name", .finding("G09"),
      "The milter wants to change a header without a name.", "milter8_event"),
    text(
      "milter {milter}: body replacement requests can't currently be mixed with other requests",
      .finding("R14"),
      "The milter sent a new body in pieces with something else in between.", "milter8_event"),
    text(
      "milter {milter}: unexpected filter response {response} after event {event}", .finding("R04"),
      "The milter answered {event} with {response}, which does not belong there (a modification before the end of the message), or which Postfix does not "
        + "know.", "milter8_event"),
    text(
      "milter {milter}: reply {response} was followed by {number} data bytes", .finding("F07"),
      "The milter put content behind {response}, which has none. {number} is the size of Postfix's own command, not of that content.",
      "milter8_event"),
    text(
      "milter {milter}: write error in initial handshake", .consequence,
      "Postfix could not send the first packet to the milter.", "milter8_connect"),
    text(
      "milter {milter}: read error in initial handshake", .consequence,
      "The milter did not answer the first packet; why is in the line before.", "milter8_connect"),
    text(
      "milter {milter}: unexpected reply \"{code}\" in initial handshake", .length,
      "What answered the first packet does not speak milter: its fifth byte is {code}, not O.",
      "milter8_connect"),
    text(
      "milter {milter}: protocol version {version} conflict with MTA protocol version {own}",
      .postfixProtocol,
      "The milter wants version {version}, and Postfix offers up to {own}.", "milter8_connect"),
    text(
      "milter {milter}: request mask {mask} conflict with MTA request mask {own}", .postfixProtocol,
      "The milter wants to make changes ({mask}) that Postfix does not offer ({own}).", "milter8_connect"),
    text(
      "milter {milter}: unexpected protocol version {version}", .postfixProtocol,
      "The milter answered with version {version}, which is none; Postfix goes on.", "milter8_connect"),
    text(
      "milter {milter}: event mask {mask} includes features not offered in MTA event mask {own}", .progress,
      "The milter asks for steps that Postfix did not offer; Postfix goes on. Said with -v only.",
      "milter8_connect"),
    text(
      "milter {milter}: ignoring unknown macro type {number}", .finding("N09"),
      "The milter asks for macros at stage {number}, which Postfix does not know.", "milter8_connect"),
    text(
      "milter {milter}: bad client port number {port}", .progress,
      "The SMTP client's port is {port}, which is none (XCLIENT, a damaged queue file); the milter is told 0.",
      "milter8_conn_event"),
    text(
      "milter8_message: vstream_fseek {file}: {error}", .queueFile,
      "Postfix cannot read the mail back from its queue.",
      "milter8_message"),
    text(
      "milter8_message: error reading {file}: {error}", .queueFile,
      "Postfix cannot read the mail back from its queue.", "milter8_message"),
    text(
      "milter8_message: MIME problem {problem} in {file}", .progress,
      "The mail has headers too long, or parts nested too deep, for Postfix; the milter sees it as far as it goes.",
      "milter8_message"),
  ]

  static let postfixVerbose: [LogText] =
    [
      "event: {event}; macros:{macros}", "reply: {response} data {number} bytes",
      "skipping event {event} for milter {milter}", "skipping non-protocol event {event} for milter {milter}",
      "skipping event {event} after SMFIR_SKIP from milter {milter}",
      "skipping reply for event {event} from milter {milter}",
      "milter8_connect: transport={transport} endpoint={endpoint}",
      "milter8_connect: my_version={what}", "milter8_connect: my_actions={what}",
      "milter8_connect: my_events={what}",
      "milter8_connect: milter {what} version {version}", "milter8_connect: events {what}",
      "milter8_connect: requests {what}",
      "milter8_{call}_event: milter {milter}: {what}", "milter8_{call}: skip milter {milter}",
      "milter8_{call}: abort milter {milter}", "milter8_{call}: quit milter {milter}",
      "milter8_{call}: message to milter {milter}", "milter8_header: header {what}",
      "milter8_eoh: eoh milter {milter}",
      "milter8_body: body milter {milter}", "milter8_eob: eob milter {milter}",
      "report {what} to all milters",
      "abort all milters", "disconnect event to all milters", "free all milters", "send {number} milters",
      "receive {number} milters", "milter_macro_lookup: \"{macro}\"",
      "milter_macro_lookup: result \"{what}\"",
      "milter_macro_lookup: using default \"{what}\"", "override {event} macro list with \"{what}\"",
      "ignoring redundant or conflicting milter reply: {reply}", "trying... [{address}]",
      "skipping address family {number} for host {host}",
    ].map {
      LogText(
        .postfix, $0, .progress, "Postfix tells what it does with the milter, for it runs with -v.",
        "milter.c, milter8.c")
    } + [
      LogText(
        .postfix, "milter8_{call}: milter {milter}: bad state {what}", .finding("R11"),
        "smtpd ends itself: a milter answered an unknown command in front of MAIL with ACCEPT or DISCARD, and Postfix keeps that state.",
        "milter8.c"),
      LogText(
        .postfix, "milter8_{call}: bad state {what}", .mtaBug,
        "Postfix met a state of its own that cannot be.",
        "milter8.c"),
      LogText(
        .postfix, "milter8_{call}: unknown argument type: {what}", .mtaBug,
        "Postfix met a state of its own that cannot be.", "milter8.c"),
      LogText(
        .postfix, "milter8_{call}: socket is not closed", .mtaBug,
        "Postfix met a state of its own that cannot be.",
        "milter8.c"),
    ]
}
