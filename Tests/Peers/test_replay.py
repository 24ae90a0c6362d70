"""`replay`: what Postfix and Sendmail said once, said again to real milters."""
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.milters import ActionMilter, OpenDKIM, OpenDMARC, PyMilter
from testbed.proxy import run

PAIRS = [(mta, kind) for mta in ("postfix", "sendmail") for kind in ("inet", "unix")]


MILTERS = [OpenDKIM("sign"), OpenDKIM("verify"), OpenDMARC(), ActionMilter("symlist,leadspace"), PyMilter()]
TOO_LARGE = {"body-5m"}


class Replayed(unittest.TestCase):
    def test_what_was_recorded_is_said_again_and_answered_alike(self):
        bed = the_bed()
        flows = {name: flow for name, flow in scenarios.FLOWS.items() if name not in TOO_LARGE}
        flows |= {name: scenarios.act(acts) for name, acts in scenarios.ACTS.items() if name in ("everything", "quarantine", "replacebody")}
        flows |= {f"{verdict} at {stage}": scenarios.verdict(stage, verdict)
                  for stage, verdict in (("rcpt", "reply5"), ("data", "tempfail"), ("eom", "discard"), ("header", "accept"))}
        self.assertGreaterEqual(len(flows), 20)
        for mta, kind in (("postfix", "inet"), ("sendmail", "unix")):
            for milter in MILTERS:
                with self.subTest(mta=mta, milter=milter.name), bed.through_proxy(milter, kind) as proxy:
                    for flow in flows.values():
                        bed.play(flow, bed.mta(mta), kind)
                    proxy.terminate()
                    for options in ([], ["--one-by-one"]):
                        again = run("replay", proxy.trace, "--milter", proxy.back.libmilter, *options, seconds=120)
                        self.assertEqual(0, again.returncode, again.stdout[-3000:] + again.stderr)


class WhatIf(unittest.TestCase):
    def test_a_client_that_has_logged_in_gets_its_mail_signed(self):
        bed = the_bed()
        for mta, kind in PAIRS:
            milter = OpenDKIM("sign", internal="192.0.2.1")
            with self.subTest(mta=mta, kind=kind), bed.through_proxy(milter, kind) as proxy:
                bed.play(scenarios.FLOWS["plain"], bed.mta(mta), kind)
                back = proxy.back.libmilter
                same = run("replay", proxy.trace, "--milter", back)
                self.assertEqual(0, same.returncode, same.stdout + same.stderr)
                forked = run("replay", proxy.trace, "--milter", back, "--set", 'macro["{auth_authen}"] = "alice"')
                self.assertEqual(1, forked.returncode, forked.stdout + forked.stderr)
                signatures = [line for line in forked.stdout.splitlines() if "DKIM-Signature: " in line]
                self.assertEqual(1, len(signatures), forked.stdout + forked.stderr)
                self.assertTrue(signatures[0].startswith("+"), signatures)
                self.assertIn("said otherwise, at packet", forked.stderr)


class AsMilter(unittest.TestCase):
    def test_the_recorded_milter_is_the_same_to_the_mta(self):
        bed = the_bed()
        flows = [scenarios.FLOWS[name] for name in ("several-recipients", "several-mails", "unknown-commands", "mail-arguments")]
        flows += [scenarios.act(scenarios.ACTS["everything"]), scenarios.verdict("rcpt", "reply5"), scenarios.verdict("eom", "discard")]
        for mta, kind in (("postfix", "unix"), ("sendmail", "inet")):
            with self.subTest(mta=mta, kind=kind):
                with bed.through_proxy(ActionMilter("symlist"), kind) as proxy:
                    before = [bed.play(flow, bed.mta(mta), kind) for flow in flows]
                    proxy.terminate()
                with bed.recorded_milter(kind, proxy.trace) as milter:
                    # The mails say which they are: another order is another order alone.
                    after = [bed.play(flow, bed.mta(mta), kind) for flow in reversed(flows)]
                    self.assertEqual(0, milter.terminate(), milter.output())
                self.assertEqual(before, after[::-1])


if __name__ == "__main__":
    unittest.main()
