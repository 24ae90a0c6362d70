"""Screens that come and go: mail is held for whoever is attached, and goes on when nobody is."""

import json
import os
import socket
import subprocess

from headless import Run
from peers import Milter
from programs import program
from test_recording import show
from test_screen import Home, free_port, left

MAIL = [(b"C", b"client.example\0004\0\x19192.0.2.1\0"), (b"H", b"client.example\0"), (b"M", b"<alice@example.org>\0"),
        (b"R", b"<bob@example.net>\0"), (b"T", b""), (b"L", b"From\0alice@example.org\0"), (b"N", b""), (b"B", b"hello\r\n")]


class Sender:
    """An MTA with one mail, up to the end of message, whose reply is waited for by itself."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(20)
        self.stream = self.socket.makefile("rb")
        assert self.ask(b"O", b"".join(n.to_bytes(4, "big") for n in (6, 0x1FF, 0x1FFFFF)))[:1] == b"O"
        for code, payload in MAIL:
            assert self.ask(code, payload) == b"c", code
        self.send(b"E")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, code, payload=b""):
        self.socket.sendall((len(payload) + 1).to_bytes(4, "big") + code + payload)

    def reply(self):
        """The verdict: what only keeps us waiting is left out."""
        while (packet := self.stream.read(int.from_bytes(self.stream.read(4), "big"))) == b"p":
            pass
        return packet

    def ask(self, code, payload):
        self.send(code, payload)
        return self.reply()


def proxy(home, milter, *options):
    run = Run("proxy", "--milter", f"inet:{milter.port}@127.0.0.1", "--headless", "-q", "--control", home.file("control"),
              "-c", "on bodyeob and command named hold do hold", *options)
    run.hears("listening on")
    return run


def ctl(home, *words, status=0):
    ran = subprocess.run([program("mitmilter"), "ctl", home.file("control"), *words], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert ran.returncode == status, (words, ran)
    return ran.stdout + ran.stderr


def state(home):
    return json.loads(ctl(home, "status"))


def until_state(terminal, home, condition, what):
    terminal.until(lambda: condition(state(home)), what)


def test_nothing_waits_while_no_screen_is_attached():
    with Home() as home, Milter() as milter, proxy(home, milter) as run, Sender(run.port) as sender:
        assert sender.reply() == b"c"
        told = state(home)
        assert told["operators"] == 0 and told["held"] == [] and told["accepted"] == 1, told


def test_one_of_two_screens_decides_and_both_see_it():
    with Home() as home, Milter() as milter, proxy(home, milter) as run:
        with home.run("attach", home.file("control"), size=(120, 36)) as first, \
                home.run("attach", home.file("control"), size=(80, 24)) as second:
            first.wait("waiting for an MTA to connect")
            second.wait("waiting for an MTA to connect")
            until_state(first, home, lambda told: told["operators"] == 2, "two screens")
            with Sender(run.port) as sender:
                first.wait("BODYEOB .*HELD")
                second.wait("3 1|3 Held 1")
                first.send(":reply 550 5.7.1 never")
                first.key("Enter")
                assert sender.reply() == b"y550 5.7.1 never\0"
                first.wait("BODYEOB .*ANSWERED")
                second.wait("550 5.7.1 never")
            for screen in (first, second):
                screen.key("Q")
                left(screen)
        told = state(home)
        assert told["operators"] == 0 and told["held"] == [], told


def test_a_screen_that_is_killed_keeps_no_mail():
    with Home() as home, Milter() as milter, proxy(home, milter) as run:
        with home.run("attach", home.file("control")) as screen:
            screen.wait("waiting for an MTA to connect")
            with Sender(run.port) as sender:
                screen.wait("3 1|3 Held 1")
                screen.signal("KILL")
                assert sender.reply() == b"c"
        with Sender(run.port) as sender:
            assert sender.reply() == b"c"


def test_leaving_says_what_becomes_of_what_is_held():
    with Home() as home, Milter() as milter, proxy(home, milter, "--on-detach", "keep") as run:
        with home.run("attach", home.file("control")) as screen:
            screen.wait("waiting for an MTA to connect")
            with Sender(run.port) as sender:
                screen.wait("3 1|3 Held 1")
                screen.key("Q")
                screen.wait("1 packet is held. Leave\\? The proxy goes on.")
                screen.wait("waits on, until somebody attaches")
                screen.key("y")
                left(screen)
                held = state(home)["held"]
                assert len(held) == 1, held
                ctl(home, "--packet", str(held[0]["packet"]), "reject")
                assert sender.reply() == b"r"


def test_what_was_seen_before_is_there_when_one_attaches():
    with Home() as home, Milter() as milter, proxy(home, milter) as run, Sender(run.port) as sender:
        assert sender.reply() == b"c"
        with home.run("attach", home.file("control"), size=(120, 36)) as screen:
            screen.wait("MAIL +<alice@example.org>")
            screen.key("5")
            screen.wait("hold")
            screen.key("Q")
            left(screen)


def test_a_proxy_that_lost_its_terminal_goes_on_for_whoever_attaches():
    with Home() as home, Milter() as milter:
        port, trace = free_port(), home.file("a.mtrace")
        with home.run("proxy", "-w", trace, "--listen", f"127.0.0.1:{port}", "--milter", f"inet:{milter.port}@127.0.0.1", "--control",
                      home.file("control")) as lost:
            lost.wait("waiting for an MTA to connect|smtpd_milters")
            lost.signal("HUP")
            until_state(lost, home, lambda told: told["operators"] == 0, "the screen to be gone")
            with Sender(port) as sender:
                assert sender.reply() == b"c"
            with home.run("attach", home.file("control"), size=(120, 36)) as screen:
                screen.wait("MAIL +<alice@example.org>")
                screen.key("Q")
                left(screen)
            assert "the screen lost its terminal; mail goes on" in show(trace)
            lost.signal("TERM")
            assert lost.end() == 0


def test_ctl_tells_what_is_wrong_and_does_what_it_is_told():
    with Home() as home, Milter() as milter, proxy(home, milter):
        assert "unknown instruction 'nonsense'" in ctl(home, "nonsense", status=2)
        assert "which packet?" in ctl(home, "reject", status=2)
        assert "packet 999 is not held" in ctl(home, "--packet", "999", "reject", status=2)
        assert ctl(home, "rules") == 'on bodyeob and command named "hold" do hold\n'
        assert ctl(home, "on helo named early do note seen") == ""
        assert len(state(home)["rules"]) == 2
        ctl(home, "rules", "off")
        assert state(home)["rulesAct"] is False
        stats = ctl(home, "stats")
        assert "# TYPE mitmilter_packets_total counter\nmitmilter_packets_total 0\n" in stats, stats
        assert "no mitmilter runs with --control" in subprocess.run(
            [program("mitmilter"), "ctl", home.file("nowhere"), "status"], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=60, check=False).stderr


def test_rubbish_on_the_control_socket_costs_nobody_else_anything():
    with Home() as home, Milter() as milter, proxy(home, milter) as run:
        peers = []
        for words in (b"\0\xff\n" * 1000, b"do 1 2 99999999999 x\n", b"rules 10001\n", b"rules 3\non helo do reject\nx\n",
                      b"do x y z\n", b"status\n" * 500, b"a" * 100_000):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(home.file("control"))
            peer.sendall(words)
            peers.append(peer)
        assert state(home)["operators"] == 0
        with Sender(run.port) as sender:
            assert sender.reply() == b"c"
        for peer in peers:
            peer.close()
        assert ctl(home, "rules") == 'on bodyeob and command named "hold" do hold\n'


def test_the_socket_is_for_its_user_alone_and_goes_with_the_run():
    with Home() as home, Milter() as milter:
        with proxy(home, milter) as run:
            assert os.stat(home.file("control")).st_mode & 0o777 == 0o600
            run.signal("TERM")
            run.ends(20)
        assert not os.path.exists(home.file("control"))


def test_who_answers_at_the_socket_is_told_apart():
    with Home() as home:
        said = {}
        for name, words in (("http", b"HTTP/1.1 400 Bad Request\r\n"), ("newer", b"mitmilter-control 9 2.0.0 - more\n")):
            path = home.file(name)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path)
                listener.listen()
                asking = subprocess.Popen([program("mitmilter"), "ctl", path, "status"], stdin=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE, text=True)
                peer, _ = listener.accept()
                with peer:
                    peer.sendall(words)
                    said[name] = asking.communicate(timeout=60)[1]
                assert asking.returncode == 2, said
        assert "no mitmilter answers there" in said["http"], said
        assert "mitmilter 2.0.0 speaks version 9 there, and this one version 1" in said["newer"], said


def test_a_control_socket_is_named_in_full_or_refused():
    with Home() as home, Milter() as milter:
        with Run("proxy", "--milter", f"inet:{milter.port}@127.0.0.1", "--headless", "-q", "--control",
                 home.file("x" * 120)) as run:
            run.ends(20, status=2)
            assert "is no path of at most 107 bytes" in run.said, run.said
        assert not os.path.exists(home.file("x" * 100)), os.listdir(home.path)
