"""From private mail to a bug report: what is shared holds nothing private, and a maintainer sees the same; a tcpdump of a
milter's port opens as if mitmilter had recorded it."""
import base64
import json
import os
import shutil
import signal
import subprocess
import unittest

from testbed import scenarios
from testbed.bed import the_bed
from testbed.milters import OpenDKIM
from testbed.proxy import Trace, run
from testbed.waiting import until

SECRETS = ["wilhelmina", "geheimnis", "kontonummer", "tresorwort", "lieferung"]
BODY = ("Liebe Wilhelmina,\r\ndie Kontonummer ist 4711-geheimnis-0815.\r\n"
        + base64.b64encode(b"tresorwort fuer wilhelmina").decode() + "\r\n").encode()
PRIVATE = scenarios.mail(
    subject="Lieferung =?utf-8?Q?f=C3=BCr_wil=68elmina?=",
    fields=["X-Kunde: geheimnis <wilhelmina@geheimnis.example>",
            "References: <tresorwort.4711@geheimnis.example>"],
    body=BODY, message_id="<tresorwort@geheimnis.example>")


def packets(path):
    result = run("show", "--json", path)
    return [json.loads(line) for line in result.stdout.splitlines()]


def conversation(told):
    """Who said what about what, without the words."""
    return [(line["n"], line["conn"], line["msg"], line["from"], line["code"], line["stage"], line["time"],
             line["findings"]) for line in told]


def decoded(text):
    """The text, and what its base64 says at any of four places."""
    texts = [text]
    for word in set(text.replace("\n", " ").split()):
        for start in range(4):
            digits = word[start:]
            digits = digits[:len(digits) & ~3]
            try:
                texts.append(base64.b64decode(digits, validate=True).decode("latin-1"))
            except ValueError:
                pass
    return "\n".join(texts).lower()


class Sharing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        bed = the_bed()
        with bed.through_proxy(OpenDKIM("sign"), "inet") as proxy:
            for _ in range(2):
                bed.play(scenarios.once(PRIVATE, greeting="wilhelmina.example.org",
                                        sender="kontonummer@example.org"), bed.postfix, "inet")
            status = proxy.terminate()
        assert status == 0, proxy.output()
        cls.bed, cls.trace = bed, proxy.trace
        cls.map = bed.workshop.file("redaction.map")
        cls.shared = {}
        for name in ("trace", "report", "html", "json", "jsonl", "eml", "swaks", "miltertest", "pcapng"):
            target = bed.workshop.file("shared-" + name)
            result = run("export", name, "--redact", "--redact-map", cls.map, "-o", target, cls.trace)
            assert result.returncode == 0, result.stderr
            cls.shared[name] = target

    def test_nothing_private_is_in_anything_shared(self):
        whole = decoded(open(self.trace, encoding="ascii").read())
        for secret in SECRETS:
            self.assertIn(secret, whole)
        for name, target in self.shared.items():
            paths = [os.path.join(target, file) for file in os.listdir(target)] if os.path.isdir(target) else [target]
            for path in paths:
                with open(path, encoding="latin-1") as file:
                    text = decoded(file.read())
                for secret in SECRETS:
                    with self.subTest(name, secret=secret):
                        self.assertNotIn(secret, text)

    def test_a_maintainer_sees_the_same_conversation_and_findings(self):
        before, after = packets(self.trace), packets(self.shared["trace"])
        self.assertEqual(conversation(before), conversation(after))
        self.assertEqual([len(base64.b64decode(line["raw"])) for line in before],
                         [len(base64.b64decode(line["raw"])) for line in after])

    def test_report_and_trace_have_the_same_pseudonyms(self):
        sender = next(field["value"] for line in packets(self.shared["trace"]) if line["code"] == "M"
                      for field in line["fields"] if field["name"] == "address")
        with open(self.shared["report"], encoding="utf-8") as report:
            self.assertIn(sender.strip("<>"), report.read())

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_wireshark_shows_the_redacted_conversation(self):
        script = self.bed.workshop.file("milter.lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write(run("wireshark-dissector").stdout)
        names = subprocess.run(
            ["tshark", "-X", "lua_script:" + script, "-r", self.shared["pcapng"], "-Y", "milter", "-T", "fields", "-e",
             "milter.name", "-E", "aggregator=,"], check=True, capture_output=True, timeout=120, text=True).stdout
        told = [name for line in names.splitlines() for name in line.split(",") if name]
        self.assertEqual([line["name"] for line in packets(self.shared["trace"])], told)


@unittest.skipUnless(shutil.which("tcpdump"), "tcpdump is not installed")
class Captured(unittest.TestCase):
    def test_a_tcpdump_of_the_milters_port_opens_as_if_we_had_recorded_it(self):
        bed = the_bed()
        capture = bed.workshop.file("port.pcap")
        port = str(bed.fronts["inet"].port)
        dump = subprocess.Popen(["tcpdump", "-U", "-i", "lo", "-w", capture, "tcp", "port", port],
                                stderr=subprocess.PIPE, text=True)
        try:
            while "listening on" not in (line := dump.stderr.readline()):
                self.assertTrue(line, "tcpdump ended")
            with bed.through_proxy(OpenDKIM("sign"), "inet", "--negotiation", "transparent") as proxy:
                for name in ("plain", "several-mails", "body-200k"):
                    bed.play(scenarios.FLOWS.get(name) or scenarios.once(PRIVATE), bed.postfix, "inet")
                self.assertEqual(0, proxy.terminate(), proxy.output())
            ours = Trace(proxy.trace)
            octets = sum(len(packet["raw"]) for packet in ours.packets)
            until(lambda: sum(len(base64.b64decode(line["raw"])) for line in packets(capture)) >= octets,
                  lambda: "the capture holding all packets")
        finally:
            dump.send_signal(signal.SIGINT)
            dump.communicate(timeout=20)
        seen, recorded = packets(capture), packets(proxy.trace)

        def said(told):
            # The two have clocks of their own, so what is said about 40 ms may differ.
            return [[(line["from"], line["msg"], line["stage"], line["raw"], [one for one in line["findings"] if one != "W09"])
                     for line in told if line["conn"] == connection]
                    for connection in dict.fromkeys(line["conn"] for line in told)]
        self.assertEqual(said(recorded), said(seen))
        mails = [run("export", "eml", "-f", "msg == 1 and conn == 1", path).stdout for path in (proxy.trace, capture)]
        self.assertIn("Subject:", mails[0])
        self.assertEqual(*mails)


if __name__ == "__main__":
    unittest.main()
