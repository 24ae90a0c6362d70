"""Rules at work between real peers: what the SMTP client hears, and what is delivered."""
import os
import signal
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.milters import ActionMilter, OpenDKIM
from testbed.proxy import Trace, run
from testbed.relay import twice
from testbed.waiting import until

MTAS = ("postfix", "sendmail")

# The reply to the command that a rule's verdict is about, by MTA; docs/protocol.md, "Effect of verdicts".
NO = 'reply 550 5.7.1 "not today"'


def commands(content=None):
    """One connection; the replies by command."""
    said = {}

    def scenario(connect):
        client = connect()
        said["banner"] = client.reply()
        said["helo"] = client.command("EHLO client.example.org")
        said["mail"] = client.command("MAIL FROM:<sender@example.org>")
        said["rcpt"] = client.command("RCPT TO:<first@example.test>")
        said["second"] = client.command("RCPT TO:<second@example.test>")
        said["data"] = client.command("DATA")
        if said["data"][0] == "3":
            said["end"] = client.content(content or scenarios.mail())
        client.quit()
    return scenarios.until_hung_up(scenario), said


def addresses(mail):
    """The recipients without their arguments."""
    return [rcpt.split()[0] for rcpt in mail.rcpts]


class Verdicts(unittest.TestCase):
    """A reply of the milter is changed at each stage."""

    def told(self, mta, stage, act):
        bed = the_bed()
        scenario, said = commands()
        rule = f"on reply and stage == {stage} once do {act}"
        with bed.through_proxy(ActionMilter(), "inet", "--negotiation", "all", "-c", rule) as proxy:
            outcome = bed.play(scenario, bed.mta(mta), "inet")
            self.assertEqual(0, proxy.terminate(), proxy.output())
        errors = [record for record in Trace(proxy.trace).records
                  if record["k"] == "find" and record["severity"] == "error"]
        self.assertEqual([], errors)
        return said, outcome

    def test_the_client_hears_it(self):
        for mta in MTAS:
            for stage, where in (("mail", "mail"), ("rcpt", "rcpt"), ("data", "data"), ("header", "end"),
                                 ("eoh", "end"), ("body", "end"), ("bodyeob", "end")):
                with self.subTest(mta=mta, stage=stage):
                    said, outcome = self.told(mta, stage, NO)
                    self.assertIn("550", said[where])
                    self.assertIn("not today", said[where])
                    if stage == "rcpt":
                        self.assertEqual(["2"], [said["second"][0]])
                        self.assertEqual(["<second@example.test>"], addresses(outcome.mails[0]))
                    else:
                        self.assertEqual((), outcome.mails)

    def test_before_a_mail_the_next_command_hears_it(self):
        for mta in MTAS:
            for stage in ("connect", "helo"):
                with self.subTest(mta=mta, stage=stage):
                    said, outcome = self.told(mta, stage, "reject")
                    self.assertEqual("5", said["mail"][0])
                    self.assertEqual((), outcome.mails)
                    if stage == "connect":
                        self.assertEqual("554", said["banner"][:3])

    def test_a_mail_that_was_refused_is_taken(self):
        """libmilter ignores what follows its own refusal; the proxy must not let it stall."""
        for mta in MTAS:
            for stage in ("mail", "rcpt", "data", "header", "eoh", "body", "eom"):
                with self.subTest(mta=mta, stage=stage):
                    bed = the_bed()
                    with bed.through_proxy(ActionMilter(), "inet", "-c", "on reject do continue") as proxy:
                        outcome = bed.play(scenarios.verdict(stage, "reject"), bed.mta(mta), "inet")
                        self.assertEqual(0, proxy.terminate(), proxy.output())
                    self.assertEqual(2, len(outcome.mails), outcome.final_replies())


