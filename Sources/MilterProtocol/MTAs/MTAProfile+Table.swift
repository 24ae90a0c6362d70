extension MTAProfile {
  /// `crates/smtp/src/inbound/milter` (client.rs, message.rs, protocol.rs, macros.rs), inbound/mod.rs and inbound/data.rs of
  /// stalwartlabs/mail-server at 55e62a6, June 2025.
  static let stalwart = MTAProfile(
    source: "by the source of Stalwart of June 2025; not measured",
    unknown: [
      "versions before and after", "what it logs",
      "whether its spam filter or Sieve changes the mail besides",
    ],
    onFailure: "options.tempfail-on-error (451 where it is not set)",
    verdicts: [
      Verdict(.goesOn, [.continue], at: [.bodyEOB], "the message is taken"),
      Verdict(.goesOn, [.continue], "the dialogue goes on"),
      Verdict(.goesOn, [.accept], at: [.bodyEOB], "the message is taken"),
      Verdict(.goesOn, [.accept], "as CONTINUE: the milter is asked on"),
      Verdict(.rejected, [.reject], "the client gets 503 5.5.3 Message rejected\(whenTold)", code: 503),
      Verdict(
        .tempfailed, [.tempfail],
        "the client gets 451 4.3.5 Unable to accept message at this time\(whenTold)", code: 451),
      Verdict(
        .rejected, [.replyCode], "the client gets the text as it is\(whenTold), whatever its code",
        danger: "of several lines the first loses its hyphen: the client takes the rest for later replies",
        isOfLines: true),
      Verdict(
        .discarded, [.discard],
        "the client gets 250 2.0.0 Message queued for delivery\(whenTold), and the mail is thrown away",
        code: 250),
      Verdict(.goesOn, [.skip], at: [.body], "the rest of the body is left out"),
      Verdict(.failed, [.skip], "no reply that Stalwart awaits here: the milter has failed"),
      Verdict(
        .tempfailed, [.shutdown],
        "the client gets 421 4.3.0 Server shutting down\(whenTold), and is disconnected", code: 421),
      Verdict(.tempfailed, [.connFail], "the client is disconnected without a reply\(whenTold)"),
    ],
    made: .current.subtracting(.setSymbolList), ignoring: "", strange: [.setSymList],
    headers: .onTopByName, quarantine: .header("X-Quarantine"),
    macros: [
      (.connect, ["daemon_name", "j", "client_addr", "client_port", "client_ptr"]),
      (.helo, ["cipher", "tls_version"]), (.mail, ["mail_addr", "auth_authen"]), (.rcpt, ["rcpt_addr"]),
    ],
    habits: [.keepsCRLF, .repeatsHeadersInBody, .needsParameters])

  /// Stalwart asks a milter once the mail is there, all stages on one connection, unless `stages` names others.
  private static let whenTold = " (after the final dot, unless its milter has stages of its own)"

  /// `internal/check/milter/milter.go` of foxcpp/maddy at 837b1b8, May 2026, and `client.go` of emersion/go-milter 0.4.1, which it
  /// uses.
  static let maddy = MTAProfile(
    source: "by the sources of maddy of May 2026 and go-milter 0.4.1; not measured",
    unknown: ["versions before and after", "what other checks of its add to the mail, and what it logs"],
    onFailure: "fail_open (451 4.7.1 where it is not set)",
    verdicts: [
      Verdict(.goesOn, [.continue], at: [.bodyEOB], "the message is taken, unless another check refuses it"),
      Verdict(.goesOn, [.continue], "the dialogue goes on"),
      Verdict(.goesOn, [.accept], at: [.bodyEOB], "the message is taken, unless another check refuses it"),
      Verdict(.goesOn, [.accept], "nothing more of this mail is asked: it has a connection of its own"),
      Verdict(
        .rejected, [.reject], "the client gets 550 5.7.1 Message rejected due to local policy", code: 550),
      Verdict(
        .tempfailed, [.tempfail], "the client gets 450 4.7.1 Message rejected due to local policy", code: 450),
      Verdict(
        .rejected, [.replyCode], "the client gets the code, 5.7.1 and Message rejected due to local policy",
        danger: "maddy drops the text, and the enhanced code is 5.7.1 whatever the code"),
      Verdict(
        .tempfailed, [.discard],
        "maddy cannot throw mail away: the client gets 450 4.7.1 Message rejected due to local policy",
        code: 450, danger: "the mail comes again and again"),
      Verdict(.failed, [.skip, .shutdown, .connFail], "no reply that maddy knows: the milter has failed"),
    ],
    made: [.addHeaders, .quarantine], ignoring: "maddy makes no such change: it adds headers and quarantines",
    strange: [.addRcptPar, .setSymList],
    headers: .onTop,
    quarantine: .told("the mail goes on, marked: where maddy stores it, it goes to the Junk folder"),
    macros: [
      (.connect, ["daemon_name", "if_name", "if_addr"]),
      (.helo, ["tls_version", "cipher", "cert_subject", "cert_issuer"]), (.mail, ["i", "auth_authen"]),
    ],
    habits: [.abortsOutsideMails])

  /// `plugins/milter` of smtpd/qpsmtpd at df5b04d and Net::Milter, which it uses. The milter plugin of Haraka
  /// (haraka/haraka-plugin-milter at eb07f73) has no client yet: there is nothing to be read of it.
  static let generic = MTAProfile(
    source: "assumed, by the protocol's version 2 and the sources of qpsmtpd and Net::Milter; not measured",
    unknown: [
      "which client it is", "whether what is said of qpsmtpd holds for it", "how long it waits",
      "Haraka's plugin, which has no milter client in its source",
    ],
    onFailure: "what that client is set to",
    verdicts: [
      Verdict(.goesOn, [.continue], at: [.bodyEOB], "the message is taken"),
      Verdict(.goesOn, [.continue], "the dialogue goes on"),
      Verdict(.goesOn, [.accept], at: [.bodyEOB], "the message is taken"),
      Verdict(.goesOn, [.accept], "nothing more is asked by the protocol; qpsmtpd asks on"),
      Verdict(
        .rejected, [.reject], "refused; at qpsmtpd with 550, and what CONNECT brings is told at HELO",
        code: 550),
      Verdict(
        .tempfailed, [.tempfail], "refused for now", code: 451,
        danger: "qpsmtpd answers 550: the mail is refused for good"),
      Verdict(
        .rejected, [.replyCode], "refused with the code and the text by the protocol",
        danger: "qpsmtpd answers 550, without code and text"),
      Verdict(
        .discarded, [.discard], "taken and thrown away by the protocol",
        danger: "qpsmtpd answers 550: the mail is refused"),
      Verdict(
        .failed, [.skip, .shutdown, .connFail], "no reply of version 2",
        danger: "qpsmtpd awaits another one, and has no timeout"),
    ],
    made: [.addHeaders, .changeBody, .addRcpt, .deleteRcpt, .changeHeaders, .quarantine],
    ignoring: "no change of version 2", strange: [.addRcptPar, .chgFrom, .setSymList],
    headers: .anywhere, quarantine: .told("nobody knows what becomes of the mail; qpsmtpd ignores it"),
    macros: [], habits: [])
}
