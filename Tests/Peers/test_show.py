"""`mitmilter show` tells all of a trace, and nothing of it can harm a terminal."""
import base64
import json
import subprocess
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.comparing import some
from testbed.milters import ActionMilter
from testbed.proxy import Trace, binary, run

HOSTILE = scenarios.once(scenarios.mail(subject="\x1b]0;yours\x07 \x9b31m red \u202e drawkcab", body=b"\x1b[2J\r\n"))
CHOSEN = some("plain", "several-mails", "unknown-commands", "act-everything", "verdict-rcpt-lines", "body-200k")


class Show(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        bed = the_bed()
        with bed.through_proxy(ActionMilter(), "inet") as proxy:
            for scenario in (*CHOSEN.values(), HOSTILE):
                bed.play(scenario, bed.postfix, "inet")
            status = proxy.terminate()
        assert status == 0, proxy.output()
        cls.path, cls.trace = proxy.trace, Trace(proxy.trace)

    def shown(self, *options):
        result = run("show", *options, self.path)
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        return result.stdout

    def test_json_has_every_packet_octet_by_octet(self):
        told = [json.loads(line) for line in self.shown("--json").splitlines()]
        self.assertEqual([(packet["n"], packet["c"], packet["from"], packet["raw"][4], packet["raw"].encode("latin-1"))
                          for packet in self.trace.packets],
                         [(line["n"], line["conn"], line["from"], line["code"], base64.b64decode(line["raw"]))
                          for line in told])
        for line in told:
            self.assertLessEqual({"n", "conn", "msg", "time", "from", "code", "name", "stage", "raw", "fields"}, line.keys())
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[-+]\d\d:\d\d)$")
        replies = [line for line in told if line["from"] == "milter"]
        self.assertTrue(replies)
        self.assertTrue(all(line.get("took", 0) >= 0 for line in replies))

    def test_json_counts_the_mails_of_a_connection(self):
        told = [json.loads(line) for line in self.shown("--json").splitlines()]
        several = next(connection for connection in self.trace.connections
                       if sum(line["conn"] == connection and line["code"] == "E" for line in told) == 4)
        self.assertEqual(4, len({line["msg"] for line in told if line["conn"] == several and line["code"] == "E"}))

    def test_a_line_for_every_packet(self):
        self.assertGreaterEqual(len(self.shown().splitlines()), len(self.trace.packets))

    def test_nothing_but_text_reaches_the_terminal(self):
        for options in ((), ("-v",), ("-x",), ("--json",)):
            with self.subTest(options=options):
                text = self.shown(*options)
                self.assertEqual([], sorted({f"{ord(c):#x}" for c in text if c != "\n" and (
                    ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")}))

    def test_a_closed_pipe_is_no_error(self):
        shown = subprocess.run(
            ["sh", "-c", '{ "$0" show -x "$1"; echo "status $?" >&2; } | head -n 1', binary(), self.path],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, encoding="utf-8")
        self.assertEqual(1, len(shown.stdout.splitlines()))
        self.assertEqual("status 0\n", shown.stderr)


if __name__ == "__main__":
    unittest.main()
