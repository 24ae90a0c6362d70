/// What Sendmail says of `sendmail.cf` as it starts (`milter.c`).
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String, _ source: String) -> LogText
  {
    LogText(.sendmail, format, advice, meaning, "\(source) in milter.c")
  }

  static let sendmailSetUp: [LogText] = [
    text(
      "X{milter}: empty or missing socket information", .sendmailEquates, "The X line of {milter} has no S=.",
      "milter_open"),
    text(
      "X{milter}: unknown socket type {type}", .sendmailSpelling,
      "{type}: is no kind of socket; inet:, inet6:, unix: and local: are.", "milter_open"),
    text(
      "X{milter}: local socket name {path} too long", .pathTooLong, "The path of the socket is too long.",
      "milter_open"),
    text(
      "X{milter}: local socket name {path} missing", .sendmailSocketFile,
      "The milter's socket is not there yet. A warning only: it may come.", "milter_open"),
    text(
      "X{milter}: local socket name {path} unsafe: {error}", .sendmailSocketFile,
      "Sendmail does not use the socket {path}: {error}.", "milter_open"),
    text(
      "X{milter}: bad address {address} (expected port@host)", .sendmailSpelling,
      "The address of {milter} has no port@host; the daemon does not start.", "milter_open"),
    text(
      "X{milter}: unknown port name {port}", .sendmailSpelling,
      "{port} is no port; where it is a host, the address is spelled the other way round.", "milter_open"),
    text(
      "X{milter}: Invalid numeric domain spec \"{address}\"", .sendmailName,
      "Between the brackets is no IP address.",
      "milter_open"),
    text(
      "X{milter}: Unknown host name {host}", .sendmailName, "The milter's host {host} does not resolve.",
      "milter_open"),
    text("name required for mail filter", .sendmailEquates, "An X line has no name.", "milter_setup"),
    text(
      "X{milter}: `=' expected", .sendmailEquates, "A field of the X line is none of S=, F= and T=.",
      "milter_setup"),
    text(
      "X{milter}: unknown filter equate {what}=", .sendmailEquates, "{what}= is none of S=, F= and T=.",
      "milter_setup"),
    text(
      "X{milter}: duplicate filter definition", .sendmailList, "There are two X lines of that name.",
      "milter_setup"),
    text(
      "Too many filters defined, {number} max", .sendmailList, "More filters than Sendmail takes.",
      "milter_config"),
    text(
      "InputFilter {milter} not defined", .sendmailList,
      "InputMailFilters names {milter}, and there is no such X line.",
      "milter_config"),
    text(
      "X{milter}, T=: `:' expected", .sendmailEquates, "T= is no list of C:, S:, R:, E:.",
      "milter_parse_timeouts"),
    text(
      "X{milter}: unknown filter timeout {what}", .sendmailEquates, "T= knows C, S, R and E, and not {what}.",
      "milter_parse_timeouts"),
    text(
      "milter_set_option: too many macros in Milter.{what} (max {number})", .sendmailOption,
      "More than {number} macros for a stage.", "milter_set_macros"),
    text(
      "milter_set_option: invalid Milter option {what}", .sendmailOption, "O Milter.{what} is unknown.",
      "milter_set_option"),
    text(
      "milter_set_option: must specify suboption", .sendmailOption, "O Milter needs a name behind the dot.",
      "milter_set_option"),
    text(
      "WARNING: Milter.{what}, allowed are only {sizes}", .sendmailOption,
      "The size of packets is none that Sendmail allows.",
      "milter_set_option"),
    text(
      "Milter.maxdatasize: configured={own}, set by milter({milter})={size}", .progress,
      "The milter asked for another size of packets than sendmail.cf.", "milter_negotiate"),
  ]
}
