"""mitmilter as the milter: every verdict and modification at every stage, as a libmilter program does them.

The scenarios are those of test_same_mail. There, `actionmilter` does what a mail asks of it; here, rules do the same,
and SMTP replies and delivered mails have to be the same as with actionmilter itself.
"""
import json
import re
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.comparing import difference, play_all, play_directly
from testbed.milters import ActionMilter
from testbed.proxy import Trace

MTAS = (("postfix", "inet"), ("sendmail", "unix"))

WORDS = {
    "accept": "accept", "reject": "reject", "tempfail": "tempfail", "discard": "discard", "skip": "skip",
    "reply5": 'reply 554 5.7.1 "not wanted here, 100% certain"', "reply4": 'reply 451 4.7.1 "come back later"',
    "lines": 'reply 550 5.7.1 "one of two lines" "two of two lines"', "shutdown": 'reply 421 4.3.2 "closing now"',
}

# Where the wish for a verdict stands; at data, eoh, body and end of message it came with an earlier command.
WISHES = {
    "helo": "helo and helo.name", "mail": "mail and mail.address", "rcpt": "rcpt and rcpt.address",
    "data": "data and message.from", "unknown": "unknown and unknown.line",
    "header": 'header and header.name == "X-Act" and header.value', "eoh": 'eoh and message.header["X-Act"]',
    "body": 'body and message.header["X-Act"]', "eom": 'bodyeob and message.header["X-Act"]',
}

# What rules do otherwise on purpose (a second new body takes the place of the first, there is no index 0), and what only
# actionmilter can tell.
LEFT_OUT = {"act-replacebody-twice", "act-chgheader-zero", "act-body-count", "act-macros"}
CHOSEN = {name: scenario for name, scenario in scenarios.ALL.items()
          if name not in LEFT_OUT}


