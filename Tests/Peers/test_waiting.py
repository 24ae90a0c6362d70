"""Mails that wait at mitmilter in a milter's place: of several MTAs at once, kept alive, and given up by their MTA."""
import concurrent.futures
import signal
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.proxy import Trace
from testbed.waiting import until

MTAS = ("postfix", "sendmail")
MAILS = 8


def held(milter):
    """How many packets wait by now."""
    records = Trace(milter.trace).records
    stopped, gone = ({record["n"] for record in records if record["k"] == kind} for kind in ("hold", "release"))
    return len(stopped - gone)


class SeveralMTAs(unittest.TestCase):
    def test_each_mail_gets_what_its_own_rule_says(self):
        """Both MTAs at once, all mails waiting together at the same socket before the first is answered."""
        bed = the_bed()
        with bed.stand_in(
                "inet", "--on-timeout", "accept", "-c", "on bodyeob do hold",
                "-c", 'on bodyeob and message.subject endswith "odd" do add-header X-Kept yes',
                "-c", 'on rcpt and rcpt.address startswith "no" do reply 550 5.1.1 "not here"') as milter, \
                bed.visit(bed.postfix, "inet") as visit, concurrent.futures.ThreadPoolExecutor(4 * MAILS) as pool:
            def deliver(number):
                client = visit.connect() if number % 2 else other.connect()
                client.greet()
                content = scenarios.mail(f"number {number} " + ("odd" if number % 4 > 1 else "even"))
                reply = client.deliver(content, sender=f"sender{number}@example.org",
                                       rcpts=("no@example.test", f"first{number}@example.test"))
                client.quit()
                return reply
            with bed.visit(bed.sendmail, "inet") as other:
                replies = [pool.submit(deliver, number) for number in range(2 * MAILS)]
                until(lambda: held(milter) == 2 * MAILS, lambda: f"all to wait: {held(milter)}", 40)
                milter.signal(signal.SIGTERM)
                self.assertEqual({"2"}, {reply.result(30)[0] for reply in replies})
                self.assertEqual(0, milter.wait(), milter.output())
                mails = [*other.outcome().mails, *visit.outcome().mails]
            self.assertEqual(2 * MAILS, len(mails))
            for mail in mails:
                number = int(mail.sender.split("@")[0].removeprefix("<sender"))
                self.assertTrue(mail.rcpts[0].startswith(f"<first{number}@"), mail.rcpts)
                self.assertIn(f"Subject: number {number} " + ("odd" if number % 4 > 1 else "even"), mail.fields)
                self.assertEqual(number % 4 > 1, "X-Kept: yes" in mail.fields)


class GivenUp(unittest.TestCase):
    """The `short` doors: Postfix waits 3 s, Sendmail 2 s; we are told that they wait for minutes."""

    def test_a_mail_that_its_mta_gives_up_is_recorded_and_waits_no_more(self):
        bed = the_bed()
        with bed.stand_in("inet", "-c", "on bodyeob do hold", "--mta-timeout", "300s") as milter:
            for number, mta in enumerate(MTAS, 1):
                with self.subTest(mta=mta):
                    with bed.visit(bed.mta(mta), "short") as visit:
                        client = visit.connect()
                        client.greet()
                        self.assertEqual("4", client.deliver(scenarios.mail(mta))[0])
                        client.quit()
                    self.assertEqual((), visit.outcome().mails)
                    lines = until(lambda: [line for line in milter.decisions() if line["verdict"] == "abandoned"][number - 1:],
                                  "the decision to be logged")
                    self.assertEqual(("BODYEOB", "mta", mta), tuple(lines[0][key] for key in ("stage", "by", "subject")))
                    self.assertGreater(lines[0]["waited"], 1500)
                    self.assertEqual(0, held(milter))
            self.assertEqual(0, milter.terminate(), milter.output())

    def test_signs_of_life_make_it_wait_longer(self):
        """PROGRESS while thinking: at end of message for both, at any stage for Postfix; all at once, for it takes its time."""
        bed = the_bed()
        rows = (("postfix", "end"), ("postfix", "mail"), ("sendmail", "short"))
        with bed.stand_in("inet", "--mta-timeout", "1s,5s",
                          "-c", 'on bodyeob and message.from startswith "end" do delay 4s',
                          "-c", 'on mail and mail.address startswith "mail" do delay 4s',
                          "-c", 'on bodyeob and message.from startswith "short" do delay 2500ms') as milter, \
                bed.visit(bed.postfix, "short") as visit, bed.visit(bed.sendmail, "short") as other, \
                concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:

            def deliver(mta, sender):
                client = (visit if mta == "postfix" else other).connect()
                client.greet()
                reply = client.deliver(scenarios.mail(), sender=f"{sender}@example.org")
                client.quit()
                return reply
            replies = [pool.submit(deliver, *row) for row in rows]
            for row, reply in zip(rows, replies):
                self.assertEqual("2", reply.result(30)[0], row)
            self.assertEqual(0, milter.terminate(), milter.output())
        told = [record["c"] for record in Trace(milter.trace).records
                if record["k"] == "send" and record.get("raw", "")[4:5] == "p"]
        self.assertEqual(3, len(set(told)))
        self.assertGreaterEqual(min(told.count(connection) for connection in told), 2)

    def test_the_timeout_answers_before_the_mta_gives_up(self):
        bed = the_bed()
        for mta in MTAS:
            with self.subTest(mta=mta):
                with bed.stand_in("inet", "-c", "on bodyeob do hold", "--mta", "generic", "--mta-timeout", "2s,2s",
                                  "--on-timeout", 'reply 451 4.7.1 "nobody had time"') as milter:
                    outcome = bed.play(scenarios.FLOWS["plain"], bed.mta(mta), "short")
                    self.assertEqual(0, milter.terminate(), milter.output())
                self.assertIn("nobody had time", outcome.final_replies()[-2])
                self.assertEqual([("reply", "timeout")],
                                 [(line["verdict"], line["by"]) for line in milter.decisions()])


