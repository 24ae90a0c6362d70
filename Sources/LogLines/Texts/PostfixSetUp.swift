/// What Postfix says of the way to a milter and of what main.cf says about it.
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String, _ source: String) -> LogText
  {
    LogText(.postfix, format, advice, meaning, source)
  }

  static let postfixSetUp: [LogText] = [
    text(
      "connect to Milter service {milter}: {error}", .connecting,
      "Postfix cannot connect to the milter at {milter}.",
      "milter8_connect in milter8.c"),
    text(
      "milter {milter}: unrecognized default action: {action}",
      .told(
        Counsel(
          ["milter_default_action has a word that this Postfix does not know"],
          check: "postconf milter_default_action",
          write:
            "main.cf: milter_default_action = tempfail (or accept, reject, quarantine; shutdown from 3.11 on)"
        )),
      "A milter failed, and what to do then is not known: {action}. The client gets 451 4.3.5.",
      "milter8_comm_error in milter8.c"),
    text(
      "milter {milter}: bad protocol information: {word}", .postfixProtocol,
      "milter_protocol has a word or a version that Postfix does not know: {word}.",
      "milter8_connect in milter8.c"),
    text(
      "milter {milter}: no protocol version information", .postfixProtocol,
      "milter_protocol names no version.",
      "milter8_connect in milter8.c"),
    text(
      "Milter service needs transport:endpoint instead of \"{address}\"", .postfixSpelling,
      "An address in smtpd_milters lacks inet: or unix: in front.", "milter8_connect in milter8.c"),
    text(
      "invalid transport name: {name} in Milter service: {address}", .postfixSpelling,
      "{name}: is no kind of socket that Postfix has for milters; inet:, unix: and local: are.",
      "milter8_connect in milter8.c"),
    text(
      "malformed default macro entry: {entry} in \"{list}\"", .macroDefaults,
      "milter_macro_defaults cannot be read; smtpd ends at every connection.",
      "milter_macro_defaults_create in milter.c"),
    text(
      "ignoring multiple default macro entries for {name} in \"{list}\"", .macroDefaults,
      "A macro is twice in milter_macro_defaults.", "milter_macro_defaults_create in milter.c"),
    text(
      "milter service syntax error: {what}", .postfixGroup, "Braces in smtpd_milters do not match.",
      "milter_new in milter.c"),
    text(
      "empty milter definition: \"{what}\"", .postfixGroup, "Braces in smtpd_milters are empty.",
      "milter_new in milter.c"),
    text(
      "unknown option: \"{what}\"", .postfixGroup,
      "A name=value that is not known stands in braces, as in smtpd_milters; the line does not say which parameter.",
      "attr_override.c"),
    text(
      "cannot send milters to service {service}", .handOver,
      "smtpd could not hand its milters over to cleanup between RCPT and DATA.", "milter_send in milter.c"),
    text(
      "cannot receive milters via service {service} socket", .handOver,
      "cleanup could not take smtpd's milters over.", "milter_receive in milter.c"),
    text(
      "cleanup_milter_receive: milter receive failed", .handOver,
      "cleanup could not take smtpd's milters over.",
      "cleanup_milter.c"),
    text(
      "host or service {name} not found: {error}", .postfixName,
      "The name or the port of an inet: address does not resolve.", "inet_connect.c"),
    text(
      "host/service {name} not found: {error}", .postfixName,
      "The name or the port of an inet: address does not resolve (an old Postfix).", "inet_connect.c"),
    text(
      "host not found: {name}", .postfixName,
      "The name has no address of a family that inet_protocols allows.",
      "inet_connect.c"),
    text(
      "{address}: garbage after numerical service", .postfixSpelling,
      "The port of an inet: address is followed by something: {address}. smtpd ends at every connection; the line does not say milter.",
      "host_port.c"),
    text(
      "{address}: missing \"]\"", .postfixSpelling, "An IPv6 address lacks its closing bracket: {address}.",
      "host_port.c"),
    text(
      "{address}: missing service name", .postfixSpelling, "An inet: address has no port: {address}.",
      "host_port.c"),
    text(
      "unix-domain name too long: {path}", .pathTooLong,
      "The path of the milter's socket is too long for the system.",
      "unix_connect.c"),
    text(
      "bad command startup -- throttling", .consequence,
      "A Postfix server ended as it started, and is not started again for a minute; why is in its own fatal: line before.",
      "master_spawn.c"),
  ]
}
