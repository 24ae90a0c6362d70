"""The desk: mails wait for a person, who reads them and judges each by a key."""

import contextlib
import json

from test_milter import Client
from test_screen import Home, free_port, left


@contextlib.contextmanager
def desk(*arguments, size=(80, 24)):
    """The terminal and the port where `milter` listens."""
    with Home() as home:
        port = free_port()
        with home.run("milter", "--listen", f"127.0.0.1:{port}", *arguments, size=size) as t:
            t.wait("waiting for an MTA to connect")
            yield t, port


def leave(t):
    t.key("Q")
    t.until(lambda: t.is_closed or "end" in t.text().splitlines()[-1], "neither a question nor the end")
    if not t.is_closed:
        t.key("y")
    left(t)


def test_one_key_each_from_arrival_to_verdict():
    verdicts = [
        (["a"], [b"a"]), (["r"], [b"r"]), (["t"], [b"t"]), (["D", "y"], [b"d"]),
        (["z", "Enter"], [b"qheld for review\0", b"a"]), (["Enter", "r"], [b"r"]),
    ]
    with desk() as (t, port), Client(port) as mta:
        mta.greet()
        for number, (keys, replies) in enumerate(verdicts, 1):
            mta.mail(f"<sender{number}@example.org>")
            t.wait(rf"(?m)^c1.{number} .*end +<sender{number}@")
            t.wait(r"a accept 250 .*r reject 550 .*t tempfail 451 ")
            t.key(*keys)
            for reply in replies:
                assert mta.reply() == reply, keys
            t.wait("nothing waits")
        mta.send(b"Q")
        leave(t)


def test_recipients_are_refused_one_by_one():
    with desk("--hold", "rcpt or bodyeob") as (t, port), Client(port) as mta:
        mta.greet()
        assert mta.ask(b"M<alice@example.org>\0") == b"c"
        for recipient, key, reply in [("bob", "a", b"c"), ("carol", "r", b"r"), ("dave", "t", b"t")]:
            mta.send(b"R<" + recipient.encode() + b"@example.net>\0")
            t.wait(rf"RCPT +<alice@\S+ +<{recipient}@")
            t.key(key)
            assert mta.reply() == reply
        for packet in [b"T", b"LSubject\0For bob\0", b"N"]:
            assert mta.ask(packet) == b"c"
        mta.send(b"E")
        t.wait(r"<carol@example.net>  refused reject")
        t.key("a")
        assert mta.reply() == b"a"
        leave(t)


def test_an_mta_that_gives_up_is_told_of_and_recorded():
    with Home() as home:
        port, trace = free_port(), home.file("desk.mtrace")
        with home.run("milter", "--listen", f"127.0.0.1:{port}", "-w", trace, size=(80, 24)) as t:
            t.wait("waiting for an MTA to connect")
            with Client(port) as mta:
                mta.greet()
                mta.mail()
                t.wait("Greetings")
            t.wait("c1.1: the MTA gave up waiting")
            t.wait("nothing waits")
            t.key("2")
            t.wait(r"Greetings +lost")
            t.key("Q")
            left(t)
        with open(trace) as file:
            outcomes = [json.loads(line).get("outcome") for line in file if '"k":"release"' in line]
        assert outcomes[-1] == "abandoned", outcomes


def test_two_hundred_waiting_mails_are_judged_at_once():
    count = 200
    with desk() as (t, port), contextlib.ExitStack() as stack:
        peers = []
        for number in range(count):
            mta = stack.enter_context(Client(port))
            mta.greet()
            mta.mail(f"<sender{number}@example.{'com' if number % 2 else 'org'}>")
            peers.append(mta)
        t.wait(f"3 Held {count}")
        t.key("G")
        t.wait("<sender199@example.com>")
        t.key("g")
        t.wait("<sender0@example.org>")
        t.key("*")
        t.wait("apply bodyeob and message.from ==")
        t.key("C-u")
        t.send('apply message.from endswith "@example.com" do reply 550 5.7.1 "not from there"')
        t.key("Enter")
        t.wait(f"3 Held {count // 2}")
        t.key("a")
        assert peers[0].reply() == b"a"
        t.key("*")
        t.wait("do accept")
        t.key("C-u")
        t.send("apply bodyeob do accept")
        t.key("Enter")
        t.wait("nothing waits")
        for number, mta in enumerate(peers[1:], 1):
            assert mta.reply() == (b"y550 5.7.1 not from there\0" if number % 2 else b"a")
        leave(t)
