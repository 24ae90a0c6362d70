"""The log of decisions: each line keeps to docs/schema/decision.json, says who decided and why, and holds no body."""
import json
import os
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

import tool

try:
    import jsonschema
except ImportError:
    jsonschema = None

OPTNEG = b"O" + struct.pack(">III", 6, 0x1FF, 0x1FFFFF)
RULES = """\
on helo and helo.name == "late.example.org" do tempfail
on rcpt and rcpt.address == "no@example.net" named "closed list" do reply 550 5.7.1 "100% closed" "try elsewhere"
on bodyeob and message.subject == "change" do add-header X-A b; insert-header 0 X-B c; change-header Subject new;
  delete-header From; add-rcpt <d@example.net>; add-rcpt <e@example.net> NOTIFY=NEVER; delete-rcpt <yes@example.net>;
  change-from <f@example.org>; replace-body "the secret body"; quarantine "odd"
on bodyeob and message.subject == "hold" do hold
on unknown do reject
"""


class MTA:
    """The MTA's side of one connection to a milter."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.source = self.socket.makefile("rb")

    def send(self, packet):
        self.socket.sendall(struct.pack(">I", len(packet)) + packet)

    def reply(self):
        count, = struct.unpack(">I", self.source.read(4))
        return self.source.read(count)

    def ask(self, *packets):
        """The verdicts."""
        replies = []
        for packet in packets:
            self.send(packet)
            replies.append(self.reply())
            while replies[-1][:1] in b"hibm+2-eq":
                replies[-1] = self.reply()
        return replies

    def mail(self, subject, rcpt=b"<yes@example.net>"):
        return self.ask(b"M<a@example.org>\0", b"R<no@example.net>\0", b"R" + rcpt + b"\0", b"T",
                        b"LFrom\0a@example.org\0", b"LSubject\0" + subject + b"\0", b"N", b"Bconfidential\r\n", b"E")[-1]

    def close(self):
        self.source.close()
        self.socket.close()


class Decisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.rules, cls.log = os.path.join(folder.name, "the.rules"), os.path.join(folder.name, "decisions.jsonl")
        with open(cls.rules, "w", encoding="ascii") as file:
            file.write(RULES)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        milter = subprocess.Popen(
            [tool.MITMILTER, "milter", "--listen", f"127.0.0.1:{port}", "--headless", "-q", "-r", cls.rules,
             "--log", cls.log, "--mta-timeout", "2s"], stderr=subprocess.PIPE)
        cls.addClassCleanup(milter.stderr.close)
        cls.addClassCleanup(milter.wait, 30)
        cls.addClassCleanup(milter.kill)
        milter.stderr.readline()
        cls.play(port)
        # The last line is about a mail that the MTA gave up; a signal would be quicker than that.
        pause, patience = threading.Event(), 2000
        while patience and "abandoned" not in cls.logged():
            patience -= 1
            pause.wait(0.01)
        milter.terminate()
        milter.wait(30)
        cls.text = cls.logged()
        cls.lines = [json.loads(line) for line in cls.text.splitlines()]

    @classmethod
    def logged(cls):
        with open(cls.log, encoding="ascii") as lines:
            return lines.read()

    @staticmethod
    def play(port):
        mta = MTA(port)
        connect = b"Cmail.example.org\0" + b"4" + struct.pack(">H", 4711) + b"192.0.2.7\0"
        mta.ask(OPTNEG, connect, b"Hmail.example.org\0")
        for subject in (b"plain", b"change", b"hold"):
            mta.mail(subject)
        mta.ask(b"UFOO\0")
        mta.send(b"Q")
        mta.close()
        mta = MTA(port)
        mta.ask(OPTNEG, connect, b"Hlate.example.org\0")
        mta.close()
        mta = MTA(port)
        mta.ask(OPTNEG, connect, b"Hmail.example.org\0")
        mta.ask(b"M<a@example.org>\0", b"R<yes@example.net>\0", b"T", b"LSubject\0hold\0", b"N")
        mta.send(b"E")
        mta.close()

    @unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
    def test_every_line_keeps_to_the_schema(self):
        with open(os.path.join(tool.PROJECT, "docs", "schema", "decision.json"), encoding="ascii") as file:
            schema = json.load(file)
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
        # As it is, a new member is allowed; here it has to be in the schema.
        strict = json.loads(json.dumps(schema).replace('"properties":', '"unevaluatedProperties": false, "properties":'))
        self.assertGreater(len(self.lines), 5)
        for line in self.lines:
            kind(schema).validate(line)
            kind(strict).validate(line)
        with self.assertRaises(jsonschema.ValidationError):
            kind(schema).validate({**self.lines[0], "by": "nobody"})

    def test_the_decisions_are_told_with_who_made_them(self):
        said = [(line["stage"], line["verdict"], line["by"], line.get("place", "").rpartition(":")[2])
                for line in self.lines]
        refused = ("RCPT", "reply", "rule", "2")
        self.assertEqual([
            refused, ("BODYEOB", "accept", "default", ""), refused, ("BODYEOB", "accept", "default", ""),
            refused, ("BODYEOB", "accept", "timeout", ""), ("UNKNOWN", "reject", "rule", "7"),
            ("HELO", "tempfail", "rule", "1"), ("BODYEOB", "abandoned", "mta", "")], said)

    def test_a_refused_recipient_has_the_words_of_the_reply(self):
        line = self.lines[0]
        self.assertEqual(["550-5.7.1 100% closed", "550 5.7.1 try elsewhere"], line["reply"])
        self.assertEqual("<no@example.net>", line["rcpt"])
        self.assertEqual("closed list", line["rule"])
        self.assertEqual(f"{self.rules}:2", line["place"])
        self.assertEqual(5, line["class"])

    def test_a_mail_has_what_is_known_of_it(self):
        line = self.lines[1]
        self.assertEqual({"host": "mail.example.org", "address": "192.0.2.7", "port": 4711}, line["client"])
        self.assertEqual(("<a@example.org>", ["<yes@example.net>"], "plain", "mail.example.org", 1, 1), tuple(
            line[key] for key in ("from", "rcpts", "subject", "helo", "conn", "msg")))

    def test_modifications_are_told_and_no_body(self):
        names = [change["name"] for change in self.lines[3]["modifications"]]
        self.assertEqual(["ADDHEADER", "INSHEADER", "CHGHEADER", "CHGHEADER", "ADDRCPT", "ADDRCPT_PAR", "DELRCPT",
                          "CHGFROM", "REPLBODY", "QUARANTINE"], names)
        self.assertEqual({"rule"}, {change["by"] for change in self.lines[3]["modifications"]})
        self.assertNotIn("confidential", self.text)
        # The rule that brought the new body is quoted; the body itself is a length.
        self.assertEqual(15, next(change["bytes"] for change in self.lines[3]["modifications"] if "bytes" in change))

    def test_a_held_mail_has_its_wait(self):
        self.assertGreater(self.lines[5]["waited"], 400)
        self.assertLess(self.lines[1]["waited"], 400)

    def test_the_file_is_for_its_owner_and_is_added_to(self):
        self.assertEqual(0o600, os.stat(self.log).st_mode & 0o777)

    def test_two_outputs_on_standard_output_are_refused(self):
        done = subprocess.run([tool.MITMILTER, "milter", "--listen", "127.0.0.1:0", "-w", "-", "--log", "-"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        self.assertEqual(2, done.returncode)
        self.assertIn(b"both a trace", done.stderr)


if __name__ == "__main__":
    unittest.main()