class OneTooMany(unittest.TestCase):
    """The milter answers one command twice: the MTA takes each verdict for the answer to its next command from there on."""

    def play(self, mta, after, *rules):
        bed = the_bed()
        scenario, said = commands()
        with bed.through_proxy_and_relay(ActionMilter("passive"), "inet", twice(after), *rules) as proxy:
            outcome = bed.play(scenario, bed.mta(mta), "inet")
            self.assertEqual(0, proxy.terminate(), proxy.output())
        return said, outcome, Trace(proxy.trace).records

    def test_what_is_to_be_modified_is_or_is_refused_aloud(self):
        """Which, is a matter of what comes first: the MTA's end of message or the milter's answer to what was before it."""
        for mta in MTAS:
            with self.subTest(mta=mta):
                said, outcome, records = self.play(mta, b"M", "-c", "on mail do add-header X-Seen yes")
                self.assertIn("R02", [record["id"] for record in records if record["k"] == "find"])
                self.assertEqual("2", said["end"][0], said)
                refusals = [record["refused"] for record in records if record.get("refused")]
                if refusals:
                    self.assertEqual(["the MTA had its answer to the end of message before it asked"], refusals)
                self.assertTrue(outcome.mails)
                for mail in outcome.mails:
                    (self.assertNotIn if refusals else self.assertIn)("X-Seen: yes", mail.fields)

    def test_who_is_answered_already_is_not_refused(self):
        for mta in MTAS:
            with self.subTest(mta=mta):
                rule = f'on rcpt and rcpt.address contains "first" do {NO}'
                said, outcome, records = self.play(mta, b"M", "-c", rule)
                refusals = [record["refused"] for record in records if record.get("refused")]
                self.assertEqual(1, len(refusals), records)
                self.assertIn("had its answer to RCPT before it asked", refusals[0])
                self.assertEqual("22", said["rcpt"][0] + said["second"][0], said)
                self.assertEqual({"<first@example.test>", "<second@example.test>"},
                                 {rcpt for mail in outcome.mails for rcpt in addresses(mail)})


class Changes(unittest.TestCase):
    RULES = """\
# All of it against a milter that asked for none of it.
on mail do add-header X-Added "by mitmilter"
on mail do insert-header 0 X-Inserted first
on mail do change-header X-Dup[2] changed
on mail do delete-header X-Gone*
on mail do add-rcpt <added@example.test>
on mail do delete-rcpt <second@example.test>
on mail do change-from <changed@example.org>
on mail do replace-body @{body}
"""

    def play(self, mta, rules):
        bed = the_bed()
        path, body = bed.workshop.file("rules"), bed.workshop.file("body")
        with open(body, "wb") as file:
            file.write(b"The body of the operator.\r\n" * 4000)
        with open(path, "w", encoding="ascii") as file:
            file.write(rules.format(body=body))
        fields = ["X-Dup: one", "X-Dup: two", "X-Gone: a", "X-GoneToo: b"]
        scenario = scenarios.once(scenarios.mail(fields=fields), rcpts=("first@example.test", "second@example.test"))
        with bed.through_proxy(ActionMilter("passive"), "inet", "-r", path) as proxy:
            outcome = bed.play(scenario, bed.mta(mta), "inet")
            self.assertEqual(0, proxy.terminate(), proxy.output())
        return outcome

    def test_everything_is_injected(self):
        for mta in MTAS:
            with self.subTest(mta=mta):
                outcome = self.play(mta, self.RULES)
                self.assertIn("2", outcome.final_replies()[-2][:1])
                recipients = {rcpt for mail in outcome.mails for rcpt in addresses(mail)}
                self.assertEqual({"<added@example.test>", "<first@example.test>"}, recipients)
                for mail in outcome.mails:
                    self.assertIn("<changed@example.org>", mail.sender)
                    self.assertIn("X-Added: by mitmilter", mail.fields)
                    self.assertIn("X-Inserted: first", mail.fields)
                    self.assertEqual(["X-Dup: one", "X-Dup: changed"],
                                     [field for field in mail.fields if field.startswith("X-Dup")])
                    self.assertFalse([field for field in mail.fields if field.startswith("X-Gone")])
                    self.assertEqual(b"The body of the operator.\r\n" * 4000, mail.body)

    def test_a_signature_of_opendkim_is_changed(self):
        bed = the_bed()
        rules = ("-c", 'on insheader and header.name == "DKIM-Signature" do set header.value " v=1; forged"',
                 "-c", "on bodyeob do add-header X-Seen yes")
        for mta in MTAS:
            with self.subTest(mta=mta):
                with bed.through_proxy(OpenDKIM("sign"), "inet", *rules) as proxy:
                    outcome = bed.play(scenarios.FLOWS["plain"], bed.mta(mta), "inet")
                    self.assertEqual(0, proxy.terminate(), proxy.output())
                signatures = [field for field in outcome.mails[0].fields if field.startswith("DKIM-Signature")]
                self.assertEqual(["DKIM-Signature: v=1; forged"], signatures)
                self.assertIn("X-Seen: yes", outcome.mails[0].fields)
                kinds = {record["k"] for record in Trace(proxy.trace).records}
                self.assertLessEqual({"recv", "send", "instr"}, kinds)

    def test_a_mail_is_quarantined(self):
        for mta in MTAS:
            with self.subTest(mta=mta):
                outcome = self.play(mta, 'on bodyeob do quarantine "looks odd"\n')
                self.assertEqual((), outcome.mails)
                self.assertEqual(1, dict(outcome.left)["held"])


