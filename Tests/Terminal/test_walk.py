"""A walk through the screen over every sample, and what it does when a peer or the terminal goes."""

import os
import re
import signal
import socket
import subprocess
import sys

from test_screen import SAMPLES, Home, free_port, left, receive

OPTNEG = bytes.fromhex("0000000d4f00000006000001ff00000000")

MILTER = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as door:
    print(door.getsockname()[1], flush=True)
    peer, _ = door.accept()
    with peer:
        peer.sendall(peer.recv(17))
        peer.recv(1 << 16)
        sys.stdin.read()
"""


def test_every_view_and_tab_of_every_sample_at_three_sizes():
    paths = sorted(n for n in os.listdir(SAMPLES) if n.endswith(".mtrace"))
    assert len(paths) >= 8, paths
    for name in paths:
        with Home() as home, home.run("open", os.path.join(SAMPLES, name), size=(120, 36)) as t:
            t.wait("OPTNEG")
            for columns, rows in ((120, 36), (40, 10), (80, 24)):
                t.resize(columns, rows)
                t.key("2")
                t.wait("mail")
                t.key("4")
                t.wait("  id  |no findings|nothing")
                t.key("6")
                t.wait("Reply|reply")
                t.key("1", "G", "Enter")
                for _ in range(6):
                    t.key("l")
                    t.pump(0.02)
                t.key("q")
                t.wait(r"^ +# ")
                t.key("g", "?")
                t.wait("Enter do it")
                t.key("q")
                t.gone("Enter do it")
            t.key("Q")
            left(t)


def test_a_killed_milter_shows_and_the_keys_go_on():
    with Home() as home:
        milter = subprocess.Popen([sys.executable, "-c", MILTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            behind, port = int(milter.stdout.readline()), free_port()
            arguments = ["proxy", "--listen", f"127.0.0.1:{port}", "--milter", f"127.0.0.1:{behind}"]
            with home.run(*arguments, size=(120, 36)) as t:
                t.wait("waiting for an MTA to connect")
                with socket.create_connection(("127.0.0.1", port)) as mta:
                    mta.sendall(OPTNEG)
                    assert receive(mta, len(OPTNEG)) == OPTNEG
                    mta.sendall(b"\0\0\0\x12Hmail.example.org\0")
                    t.wait("HELO")
                    os.kill(milter.pid, signal.SIGKILL)
                    assert mta.recv(1) == b"", "the MTA sees the end that the milter made"
                    t.wait("R03")
                    t.key("4")
                    t.wait(r"id .*finding")
                    t.key("1")
                    t.wait("HELO")
                # The next connection finds nobody.
                with socket.create_connection(("127.0.0.1", port)) as mta:
                    try:
                        mta.sendall(OPTNEG)
                        assert mta.recv(1) == b""
                    except ConnectionResetError:
                        pass
                # The answer is for the question that comes when that connection's end is not yet on the screen.
                t.key("Q", "y")
                left(t)
        finally:
            milter.kill()
            milter.wait()
            milter.stdin.close()
            milter.stdout.close()


def test_a_first_look_points_at_help():
    with Home() as home, home.run("demo") as t:
        t.wait("OPTNEG")
        t.wait(r"\? lists the keys")
        t.key("Q")
        left(t)


def test_every_thread_of_a_demo_without_a_screen_leaves_signals_to_the_loop():
    """A thread that blocks none of them would die of one, and the others with it."""
    numbers = {name: 1 << (getattr(signal, name) - 1) for name in ("SIGINT", "SIGTERM", "SIGHUP")}
    for name in ("INT", "TERM"):
        with Home() as home, home.run("demo", "--headless") as t:
            t.wait("OPTNEG")
            threads = os.listdir(f"/proc/{t.pid}/task")
            assert len(threads) > 1, threads
            for thread in threads:
                try:
                    with open(f"/proc/{t.pid}/task/{thread}/status", encoding="ascii") as status:
                        blocked = int(re.search(r"^SigBlk:\s*(\w+)$", status.read(), re.M).group(1), 16)
                except FileNotFoundError:  # it has ended meanwhile
                    continue
                for which, bit in numbers.items():
                    assert blocked & bit, f"thread {thread} of {t.pid} does not block {which}"
            t.signal(name)
            assert t.end() == 0, t.picture()