def quoted(text):
    octets = re.sub(r"%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)
    made = "".join(letter if " " <= letter <= "~" and letter not in '"\\' else f"\\x{ord(letter):02x}"
                   for letter in octets)
    return f'"{made}"'


def instruction(act):
    """What actionmilter's "VERB|ARGUMENT|…" is in mitmilter's words."""
    verb, first, second, third = (act.split("|") + ["", "", ""])[:4]
    if verb == "addheader":
        return f"add-header {first} {quoted(second)}"
    if verb == "insheader":
        return f"insert-header {first} {second} {quoted(third)}"
    if verb == "chgheader":
        return f"change-header {first}[{second}] {quoted(third)}"
    if verb == "delheader":
        return f"delete-header {first}[{second}]"
    if verb in ("chgfrom", "addrcpt"):
        word = "change-from" if verb == "chgfrom" else "add-rcpt"
        return f"{word} {quoted(first)}" + (f" {quoted(second)}" if second else "")
    if verb == "delrcpt":
        return f"delete-rcpt {quoted(first)}"
    if verb == "quarantine":
        return f"quarantine {quoted(first)}"
    if verb == "progress":
        return "progress"
    if first.startswith("*"):  # as actionmilter makes up so many octets
        text = "".join("\r" if n % 64 == 62 else "\n" if n % 64 == 63 else chr(97 + n // 64 % 26)
                       for n in range(int(first[1:])))
        path = the_bed().workshop.file("body")
        with open(path, "w", encoding="ascii", newline="") as file:
            file.write(text)
        return f"replace-body @{path}"
    return f"replace-body {quoted(first)}"


def rules():
    """A file of rules that do all that the scenarios ask for."""
    lines = []
    acts = dict.fromkeys(act for name, acts in scenarios.ACTS.items() if f"act-{name}" not in LEFT_OUT for act in acts
                         if not act.startswith("at-"))
    for act in acts:
        lines.append(f'on bodyeob and message.header["X-Act"] == {quoted(act.replace("%", "%25"))} do {instruction(act)}')
    for stage, wish in WISHES.items():
        lines += [f'on {wish} ~ "at-{stage}-{wanted}\\b" do {words}' for wanted, words in WORDS.items()
                  if (stage, wanted) not in scenarios.NOT_POSSIBLE and (wanted != "skip" or stage == "body")]
    path = the_bed().workshop.file("all.rules")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


class AsLibmilterDoes(unittest.TestCase):
    def same(self, mta, kind, chosen, options, libmilter):
        bed = the_bed()
        direct = play_directly(chosen, mta, kind, ActionMilter(libmilter))
        with bed.stand_in(kind, "-r", rules(), "--default", "continue", *options) as milter:
            ours = play_all(chosen, bed.mta(mta), kind)
            self.assertEqual(0, milter.terminate(), milter.output())
        for name in chosen:
            with self.subTest(mta=mta, scenario=name, options=options):
                for played in (direct[name], ours[name]):
                    if isinstance(played, Exception):
                        raise played
                if direct[name] != ours[name]:
                    self.fail(difference(direct[name], ours[name], "actionmilter", "mitmilter milter"))
        return milter, Trace(milter.trace)

    def test_every_verdict_and_modification(self):
        for mta, kind in MTAS:
            milter, trace = self.same(mta, kind, CHOSEN, (), "")
            self.assertEqual([], trace.errors)
            decided = {(line["stage"], line["verdict"]) for line in milter.decisions()}
            for stage in ("HELO", "MAIL", "RCPT", "DATA", "UNKNOWN", "HEADER", "EOH", "BODY", "BODYEOB"):
                for verdict in ("reject", "tempfail", "reply"):
                    self.assertIn((stage, verdict), decided)

    def test_other_negotiations(self):
        some = {name: CHOSEN[name] for name in (
            "plain", "several-recipients", "several-mails", "body-200k", "blanks", "folded", "act-everything",
            "act-addheader-blanks", "verdict-mail-reject", "verdict-rcpt-lines", "verdict-header-tempfail",
            "verdict-body-discard", "verdict-eom-reply4")}
        quiet = {name: scenario for name, scenario in some.items()
                 if not name.startswith("verdict-") or name.startswith("verdict-eom-")}
        for mta, kind in MTAS:
            for options, libmilter, chosen in (
                    (("--no-reply", "all"), "nr", quiet),
                    (("--rejected-rcpts",), "rcptrej", some),
                    (("--protocol-version", "2"), "",
                     {name: scenario for name, scenario in some.items() if name != "act-everything"}),  # CHGFROM
                    (("--steps", "-helo,-unknown,-data"), "", some)):
                self.same(mta, kind, chosen, options, libmilter)


class Asking(unittest.TestCase):
    """What is asked of the MTA at the start changes what it sends."""

    def trace(self, mta, kind, *options, scenario=scenarios.FLOWS["several-recipients"]):
        bed = the_bed()
        with bed.stand_in(kind, *options) as milter:
            outcome = bed.play(scenario, bed.mta(mta), kind)
            self.assertEqual(0, milter.terminate(), milter.output())
        return Trace(milter.trace), outcome

    def test_steps_that_were_left_out_do_not_come(self):
        for mta, kind in MTAS:
            with self.subTest(mta=mta):
                trace, outcome = self.trace(mta, kind, "--steps", "rcpt,eoh")
                self.assertEqual("", "".join(letter for letter in "CHMTLBU" if trace.codes("mta")[letter]))
                self.assertEqual((2, 1, 1), tuple(trace.codes("mta")[letter] for letter in "RNE"))
                self.assertEqual(1, len(outcome.mails))

    def test_recipients_that_the_mta_refuses_are_told(self):
        for mta, kind in MTAS:
            with self.subTest(mta=mta):
                told = {options: self.trace(mta, kind, *options)[0].codes("mta")["R"]
                        for options in ((), ("--rejected-rcpts",))}
                # Sendmail tells only of those that it refuses while it takes the address apart (docs/protocol.md, 3.6).
                self.assertEqual({(): 2, ("--rejected-rcpts",): 3 if mta == "postfix" else 2}, told)

    def test_leading_space_comes_and_is_given_back(self):
        scenario = scenarios.once(scenarios.mail(fields=["X-None:no blank", "X-Three:   blanks"]))
        for mta, kind in MTAS:
            with self.subTest(mta=mta):
                trace, outcome = self.trace(
                    mta, kind, "--leading-space", "-c",
                    'on bodyeob do add-header X-Added "by rule"; change-header X-None other; '
                    'prefix-header Subject "[tag] "', scenario=scenario)
                values = [packet["raw"][5:] for packet in trace.packets if packet["raw"][4] == "L"]
                self.assertIn("X-None\0no blank\0", values)
                self.assertIn("X-Three\0   blanks\0", values)
                self.assertIn("Subject\0 A test\0", values)
                for field in ("X-Added: by rule", "X-None: other", "Subject: [tag] A test"):
                    self.assertIn(field, outcome.mails[0].fields)

    def test_macros_that_were_asked_for_come(self):
        for mta, kind in MTAS:
            with self.subTest(mta=mta):
                trace, _ = self.trace(mta, kind, "--request-macros", "rcpt=j,mail_addr",
                                      "-c", 'on rcpt and macro["mail_addr"] and macro["j"] do continue')
                sets = [packet["raw"][5:] for packet in trace.packets if packet["raw"][4:6] == "DR"]
                self.assertEqual(2, len(sets))
                for macros in sets:
                    self.assertIn("j\0", macros)
                    self.assertIn("{mail_addr}\0sender@example.org\0", macros)
                    self.assertNotIn("{rcpt_addr}", macros)

    def test_an_older_version_hears_less(self):
        for mta, kind in MTAS:
            for version, letters in ((2, ""), (3, "U"), (4, "TU"), (6, "TU")):
                with self.subTest(mta=mta, version=version):
                    trace, outcome = self.trace(mta, kind, "--protocol-version", str(version), "-c",
                                                "on bodyeob do add-header X-Added yes",
                                                scenario=scenarios.FLOWS["unknown-commands"])
                    self.assertEqual(letters, "".join(letter for letter in "TU" if trace.codes("mta")[letter]))
                    self.assertIn("X-Added: yes", outcome.mails[0].fields)
                    self.assertEqual([], trace.errors)

    def test_an_action_that_was_left_out_is_refused(self):
        for mta, kind in MTAS:
            with self.subTest(mta=mta):
                trace, outcome = self.trace(mta, kind, "--actions", "add-header", "-c",
                                            'on bodyeob do add-header X-Added yes; quarantine "no"')
                self.assertIn("X-Added: yes", outcome.mails[0].fields)
                refused = [record["refused"] for record in trace.records if record.get("refused")]
                self.assertEqual(1, len(refused))
                self.assertIn("--actions", refused[0])


class Connecting(unittest.TestCase):
    """A verdict at CONNECT, by the client's address; Sendmail says it in its own words (docs/protocol.md, 4.2)."""

    ROWS = {
        2: ("reject", "554", "5"), 3: ("tempfail", "220", "4"), 4: ('reply 554 5.7.1 "go away"', "554", "5"),
        5: ("accept", "220", "2"), 6: ("continue", "220", "2"),
    }

    def test_the_client_hears_it(self):
        bed = the_bed()
        words = [part for host, row in self.ROWS.items()
                 for part in ("-c", f"on connect and client.address == 127.0.0.{host} do {row[0]}")]
        for mta, kind in MTAS:
            with bed.stand_in(kind, *words, "-c", "on mail do add-header X-Seen yes") as milter:
                for host, (verdict, banner, digit) in self.ROWS.items():
                    with self.subTest(mta=mta, verdict=verdict):
                        with bed.visit(bed.mta(mta), kind) as visit:
                            client = visit.connect(source=f"127.0.0.{host}")
                            self.assertEqual(banner, client.reply()[:3])
                            client.command("EHLO client.example.org")
                            self.assertEqual(digit, client.deliver(scenarios.mail())[0])
                            client.quit()
                        mails = visit.outcome().mails
                        self.assertEqual(1 if digit == "2" else 0, len(mails))
                        if mails:
                            self.assertEqual(verdict == "continue", "X-Seen: yes" in mails[0].fields)
                self.assertEqual(0, milter.terminate(), milter.output())
                said = {line["client"]["address"]: line["verdict"] for line in milter.decisions()
                        if line["stage"] == "CONNECT"}
                self.assertEqual({"127.0.0.2": "reject", "127.0.0.3": "tempfail", "127.0.0.4": "reply",
                                  "127.0.0.5": "accept", "127.0.0.6": "continue"}, said)


class ChangingAtEveryStep(unittest.TestCase):
    """A modification may be asked for at any step of a mail; it is kept until the end."""

    STEPS = {"mail": "mail", "rcpt": 'rcpt and rcpt.address startswith "second"', "data": "data",
             "header": 'header and header.value == "one"', "eoh": "eoh", "body": "body", "bodyeob": "bodyeob"}
    ALL = ('add-header X-Added yes; insert-header 0 X-Inserted yes; change-header X-Dup[2] changed; '
           'prefix-header Subject "[tag] "; delete-header X-Gone*; add-rcpt <added@example.test>; '
           'delete-rcpt <second@example.test>; change-from <changed@example.org>; replace-body "new\\r\\n"')

    def test_the_same_comes_of_it(self):
        bed = the_bed()
        rules = [part for step, when in self.STEPS.items() for part in (
            "-c", f'on {when} and message.from == "{step}@example.org" do {self.ALL}',
            "-c", f'on {when} and message.from == "hold-{step}@example.org" do quarantine "odd"')]
        content = scenarios.mail(fields=["X-Dup: one", "X-Dup: two", "X-Gone: 1", "X-GoneToo: 2"])
        rcpts = ("first@example.test", "second@example.test")
        for mta, kind in MTAS:
            with bed.stand_in(kind, *rules) as milter:
                for step in self.STEPS:
                    with self.subTest(mta=mta, step=step):
                        for sender, left in ((step, 0), (f"hold-{step}", 1)):
                            outcome = bed.play(scenarios.once(content, sender=f"{sender}@example.org", rcpts=rcpts),
                                               bed.mta(mta), kind)
                            self.assertEqual("250", outcome.final_replies()[-2][:3])
                            self.assertEqual(left, dict(outcome.left)["held"])
                            self.assertEqual(bool(left), not outcome.mails)
                            for mail in outcome.mails:
                                self.check(mail)
                            if not left:
                                told = sorted(rcpt.split()[0] for mail in outcome.mails for rcpt in mail.rcpts)
                                self.assertEqual(["<added@example.test>", "<first@example.test>"], told)
                self.assertEqual(0, milter.terminate(), milter.output())

    def check(self, mail):
        for field in ("X-Added: yes", "X-Inserted: yes", "X-Dup: one", "X-Dup: changed", "Subject: [tag] A test"):
            self.assertIn(field, mail.fields)
        self.assertFalse([field for field in mail.fields if field.startswith("X-Gone")])
        self.assertIn("<changed@example.org>", mail.sender)
        self.assertEqual(b"new\r\n", mail.body)


class State(unittest.TestCase):
    """What earlier steps said still counts in later rules."""

    RULES = """\
on data and message.rcpts == "first@example.test" and message.nrcpts >= 1 do add-header X-At-Data yes
on header and header.name == "Subject" and message.header["From"] contains "sender" do add-header X-At-Header yes
on eoh and client.address == 127.0.0.1 and helo.name == "client.example.org" do add-header X-At-Eoh yes
on body and message.from == "SENDER@example.org" and message.subject == "a TEST" do add-header X-At-Body yes
on bodyeob and message.header["X-One"] == "1" and message.size > 100 do add-header X-At-End yes
on rcpt and rcpt.address startswith "second" and message.rcpts == "first@example.test" do reject
on mail and message.header["X-One"] do add-header X-Of-Earlier-Mail yes
"""

    def test_rules_see_what_came_before(self):
        bed = the_bed()
        path = bed.workshop.file("state.rules")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.RULES)

        def scenario(connect):
            client = connect()
            client.greet()
            for _ in range(2):
                client.deliver(scenarios.mail(fields=["X-One: 1"]), rcpts=("first@example.test", "second@example.test"))
            client.quit()
        for mta, kind in MTAS:
            with self.subTest(mta=mta), bed.stand_in(kind, "-r", path) as milter:
                outcome = bed.play(scenario, bed.mta(mta), kind)
                self.assertEqual(0, milter.terminate(), milter.output())
                self.assertEqual(2, len(outcome.mails))
                for mail in outcome.mails:
                    self.assertEqual(["X-At-Body: yes", "X-At-Data: yes", "X-At-End: yes", "X-At-Eoh: yes",
                                      "X-At-Header: yes"],
                                     sorted(field for field in mail.fields if field.startswith(("X-At", "X-Of"))))
                refused = [line for line in milter.decisions() if line["stage"] == "RCPT"]
                self.assertEqual(["<second@example.test>"] * 2, [line["rcpt"] for line in refused])
                self.assertEqual([f"{path}:6"] * 2, [line["place"] for line in refused])


class Deciding(unittest.TestCase):
    def test_a_milter_behind_a_proxy_is_logged_as_well(self):
        bed = the_bed()
        log = bed.workshop.file("decisions.jsonl")
        with bed.through_proxy(ActionMilter(), "inet", "--log", log, "-c", "on tempfail do reject") as proxy:
            for scenario in ("verdict-rcpt-reject", "verdict-mail-tempfail", "act-addheader"):
                bed.play(scenarios.ALL[scenario], bed.postfix, "inet")
            self.assertEqual(0, proxy.terminate(), proxy.output())
        with open(log, encoding="ascii") as file:
            lines = [json.loads(line) for line in file]
        end = ("BODYEOB", "continue", "milter")
        self.assertEqual([("RCPT", "reject", "milter"), end, end, ("MAIL", "reject", "rule"), end, end],
                         [(line["stage"], line["verdict"], line["by"]) for line in lines])
        self.assertEqual([{"name": "ADDHEADER", "header": "X-Added", "value": "by the milter", "by": "milter"}],
                         lines[-1]["modifications"])


if __name__ == "__main__":
    unittest.main()
