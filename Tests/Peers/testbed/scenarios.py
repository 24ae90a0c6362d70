"""What SMTP clients do: each scenario is a function of a `connect()` that gives a fresh `Client`.

A scenario never knows what stands between the MTA and its milter.
"""
from .smtp import HungUp

DATE = "Thu, 01 Jan 2026 12:00:00 +0000"


def mail(subject="A test", fields=(), body=b"Hello.\r\nSecond line.\r\n", acts=(), message_id="<one@example.org>"):
    lines = ["From: Sender <sender@example.org>", "To: First <first@example.test>", f"Subject: {subject}",
             f"Date: {DATE}", f"Message-ID: {message_id}", *fields, *(f"X-Act: {act}" for act in acts)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def lines(count):
    return b"".join(b"%08d the quick brown fox jumps over the lazy dog, 0123456789\r\n" % n for n in range(count))


def once(content=None, greeting="client.example.org", **envelope):
    """One connection with one transaction."""
    def scenario(connect):
        client = connect()
        client.greet(greeting)
        client.deliver(mail() if content is None else content, **envelope)
        client.quit()
    return scenario


def until_hung_up(scenario):
    """The scenario, allowed to end where the server hangs up (which the transcript shows)."""
    def guarded(connect):
        try:
            scenario(connect)
        except HungUp:
            pass
    return guarded


def _several_mails(connect):
    client = connect()
    client.greet()
    for number in range(3):
        client.deliver(mail(f"number {number}", message_id=f"<several{number}@example.org>"))
    client.command("RSET")
    client.deliver(mail("from nobody", message_id="<several3@example.org>"), sender="")
    client.quit()


def _resets(connect):
    client = connect()
    client.greet()
    client.command("RSET")
    client.command("MAIL FROM:<sender@example.org>")
    client.command("RSET")
    client.command("MAIL FROM:<sender@example.org>")
    client.command("RCPT TO:<first@example.test>")
    client.command("RSET")
    client.deliver(mail("after the resets"))
    client.quit()


def _unknown_commands(connect):
    client = connect()
    client.reply()
    client.command("FOO before EHLO")
    client.command("EHLO client.example.org")
    client.command("BAR baz")
    client.command("NOOP")
    client.command("MAIL FROM:<sender@example.org>")
    client.command("XYZZY inside")
    client.command("RCPT TO:<first@example.test>")
    client.command("DATA")
    client.content(mail())
    client.quit()


def _old_greeting(connect):
    client = connect()
    client.reply()
    client.command("HELO old.example.org")
    client.deliver(mail())
    client.quit()


def _two_greetings(connect):
    client = connect()
    client.greet("one.example.org")
    client.command("EHLO two.example.org")
    client.deliver(mail())
    client.quit()


def _pipelined(connect):
    client = connect()
    client.greet()
    client.send("MAIL FROM:<sender@example.org>\r\nRCPT TO:<first@example.test>\r\nRCPT TO:<nobody@example.test>\r\n"
                "RCPT TO:<second@example.test>\r\nDATA\r\n")
    for _ in range(5):
        client.reply()
    client.content(mail())
    client.quit()


def _hello_and_goodbye(connect):
    client = connect()
    client.reply()
    client.quit()


def _gone_after_recipient(connect):
    client = connect()
    client.greet()
    client.command("MAIL FROM:<sender@example.org>")
    client.command("RCPT TO:<first@example.test>")
    client.close()


def _gone_inside_data(connect):
    client = connect()
    client.greet()
    client.command("MAIL FROM:<sender@example.org>")
    client.command("RCPT TO:<first@example.test>")
    client.command("DATA")
    client.send(mail(body=lines(2000)), shown="[part of a mail]")
    client.close()


ODD_FIELDS = {
    "folded": ["X-Fold: first\r\n\tsecond\r\n   third", "X-Fold2:\r\n on the next line"],
    "duplicates": ["X-Dup: one", "X-Dup: two", "x-dup: three", "X-Other: x", "X-Dup: four"],
    "blanks": ["X-Lead:   three blanks", "X-Tab:\tone tab", "X-None:no blank", "X-Empty:", "X-Trail: ends in blanks   ",
               "X-Colon : blank before the colon"],
    "long-field": ["X-Long: " + "word " * 300 + "\r\n" + "\r\n".join(" " + "more " * 200 for _ in range(40))],
    "many-fields": [f"X-Number-{n}: value number {n}" for n in range(200)],
    "raw-8bit": ["X-Latin: gr\u00fc\u00dfe \u2713"],
}

FLOWS = {
    "plain": once(),
    "several-recipients": once(rcpts=("first@example.test", "nobody@example.test", "second@example.test")),
    "no-recipient-left": once(rcpts=("nobody@example.test", "nobody@example.test")),
    "null-sender": once(sender=""),
    "fifty-recipients": once(rcpts=tuple(f"user{n}@example.test" for n in range(50))),
    "mail-arguments": once(arguments=" SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=env+2B1"),
    "empty-body": once(mail(body=b"")),
    "no-fields": once(b"\r\nOnly a body.\r\n"),
    "body-200k": once(mail(body=lines(3300))),
    "body-5m": once(mail(body=lines(82000))),
    "dots": once(mail(body=b".one\r\n..two\r\n...\r\nend\r\n")),
    "several-mails": _several_mails,
    "resets": _resets,
    "unknown-commands": _unknown_commands,
    "old-greeting": _old_greeting,
    "two-greetings": _two_greetings,
    "pipelined": _pipelined,
    "hello-and-goodbye": _hello_and_goodbye,
    "gone-after-recipient": _gone_after_recipient,
    "gone-inside-data": _gone_inside_data,
} | {name: once(mail(fields=fields)) for name, fields in ODD_FIELDS.items()}

EVERYTHING = ("addheader|X-Added|all of it", "insheader|1|X-Inserted|at one", "chgheader|Subject|1|changed",
              "delheader|X-Dup|1", "addrcpt|<added@example.test>", "delrcpt|<second@example.test>",
              "chgfrom|<changed@example.org>", "replacebody|a new body%0D%0A", "progress")

ACTS = {
    "addheader": ["addheader|X-Added|by the milter"],
    "addheader-folded": ["addheader|X-Folded|one%0A%09two%0A three"],
    "addheader-long": ["addheader|X-Long|" + "%0A ".join(["long"] * 300)],
    "addheader-blanks": ["addheader|X-Blanks|   three first"],
    "addheader-empty": ["addheader|X-Empty|"],
    "addheader-8bit": ["addheader|X-Utf8|gr%C3%BC%C3%9Fe %E2%9C%93"],
    "addheader-many": [f"addheader|X-Many|number {n}" for n in range(40)],
    "insheader-0": ["insheader|0|X-Inserted|at zero"],
    "insheader-1": ["insheader|1|X-Inserted|at one"],
    "insheader-2": ["insheader|2|X-Inserted|at two"],
    "insheader-far": ["insheader|999|X-Inserted|far below"],
    "chgheader": ["chgheader|Subject|1|changed subject"],
    "chgheader-second": ["chgheader|X-Dup|2|second changed"],
    "chgheader-zero": ["chgheader|X-Dup|0|index zero"],
    "chgheader-absent": ["chgheader|X-Absent|1|was not there"],
    "chgheader-case": ["chgheader|x-dUP|1|name in another case"],
    "delheader": ["delheader|X-Dup|1"],
    "delheader-second": ["delheader|X-Dup|2"],
    "delheader-absent": ["delheader|X-Absent|1"],
    "delheader-empty-value": ["chgheader|X-Dup|1|"],
    "chgfrom": ["chgfrom|<changed@example.org>"],
    "chgfrom-arguments": ["chgfrom|<changed@example.org>|ENVID=changed-1 RET=HDRS"],
    "chgfrom-null": ["chgfrom|<>"],
    "addrcpt": ["addrcpt|<added@example.test>"],
    "addrcpt-bare": ["addrcpt|bare@example.test"],
    "addrcpt-arguments": ["addrcpt|<added@example.test>|NOTIFY=NEVER ORCPT=rfc822;other@example.test"],
    "delrcpt": ["delrcpt|<second@example.test>"],
    "delrcpt-all": ["delrcpt|<first@example.test>", "delrcpt|<second@example.test>"],
    "delrcpt-absent": ["delrcpt|<else@example.test>"],
    "replacebody": ["replacebody|a new body%0D%0Awith two lines%0D%0A"],
    "replacebody-twice": ["replacebody|part one%0D%0A", "replacebody|part two%0D%0A"],
    "replacebody-empty": ["replacebody|"],
    "replacebody-long": ["replacebody|*300000"],
    "replacebody-bare-lf": ["replacebody|bare%0Alines%0Ano end"],
    "quarantine": ["quarantine|held by the milter"],
    "progress": ["progress", "progress", "progress"],
    "body-count": ["body"],
    "macros": [f"macro|{name}" for name in ("j", "v", "{daemon_name}", "{client_addr}", "{mail_addr}", "{rcpt_addr}")],
    "everything": EVERYTHING,
    "everything-then-reject": [*EVERYTHING, "at-eom-reject"],
    "everything-then-accept": [*EVERYTHING, "at-eom-accept"],
    "everything-then-discard": [*EVERYTHING, "at-eom-discard"],
}

VERDICTS = ("accept", "reject", "tempfail", "discard", "reply5", "reply4", "lines", "shutdown")
STAGES = ("helo", "mail", "rcpt", "data", "unknown", "header", "eoh", "body", "eom")

# What libmilter does not pass on (it logs an error and closes): a DISCARD of these stages.
NOT_POSSIBLE = {("helo", "discard"), ("unknown", "discard"), ("unknown", "accept")}


def act(acts):
    return once(mail(fields=ODD_FIELDS["duplicates"], acts=acts), rcpts=("first@example.test", "second@example.test"))


def verdict(stage, wanted):
    """A mail that gets `wanted` at `stage`, then another one in the same connection."""
    mark = f"at-{stage}-{wanted}"
    rcpts = ("first@example.test", "second@example.test")
    if stage == "rcpt":
        rcpts = ("first@example.test", f"{mark}@example.test", "second@example.test")
    asked_by_header = stage in ("header", "eoh", "body", "eom")

    def scenario(connect):
        client = connect()
        client.greet(f"{mark}.example.org" if stage == "helo" else "client.example.org")
        if stage == "unknown":
            client.command(f"{mark} now")  # Postfix 3.7 tells only the verb
        client.deliver(mail(acts=[mark] if asked_by_header else [], body=lines(2500)), rcpts=rcpts,
                       sender=f"{mark}@example.org" if stage in ("mail", "data") else "sender@example.org")
        client.command("RSET")
        client.deliver(mail("the second", message_id="<second@example.org>"))
        client.quit()
    return until_hung_up(scenario)


ALL = (FLOWS | {f"act-{name}": act(acts) for name, acts in ACTS.items()}
       | {f"verdict-{stage}-{wanted}": verdict(stage, wanted) for stage in STAGES for wanted in VERDICTS
          if (stage, wanted) not in NOT_POSSIBLE}
       | {"verdict-body-skip": verdict("body", "skip")})

# Scenarios that need neither X-Act nor marks: for milters that do not know them.
FOR_ANY_MILTER = dict(FLOWS)

# The client vanishes: what the milter still hears of it depends on timing, so no two runs compare in full.
VANISHING = {"gone-after-recipient", "gone-inside-data"}
