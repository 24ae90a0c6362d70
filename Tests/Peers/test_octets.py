"""Octet by octet: what enters the proxy leaves it, both ways, and the trace has all of it."""
import contextlib
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.comparing import play_all, some
from testbed.milters import ActionMilter
from testbed.proxy import Trace
from testbed.waiting import until

CHOSEN = scenarios.FLOWS | some(
    "act-everything", "act-addheader-many", "act-replacebody-long", "act-progress", "act-quarantine", "act-macros",
    "verdict-mail-reject", "verdict-rcpt-lines", "verdict-rcpt-discard", "verdict-header-reject", "verdict-body-skip",
    "verdict-eom-shutdown", "verdict-unknown-reject")

WITHOUT_REPLIES = {name: scenario for name, scenario in CHOSEN.items() if not name.startswith("verdict-")}


@contextlib.contextmanager
def watched_proxy(bed, milter, kind):
    """MTA, relay, mitmilter, relay, milter; yields both relays and the proxy."""
    middle, second, back = bed.spot(kind), bed.spot(kind), bed.spot(kind)
    running = milter.start(bed.workshop, back)
    try:
        with bed.relay(second, back) as behind, bed.proxy(middle, second) as proxy, \
                bed.relay(bed.fronts[kind], middle) as before:
            yield before, behind, proxy
    finally:
        running.kill()


class Octets(unittest.TestCase):
    def check(self, mta, kind, options="", chosen=CHOSEN):
        bed = the_bed()
        with watched_proxy(bed, ActionMilter(options), kind) as (before, behind, proxy):
            played = play_all(chosen, bed.mta(mta), kind)
            self.assertEqual([], [failure for failure in played.values() if isinstance(failure, Exception)])
            until(lambda: before.is_idle and behind.is_idle, "all sessions to end")
            self.assertEqual(0, proxy.terminate(), proxy.output())
        self.assertGreaterEqual(len(before.records), len(chosen))
        self.assertEqual(len(before.records), len(behind.records))
        trace = Trace(proxy.trace)
        self.assertEqual(len(before.records), len(trace.connections))
        for connection, one, other in zip(trace.connections, before.records, behind.records):
            with self.subTest(mta=mta, kind=kind, connection=connection):
                self.assertGreater(len(one.from_mta), 0)
                self.assertTrue(one.from_mta == other.from_mta, "changed on the way to the milter")
                self.assertTrue(one.from_milter == other.from_milter, "changed on the way to the MTA")
                self.assertTrue(trace.stream(connection, "mta") == one.from_mta, "the trace lacks what the MTA sent")
                self.assertTrue(trace.stream(connection, "milter") == one.from_milter, "the trace lacks replies")
        self.assertEqual([packet["n"] for packet in trace.packets], sorted(packet["n"] for packet in trace.packets))

    def test_postfix_over_inet(self):
        self.check("postfix", "inet")

    def test_postfix_over_unix_sockets(self):
        self.check("postfix", "unix", "leadspace,symlist")

    def test_postfix_with_no_reply_stages(self):
        self.check("postfix", "inet", "nr", WITHOUT_REPLIES)

    def test_sendmail_over_inet(self):
        self.check("sendmail", "inet")

    def test_sendmail_over_unix_sockets(self):
        self.check("sendmail", "unix", "leadspace,symlist,rcptrej")

    def test_sendmail_with_no_reply_stages(self):
        self.check("sendmail", "unix", "nr", WITHOUT_REPLIES)


if __name__ == "__main__":
    unittest.main()