class Clock(unittest.TestCase):
    """The `short` doors: Postfix waits 2 and 3 s, Sendmail 2 s for a reply and 5 s for an end of message."""

    def play(self, mta, rule, *options):
        bed = the_bed()
        with bed.through_proxy(ActionMilter(), "inet", "-c", rule, *options) as proxy:
            outcome = bed.play(scenarios.FLOWS["plain"], bed.mta(mta), "short")
            self.assertEqual(0, proxy.terminate(), proxy.output())
        return outcome, Trace(proxy.trace)

    @staticmethod
    def progress(trace):
        return [record for record in trace.records
                if record["k"] == "send" and record["to"] == "mta" and record.get("raw", "")[4:5] == "p"]

    def test_progress_keeps_postfix_waiting_at_any_stage(self):
        for stage in ("mail", "bodyeob"):
            with self.subTest(stage=stage):
                outcome, trace = self.play("postfix", f"on reply and stage == {stage} do delay 4s",
                                           "--mta-timeout", "2s,3s")
                self.assertEqual(1, len(outcome.mails), outcome.final_replies())
                self.assertGreaterEqual(len(self.progress(trace)), 3)

    def test_progress_keeps_sendmail_waiting_at_the_end(self):
        outcome, trace = self.play("sendmail", "on reply and stage == bodyeob do hold",
                                   "--mta-timeout", "1s,5s", "--on-timeout", 'reply 451 4.7.1 "held too long"')
        self.assertIn("held too long", outcome.final_replies()[-2])
        self.assertGreaterEqual(len(self.progress(trace)), 2)

    def test_what_cannot_wait_is_forwarded_in_time(self):
        for stage in ("mail", "bodyeob"):
            with self.subTest(stage=stage):
                outcome, trace = self.play("sendmail", f"on reply and stage == {stage} do hold",
                                           "--mta-timeout", "2s,3s")
                self.assertEqual(1, len(outcome.mails), outcome.final_replies())
                released = [record["by"] for record in trace.records if record["k"] == "release"]
                self.assertEqual(["timeout"], released)


class Failure(unittest.TestCase):
    ACTS = {"pass": "4", "accept": "2", "tempfail": "4", "reject": "5"}

    def test_a_milter_out_of_reach(self):
        for mta in MTAS:
            for act, digit in self.ACTS.items():
                with self.subTest(mta=mta, act=act):
                    bed = the_bed()
                    scenario, said = commands()
                    with bed.proxy(bed.fronts["inet"], bed.spot("inet"), "--on-milter-failure", act) as proxy:
                        outcome = bed.play(scenario, bed.mta(mta), "inet")
                        self.assertEqual(0, proxy.terminate(), proxy.output())
                    self.assertEqual(digit, said.get("mail", said["banner"])[0], said)
                    self.assertEqual(1 if act == "accept" else 0, len(outcome.mails))

    def test_a_milter_that_dies_in_a_message(self):
        for mta in MTAS:
            for act in ("accept", "tempfail", "reject"):
                with self.subTest(mta=mta, act=act):
                    bed = the_bed()
                    with bed.through_proxy(ActionMilter(), "inet", "--on-milter-failure", act) as proxy:
                        content = scenarios.mail(acts=["at-eom-die"])
                        scenario, said = commands(content)
                        outcome = bed.play(scenario, bed.mta(mta), "inet")
                        self.assertEqual(0, proxy.terminate(), proxy.output())
                    self.assertEqual(self.ACTS[act], said["end"][0], said)
                    self.assertEqual(1 if act == "accept" else 0, len(outcome.mails))


