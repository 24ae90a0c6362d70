"""MTAs beside Postfix and Sendmail, played as their sources have it: told from the wire, and judged by their own rules."""

import json
import os
import re

from rule_sessions import (
    BODY, DATA, END, MAIL, QUIT, RCPT, Session, add, ask, change, client, header, macros, milter, mta, optneg)
from test_rules import Peers, run
from test_screen import Home, left

FOLDED = header(b"Subject", b"one\r\n two")
HEADERS = b"From: a@example.org\r\nSubject: one\r\n two\r\n\r\n"


def opening(offer, *connect):
    return mta(b"O", offer) + milter(b"O", optneg(actions=0x3F)) + macros(b"C", *connect) + client() + milter(b"c") + ask(
        b"H", b"client.example\0")


def mail(body=b"Hello.\r\n"):
    return MAIL + RCPT + header(b"From", b"a@example.org") + FOLDED + ask(b"N") + ask(b"B", body) + END


STALWART = opening(optneg(actions=0xFF, steps=0x42), (b"{daemon_name}", b"Stalwart v0.12.4"), (b"j", b"mx.example.net"))
MADDY = opening(optneg(actions=0x21), (b"daemon_name", b"maddy"), (b"if_name", b"unknown"), (b"if_addr", b"0.0.0.0"))
GENERIC = mta(b"O", optneg(2, 0x3F, 0)) + milter(b"O", optneg(2, 0x3F)) + client() + milter(b"c") + ask(b"H", b"client.example\0")
QUARANTINE = milter(b"q", b"odd\0")


def record(home, name, acts):
    with Peers(home, "plain") as peers:
        peers.play(Session("", acts))
    os.rename(peers.trace, trace := home.file(f"{name}.mtrace"))
    return trace


def on_screen(home, trace, packet, *patterns):
    """What stands beside the packet."""
    with home.run("open", trace, size=(200, 60)) as t:
        t.wait("Timeline")
        t.send(f":goto {packet}\r")
        for pattern in patterns:
            t.wait(pattern)
        t.key("Q")
        left(t)


def delivered(trace, mta):
    lines = [json.loads(line) for line in run("export", "jsonl", trace, "--delivered", mta).splitlines()]
    return next(one["delivered"] for one in lines if one["type"] == "message")


def findings(trace):
    return [json.loads(line) for line in run("lint", "--json", trace, "--fail-on", "error").splitlines()]


def number_of(trace, name):
    return next(one["n"] for one in map(json.loads, run("show", "--json", trace).splitlines()) if one["name"] == name)


def test_stalwart_is_told_and_judged_by_its_source():
    acts = STALWART + mail(HEADERS + b"Hello.\r\n") + QUARANTINE + add(b"X-Seen", b"yes") + milter(b"a") + QUIT
    with Home() as home:
        trace = record(home, "stalwart", acts)
        found = findings(trace)
        assert {one["mta"] for one in found} == {"stalwart"}, found
        assert {"H01", "M03"} <= {one["id"] for one in found}, found
        assert "as in each folded header of Stalwart" in json.dumps(found), found
        assert not any(one.get("log") for one in found), found
        assert delivered(trace, "stalwart")["fate"] == "delivered"
        eml = run("export", "eml", trace, "--delivered", "stalwart")
        assert re.search(r"^X-Quarantine: odd\r?\nX-Seen: yes\r?\nFrom: ", eml, re.M), eml
        assert eml.count("From: ") == 1, eml
        on_screen(home, trace, number_of(trace, "ACCEPT"), r"Stalwart +the message is taken", "by the source of Stalwart of June 2025")


def test_stalwart_takes_conn_fail():
    with Home() as home:
        trace = record(home, "fails", STALWART + mail() + milter(b"f"))
        on_screen(home, trace, number_of(trace, "CONN_FAIL"), "disconnected without a reply")


def test_maddy_refuses_what_is_to_be_discarded():
    acts = MADDY + mail() + add(b"X-Seen", b"yes") + change(1, b"Subject", b"new") + milter(b"d") + mta(b"A") + QUIT
    with Home() as home:
        trace = record(home, "maddy", acts)
        assert delivered(trace, "maddy")["fate"] == "tempfailed"
        assert "S07" not in {one["id"] for one in findings(trace)}
        on_screen(home, trace, number_of(trace, "DISCARD"), r"maddy +450 +maddy cannot throw mail away", "go-milter 0.4.1")


def test_what_offers_version_2_is_a_generic_client():
    with Home() as home:
        trace = record(home, "generic", GENERIC + mail() + milter(b"t") + QUIT)
        on_screen(home, trace, number_of(trace, "TEMPFAIL"), r"generic client +451 +refused for now", "qpsmtpd answers 550", "assumed")
