"""Several milters behind one mitmilter and a real Postfix: every connection knows its milter, and what comes out is the same."""
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.comparing import difference
from testbed.milters import ActionMilter, OpenDKIM, OpenDMARC
from testbed.proxy import Trace, run


class Taps(unittest.TestCase):
    def test_a_mail_that_passes_two_milters_comes_out_as_without_us(self):
        bed = the_bed()
        for first, second in ((OpenDKIM("verify"), OpenDMARC()), (OpenDKIM("sign"), ActionMilter())):
            with self.subTest(milters=f"{first.name}, {second.name}"):
                play = scenarios.once(scenarios.mail(acts=["addheader|X-Second|1"]))
                with bed.directly(first, "inet"), bed.directly(second, "unix"):
                    direct = bed.play(play, bed.postfix, "chain")
                with bed.through_chain(first, second) as chain:
                    passed = bed.play(play, bed.postfix, "chain")
                self.assertEqual(direct, passed, difference(direct, passed, "directly", "through mitmilter"))
                opened = [record["tap"] for record in Trace(chain.trace).records if record["k"] == "open"]
                self.assertEqual(["first", "second"], sorted(set(opened)), opened)
                shown = run("show", "-f", "tap == second and bodyeob", chain.trace)
                self.assertEqual(0, shown.returncode, shown.stderr)
                self.assertIn("BODYEOB", shown.stdout)


if __name__ == "__main__":
    unittest.main()
