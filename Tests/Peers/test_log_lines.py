"""What is said that logs have (`log` in `export jsonl`), held against what Postfix and Sendmail print: character for character.

Each fault of a milter and each verdict at each stage, in a session of its own. Nothing tells a milter how Sendmail calls it, nor,
before MAIL, which queue id the client has: for `NAME` the testbed's name is put in, for `QUEUE` any.
"""
import json
import os
import re
import struct
import unittest

from testbed import scenarios, wire
from testbed.bed import the_bed
from testbed.broken import CLOSE, CONTINUE, BrokenMilter, at
from testbed.proxy import Trace, run
from testbed.smtp import HungUp
from testbed.waiting import until

frame = wire.frame
ADDHEADER = frame("h", b"X-Seen\0yes\0")
STAGES = "CHMRTLNBE"


def optneg(version=6, actions=0x1FF, steps=0, lists=b""):
    return frame("O", struct.pack(">III", version, actions, steps) + lists)


def number(value):
    return struct.pack(">I", value)


def ending(*edits, actions=0x1FF):
    """These modifications at the end of the message; only `actions` are negotiated."""
    said = {"O": optneg(actions=actions), "E": b"".join(edits) + CONTINUE}
    return lambda letter, count, _: said.get(letter) if count == 1 else None


EDITS = {
    "adds a header": frame("h", b"X-A\0a\0"),
    "changes a header": frame("m", number(1) + b"Subject\0x\0"),
    "deletes a header": frame("m", number(1) + b"Subject\0\0"),
    "deletes what is not there": frame("m", number(1) + b"X-No\0\0"),
    "changes what is not there": frame("m", number(1) + b"X-New\0v\0"),
    "inserts a header": frame("i", number(1) + b"X-I\0x\0"),
    "adds a recipient": frame("+", b"<c@example.test>\0"),
    "adds one with parameters": frame("2", b"<g@example.test>\0NOTIFY=NEVER\0"),
    "removes a recipient": frame("-", b"<first@example.test>\0"),
    "removes who is none": frame("-", b"<zz@example.test>\0"),
    "changes the sender": frame("e", b"<f@example.org>\0"),
    "replaces the body": frame("b", b"new\r\n"),
    "quarantines": frame("q", b"the reason\0"),
}

VERDICTS = {
    "reject": frame("r"), "tempfail": frame("t"), "discard": frame("d"), "accept": frame("a"), "skip": frame("s"),
    "shutdown": frame("4"), "a 550": frame("y", b"550 5.7.1 no\0"), "a 451": frame("y", b"451 4.7.1 later\0"),
    "a 421": frame("y", b"421 4.7.0 go\0"),
}

TEXTS = {
    "two lines": frame("y", b"550-5.7.1 one\r\n550 5.7.1 two\0"),
    "percent": frame("y", b"550 5.7.1 100%% no\0"), "one percent": frame("y", b"550 5.7.1 100% no\0"),
    "a 250": frame("y", b"250 ok\0"), "a bare 550": frame("y", b"550\0"), "two classes": frame("y", b"550 4.7.1 no\0"),
}

