"""The program as a service: HUP, another user, a file with its number, and what systemd hands over and wants to hear."""

import json
import os
import pwd
import socket
import stat
import subprocess
import tempfile
import time

from headless import Run
from peers import Milter
from programs import program
from test_milter import Client
from test_recording import packets, records, show
from test_screen import Home, free_port


def proxy(milter, *arguments, **options):
    return Run("proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q", *arguments, **options)


def wait_for(condition, run, what):
    """Looks again for as long as the program goes on saying nothing of it."""
    for _ in range(2000):
        if condition():
            return
        assert run.process.poll() is None, f"it ended before: {what}; said: {run.said}"
        subprocess.run(["sleep", "0.01"], check=True)
    raise AssertionError(f"{what}; said: {run.said}")


# ---- HUP


def test_HUP_begins_the_trace_and_the_log_anew_where_they_were_moved_away():
    with Home() as home, Milter() as milter:
        trace, log, rules = home.file("a.mtrace"), home.file("decisions.jsonl"), home.file("rules")
        with open(rules, "w", encoding="ascii") as file:
            file.write("on rcpt log do continue\n")
        with proxy(milter, "-w", trace, "--log", log, "-r", rules) as run:
            run.hears("listening on")
            with Client(run.port) as mta:
                mta.greet()
                mta.mail()
                assert mta.reply() == b"c"
                os.rename(trace, trace + ".old")
                os.rename(log, log + ".old")
                with open(rules, "w", encoding="ascii") as file:
                    file.write("on rcpt do reject\n")
                run.signal("HUP")
                wait_for(lambda: os.path.exists(trace) and os.path.exists(log), run, "new files")
                # The same connection goes on, by the new rules.
                assert mta.ask(b"M<alice@example.org>\0") == b"c"
                assert mta.ask(b"R<bob@example.net>\0") == b"r"
                mta.send(b"Q")
            run.signal("TERM")
            run.ends(within=5)
        before, after = packets(trace + ".old"), packets(trace)
        assert before and after and before[-1] < after[0], (before, after)
        texts = [record["text"] for record in records(trace) if record["k"] == "instr"]
        assert any("on rcpt do reject" in text for text in texts), texts
        assert stat.S_IMODE(os.stat(trace).st_mode) == 0o600
        show(trace)
        with open(log + ".old", encoding="ascii") as old, open(log, encoding="ascii") as new:
            old, new = old.read(), new.read()
        assert '"rejected"' not in old and json.loads(new.splitlines()[-1])["verdict"] == "reject", (old, new)


def test_HUP_reads_the_lists_of_rules_again():
    with tempfile.TemporaryDirectory() as folder:
        addresses = os.path.join(folder, "addresses")
        rule = f"on rcpt and rcpt.address in @{addresses} do reject"
        for source in ("-c", "-r"):
            with open(addresses, "w", encoding="ascii") as file:
                file.write("# those that have left\nBob@example.net\n")
            if source == "-r":
                with open(os.path.join(folder, "rules"), "w", encoding="ascii") as file:
                    file.write(rule + "\n")
            with Run("milter", "-q", source, rule if source == "-c" else os.path.join(folder, "rules")) as run:
                run.hears("listening")
                with Client(run.port) as mta:
                    mta.greet()
                    mta.ask(b"M<alice@example.org>\0")
                    assert mta.ask(b"R<bob@example.net>\0") == b"r"
                    assert mta.ask(b"R<eve@example.net>\0") == b"c"
                    with open(addresses, "w", encoding="ascii") as file:
                        file.write("eve@example.net\n")
                    run.signal("HUP")
                    end = time.monotonic() + 20
                    while mta.ask(b"R<eve@example.net>\0") != b"r":
                        assert time.monotonic() < end, "the list is read again"
                    assert mta.ask(b"R<bob@example.net>\0") == b"c"
                    os.remove(addresses)
                    run.signal("HUP")
                    run.hears("the rules stay as they were")
                    assert mta.ask(b"R<eve@example.net>\0") == b"r"


