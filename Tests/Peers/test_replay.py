"""`replay`: what Postfix and Sendmail said once, said again to real milters."""
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.milters import OpenDKIM
from testbed.proxy import run

PAIRS = [(mta, kind) for mta in ("postfix", "sendmail") for kind in ("inet", "unix")]


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


if __name__ == "__main__":
    unittest.main()
