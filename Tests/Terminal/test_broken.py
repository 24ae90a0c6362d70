"""Twelve ways to break a filter: the first finding of every list names the fault, the first wrong packet, what comes of it
and what to do about it."""

import os
import re
import signal
import socket
import subprocess
from collections import namedtuple

from programs import program
from rule_sessions import (
    BODY, CONNECT, DATA, END, EOH, FROM, HELO, MAIL, NR_HELO, QUIT, RCPT, SUBJECT, add, ask, change, close, content, ending,
    greet, header, hello, macros, milter, mta, optneg, raw, refuse)
from terminal import TIMEOUT
from test_rules import Peers
from test_screen import Home, free_port, left

STEPS = 0x1FFFFF
NR_CONTENT = 0x80 | 0x40000 | 0x80000
First = namedtuple("First", "packet rule finding consequence cure")
POSTFIX = greet() + macros(b"C", (b"v", b"Postfix 3.7.11")) + CONNECT + HELO


class Way:
    """One way, as both peers play it: the rule that has to be first, and the packet (`c1` where it is about none)."""

    def __init__(self, name, acts, rule, packet, words=""):
        self.name, self.acts, self.rule, self.packet, self.words = name, acts, rule, str(packet), words


def sent(acts):
    """Packets so far."""
    return len([act for act in acts if act.kind == "send"])


def then(before, wrong, after):
    """A session and the number of the first packet of `wrong`."""
    return before + wrong + after, sent(before) + 1


def way(name, before, wrong, after, rule, words=""):
    acts, packet = then(before, wrong, after)
    return Way(name, acts, rule, packet, words)


def silent(kind, offer):
    """The same packet without its reply."""
    return mta(kind, *offer)


CRASHES = [
    ("CONNECT", greet(), CONNECT[:1]), ("HELO", greet() + CONNECT, HELO[:1]), ("MAIL", hello(), MAIL[:1]),
    ("RCPT", hello() + MAIL, RCPT[:1]), ("DATA", hello() + MAIL + RCPT, DATA[:1]),
    ("HEADER", hello() + MAIL + RCPT + DATA, FROM[:1]), ("EOH", hello() + MAIL + RCPT + DATA + FROM, EOH[:1]),
    ("BODY", hello() + MAIL + RCPT + DATA + FROM + EOH, BODY[:1]),
    ("end of message", hello() + MAIL + content(), END),
]

TWO_DELETIONS = change(1, b"Received", b"") + change(2, b"Received", b"")
RECEIVED = [header(b"Received", b"one"), header(b"Received", b"two")]
NEXT_MAIL = (ask(b"M", b"<eve@two.example>\0") + RCPT + DATA + header(b"From", b"eve@two.example") + EOH + BODY + END)

WAYS = [
    way("two replies", hello() + MAIL, milter(b"c"), RCPT + DATA + close("mta"), "R02"),
    way("two replies to each header, at Postfix", POSTFIX + MAIL + RCPT + DATA + FROM, milter(b"c"),
        SUBJECT + milter(b"c") + EOH + END + milter(b"h", b"X-Seen\0yes\0") + close("mta"), "R02"),
    way("a reply after no-reply", greet(answer=optneg(steps=NR_HELO)) + CONNECT + HELO[:1], HELO[1:],
        MAIL + RCPT + close("mta"), "R01"),
    way("a modification too early, at Postfix", POSTFIX + MAIL[:1], add(b"X-Spam", b"no"), close("mta"), "R04"),
    way("a modification too early, and more of them", hello() + MAIL + RCPT[:1], add(b"X-Spam", b"no"),
        add(b"X-Other", b"no") + milter(b"c") + close("mta"), "R04"),
    way("a wrong index", hello() + MAIL + content() + END, change(5, b"Subject", b"new"), milter(b"a") + QUIT, "H05"),
    way("a lone %", greet() + CONNECT + HELO + MAIL[:1], milter(b"y", b"550 5.7.1 100% spam\0"), QUIT, "T04"),
    way("a class mismatch", greet() + CONNECT + HELO + MAIL[:1], milter(b"y", b"550 4.7.1 no\0"), close("mta"), "T03"),
    way("leaked state", hello() + MAIL + content() + END + milter(b"a") + NEXT_MAIL, add(b"X-Envelope-From", b"a@example.org"),
        milter(b"a") + QUIT, "L01"),
    way("silence, and the MTA gives up", hello(), MAIL[:1], mta(b"A") + QUIT + milter(b"c"), "R03"),
    way("silence, and the MTA closes", hello() + MAIL + content(), END, close("mta"), "R03"),
    way("deletes in ascending order", hello() + MAIL + content(*RECEIVED) + END + TWO_DELETIONS[:1], TWO_DELETIONS[1:],
        milter(b"a") + QUIT, "H07"),
    Way("HTTP on the port", mta(b"O", optneg(steps=STEPS)) + raw("milter", b"HTTP/1.1 400 Bad Request\r\n\r\n"), "F09", "c1",
        "HTTP"),
    way("a crash before it answers OPTNEG", [], mta(b"O", optneg(steps=STEPS)), close("milter"), "W06"),
] + [
    way(f"a crash at {stage}", before, command, close("milter"), "R03", "closed instead of answering")
    for stage, before, command in CRASHES
]


