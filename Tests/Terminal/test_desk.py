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
    t.until(lambda: t.is_closed or "y yes" in t.text() or "Quit and end" in t.text(), "neither a question nor the end")
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
            t.wait("No mail is waiting")
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
        t.wait(r"c1.1 .* end .*For bob")
        t.wait(r"<carol@example.net>  refused reject")
        t.key("a")
        assert mta.reply() == b"a"
        leave(t)


def test_mails_in_other_character_sets_are_read():
    with desk() as (t, port), Client(port) as mta:
        mta.greet()
        assert mta.ask(b"M<alice@example.org>\0") == b"c"
        assert mta.ask(b"R<bob@example.net>\0") == b"c"
        for packet in [b"T", b"LSubject\0=?koi8-r?B?8NLJ18XU?=\0", b"LContent-Type\0text/plain; charset=iso-8859-7\0",
                       b"LContent-Transfer-Encoding\0quoted-printable\0", b"N", b"B=E1=E2=E3\r\n"]:
            assert mta.ask(packet) == b"c"
        mta.send(b"E")
        t.wait(r"c1.1 .* end .*Привет")
        t.wait("αβγ")
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
            t.wait("No mail is waiting")
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
        t.wait("No mail is waiting")
        for number, mta in enumerate(peers[1:], 1):
            assert mta.reply() == (b"y550 5.7.1 not from there\0" if number % 2 else b"a")
        leave(t)


def test_a_mail_that_a_rule_decides_does_not_wait():
    rule = 'on bodyeob and message.from contains "spam" named "spam" do reject'
    with desk("-c", rule) as (t, port), Client(port) as mta:
        mta.greet()
        mta.mail("<spam@example.org>")
        assert mta.reply() == b"r"
        mta.mail("<alice@example.org>")
        t.wait(r"(?m)^c1.2 .*<alice@")
        t.key("a")
        assert mta.reply() == b"a"
        leave(t)


def test_where_a_rule_holds_and_another_decides_the_bar_says_so():
    for size in [(80, 24), (120, 36), (40, 12)]:
        with desk("-c", "on bodyeob named watch do hold", "-c", "on bodyeob named spam do reject", size=size) as (t, port):
            with Client(port) as mta:
                mta.greet()
                mta.mail()
                t.wait("would reject; a" if size[0] == 40 else 'rule "spam" would reject')
                t.key("a")
                assert mta.reply() == b"a"
                t.wait("No mail is waiting")
                t.gone("would reject")
                mta.mail()
                t.wait("would reject")
                t.key("u")
                t.wait("revert last")
                t.until(lambda: "reject;" not in t.text() and "would reject" not in t.text(), "the rule still has its say")
                t.key("t")
                assert mta.reply() == b"t"
                leave(t)


def test_the_rule_key_works_when_nothing_waits():
    with desk() as (t, port), Client(port) as mta:
        t.wait("No mail is waiting|waiting for an MTA")
        t.wait("R rule")
        t.key("R")
        t.wait("you gave no verdict yet that a rule could repeat")
        mta.greet()
        mta.mail("<news@example.org>")
        t.wait(r"(?m)^c1.1 ")
        t.key("r")
        assert mta.reply() == b"r"
        t.wait("No mail is waiting")
        t.key("R")
        t.wait(r'new rule: on bodyeob and message.from == .*news@example.org.* do reject')
        t.key("Enter")
        t.wait("rule 2 is set")
        mta.mail("<news@example.org>")
        assert mta.reply() == b"r"
        leave(t)


MAIL = b"".join([
    b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n",
    b"--b\r\nContent-Type: application/pdf; name=\"../bill.pdf\"\r\n",
    b"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--b--\r\n",
])


def send_mixed(mta):
    """A mail of two parts, up to its end."""
    assert mta.ask(b"M<alice@example.org>\0") == b"c"
    for packet in [b"R<bob@example.net>\0", b"T", b"LContent-Type\0multipart/mixed; boundary=b\0", b"N"]:
        assert mta.ask(packet) == b"c"
    assert mta.ask(b"B" + MAIL) == b"c"
    mta.send(b"E")


def test_parts_are_saved_replaced_and_deleted():
    with Home() as home:
        port = free_port()
        with home.run("milter", "--listen", f"127.0.0.1:{port}", size=(80, 24)) as t:
            t.wait("waiting for an MTA to connect")
            with Client(port) as mta:
                mta.greet()
                send_mixed(mta)
                t.wait(r"2  application/pdf|bob@example.net")
                for answer, content in [(None, b"Hello"), ("n", b"mine"), ("y", b"Hello")]:
                    t.key("w")
                    t.wait("save-part 2 bill.pdf")
                    t.key("Enter")
                    if answer:
                        t.wait("bill.pdf is there already")
                        t.key(answer)
                    if answer != "n":
                        t.wait("saved 5 bytes to bill.pdf")
                    with open(home.file("bill.pdf"), "r+b") as file:
                        assert file.read() == content
                        file.seek(0)
                        file.write(b"mine")
                        file.truncate()
                with open(home.file("new.txt"), "w") as file:
                    file.write("Bye\n")
                for line, words in [
                    ("replace-part 1 @new.txt", r"c1\.\d: replace-part 1"), ("delete-part 2", r"c1\.\d: delete-part 2"),
                    ("delete-part 3", r"c1\.\d: there is no part 3: the last is 2"),
                ]:
                    t.key(":")
                    t.send(line)
                    t.key("Enter")
                    t.wait(words)
                t.key("Enter")
                t.wait("with your changes")
                t.wait(r"\+ Bye")
                t.key("a")
                part = b"--b\r\nContent-Type: text/plain\r\n\r\nBye\r\n\r\n--b--\r\n"
                assert mta.reply() == b"b" + part
                assert mta.reply() == b"a"
                # The same by a rule, which sees the body of a mail that begins after it.
                t.key(":")
                t.send("on bodyeob do delete-part 1")
                t.key("Enter")
                t.wait("5 (?:Rules )?2")
                send_mixed(mta)
                t.wait("c1.2")
                t.key("a")
                start = MAIL.index(b"--b\r\nContent-Type: application")
                assert mta.reply() == b"b" + MAIL[start:]
                assert mta.reply() == b"a"
                leave(t)
