"""tshark with our dissector decodes our captures, and agrees with us about every packet and every field."""
import json
import os
import shutil
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from base64 import b64decode

import segments
import tool

TSHARK = shutil.which("tshark")
CAPTURES = os.path.join(tool.PROJECT, "Tests", "TraceFormatTests", "Fixtures", "captures")

# What our listing calls a field, by its name in the dissector; what is not here is no field of its own.
LABELS = {
    "length": "length", "code": "code", "version": "version", "actions": "actions", "protocol": "protocol",
    "stage": "stage", "names": "names", "macro.command": "command", "macro": None,
    "connect.hostname": "hostname", "connect.family": "family", "connect.port": "port",
    "connect.address": "address", "helo.name": "name", "mail.address": "address", "mail.argument": "argument",
    "rcpt.address": "address", "rcpt.argument": "argument", "parameters": "parameters", "header.name": "name",
    "header.value": "value", "index": "index", "body": "body", "line": "line", "reason": "reason",
    "reply.code": "reply code", "reply.enhanced": "enhanced status", "reply.text": "text",
    "payload": "payload", "surplus": "surplus",
}


def dissected(capture, script):
    """(sender, name, fields) of each packet; a field is (label, offset, length)."""
    text = tool.run(TSHARK, "-X", f"lua_script:{script}", "-r", capture, "-T", "pdml", check=False,
                    stderr=open(os.devnull, "w"))
    for frame in ElementTree.fromstring(text).iter("packet"):
        for proto in frame.iter("proto"):
            if proto.get("name") != "milter":
                continue
            start = int(proto.get("pos"))
            shown = {field.get("name"): field.get("show") for field in proto.iter("field")}
            if "milter.name" not in shown:
                continue
            fields = []
            for field in proto.iter("field"):
                name = field.get("name").removeprefix("milter.")
                if name not in LABELS or int(field.get("size")) == 0:
                    continue
                label = LABELS[name]
                if label is None:
                    label = next((f.get("show") for f in field if f.get("name") == "milter.macro.name"), "")
                fields.append((label, int(field.get("pos")) - start, int(field.get("size"))))
            yield shown["milter.from"], shown["milter.name"], fields


def listed(trace):
    for packet in tool.packets(trace):
        raw = b64decode(packet["raw"])
        fields = [
            (field["name"], field["offset"], field["length"])
            for field in packet["fields"] if field["length"] > 0 and field["offset"] + field["length"] <= len(raw)]
        yield packet["from"], packet["name"], fields


