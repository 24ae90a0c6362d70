"""Being the milter: a scripted MTA on one side, the operator or rules on the other."""

import json
import signal
import socket
import subprocess

from programs import program
from test_screen import Home, free_port, left, receive

OPTNEG = b"O" + bytes.fromhex("00000006000001ff001fffff")


class Client:
    """The MTA's side of one connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *packets):
        for packet in packets:
            self.socket.sendall(len(packet).to_bytes(4, "big") + packet)

    def reply(self):
        """The next reply that is more than a sign of life."""
        while True:
            count = int.from_bytes(receive(self.socket, 4), "big")
            packet = receive(self.socket, count)
            if packet != b"p":
                return packet

    def ask(self, packet):
        self.send(packet)
        return self.reply()

    def greet(self):
        assert self.ask(OPTNEG)[:5] == b"O\0\0\0\x06"
        assert self.ask(b"Cmail.example.org\x004" + bytes.fromhex("c822") + b"192.0.2.7\0") == b"c"
        assert self.ask(b"Hmail.example.org\0") == b"c"

    def mail(self, sender="<alice@example.org>", subject="Greetings"):
        """Up to the end of the mail, whose verdict is left to be read."""
        assert self.ask(b"M" + sender.encode() + b"\0") == b"c"
        assert self.ask(b"R<bob@example.net>\0") == b"c"
        assert self.ask(b"T") == b"c"
        assert self.ask(b"LSubject\0" + subject.encode() + b"\0") == b"c"
        assert self.ask(b"N") == b"c"
        assert self.ask(b"BHello.\r\n") == b"c"
        self.send(b"E")


def test_the_operator_decides_about_a_mail():
    with Home() as home:
        port = free_port()
        with home.run("milter", "--listen", f"127.0.0.1:{port}", size=(120, 36)) as t:
            t.wait("waiting for an MTA to connect")
            with Client(port) as mta:
                mta.greet()
                mta.mail()
                t.wait(r"end +<alice@example.org> +<bob@example.net> +Greetings")
                t.wait(r"r +reject +550 +after the final dot the client gets 550 5.7.1")
                t.key("+", "a")
                t.send('X-Seen "by me"')
                t.key("Enter")
                t.wait(r'c1\.\d: add-header X-Seen "by me"')
                t.key("v", "a")
                assert mta.reply() == b"hX-Seen\0by me\0"
                assert mta.reply() == b"a"
                t.wait("No mail is waiting")
                mta.mail()
                t.wait(r"c1.2 .* end +<alice@example.org>")
                t.key("o")
                t.send('not today"')
                t.key("Enter")
                assert mta.reply() == b"y550 5.7.1 not today\0"
                t.wait("No mail is waiting")
                mta.send(b"Q")
            t.key("Q")
            # The MTA's end may not be seen yet.
            t.until(lambda: t.is_closed or "y yes" in t.text(), "neither a question nor the end")
            if not t.is_closed:
                t.key("y")
            left(t)


def test_rules_decide_and_the_default_where_none_does():
    port = free_port()
    arguments = [
        "milter", "--listen", f"127.0.0.1:{port}", "--headless", "-q", "--default", "tempfail",
        "-c", 'on bodyeob and message.from endswith "@example.com>" do reply 550 5.7.1 "not from there"',
    ]
    process = subprocess.Popen([program("mitmilter"), *arguments], stderr=subprocess.PIPE)
    try:
        assert b"as a milter" in process.stderr.readline()
        for sender, verdict in [("<a@example.com>", b"y550 5.7.1 not from there\0"), ("<a@example.org>", b"t")]:
            with Client(port) as mta:
                mta.greet()
                mta.mail(sender)
                assert mta.reply() == verdict, sender
                mta.send(b"Q")
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


RULES = r'''
on mail and mail.address == "stranger@example.com" do reply 550 5.7.1 "{client.address} may not send as {mail.address}"
on bodyeob do add-header X-Client "{client.address} {message.header["subject"]}"; quarantine "to {message.rcpts} {{n} {client.adress}"
'''


def test_rules_name_values_and_a_slip_is_warned_of():
    with Home() as home:
        path, trace, port = home.file("a.rules"), home.file("t.mtrace"), free_port()
        with open(path, "w") as file:
            file.write(RULES)
        arguments = ["milter", "--listen", f"127.0.0.1:{port}", "--headless", "-r", path, "-w", trace, "--default", "accept"]
        process = subprocess.Popen([program("mitmilter"), *arguments], stderr=subprocess.PIPE)
        try:
            warning = process.stderr.readline().decode()
            assert warning == (f"mitmilter: warning: {path}:3: {{client.adress}} names no value and goes out as it stands: "
                               "did you mean {client.address}?\n"), warning
            while b"as a milter" not in process.stderr.readline():
                pass
            with Client(port) as mta:
                mta.greet()
                assert mta.ask(b"M<stranger@example.com>\0") == b"y550 5.7.1 192.0.2.7 may not send as stranger@example.com\0"
                mta.mail(subject="Gr\u00fc\u00dfe")
                assert mta.reply() == b"hX-Client\x00192.0.2.7 =?UTF-8?B?R3LDvMOfZQ==?=\0"
                assert mta.reply() == b"q" b"to bob@example.net {n} {client.adress}\0"
                assert mta.reply() == b"a"
                mta.send(b"Q")
        finally:
            process.terminate()
            process.communicate(timeout=20)
        with open(trace) as file:
            kept = file.read()
        assert json.dumps('add-header X-Client "{client.address} {message.header["subject"]}"')[1:-1] in kept, kept


def test_the_operator_names_values():
    with Home() as home:
        port = free_port()
        with home.run("milter", "--listen", f"127.0.0.1:{port}", size=(120, 36)) as t:
            t.wait("waiting for an MTA to connect")
            with Client(port) as mta:
                mta.greet()
                mta.mail()
                t.wait(r"end +<alice@example.org>")
                t.send(":add-header X-Client {client.adress}")
                t.wait("did you mean {client.address}")
                t.key("C-u")
                t.send("add-header X-Client {client.addr")
                t.wait(r"client.address} +address of the SMTP client")
                t.key("Tab", "Enter")
                t.wait(r"\+ X-Client: 192.0.2.7")
                t.key("o")
                t.send('to {message.rcpts}"')
                t.key("Enter")
                assert mta.reply() == b"y550 5.7.1 to bob@example.net\0"
                mta.send(b"Q")
            t.key("Q")
            # The MTA's end may not be seen yet.
            t.until(lambda: t.is_closed or "y yes" in t.text(), "neither a question nor the end")
            if not t.is_closed:
                t.key("y")
            left(t)


def waiting_mail(mta, t, subject):
    mta.mail(subject=subject)
    t.wait(rf"end +<alice@example.org> +<bob@example.net> +{subject}")


def test_what_waits_is_never_delivered_because_nobody_is_left_to_decide():
    """Each way in which the operator can go, with the answer that the mail gets."""
    for way, options, answer in (
        ("hang up", [], b"t"), ("HUP", [], b"t"), ("TERM", [], b"t"), ("INT", [], b"t"), ("QUIT", [], b"t"),
        ("leave", [], b"t"), ("TERM", ["--on-timeout", "reject"], b"r"), ("hang up", ["--on-timeout", "forward"], b"a"),
        ("QUIT", ["--on-timeout", 'reply 451 "later"'], b"y451 later\0"),
    ):
        with Home() as home:
            port = free_port()
            with home.run("milter", "--listen", f"127.0.0.1:{port}", *options, size=(120, 36)) as t:
                t.wait("waiting for an MTA to connect")
                with Client(port) as mta:
                    mta.greet()
                    waiting_mail(mta, t, "Waiting")
                    if way == "hang up":
                        t.hang_up()
                    elif way == "leave":
                        t.key("Q")
                        t.wait("quit +the MTA is told tempfail")
                        t.key("y")
                    else:
                        t.signal(way)
                    said = mta.reply()
                    assert said == answer, f"{way} {options}: {said}"
                    # The connection goes on, and no mail of it waits for nobody.
                    if way == "hang up":
                        mta.mail(subject="Late")
                        assert mta.reply() == answer
                    mta.send(b"Q")
                assert t.end() == 0, way


def test_what_waits_without_a_screen_gets_its_answer_at_the_end():
    for name in ("TERM", "QUIT"):
        port = free_port()
        arguments = ["milter", "--listen", f"127.0.0.1:{port}", "--headless", "-q", "--hold", "bodyeob"]
        with subprocess.Popen([program("mitmilter"), *arguments], stderr=subprocess.PIPE, text=True) as run:
            assert "listening" in run.stderr.readline()
            with Client(port) as mta:
                mta.greet()
                mta.mail()
                run.send_signal(getattr(signal, "SIG" + name))
                assert mta.reply() == b"t"
                mta.send(b"Q")
            assert run.wait(10) == 0


# ---- The checklist


class Checklist:
    """`milter --conformance`, and what it printed by the end."""

    def __init__(self, *arguments):
        self.port = free_port()
        self.process = subprocess.Popen(
            [program("mitmilter"), "milter", "--conformance", "--json", "--listen", f"127.0.0.1:{self.port}", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert b"listening on" in self.process.stderr.readline()

    def end(self, status):
        printed, said = self.process.communicate(timeout=60)
        assert self.process.returncode == status, (self.process.returncode, printed, said)
        return {line["fault"]: line for line in map(json.loads, printed.splitlines())}


def test_the_checklist_of_an_mta_that_comes_by_itself():
    checklist = Checklist("--only", "plain,no-reply,close,two-verdicts,accept-unknown")
    with Home() as home:
        mail = home.file("a.eml")
        with open(mail, "wb") as file:
            file.write(b"Subject: hello\n\nbody\n")
        for _ in range(4):
            subprocess.run([program("mitmilter"), "send", mail, "--milter", f"127.0.0.1:{checklist.port}"],
                           capture_output=True, timeout=60, check=False)
    told = checklist.end(0)
    assert told["plain"]["came"] == "it went as far as BODYEOB" and told["close"]["came"] == "it went as far as MAIL", told
    assert {fault: line["result"] for fault, line in told.items()} == {
        "plain": "pass", "no-reply": "pass", "close": "pass", "two-verdicts": "pass", "accept-unknown": "skip"}, told


def test_the_checklist_finds_a_version_with_its_bytes_the_wrong_way_round():
    checklist = Checklist("--only", "plain")
    with Client(checklist.port) as mta:
        assert mta.ask(b"O" + bytes.fromhex("01000000000001ff001fffff"))[:5] == b"O\0\0\0\x06"
        mta.send(b"Q")
        assert mta.socket.recv(1) == b""
    told = checklist.end(1)
    assert any(why.startswith("N20: ") for why in told["plain"]["why"]), told