FAULTS = {
    "length 0": at("M", number(0) + b"c"),
    "length 0 and nothing else": at("M", number(0)),
    "an absurd length": at("M", number(0x7FFFFFFF) + b"abc"),
    "text for a length": at("R", b"HTTP/1.1 400\r\n\r\n"),
    "payload at MAIL": at("M", frame("c", b"x")),
    "payload at the end": at("E", frame("a", b"xyz")),
    "HTTP": at("O", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "SMTP": at("O", b"220 mail.example.org ESMTP\r\n"),
    "TLS": at("O", b"\x15\x03\x03\x00\x02\x02\x28"),
    "no NUL": at("E", frame("+", b"<c@example.test>") + CONTINUE),
    "a string is missing": at("E", frame("h", b"X-Spam\0") + CONTINUE),
    "bytes behind the last": at("E", frame("h", b"X-Spam\0yes\0x") + CONTINUE),
    "half a number": at("E", frame("m", b"\0\0") + CONTINUE),
    "an empty recipient": at("E", frame("+", b"\0") + CONTINUE),
    "a change of no header": at("E", frame("m", number(1) + b"\0x\0") + CONTINUE),
    "OPTNEG of 8 bytes": at("O", frame("O", struct.pack(">II", 6, 0x1FF))),
    "OPTNEG of 2 bytes": at("O", frame("O", b"\0\0")),
    "version 7": at("O", optneg(7)),
    "version 1": at("O", optneg(1, steps=0x400)),
    "version 0": at("O", optneg(0, steps=0x400)),
    "an action too many": at("O", optneg(actions=0x11FF)),
    "a flag too many": at("O", optneg(steps=0x10000000)),
    "macros for stage 9": at("O", optneg(lists=number(9) + b"i\0")),
    "a list without NUL": at("O", optneg(lists=number(2) + b"i")),
    "CONTINUE for OPTNEG": at("O", CONTINUE),
    "PROGRESS for OPTNEG": at("O", frame("p")),
    "two replies": at("M", CONTINUE * 2),
    "body, header, body": at("E", frame("b", b"one\r\n") + ADDHEADER + frame("b", b"two\r\n") + CONTINUE),
    "two recipients in one": at("E", frame("+", b"<c@example.test>,<d@example.test>\0") + CONTINUE),
    "an unknown parameter": at("E", frame("2", b"<c@example.test>\0FOO=1\0") + CONTINUE),
    "an unknown parameter of the sender": at("E", frame("e", b"<c@example.test>\0FOO=1\0") + CONTINUE),
    "a reply without NUL": at("M", frame("y", b"550 5.7.1 no")),
    **{f"closes at {letter}": at(letter, CLOSE) for letter in "O" + STAGES},
    **{f"an unknown code at {letter}": at(letter, frame("Z") + CONTINUE) for letter in "CMRLE"},
    **{f"a command at {letter}": at(letter, frame("M", b"x") + CONTINUE) for letter in "ME"},
    **{f"a modification at {letter}": at(letter, ADDHEADER + CONTINUE) for letter in STAGES[:-1]},
    **{f"QUARANTINE at {letter}": at(letter, frame("q", b"why\0") + CONTINUE) for letter in "CMB"},
    **{f"PROGRESS at {letter}": at(letter, frame("p") + CONTINUE) for letter in "MB"},
    **{f"{name} at {letter}": at(letter, said + CONTINUE) for letter in "ME"
       for name, said in (("CONN_FAIL", frame("f")), ("SETSYMLIST", frame("l", number(2) + b"i\0")))},
    **{f"{name}, and may not": ending(edit, actions=0) for name, edit in EDITS.items()},
}

SESSIONS = {
    **FAULTS, **{name: ending(edit) for name, edit in EDITS.items()},
    "makes every change": ending(*EDITS.values()),
    **{f"{name} at {letter}": at(letter, said) for name, said in VERDICTS.items() for letter in STAGES},
    **{f"{name} at {letter}": at(letter, said) for name, said in TEXTS.items() for letter in "CME"},
}

# What is written under circumstances that the testbed has; of other lines with a condition none has to come.
GIVEN = re.compile(r"with milter_default_action = tempfail|with F=T|from LogLevel|by Postfix before 3.12")
# Sendmail tells of every step at its level of the log here.
STEPS = re.compile(r"poststats|init success|connect to filters|quit filter|abort filter|, continue$|Sending \"")
# An MTA that is without its milter says so again at each later command, and of later mails of the session.
AGAIN = re.compile(r"NOQUEUE: milter-reject: (EHLO|MAIL|RCPT) |milter-hold: |attempt to send event|"
                   r"can't read SMFIC_\w+ reply packet header: Broken pipe|"
                   r"Milter: (helo|from|to|cmd)=.*reject=|Milter: data, reject=451 4.3.2|Milter accept: message")
STALE = "a reply without NUL"  # Postfix prints bytes of its memory then


def real(mta, log):
    """The lines about milters, as (program, text)."""
    for line in log.splitlines():
        match = re.match(r"(?:\S+ +\d+ \S+ \S+ )?(\S+)\[\d+\]: (.*)", line)
        if match and re.search("ilter", match[2]) and not STEPS.search(match[2]):
            yield match[1], match[2]


def expected(mta, trace):
    """The lines that are said to be there, as (program, text, whether it has to be), in the order of the packets."""
    said = run("export", "jsonl", "--no-redact", trace)
    assert said.returncode == 0, said.stderr
    by_packet = {}
    for thing in map(json.loads, said.stdout.splitlines()):
        if thing["type"] in ("packet", "finding"):
            told = by_packet.setdefault(thing.get("n") or 0, {"finding": [], "packet": []})[thing["type"]]
            lines = thing.get("log", [])
            # Two findings about a packet may lead to the same line, which is written once.
            told += lines if not lines or lines[0] not in told else []
    found = []
    for _, told in sorted(by_packet.items()):
        lines = [line for line in told["finding"] if line["by"] == mta]
        lines += [line for line in told["packet"] if line["by"] == mta and line not in lines]
        found += [(line["program"], line["line"], "when" not in line or bool(GIVEN.search(line["when"]))) for line in lines]
    return found


def is_same(expected_line, line):
    program, text, _ = expected_line
    parts = re.split(r"\b(QUEUE|HELO|SENDER|RECIPIENT|CLIENT|COMMAND|OLD|NUMBER)\b", text.replace("NAME", "inet"))
    pattern = "".join(re.escape(part) if place % 2 == 0 else r".+?" for place, part in enumerate(parts))
    return program == line[0] and re.fullmatch(pattern, line[1]) is not None


def difference(expected_lines, lines):
    """What is said and not there, or there and not said; None where all is as it is said."""
    lines = list(lines)
    for one in expected_lines:
        if lines and is_same(one, lines[0]):
            lines.pop(0)
        elif one[2]:
            return f"expected {one[1]!r}\n     real {lines[:1]}"
    surplus = [line for line in lines if not AGAIN.search(line[1])]
    return f"not expected: {surplus[0]}" if surplus else None


class LogLines(unittest.TestCase):
    def play(self, mta, fault):
        """What the log got, and the trace."""
        bed = the_bed()
        place = bed.mta(mta)
        start = os.path.getsize(place.maillog) if os.path.exists(place.maillog) else 0
        with bed.through_proxy(BrokenMilter(fault, 0x400), "inet") as proxy:
            with bed.visit(place, "short" if mta == "sendmail" else "inet") as visit:
                try:
                    client = visit.connect()
                    client.greet()
                    client.deliver(scenarios.mail("a mail", message_id="<one@example.org>"))
                    client.quit()
                except HungUp:
                    pass
            visit.outcome()
            until(lambda: [record for record in Trace(proxy.trace).records
                           if record["k"] == "close" and record["leg"] == "mta"], "the MTA to leave")
        with open(place.maillog, encoding="utf-8", errors="replace") as log:
            log.seek(start)
            return log.read(), proxy.trace

    def hold(self, mta):
        wrong = []
        for title, fault in SESSIONS.items():
            if title == STALE and mta == "postfix":
                continue
            log, trace = self.play(mta, fault)
            what = difference(expected(mta, trace), real(mta, log.replace("(short)", "(inet)").replace("milter=short", "milter=inet")))
            if what:
                wrong.append(f"{title}: {what}")
        self.assertEqual([], wrong, "\n".join(wrong))

    def test_postfix(self):
        self.hold("postfix")

    def test_sendmail(self):
        self.hold("sendmail")


if __name__ == "__main__":
    unittest.main()