class CommandLine(unittest.TestCase):
    def test_rules_are_read_again(self):
        bed = the_bed()
        path = bed.workshop.file("rules")

        def write(text):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)

        def refusal():
            return bed.play(scenarios.FLOWS["plain"], bed.postfix, "inet").final_replies()[-2]

        write('on mail do reply 550 5.7.1 "first rules"\n')
        with bed.through_proxy(ActionMilter(), "inet", "-r", path) as proxy:
            self.assertIn("first rules", refusal())
            write("on stge do hold\n")
            proxy.signal(signal.SIGHUP)
            until(lambda: "unknown term 'stge'" in proxy.output(), "the error to be told")
            self.assertIn("first rules", refusal())
            write('on mail log do reply 550 5.7.1 "second rules"\n')
            proxy.signal(signal.SIGHUP)
            until(lambda: any("second rules" in record.get("text", "") for record in Trace(proxy.trace).records),
                  "the new rules to be recorded")
            self.assertIn("second rules", refusal())
            self.assertEqual(0, proxy.terminate(), proxy.output())
        self.assertIn("rule on mail log do reply 550", proxy.output())

    def test_rules_that_come_later_act_on_open_connections(self):
        """Nothing steers at first: no rule, and nothing is negotiated that the milter did not want."""
        for mta in MTAS:
            with self.subTest(mta=mta):
                bed = the_bed()
                path = bed.workshop.file("rules")
                open(path, "wb").close()
                options = ("-r", path, "--negotiation", "transparent")
                with bed.through_proxy(ActionMilter("passive"), "inet", *options) as proxy:
                    with bed.visit(bed.mta(mta), "inet") as visit:
                        client = visit.connect()
                        client.greet()
                        self.assertEqual("2", client.command("MAIL FROM:<sender@example.org>")[0])
                        with open(path, "w", encoding="ascii") as file:
                            file.write('on rcpt and rcpt.address == "first@example.test" do reply 550 5.1.1 "not here"\n'
                                       'on rcpt do add-header X-Late yes\n')
                        proxy.signal(signal.SIGHUP)
                        until(lambda: any("X-Late" in record.get("text", "") for record in Trace(proxy.trace).records),
                              "the new rules to be recorded")
                        self.assertRegex(client.command("RCPT TO:<first@example.test>"), "^550 5.1.1 .*not here$")
                        self.assertEqual("2", client.command("RCPT TO:<second@example.test>")[0])
                        self.assertEqual("3", client.command("DATA")[0])
                        self.assertEqual("2", client.content(scenarios.mail())[0])
                        client.quit()
                    outcome = visit.outcome()
                    self.assertEqual(0, proxy.terminate(), proxy.output())
                self.assertEqual(["<second@example.test>"], addresses(outcome.mails[0]))
                # What was not negotiated is refused, and said.
                self.assertFalse([field for field in outcome.mails[0].fields if field.startswith("X-Late")])
                refusals = [record["refused"] for record in Trace(proxy.trace).records if "refused" in record]
                self.assertIn("ADDHDRS was not negotiated with the MTA: start with --negotiation widen", refusals)

    def test_what_is_held_goes_when_the_program_ends(self):
        bed = the_bed()
        with bed.through_proxy(ActionMilter(), "inet", "-c", "on mail do hold", "--grace", "20") as proxy:
            with bed.visit(bed.postfix, "inet") as visit:
                client = visit.connect()
                client.greet()
                client.send("MAIL FROM:<sender@example.org>\r\n")
                until(lambda: any(record["k"] == "hold" for record in Trace(proxy.trace).records), "the hold")
                proxy.signal(signal.SIGTERM)
                self.assertEqual("2", client.reply()[0])
                client.quit()
            self.assertEqual(0, proxy.wait(), proxy.output())
            visit.outcome()

    def test_mistakes_point_at_their_place(self):
        bed = the_bed()
        path = bed.workshop.file("rules")
        with open(path, "w", encoding="ascii") as file:
            file.write("# fine\non mail do hold\non rcpt and stge == 3 do hold\n")
        proxy = ("proxy", "--headless", "--listen", bed.spot("inet").libmilter, "--milter", bed.spot("inet").libmilter)
        for options, words in ((("-r", path), f"{path}:3:13: unknown term 'stge'"),
                               (("-c", "hold"), "--command: expected a rule\n  hold\n  ^^^^"),
                               (("-c", "on bodyeob do replace-body @/nowhere"), "/nowhere"),
                               (("-r", os.path.join(bed.folder, "none")), "none"),
                               (("--on-timeout", "never"), "--on-timeout"),
                               (("--mta-timeout", "soon"), "--mta-timeout"),
                               (("--offer", "actions=ALL+NONE"), "--offer")):
            with self.subTest(options=options):
                result = run(*proxy, *options)
                self.assertEqual(2, result.returncode)
                self.assertIn(words, result.stderr)
                self.assertTrue(result.stderr.startswith("mitmilter: error: "))


if __name__ == "__main__":
    unittest.main()
