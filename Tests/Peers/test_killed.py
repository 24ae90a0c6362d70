"""Peers and the proxy die, hang, or are asked to end, in the middle of a session."""
import os
import signal
import unittest

from testbed import scenarios
from testbed.addresses import tcp_sockets
from testbed.bed import the_bed
from testbed.comparing import difference
from testbed.milters import ActionMilter
from testbed.processes import owner_of
from testbed.proxy import Trace
from testbed.smtp import HungUp
from testbed.waiting import until

MTAS = ("postfix", "sendmail")
KINDS = ("inet", "unix")


def up_to_recipient(client):
    client.greet()
    client.command("MAIL FROM:<sender@example.org>")
    client.command("RCPT TO:<first@example.test>")


def the_rest(client):
    client.command("RCPT TO:<second@example.test>")
    if client.command("DATA")[0] == "3":
        client.content(scenarios.mail())
    client.quit()


def serving_process(mta, client):
    """The MTA's process at the other end of the client's connection."""
    inode = until(lambda: next((s.inode for s in tcp_sockets() if s.remote_port == client.local_port
                                and s.local_port == client.server_port and s.inode != "0"), None),
                  "the MTA to take the connection")
    return until(lambda: owner_of(inode, mta.processes()), "the MTA's process to be found")


class SameAsDirectly(unittest.TestCase):
    def compare(self, direct, passed):
        self.assertEqual(direct, passed, difference(direct, passed, "directly", "through mitmilter"))
        return direct

    def interrupted(self, mta, kind, milter):
        """Outcome of a session whose milter is killed after the first recipient."""
        with the_bed().visit(the_bed().mta(mta), kind) as visit:
            client = visit.connect()
            up_to_recipient(client)
            milter.kill()
            try:
                the_rest(client)
            except HungUp:
                pass
        return visit.outcome()

    def test_the_milter_is_killed_in_a_session(self):
        bed = the_bed()
        for mta in MTAS:
            for kind in KINDS:
                with self.subTest(mta=mta, kind=kind):
                    with bed.directly(ActionMilter(), kind) as milter:
                        direct = self.interrupted(mta, kind, milter)
                    with bed.through_proxy(ActionMilter(), kind) as proxy:
                        self.compare(direct, self.interrupted(mta, kind, proxy.milter))
                        again = ActionMilter().start(bed.workshop, proxy.back)
                        served = bed.play(scenarios.FLOWS["plain"], bed.mta(mta), kind)
                        again.kill()
                        self.assertEqual(1, len(served.mails), "the next session has a milter again")
                        self.assertEqual(0, proxy.terminate(), proxy.output())
                    self.assertEqual(2, len(Trace(proxy.trace).connections))

    def test_the_milter_dies_of_a_stage(self):
        bed = the_bed()
        for mta in MTAS:
            for stage in ("mail", "rcpt", "header", "body", "eom"):
                with self.subTest(mta=mta, stage=stage):
                    scenario = scenarios.verdict(stage, "die")
                    with bed.directly(ActionMilter(), "inet"):
                        direct = bed.play(scenario, bed.mta(mta), "inet")
                    with bed.through_proxy(ActionMilter(), "inet"):
                        self.compare(direct, bed.play(scenario, bed.mta(mta), "inet"))
                    self.assertTrue(any(reply.startswith("4") for reply in direct.final_replies()))

    def test_the_milter_hangs(self):
        bed = the_bed()
        for mta in MTAS:
            for door in ("short", "accept"):
                with self.subTest(mta=mta, door=door):
                    scenario = scenarios.verdict("rcpt", "hang")
                    with bed.directly(ActionMilter(), "inet"):
                        direct = bed.play(scenario, bed.mta(mta), door)
                    with bed.through_proxy(ActionMilter(), "inet"):
                        self.compare(direct, bed.play(scenario, bed.mta(mta), door))

    def test_nobody_is_behind_the_proxy(self):
        bed = the_bed()
        for mta in MTAS:
            for kind in KINDS:
                with self.subTest(mta=mta, kind=kind):
                    scenario = scenarios.until_hung_up(scenarios.FLOWS["several-mails"])
                    if bed.fronts[kind].path and os.path.exists(bed.fronts[kind].path):
                        os.unlink(bed.fronts[kind].path)
                    direct = bed.play(scenario, bed.mta(mta), kind)
                    with bed.proxy(bed.fronts[kind], bed.spot(kind)) as proxy:
                        passed = bed.play(scenario, bed.mta(mta), kind)
                        self.assertEqual(0, proxy.terminate())
                    self.compare(direct, passed)
                    self.assertTrue(any(reply.startswith("4") for reply in direct.final_replies()))


