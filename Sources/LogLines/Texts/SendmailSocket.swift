/// What Sendmail says of the connection to a milter (`milter.c`).
extension LogText {
  private static func text(_ format: String, _ advice: Advice, _ meaning: String, _ source: String) -> LogText
  {
    LogText(.sendmail, format, advice, meaning, "\(source) in milter.c")
  }

  static let sendmailSocket: [LogText] = [
    text(
      "Milter ({milter}): error connecting to filter: {error}", .connecting,
      "Sendmail cannot connect to the milter {milter}.",
      "milter_open"),
    text(
      "Milter ({milter}): open {address} failed: {error}", .connecting,
      "Sendmail tried one address of the milter {milter} in vain, and tries the next.", "milter_open"),
    text(
      "Milter ({milter}): error creating socket: {error}", .descriptors,
      "Sendmail got no socket from the system.", "milter_open"
    ),
    text(
      "Milter ({milter}): local socket name {path} unsafe", .sendmailSocketFile,
      "Sendmail does not use the socket {path}. It says unsafe as well where the socket is simply not there.",
      "milter_open"),
    text(
      "Milter ({milter}): local socket name {path} too long", .pathTooLong,
      "The path of the milter's socket is too long.",
      "milter_open"),
    text(
      "Milter ({milter}): bad address {address} (expected port@host)", .sendmailSpelling,
      "The address of the milter {milter} has no port@host.", "milter_open"),
    text(
      "Milter ({milter}): unknown port name {port}", .sendmailSpelling,
      "{port} is no port; where it is a host, the address is spelled the other way round.", "milter_open"),
    text(
      "Milter ({milter}): Invalid numeric domain spec \"{address}\"", .sendmailName,
      "Between the brackets is no IP address.",
      "milter_open"),
    text(
      "Milter ({milter}): Unknown host name {host}", .sendmailName,
      "The milter's host {host} does not resolve.", "milter_open"),
    text(
      "Milter ({milter}): Unknown protocol for {host} ({number})", .build,
      "The address is of a family that this Sendmail was built without.", "milter_open"),
    text(
      "Milter ({milter}): unknown socket type {type}", .sendmailSpelling,
      "{type}: is no kind of socket; inet:, inet6:, unix: and local: are.", "milter_open"),
    text(
      "Milter ({milter}): empty or missing socket information", .sendmailEquates,
      "The X line of {milter} has no S=.",
      "milter_open"),
    text(
      "Milter ({milter}): no valid socket protocols available", .build,
      "This Sendmail was built without sockets.",
      "milter_open"),
    text(
      "Milter ({milter}): unknown socket protocol", .build,
      "This Sendmail was built without that kind of socket.",
      "milter_open"),
    text(
      "Milter ({milter}): socket({what}) {number} is larger than FD_SETSIZE {limit}", .descriptors,
      "Sendmail has too many files open for select().", "MILTER_TIMEOUT"),
    text(
      "Milter ({milter}): timeout before data {what}, where={stage}", .sendmailTimeout,
      "Sendmail waited its full time and nothing came ({what}, {stage}).", "MILTER_TIMEOUT"),
    text(
      "Milter ({milter}): timeout during data {what}, where={stage}", .sendmailTimeout,
      "Part of a reply came, and not the rest in time ({what}, {stage}). At negotiate: what listens there does not speak milter.",
      "MILTER_TIMEOUT"),
    text(
      "Milter ({milter}): timeout {when} data read in {stage}", .sendmailTimeout,
      "The milter's time was used up by what it had sent before ({stage}).", "milter_sysread"),
    text(
      "Milter read({milter}): timeout before data read, where={stage}", .sendmailTimeout,
      "The milter's time was over after the head of its reply ({stage}).", "milter_read"),
    text(
      "Milter ({milter}): timeout before data read", .sendmailTimeout,
      "Sendmail (before 8.15) waited T=R: and nothing came.", "milter_read"),
    text(
      "Milter ({milter}): select({what}): {error}", .mtaFile,
      "The system refused to watch the milter's socket.",
      "MILTER_TIMEOUT"),
    text(
      "Milter ({milter}): socket({what}) not ready", .mtaFile,
      "The system called the milter's socket ready, and it was not.",
      "MILTER_TIMEOUT"),
    text(
      "Milter ({milter}): read returned {number}: {error}", .reading,
      "Sendmail could not read the milter's reply.",
      "milter_sysread"),
    text(
      "milter_sys_read({milter}): cmd read returned {number}, expecting {size}", .reading,
      "Sendmail waited for {size} bytes of the milter {milter} and got {number}.", "milter_sysread"),
    text(
      "milter_read({milter}): socket closed, where={stage}", .consequence,
      "The connection to the milter was given up before ({stage}).", "milter_read"),
    text(
      "milter_read({milter}): read size {length} out of range, where={stage}", .length,
      "Where a packet's length should be, the milter sent {length} ({stage}).", "milter_read"),
    text(
      "milter_write({milter}): length {length} out of range, cmd={code}", .sendmailOption,
      "Sendmail has a packet longer than it may send ({code}).", "milter_write"),
    text(
      "milter_write({milter}): socket closed", .consequence,
      "The connection to the milter was given up before.", "milter_write"
    ),
    text(
      "Milter ({milter}): write({code}) returned {number}, expected {size}: {error}", .sendmailClosed,
      "Sendmail could not send command {code}: the milter is gone, or does not read.", "milter_write"),
    text(
      "Milter ({milter}): to error state", .consequence,
      "Sendmail gives the milter up for this session. It is always the last line; the cause is in the one before.",
      "milter_error"),
    text(
      "Milter ({milter}): init failed to open", .consequence,
      "No connection to the milter; why is in the line before.",
      "milter_init"),
    text(
      "Milter ({milter}): init failed to negotiate", .consequence,
      "The negotiation failed; why is in the line before.",
      "milter_init"),
  ]
}