def test_HUP_never_ends_it_and_leaves_files_that_are_in_their_place():
    with Home() as home, Milter() as milter:
        trace = home.file("a.mtrace")
        with proxy(milter, "-w", trace) as run:
            run.hears("listening on")
            node = os.stat(trace).st_ino
            for _ in range(3):
                run.signal("HUP")
                with Client(run.port) as mta:
                    mta.greet()
                    mta.send(b"Q")
            assert os.stat(trace).st_ino == node
            run.signal("TERM")
            run.ends(within=5)
        assert len([record for record in records(trace) if record["k"] == "open"]) == 3


def test_a_trace_that_cannot_be_begun_anew_goes_on_where_it_was():
    with Home() as home, Milter() as milter:
        trace = home.file("a.mtrace")
        with proxy(milter, "-w", trace) as run:
            run.hears("listening on")
            os.rename(trace, trace + ".old")
            os.mkdir(trace)
            run.signal("HUP")
            run.hears("records go on into the trace that was moved away")
            with Client(run.port) as mta:
                mta.greet()
                mta.send(b"Q")
            run.signal("TERM")
            run.ends(within=5)
        assert packets(trace + ".old")


# ---- a number and a user


def test_the_file_of_the_process_is_there_while_it_runs():
    with Home() as home, Milter() as milter:
        path = home.file("pid")
        with open(path, "w", encoding="ascii") as stale:
            stale.write("999999\n")
        with proxy(milter, "--pid-file", path) as run:
            run.hears("listening on")
            with open(path, encoding="ascii") as file:
                assert file.read() == f"{run.pid}\n"
            with proxy(milter, "--pid-file", path) as second:
                second.ends(within=5, status=2)
                assert "a mitmilter that runs has it" in second.said
            run.signal("TERM")
            run.ends(within=5)
        assert not os.path.exists(path)
        with open(path, "w", encoding="ascii") as other:
            other.write("somebody's\n")
        with proxy(milter, "--pid-file", path) as run:
            run.ends(within=5, status=2)
            assert "holds no process number" in run.said


def test_it_goes_on_as_another_user_once_it_listens():
    if os.geteuid() != 0:
        print("skipped: only root can become another user")
        return
    nobody = pwd.getpwnam("nobody")
    with Home() as home, Milter() as milter:
        folder = home.file("run")
        os.mkdir(folder)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        os.chmod(home.path, 0o755)
        trace, pid, path = folder + "/a.mtrace", home.file("pid"), folder + "/socket"
        arguments = ["proxy", "--listen", path, "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q"]
        run = subprocess.Popen(
            [program("mitmilter"), *arguments, "-w", trace, "--user", "nobody", "--pid-file", pid],
            stderr=subprocess.PIPE, text=True)
        with run:
            said = run.stderr.readline()
            assert "listening on" in said, said
            while not os.path.exists(trace):
                assert run.poll() is None
            with open(f"/proc/{run.pid}/status", encoding="ascii") as status:
                lines = dict(line.split(":\t", 1) for line in status if ":\t" in line)
            assert lines["Uid"].split() == [str(nobody.pw_uid)] * 4, lines["Uid"]
            assert lines["Gid"].split() == [str(nobody.pw_gid)] * 4, lines["Gid"]
            assert int(lines["CapPrm"], 16) == 0 and "0" not in lines["Groups"].split()
            for name in (trace, path):
                assert os.stat(name).st_uid == nobody.pw_uid, name
            run.terminate()
            said += run.stderr.read()
            assert run.wait(5) == 0, said
        assert "runs as root" not in said, said
        assert not os.path.exists(path)
        # What only root may remove is left empty.
        assert os.stat(pid).st_size == 0


def test_root_is_warned_and_nobody_becomes_what_is_not_there():
    with Milter() as milter:
        with proxy(milter) as run:
            run.hears("listening on")
            run.signal("TERM")
            run.ends(within=5)
            assert ("runs as root" in run.said) == (os.geteuid() == 0), run.said
        for words, said in (
            (["--user", "nobody-of-that-name"], "there is no user 'nobody-of-that-name'"),
            (["--user", "root"], "'root' is root"), (["--group", "nogroup"], "--group needs --user"),
            (["--user", "nobody", "--group", "no-such-group"], "there is no group 'no-such-group'"),
        ):
            with proxy(milter, *words) as run:
                run.ends(within=5, status=2)
                assert said in run.said, run.said