def replies_to_headers_at_the_end():
    """What a milter says to headers, and to what else it negotiated to leave unanswered, comes behind the end of message, as
    Postfix sends a mail in one piece."""
    before = greet(answer=optneg(steps=NR_CONTENT)) + macros(b"C", (b"v", b"Postfix 3.7.11")) + CONNECT + HELO + MAIL + RCPT + DATA
    before += FROM[:1] + SUBJECT[:1] + EOH[:1] + BODY[:1] + END
    return before, milter(b"c"), milter(b"c") * 4 + close("mta")


# ---- What is first in a list


def run(*arguments):
    return subprocess.run([program("mitmilter"), *arguments], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()


def first_of_report(trace):
    rows = re.findall(r"^\| ([^|]*) \| (?:note|warning|error) \| ([A-Z]\d\d) \| (.*?) \| (.*?) \| (.*?) \|$",
                      run("export", "report", trace), re.M)
    assert rows, run("export", "report", trace)
    return First(*rows[0])


def first_on_screen(home, trace, first):
    """The list in the Findings view begins with it, and beside the list stand what comes of it and what to do."""
    with home.run("open", trace, size=(160, 40)) as t:
        t.wait("Timeline")
        t.key("4")
        t.wait(r"^  id .*finding")
        t.wait(rf"^  id .*\n[●▲✖] {first.rule} ")
        for words in (first.consequence, "→ " + first.cure):
            t.wait(re.escape(" ".join(words.split()[:4])))
        t.key("Q")
        left(t)


def judge(home, trace, way):
    first = first_of_report(trace)
    assert (first.rule, first.packet) == (way.rule, way.packet), (way.name, first, run("show", trace))
    assert first.consequence and first.cure and way.words in first.finding, (way.name, first)
    shown = run("show", "-v", trace)
    assert f"→ {first.cure}" in shown, (way.name, shown)
    first_on_screen(home, trace, first)


def play(home, way):
    with Peers(home, "plain") as peers:
        peers.play(way)
    os.rename(peers.trace, trace := home.file(f"{way.name}.mtrace"))
    return trace


# ---- The tests


def test_each_way_to_break_a_filter_is_first_in_every_list():
    for way in WAYS:
        way.proxy = "plain"
        with Home() as home:
            judge(home, play(home, way), way)


def test_replies_to_what_goes_without_are_told_by_their_count():
    before, wrong, after = replies_to_headers_at_the_end()
    way = Way("replies at the end", *then(before, wrong, after)[:1], "R01", sent(before) + 1)
    way.proxy = "plain"
    with Home() as home:
        judge(home, play(home, way), way)


def test_a_socket_without_permission_is_named():
    with Home() as home:
        path, trace = home.file("milter.sock"), home.file("permission.mtrace")
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(path)
            door.listen()
            os.chmod(path, 0)
            os.chmod(home.path, 0o777)
            port = free_port()
            # Permission is no matter for root.
            user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
            proxy = subprocess.Popen(
                [program("mitmilter"), "proxy", "--listen", f"127.0.0.1:{port}", "--milter", f"unix:{path}", "--headless", "-w",
                 trace], stderr=subprocess.PIPE, env={**os.environ, "XDG_CONFIG_HOME": home.path, "XDG_STATE_HOME": home.path}, **user)
            try:
                while True:
                    line = proxy.stderr.readline().decode()
                    assert line, "the proxy ended"
                    if str(port) in line:
                        break
                with socket.create_connection(("127.0.0.1", port), TIMEOUT) as end:
                    end.settimeout(TIMEOUT)
                    assert end.recv(1) == b""
                proxy.send_signal(signal.SIGTERM)
                assert proxy.wait(TIMEOUT) == 0
            finally:
                proxy.kill()
                proxy.wait()
                proxy.stderr.close()
        os.chmod(trace, 0o644)
        judge(home, trace, Way("a socket without permission", [], "W08", "c1", "ermission"))
