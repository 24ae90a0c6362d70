"""Faults on purpose, as rules of a proxy and of a milter: a second mitmilter that watches says what is wrong."""

import os
import re
import subprocess

from programs import program
from test_provoke import Listening
from test_screen import Home, free_port

TIMEOUT = 60

# What a milter does, by the sender of the mail; the rule that a watcher then names.
AS_MILTER = {
    "on rcpt do extra continue; coalesce": "R02",
    "on mail do reply 550 no; shorten 1": "T05",
    "on mail do corrupt 4 5a": "F05",
    "on mail do append 00": "F07",
    "on rcpt do extra add-header X-Early yes": "R04",
    "on bodyeob do progress storm 5": "W04",
    "on mail do raw 00 00 00 00": "F01",
    "on connect do provoke T03": "T03",
    "on rcpt do close mta reset": "W05",
    "on mail do extra 00 00 00 01 5a": "F05",
    "on rcpt do close mta after 3": "F06",
    "on rcpt do split 3 1ms; note fine": None,
}

# What a proxy does to the milter behind it.
TO_MILTER = {
    "on mail do duplicate": "S08",
    "on rcpt do shorten 1": "G01",
    "on helo do append 00": "G03",
    "on connect do provoke G05": "G05",
    "on data do extra 00 00 00 01 5a": "F05",
    "on rcpt do close milter after 3": "F06",
}


def found(trace):
    """The ids of findings by sender of the mail, as a trace has them."""
    with open(trace, encoding="utf-8", errors="replace") as file:
        return re.findall(r'"k":"find".*?"id":"([A-Z]\d\d)"', file.read())


def sent(port, mail, sender):
    return subprocess.run(
        [program("mitmilter"), "send", "--milter", f"127.0.0.1:{port}", "--from", sender, "--timeout", "2s", mail],
        capture_output=True, text=True, timeout=TIMEOUT)


def watched(home, rules):
    """The findings over one mail a rule, each through a watcher between the MTA and the faulty milter, in order."""
    mail = home.file("a.eml")
    with open(mail, "w") as file:
        file.write("From: a@example.org\nSubject: one\n\nHello.\n")
    for number, rule in enumerate(rules):
        behind, front, trace = free_port(), free_port(), home.file(f"{number}.mtrace")
        milter = Listening(home, "milter", "--headless", "-q", "--listen", f"127.0.0.1:{behind}", "-c", rule)
        watcher = Listening(home, "proxy", "--headless", "-q", "--listen", f"127.0.0.1:{front}",
                            "--milter", f"127.0.0.1:{behind}", "-w", trace)
        done = sent(front, mail, "a@example.org")
        milter.end()
        watcher.end()
        yield rule, found(trace), done


def test_a_milter_that_is_broken_on_purpose_is_told_of():
    with Home() as home:
        for rule, ids, done in watched(home, AS_MILTER):
            expected = AS_MILTER[rule]
            assert expected in ids if expected else not ids, (rule, ids, done.stdout, done.stderr)


def test_a_proxy_that_is_broken_on_purpose_is_told_of_by_the_milter():
    with Home() as home:
        mail = home.file("a.eml")
        with open(mail, "w") as file:
            file.write("From: a@example.org\nSubject: one\n\nHello.\n")
        for number, (rule, expected) in enumerate(TO_MILTER.items()):
            behind, front, trace = free_port(), free_port(), home.file(f"{number}.mtrace")
            milter = Listening(home, "milter", "--headless", "-q", "--listen", f"127.0.0.1:{behind}", "-w", trace)
            faulty = Listening(home, "proxy", "--headless", "-q", "--listen", f"127.0.0.1:{front}",
                               "--milter", f"127.0.0.1:{behind}", "-c", rule)
            done = sent(front, mail, "a@example.org")
            faulty.end()
            milter.end()
            assert expected in found(trace), (rule, found(trace), done.stdout, done.stderr)