# ---- systemd


class HandedOver:
    """Starts it as systemd does: with the sockets from number 3 on, and its own number in LISTEN_PID."""

    SHELL = 'exec env LISTEN_PID=$$ LISTEN_FDS=$COUNT "$@"'

    def __init__(self, sockets, *arguments, **environment):
        count = len(sockets)

        def put():
            copies = [os.dup(number) for number in numbers]
            for place, copy in enumerate(copies):
                os.dup2(copy, 3 + place)
                # A copy that got that very number is closed on exec otherwise.
                os.set_inheritable(3 + place, True)

        numbers = [s.fileno() for s in sockets]
        self.process = subprocess.Popen(
            ["sh", "-c", self.SHELL, "sh", program("mitmilter"), *arguments], stderr=subprocess.PIPE, text=True,
            preexec_fn=put, close_fds=False, env={**os.environ, "COUNT": str(count), **environment})

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def test_it_takes_the_socket_that_systemd_listens_on():
    with Home() as home, Milter() as milter:
        path = home.file("socket")
        arguments = ["proxy", "--listen", "systemd", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q"]
        for family, address in ((socket.AF_UNIX, path), (socket.AF_INET, ("127.0.0.1", free_port()))):
            with socket.socket(family) as listener:
                listener.bind(address)
                listener.listen()
                with HandedOver([listener], *arguments) as run:
                    said = run.stderr.readline()
                    assert "listening on " + (f"unix:{path}" if family == socket.AF_UNIX else "inet:") in said, said
                    mta = socket.socket(family)
                    mta.connect(address)
                    with mta:
                        mta.sendall(b"\0\0\0\x0dO" + bytes.fromhex("00000006000001ff001fffff"))
                        assert mta.recv(1) == b"\0"
                    run.terminate()
                    assert run.wait(20) == 0
        # It is systemd's, and stays.
        assert os.path.exists(path)


def test_without_a_socket_it_says_what_was_expected():
    with Home(), Milter() as milter, socket.socket() as deaf, socket.create_server(("127.0.0.1", 0)) as good:
        arguments = ["proxy", "--listen", "systemd", "--milter", f"127.0.0.1:{milter.port}", "--headless"]
        done = subprocess.run([program("mitmilter"), *arguments], capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and "no socket was handed over" in done.stderr and "ListenStream=" in done.stderr
        for sockets, words in (([deaf], "takes no connections"), ([good, good], "expected one socket, there are 2")):
            with HandedOver(sockets, *arguments) as run:
                said = run.stderr.read()
                assert run.wait(20) == 2 and words in said, said


def test_systemd_hears_how_it_is():
    with Home() as home, Milter() as milter:
        for name in (home.file("notify"), f"@mitmilter-{os.getpid()}"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.bind(name.replace("@", "\0", 1))
                notify.settimeout(20)
                hear = lambda: notify.recv(4096).decode().split("\n")  # noqa: E731
                environment = {**os.environ, "NOTIFY_SOCKET": name, "WATCHDOG_USEC": "100000"}
                with proxy(milter, env=environment) as run:
                    assert hear() == ["READY=1"]
                    with Client(run.port) as mta:
                        mta.greet()
                        mta.send(b"Q")
                    for _ in range(3):
                        assert hear() == ["WATCHDOG=1"]
                    run.signal("HUP")
                    said = hear()
                    while said == ["WATCHDOG=1"]:
                        said = hear()
                    assert said[0] == "RELOADING=1" and said[1].startswith("MONOTONIC_USEC="), said
                    assert hear() == ["READY=1"]
                    run.signal("TERM")
                    while hear() != ["STOPPING=1"]:
                        pass
                    run.ends(within=5)
