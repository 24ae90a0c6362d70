extension FindingRule {
  package static let lengthZero = FindingRule(
    "F01", .error, "a packet of length 0",
    "libmilter takes the next byte as a command; Sendmail's session dies; Postfix gives the milter up",
    cure: "look where the length is written: it counts the code byte, so it is never 0",
    source: "mi_rd_cmd in comm.c, milter_read in milter.c, milter8_read_resp in milter8.c")
  package static let lengthAbsurd = FindingRule(
    "F02", .error, "an absurd length",
    .byMTA(
      postfix: "gives the milter up (unreasonable packet length)",
      sendmail: "tries to allocate it"),
    cure:
      "write the length as four bytes, most significant first, and start each packet right behind the last",
    source: "milter8_read_resp in milter8.c, milter_read in milter.c")
  package static let chunkTooLong = FindingRule(
    "F03", .error, "more than 65535 bytes of payload to a milter",
    "libmilter ends the session unless larger packets were negotiated",
    cure: "cut what is sent to the milter into packets of at most 65535 bytes",
    source: "mi_rd_cmd in comm.c")
  package static let replyTooLong = FindingRule(
    "F04", .warning, "more than 65535 bytes of payload to the MTA",
    "Postfix and Sendmail take it; no milter made with libmilter could send it",
    cure: "cut REPLBODY into packets of at most 65535 bytes",
    source: "mi_wr_cmd in comm.c; seen with Postfix 3.7")
  package static let unknownCode = FindingRule(
    "F05", .error, "a code that is not in the protocol",
    "from the MTA: libmilter ends the session; from the milter: both MTAs give it up",
    cure: "send the letters of the protocol only (mitmilter help protocol, section 2)",
    source: "mi_engine in engine.c, milter8_event in milter8.c, milter_send_command in milter.c")
  package static let endsInPacket = FindingRule(
    "F06", .error, "the connection ends inside a packet",
    "the other side treats the session as failed",
    cure: "see why that side ended while it was writing: its log, its core file",
    source: "mi_rd_cmd in comm.c, milter8_read_resp in milter8.c")
  package static let needlessPayload = FindingRule(
    "F07", .warning, "a payload where there is none",
    "Postfix gives the milter up (followed by data bytes); Sendmail and libmilter ignore it",
    cure: "send the packet without data: its letter says all",
    source: "milter8_event in milter8.c; seen with both")
  package static let wrongDirection = FindingRule(
    "F08", .error, "a packet of the other side",
    "treated like an unknown code: the session or the milter is lost",
    cure: "send replies to the MTA and commands to the milter: two letters are easily mixed up",
    source: "mi_engine in engine.c, milter8_event in milter8.c")
  package static let notMilter = FindingRule(
    "F09", .error, "somebody who does not speak milter",
    .byMTA(
      "the wrong port, or the wrong program on it",
      postfix: "answers its client 451 without negotiation (milter_default_action)",
      sendmail: "answers its client 451 without negotiation (F=)"),
    cure: .byMTA(
      "compare the address in main.cf (smtpd_milters) or sendmail.mc (INPUT_MAIL_FILTER) with the one at which the milter listens",
      postfix: "compare the address in main.cf (smtpd_milters) with the one at which the milter listens",
      sendmail:
        "compare the address in sendmail.mc (INPUT_MAIL_FILTER) with the one at which the milter listens"),
    source: "first bytes of the connection; seen with Postfix 3.7 and Sendmail 8.17")

  package static let strangerAtSMTP = FindingRule(
    "F10", .note, "an SMTP client that speaks something else",
    "the MTA hands what it says over as unknown commands; the client has the wrong port, or scans",
    source: "first bytes of the command; seen with Sendmail 8.17")

  static let framing = [
    lengthZero, lengthAbsurd, chunkTooLong, replyTooLong, unknownCode, endsInPacket, needlessPayload,
    wrongDirection, notMilter, strangerAtSMTP,
  ]
}