class Dropped(unittest.TestCase):
    def test_shutdown_drops_the_client(self):
        bed = the_bed()
        for stage in ("mail", "rcpt", "data"):
            with self.subTest(stage=stage):
                with bed.stand_in("inet", "-c", f"on {stage} do shutdown") as milter:
                    outcome = bed.play(scenarios.until_hung_up(scenarios.FLOWS["plain"]), bed.postfix, "inet")
                    self.assertEqual(0, milter.terminate(), milter.output())
                self.assertIn("421 4.7.0", outcome.final_replies()[-1])
                self.assertEqual("shutdown", milter.decisions()[-1]["verdict"])

    def test_shutdown_in_a_message_loses_it(self):
        """As *What it does* says of Postfix before 3.11."""
        bed = the_bed()
        for stage in ("header", "eoh", "body", "bodyeob"):
            with self.subTest(stage=stage):
                with bed.stand_in("inet", "-c", f"on {stage} do shutdown") as milter:
                    outcome = bed.play(scenarios.FLOWS["plain"], bed.postfix, "inet")
                    self.assertEqual(0, milter.terminate(), milter.output())
                self.assertIn("250 2.0.0", outcome.final_replies()[-2])
                self.assertEqual((), outcome.mails)

    def test_an_unknown_command_may_cost_the_session(self):
        bed = the_bed()
        for mta, verdict, text in (("postfix", "shutdown", "421 4.7.0"), ("postfix", 'reply 421 4.7.0 "go"', "go"),
                                   ("sendmail", 'reply 421 4.7.0 "go"', "go")):
            with self.subTest(mta=mta, verdict=verdict):

                def scenario(connect):
                    client = connect()
                    client.greet()
                    client.command("FOOBAR")
                    client.command("MAIL FROM:<sender@example.org>")
                    client.quit()
                with bed.stand_in("inet", "-c", f"on unknown do {verdict}") as milter:
                    outcome = bed.play(scenarios.until_hung_up(scenario), bed.mta(mta), "inet")
                    self.assertEqual(0, milter.terminate(), milter.output())
                self.assertIn("421", outcome.final_replies()[-1])
                self.assertIn(text, outcome.final_replies()[-1])

    def test_sendmail_is_spared_it(self):
        bed = the_bed()
        with bed.stand_in("inet", "-c", "on mail do shutdown") as milter:
            outcome = bed.play(scenarios.FLOWS["plain"], bed.sendmail, "inet")
            self.assertEqual(0, milter.terminate(), milter.output())
        self.assertEqual(1, len(outcome.mails))
        refused = [record["refused"] for record in Trace(milter.trace).records if record.get("refused")]
        self.assertEqual(["Postfix and Stalwart take SHUTDOWN; others give the milter up"], refused)


if __name__ == "__main__":
    unittest.main()
