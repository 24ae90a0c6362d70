"""Holds that outlast the MTAs' timeouts.

They take two minutes and begin when this module is loaded, beside the tests of the others; each has a testbed of its own.
"""
import unittest

from testbed.background import InBackground, sent
from testbed.bed import Bed
from testbed.milters import ActionMilter
from testbed.proxy import Trace

SECONDS = 90
GIVEN_UP = 200  # an SMTP client's patience, seconds


def held_at_the_end(mta, limits):
    """An operator lets the reply to end of message wait; the MTA's limit for a reply is 30 s (door `steady`)."""
    bed = Bed()
    with bed.through_screen(ActionMilter(), "inet", *(("--mta-timeout", limits) if limits else ()),
                            "-c", "on reply and stage == bodyeob do hold") as screen:
        screen.wait("waiting for an MTA")
        mail = sent(bed, bed.mta(mta), door="steady", seconds=GIVEN_UP)
        screen.wait("3 Held 1")
        screen.key("3")
        screen.wait(rf"^ +\d+ .* (1m3\ds|{SECONDS}s) ", timeout=SECONDS + 30)
        screen.wait("3 Held 1")
        screen.key("a")
        screen.wait("Nothing held|No mail is waiting")
        outcome = mail.result()
        status, records = screen.leave(), Trace(screen.trace).records
    bed.close()
    return outcome, status, records


def held_before_the_end():
    """Sendmail takes no PROGRESS at MAIL: what is to happen by itself happens before its 30 s are over."""
    bed = Bed()
    with bed.through_proxy(ActionMilter(), "inet", "--mta-timeout", "30s,300s", "-c", "on reply and stage == mail do hold",
                           "--on-timeout", 'reply 451 4.7.1 "held too long"') as proxy:
        outcome = bed.play(scenario, bed.sendmail, "steady", seconds=GIVEN_UP)
        status, records = proxy.terminate(), Trace(proxy.trace).records
    bed.close()
    return outcome, status, records


def scenario(connect):
    client = connect()
    client.greet()
    client.command("MAIL FROM:<sender@example.org>")
    client.quit()


class Waiting(unittest.TestCase):
    def check_progress(self, records):
        """PROGRESS came often enough for 30 s, through all of the hold."""
        held, = (record["t"] for record in records if record["k"] == "hold")
        released, = (record["t"] for record in records if record["k"] == "release")
        self.assertGreaterEqual(released - held, SECONDS)
        signs = [record["t"] for record in records
                 if record["k"] == "send" and record["to"] == "mta" and record.get("raw", "")[4:5] == "p"]
        moments = [held, *signs, released]
        self.assertLess(max(later - earlier for earlier, later in zip(moments, moments[1:])), 30)

    def test_progress_keeps_postfix_waiting(self):
        outcome, status, records = AT_THE_END["postfix"].result()
        self.assertEqual((0, 1), (status, len(outcome.mails)), outcome.final_replies())
        self.check_progress(records)

    def test_progress_keeps_sendmail_waiting(self):
        outcome, status, records = AT_THE_END["sendmail"].result()
        self.assertEqual((0, 1), (status, len(outcome.mails)), outcome.final_replies())
        self.check_progress(records)

    def test_where_progress_does_not_help_the_timeout_act_comes_in_time(self):
        outcome, status, records = BEFORE_THE_END.result()
        self.assertEqual(0, status)
        self.assertIn("451 4.7.1 held too long", outcome.final_replies())
        self.assertEqual(["timeout"], [record["by"] for record in records if record["k"] == "release"])
        self.assertFalse([record for record in records if record["k"] == "send" and record.get("raw", "")[4:5] == "p"])


AT_THE_END = {"postfix": InBackground(held_at_the_end, "postfix", None),  # which waits 30 s, and is taken to wait 300
              "sendmail": InBackground(held_at_the_end, "sendmail", "30s,300s")}
BEFORE_THE_END = InBackground(held_before_the_end)


if __name__ == "__main__":
    unittest.main()
