"""Who waits how long: milters that fail in time to be answered for, and MTAs that show when they give up.

The `short` doors: Postfix waits 2 s for a command and 3 s for content, Sendmail 2 s for any reply.
"""
import contextlib
import threading
import unittest

from testbed import scenarios, wire
from testbed.bed import the_bed
from testbed.inprocess import InProcessMilter, answer
from testbed.proxy import Trace

MTAS = ("postfix", "sendmail")


class Failing(InProcessMilter):
    """A milter that says so much at one stage and then is silent, or closes; None for a stage: it never says a word."""

    def __init__(self, address, stage, said=b"", closes=False):
        self._stage, self._said, self._closes = stage, said, closes
        self._is_over = threading.Event()
        self.listen(address)

    def converse(self, peer, packets):
        if self._stage is not None:
            self._answer(peer, packets)
        if not self._closes:
            self._is_over.wait()

    def _answer(self, peer, packets):
        for letter, _ in packets:
            if letter == self._stage:
                return peer.sendall(self._said)
            if letter == "O":
                peer.sendall(answer(0x1FF, 0))
            elif letter not in "DAQ":
                peer.sendall(wire.frame("c"))

    def close(self):
        super().close()
        self._is_over.set()


@contextlib.contextmanager
def behind(bed, failing, *options):
    """mitmilter on the front, with a failing milter behind it."""
    back = bed.spot("inet")
    milter = Failing(back, *failing[:1], **dict(failing[1:]))
    try:
        with bed.proxy(bed.fronts["inet"], back, *options) as proxy:
            yield proxy
            proxy.kill()
    finally:
        milter.close()


class AnsweredFor(unittest.TestCase):
    """`--on-milter-failure` is heard before the MTA gives up, and the MTA takes it."""

    def outcome(self, mta, failing, verdict):
        bed = the_bed()
        options = ("--on-milter-failure", verdict, "--mta-timeout", "2s,3s" if mta == "postfix" else "2s,60s")
        with behind(bed, failing, *options) as proxy:
            outcome = bed.play(scenarios.until_hung_up(scenarios.FLOWS["plain"]), bed.mta(mta), "short")
            closed = [record for record in Trace(proxy.trace).records if record["k"] == "close"]
        return outcome, closed

    def test_a_milter_that_hangs(self):
        for mta in MTAS:
            for stage in (None, "C", "M", "R", "L", "E"):
                with self.subTest(mta=mta, stage=stage):
                    outcome, closed = self.outcome(mta, (stage,), "accept")
                    self.assertEqual(1, len(outcome.mails), outcome.final_replies())
                    self.assertIn("said nothing", closed[0]["why"])

    def test_half_a_reply(self):
        for mta in MTAS:
            for stage in ("M", "E"):
                with self.subTest(mta=mta, stage=stage):
                    failing = (stage, ("said", wire.frame("y", b"550 5.7.1 no\0")[:9]), ("closes", True))
                    outcome, _ = self.outcome(mta, failing, 'reply 451 4.7.0 "nobody there"')
                    self.assertIn("451 4.7.0 nobody there", outcome.final_replies())

    def test_half_a_reply_and_silence(self):
        """What came is in the trace."""
        half = wire.frame("y", b"550 5.7.1 no\0")[:9]
        with behind(the_bed(), ("M", ("said", half)), "--on-milter-failure", "tempfail", "--mta-timeout", "2s,3s") as proxy:
            the_bed().play(scenarios.until_hung_up(scenarios.FLOWS["plain"]), the_bed().mta("postfix"), "short")
            records = Trace(proxy.trace).records
        self.assertEqual([half], [record["raw"].encode("latin-1") for record in records if record["k"] == "pass"])
        found = [record["text"] for record in records if record["k"] == "find" and record["id"] == "F06"]
        self.assertEqual(["the milter had sent 9 bytes of an unfinished packet"], found)

    def test_half_a_change(self):
        changes = {"body": wire.frame("b", b"half\r\n"), "recipient": wire.frame("-", b"<first@example.test>\0")}
        for mta in MTAS:
            for name, change in changes.items():
                for rest in (b"", change[:6]):
                    with self.subTest(mta=mta, change=name, rest=rest):
                        failing = ("E", ("said", change + rest), ("closes", True))
                        outcome, _ = self.outcome(mta, failing, "accept")
                        self.assertEqual((), outcome.mails)
                        self.assertTrue(any(reply.startswith("451") for reply in outcome.final_replies()))


class GivingUp(unittest.TestCase):
    """Nobody says how long the MTA waits: it shows it, and the next hold ends before."""

    def play(self, mta, times):
        bed = the_bed()
        with bed.stand_in("inet", "-c", "on mail do hold", "--on-timeout", 'reply 451 4.7.1 "in time"') as milter:
            outcomes = [bed.play(scenarios.until_hung_up(scenarios.FLOWS["plain"]), bed.mta(mta), "short")
                        for _ in range(times)]
            self.assertEqual(0, milter.terminate())
        return milter, [outcome.final_replies() for outcome in outcomes]

    def test_sendmail_shows_it(self):
        milter, (first, second) = self.play("sendmail", 2)
        self.assertIn("Sendmail gave up after 2 s, as it seems: --mta-timeout 2s,300s", milter.output())
        self.assertFalse([reply for reply in first if "in time" in reply])
        self.assertTrue([reply for reply in second if "in time" in reply])

    def test_postfix_shows_it(self):
        """It would stay for PROGRESS every 3 s, but waits for 2 s."""
        milter, _ = self.play("postfix", 1)
        self.assertIn("Postfix gave up after 2 s: --mta-timeout 2s,300s", milter.output())
        # MAIL, and the macros that travel with it.
        gone = [record["policy"] for record in Trace(milter.trace).records if record.get("outcome") == "abandoned"]
        self.assertEqual({"Postfix gave up after 2 s: --mta-timeout 2s,300s"}, set(gone))


if __name__ == "__main__":
    unittest.main()