class MTAKilled(unittest.TestCase):
    def test_the_milter_hears_of_it_and_the_proxy_goes_on(self):
        bed = the_bed()
        for mta_name in MTAS:
            for kind in KINDS:
                with self.subTest(mta=mta_name, kind=kind):
                    milter, mta = ActionMilter(), bed.mta(mta_name)
                    with bed.through_proxy(milter, kind) as proxy:
                        with bed.visit(mta, kind) as visit:
                            client = visit.connect()
                            up_to_recipient(client)
                            os.kill(serving_process(mta, client), signal.SIGKILL)
                            until(lambda: milter.callbacks()["close"] == 1, "the milter to see the end")
                        mta.settle()
                        self.assertEqual(1, len(bed.play(scenarios.FLOWS["plain"], mta, kind).mails))
                        self.assertEqual(0, proxy.terminate(), proxy.output())
                    trace = Trace(proxy.trace)
                    self.assertEqual(2, len(trace.connections))
                    self.assertEqual(milter.callbacks()["rcpt"], trace.codes("mta")["R"])


class ProxyKilled(unittest.TestCase):
    def test_the_trace_has_all_that_went_through(self):
        bed = the_bed()
        for mta in MTAS:
            for kind in KINDS:
                with self.subTest(mta=mta, kind=kind):
                    back, behind = bed.spot(kind), bed.spot(kind)
                    milter = ActionMilter().start(bed.workshop, back)
                    try:
                        with bed.relay(behind, back) as relay, bed.proxy(bed.fronts[kind], behind) as proxy:
                            with bed.visit(bed.mta(mta), kind) as visit:
                                client = visit.connect()
                                up_to_recipient(client)
                                proxy.kill()
                                try:
                                    the_rest(client)
                                except HungUp:
                                    pass
                            outcome = visit.outcome()
                            until(lambda: relay.is_idle, "the milter's side to end")
                    finally:
                        milter.kill()
                    self.assertEqual((), outcome.mails)
                    self.assertTrue(any(reply.startswith("4") for reply in outcome.final_replies()))
                    trace, record = Trace(proxy.trace), relay.records[0]
                    self.assertEqual(bytes(record.from_mta), trace.stream(trace.connections[0], "mta"))
                    self.assertEqual(bytes(record.from_milter), trace.stream(trace.connections[0], "milter"))


class AskedToEnd(unittest.TestCase):
    def drained(self, number, mta, kind):
        """A session finishes after the signal; nobody new gets in."""
        bed = the_bed()
        with bed.through_proxy(ActionMilter(), kind, "--grace", "30") as proxy:
            with bed.visit(bed.mta(mta), kind) as visit:
                client = visit.connect()
                up_to_recipient(client)
                proxy.signal(number)
                until(lambda: not bed.fronts[kind].is_listened_on(), "the proxy to listen no more")
                self.assertTrue(proxy.is_running)
                the_rest(client)
            outcome = visit.outcome()
            self.assertEqual(0, proxy.wait(), proxy.output())
        self.assertEqual(1, len(outcome.mails))
        self.assertEqual(1, Trace(proxy.trace).codes("mta")["E"])

    def test_term_lets_sessions_finish(self):
        for mta in MTAS:
            for kind in KINDS:
                with self.subTest(mta=mta, kind=kind):
                    self.drained(signal.SIGTERM, mta, kind)

    def test_int_lets_sessions_finish(self):
        self.drained(signal.SIGINT, "postfix", "inet")

    def test_grace_ends(self):
        bed = the_bed()
        with bed.through_proxy(ActionMilter(), "inet", "--grace", "1") as proxy:
            with bed.visit(bed.postfix, "inet") as visit:
                up_to_recipient(visit.connect())
                proxy.signal(signal.SIGTERM)
                self.assertEqual(0, proxy.wait(), proxy.output())
            visit.outcome()
        self.assertEqual(1, Trace(proxy.trace).codes("mta")["R"])

    def test_a_second_int_ends_at_once(self):
        bed = the_bed()
        with bed.through_proxy(ActionMilter(), "inet", "--grace", "600") as proxy:
            with bed.visit(bed.postfix, "inet") as visit:
                up_to_recipient(visit.connect())
                proxy.signal(signal.SIGINT)
                until(lambda: not bed.fronts["inet"].is_listened_on(), "the first signal to be heeded")
                proxy.signal(signal.SIGINT)
                proxy.wait()
            visit.outcome()
        self.assertEqual(1, Trace(proxy.trace).codes("mta")["R"])


if __name__ == "__main__":
    unittest.main()
