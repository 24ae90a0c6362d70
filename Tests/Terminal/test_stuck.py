"""A terminal that takes nothing, one of an absurd size, an editor that does not end: signals are heard all the same."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time

from headless import status
from peers import Milter
from programs import program
from test_editing import Session
from test_milter import Client
from test_screen import Home, free_port

MIB = 1 << 20


class Raw:
    """A program on a terminal of which nothing is read but when asked."""

    def __init__(self, *arguments, size=(80, 24), env=None):
        self.home = Home().__enter__()
        self.keeper, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            [program("mitmilter"), *arguments], stdin=terminal, stdout=terminal, stderr=terminal, cwd=self.home.path,
            env={**os.environ, "TERM": "xterm-256color", "XDG_CONFIG_HOME": self.home.path, **(env or {})},
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.keeper)
        self.home.__exit__()

    def read_until(self, words, seconds=20):
        seen = b""
        end = time.monotonic() + seconds
        while words not in seen:
            assert time.monotonic() < end, f"not shown: {words}"
            if select.select([self.keeper], [], [], 0.1)[0]:
                seen += os.read(self.keeper, 65536)

    def type(self, keys):
        os.write(self.keeper, keys)

    def stuff(self):
        """Has it draw all of the screen again and again until it waits for the terminal."""
        end = time.monotonic() + 20
        while not self.waits():
            assert time.monotonic() < end, "the terminal takes all"
            try:
                os.set_blocking(self.keeper, False)
                self.type(b"\x0c")
            except BlockingIOError:
                pass
            finally:
                os.set_blocking(self.keeper, True)
            time.sleep(0.01)

    def waits(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            state = stat.read().rsplit(")", 1)[1].split()[0]
        with open(f"/proc/{self.pid}/syscall", encoding="ascii") as call:
            # write, x86-64 and aarch64
            return state == "S" and call.read().split()[0] in ("1", "64")

    def ends(self, within):
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end within {within} s") from None


def test_a_terminal_that_takes_nothing_leaves_no_signal_unheard():
    for name in ("TERM", "INT", "HUP", "QUIT"):
        with Raw("demo", "--count", "1") as raw:
            raw.read_until(b"Timeline")
            raw.stuff()
            raw.process.send_signal(getattr(signal, "SIG" + name))
            assert raw.ends(within=15) == 0, name


def test_mail_that_waits_is_answered_though_the_terminal_takes_nothing():
    port = free_port()
    with Raw("milter", "--listen", f"127.0.0.1:{port}") as raw:
        raw.read_until(b"waiting for an MTA to connect")
        with Client(port) as mta:
            mta.greet()
            mta.mail()
            raw.read_until(b"Greetings")
            raw.stuff()
            raw.process.send_signal(signal.SIGTERM)
            assert mta.reply() == b"t"
            mta.send(b"Q")
        assert raw.ends(within=15) == 0


def test_a_signal_ends_an_editor_that_would_not_end():
    for name, editor in (("TERM", "sleep 1000"), ("HUP", "sleep 1000"), ("TERM", "trap '' TERM; while :; do sleep 1; done")):
        with Session("bodyeob", editor=editor) as s:
            s.start()
            for packet in (b"N", b"Bx\r\n"):
                assert s.mta.ask(packet) == b"c"
            s.mta.send(b"E")
            s.held()
            s.screen.key("E")
            s.screen.until(lambda: not s.screen.screen.is_alternate, "no editor")
            s.screen.signal(name)
            assert s.mta.reply() == b"c"
            s.mta.send(b"Q")
            s.mta.socket.close()
            assert s.screen.end() == 0


def test_a_terminal_of_any_size_is_drawn_on():
    for size in ((32768, 24), (80, 32768), (65535, 65535), (10, 32767), (32767, 10), (1, 1), (2, 1), (65535, 1), (1, 65535)):
        with Raw("demo", "--count", "1", size=size) as raw:
            raw.read_until(b"\x1b[")
            fcntl.ioctl(raw.keeper, termios.TIOCSWINSZ, struct.pack("HHHH", size[0] & 0xFFFF, size[1] & 0xFFFF, 0, 0))
            raw.type(b"2")
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                if select.select([raw.keeper], [], [], 0.1)[0]:
                    os.read(raw.keeper, 1 << 20)
            assert raw.process.poll() is None, f"{size}: ended with {raw.process.returncode}"
            taken = status(raw.pid, "VmRSS")
            assert taken < 300 * MIB, f"{size}: {taken >> 20} MiB"
            raw.process.send_signal(signal.SIGTERM)
            end = time.monotonic() + 15
            while raw.process.poll() is None and time.monotonic() < end:
                if select.select([raw.keeper], [], [], 0.1)[0]:
                    try:
                        os.read(raw.keeper, 1 << 20)
                    except OSError:
                        break
            assert raw.ends(within=15) == 0, size


def test_a_large_paste_that_comes_as_keys_is_one_text():
    with Home() as home:
        trace = home.record()
        with home.run("open", trace) as t:
            t.wait("CONNECT")
            t.key(":")
            start = time.monotonic()
            text = "note " + "all mail waits " * 2900
            t.send(text + "END")
            t.wait("END", timeout=20)
            assert time.monotonic() - start < 20
            t.key("Esc")
            t.gone("END")
            t.key("Q")
            t.until(lambda: t.is_closed or not t.screen.is_alternate, "the screen stays")


def test_an_oversized_new_body_is_known_and_dropped():
    """As rspamd sends it: the whole body in one REPLBODY, here of 3 MiB and in the worst of pieces."""
    body = b"x" * (3 * MIB)
    with Milter(replies={b"E": [b"b" + body, b"a"]}) as milter:
        for rule, expected in (
            ('on bodyeob do replace-body "ours"', [b"bours", b"a"]), ("on replbody do drop", [b"a"]),
            ("on replbody do hold", [b"b" + body, b"a"]),
        ):
            port = free_port()
            run = subprocess.Popen(
                [program("mitmilter"), "proxy", "--listen", f"127.0.0.1:{port}", "--milter", f"127.0.0.1:{milter.port}",
                 "--headless", "-q", "-w", "-", "-c", rule, "--mta", "postfix"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                while b"listening" not in run.stderr.readline():
                    pass
                with Client(port) as mta:
                    mta.greet()
                    for packet in (b"M<alice@example.org>\0", b"R<bob@example.net>\0", b"T", b"N", b"Bx\r\n"):
                        assert mta.ask(packet) == b"c"
                    mta.send(b"E")
                    mta.socket.settimeout(20)
                    said = [mta.reply()]
                    while said[-1] != b"a":
                        said.append(mta.reply())
                    assert said == expected, f"{rule}: {[(s[:1], len(s)) for s in said]}"
                    mta.send(b"Q")
            finally:
                run.kill()
                trace = run.stdout.read()
                run.wait()
            if "hold" in rule:
                assert b"it can pass, or be dropped" in trace
