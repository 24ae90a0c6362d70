"""The checklist of faults: whatever is made with libmilter survives it, and libmilter does what the list says of it."""
import json
import re
import unittest

from testbed.bed import the_bed
from testbed.milters import ActionMilter, OpenDKIM
from testbed.proxy import run

# What the list says of libmilter, by its first words, and what then has to have come.
SAID = {
    "closes": "it closed|it broke the connection off", "never answers": "nothing within", "answers": "OPTNEG|CONTINUE",
    "ignores": "CONTINUE|nothing within", "takes it all the same": "CONTINUE", "takes them for the body": "CONTINUE",
}


def check(address, *arguments):
    """The lines of the checklist, and its exit status."""
    result = run("send", "--conformance", "--json", "--milter", address, *arguments, seconds=300)
    return [json.loads(line) for line in result.stdout.splitlines()], result.returncode


class Faults(unittest.TestCase):
    def setUp(self):
        self.bed = the_bed()

    def survives(self, milter, kind="inet", *arguments):
        with self.bed.directly(milter, kind):
            lines, status = check(self.bed.fronts[kind].libmilter, *arguments)
        self.assertEqual([], [line for line in lines if line["result"] == "fail"])
        self.assertEqual(0, status)
        return lines

    def test_libmilter_does_as_the_list_says(self):
        lines = self.survives(ActionMilter())
        self.assertEqual([], [line["fault"] for line in lines if line["result"] == "skip"])
        told = 0
        for line in lines:
            for words, came in SAID.items():
                if line["expected"].startswith(f"libmilter {words}") and "over" not in line["expected"]:
                    told += 1
                    self.assertTrue(re.match(came, line["came"]), line)
        self.assertGreater(told, 40)

    def test_libmilter_over_a_unix_socket(self):
        self.survives(ActionMilter(), "unix", "--as", "sendmail")

    def test_opendkim(self):
        for mode in ("sign", "verify"):
            with self.subTest(mode):
                self.survives(OpenDKIM(mode), "inet", "--from", "sender@example.org")


if __name__ == "__main__":
    unittest.main()