@unittest.skipUnless(TSHARK, "tshark is not installed")
class Dissector(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.script = self.file("milter.lua")
        with open(self.script, "wb") as script:
            script.write(tool.mitmilter("wireshark-dissector"))

    def file(self, name):
        return os.path.join(self.folder, name)

    def capture(self, trace):
        target = self.file("capture.pcapng")
        tool.mitmilter("export", "pcapng", "-o", target, trace)
        return target

    def agree(self, trace, capture=None):
        ours = list(listed(trace))
        theirs = list(dissected(capture or self.capture(trace), self.script))
        self.assertEqual(len(theirs), len(ours), trace)
        for number, (one, other) in enumerate(zip(theirs, ours), 1):
            self.assertEqual(one, other, f"packet {number} of {os.path.basename(trace)}")
        return len(ours)

    def test_every_sample_is_decoded_as_by_us(self):
        for trace in tool.samples():
            with self.subTest(os.path.basename(trace)):
                self.assertGreater(self.agree(trace), 10)

    def test_the_corpus_is_decoded_as_by_us(self):
        folder = tool.shared("corpus")
        if folder is None:
            self.skipTest("there is no folder of captures beside the project")
        names = sorted(name for name in os.listdir(folder) if name.endswith((".jsonl", ".jsonl.gz")))
        # A good mixture within a bounded time.
        for name in names[::max(1, len(names) // 25)]:
            path = os.path.join(folder, name)
            if os.path.getsize(path) > 400_000:
                continue
            with self.subTest(name):
                self.agree(tool.corpus_trace(path, self.file("corpus.mtrace")))

    def test_captures_of_real_mtas_are_decoded_as_by_us(self):
        names = [name for name in os.listdir(CAPTURES) if not name.endswith(".json")]
        self.assertIn("sendmail-everything.pcap", names)
        for name in sorted(names):
            path = os.path.join(CAPTURES, name)
            with self.subTest(name):
                with open(path + ".expect.json") as file:
                    expected = sum(sum(one["packets"].values()) for one in json.load(file)["connections"])
                self.assertEqual(self.agree(path, path), expected)

    def test_segments_may_be_cut_anywhere_come_in_any_order_and_over_any_port(self):
        for seed, port in enumerate([8891, 25, 80, 443, 3306, 11332]):
            trace = tool.samples()[seed]
            packets = [(packet["from"], b64decode(packet["raw"])) for packet in tool.packets(trace)
                       if packet["conn"] == 1]
            with self.subTest(os.path.basename(trace), port=port):
                capture = segments.Wire(packets, port, seed).write(self.file("cut.pcap"))
                # One by one as well as with what came before at hand, as in the graphical program.
                for passes in ([], ["-2"]):
                    theirs = tool.run(
                        TSHARK, *passes, "-X", f"lua_script:{self.script}", "-r", capture, "-T", "fields", "-e",
                        "milter.from", "-e", "milter.length", stderr=open(os.devnull, "w")).decode()
                    senders, lengths = ("\t".join(column).replace(",", "\t").split("\t") for column in zip(
                        *(line.split("\t") for line in theirs.splitlines() if line.strip())))
                    self.assertEqual(
                        list(zip(senders, map(int, lengths))), [(sender, len(data) - 4) for sender, data in packets])

    def test_a_hole_is_named_and_what_follows_is_read(self):
        trace = os.path.join(tool.SAMPLES, "opendkim-sign.mtrace")
        packets = [(packet["from"], b64decode(packet["raw"])) for packet in tool.packets(trace) if packet["conn"] == 1]
        wire = segments.Wire([], 8891)
        for sender, data in packets:
            other = "milter" if sender == "mta" else "mta"
            wire.frames.append(wire.frame(sender, wire.next[sender], wire.next[other], data, 0x18))
            wire.next[sender] += len(data)
        del wire.frames[3 + 6]
        capture = wire.write(self.file("hole.pcap"))
        self.assertEqual(len(list(dissected(capture, self.script))), len(packets) - 1)
        text = tool.run(TSHARK, "-X", f"lua_script:{self.script}", "-r", capture, "-Y", "milter.missing", "-T", "fields",
                        "-e", "_ws.expert.message", stderr=open(os.devnull, "w")).decode()
        self.assertIn(f"{len(packets[6][1])} bytes are not in the capture", text)

    def test_ports_can_be_told(self):
        capture = os.path.join(CAPTURES, "no-start.pcap")
        for told in (["-o", "milter.port:1-2,9901"], ["-d", "tcp.port==9901,milter"], []):
            lines = tool.run(TSHARK, "-X", f"lua_script:{self.script}", *told, "-r", capture, "-Y", "milter.from == mta",
                             stderr=open(os.devnull, "w"))
            self.assertGreater(len(lines.splitlines()), 10, told)

    def test_fields_are_there_for_display_filters(self):
        trace = os.path.join(tool.SAMPLES, "every-modification.mtrace")
        capture = self.capture(trace)

        def count(expression):
            lines = tool.run(
                TSHARK, "-X", f"lua_script:{self.script}", "-r", capture, "-Y", expression, "-T", "fields", "-e",
                "frame.number", stderr=open(os.devnull, "w"))
            return len(lines.splitlines())

        self.assertEqual(count("milter.actions.addhdrs == 1"), 2)
        self.assertEqual(count('milter.name == "MAIL" && milter.mail.address contains "sender"'), 1)
        self.assertGreater(count('milter.name == "CHGHEADER" && milter.index >= 1'), 0)
        self.assertEqual(count("milter.malformed || milter.unknown_code"), 0)

    def test_edits_and_findings_are_comments(self):
        capture = self.capture(os.path.join(tool.SAMPLES, "desynchronised-milter.mtrace"))
        text = tool.run(
            TSHARK, "-r", capture, "-Y", "frame.comment", "-T", "fields", "-e", "frame.comment",
            stderr=open(os.devnull, "w")).decode()
        self.assertIn("R02", text)


if __name__ == "__main__":
    unittest.main()
