"""Recording that is started and stopped on the screen, while mail goes on."""

import json
import os
import stat
import subprocess

from peers import Milter
from programs import program
from test_desk import desk
from test_milter import Client
from test_screen import Home, free_port, left

SIZES = [(80, 24), (120, 36), (40, 10)]


def records(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    assert "mitmilter" in lines[0], lines[0]
    return lines[1:]


def packets(path):
    """Numbers of the packets that came in, in order."""
    return [record["n"] for record in records(path) if record["k"] == "recv"]


def show(path):
    """What `show` says of it: it can be read."""
    done = subprocess.run([program("mitmilter"), "show", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def record(t, key, path):
    t.key("W")
    t.wait("Record to a file")
    t.key(key)
    t.wait("record (all|from now on) to: session.mtrace")
    t.send(path)
    t.key("Enter")
    t.wait("with all that was seen" if key == "a" else "recording to .*from now on")


def stop(t):
    t.key("W")
    t.wait("Stop recording to")
    t.key("y")
    t.wait("not recording")


def connected(t, port):
    t.wait("waiting for an MTA")
    t.wait("○ not recording")
    return Client(port)


def test_from_now_on_then_all_that_was_seen():
    with Home() as home, Milter() as milter:
        port = free_port()
        arguments = ["proxy", "--listen", f"127.0.0.1:{port}", "--milter", f"127.0.0.1:{milter.port}"]
        with home.run(*arguments, size=(100, 30)) as t, connected(t, port) as mta:
            mta.greet()
            t.wait("HELO")
            now = home.file("now.mtrace")
            record(t, "n", now)
            t.wait("● REC")
            mta.mail()
            assert mta.reply() == b"c"
            t.wait("BODYEOB")
            stop(t)
            assert stat.S_IMODE(os.stat(now).st_mode) == 0o600
            first = packets(now)
            assert first[0] > 4 and "BODYEOB" in show(now), first
            mta.mail("<bob@example.org>")
            assert mta.reply() == b"c"
            t.wait(r"c1\.2 .*← mlt BODYEOB")
            assert packets(now) == first
            everything = home.file("all.mtrace")
            record(t, "a", everything)
            mta.mail("<carol@example.org>")
            assert mta.reply() == b"c"
            mta.send(b"Q")
            t.wait("QUIT")
            t.key("Q")
            t.until(lambda: t.is_closed or "still open" in t.text(), "no end")
            if not t.is_closed:
                t.key("y")
            left(t)
        numbers = packets(everything)
        assert numbers == list(range(1, len(numbers) + 1)) and set(first) < set(numbers), numbers
        assert "<carol@example.org>" in show(everything)


def test_nothing_is_lost_or_told_twice_while_mail_pours():
    with Home() as home, home.run("demo", "--speed", "0", "--count", "60", size=(100, 30)) as t:
        t.wait("Timeline")
        paths = [home.file(f"{turn}.mtrace") for turn in range(3)]
        for path in paths:
            record(t, "a", path)
            t.key("W")
            t.wait("Stop recording to")
            t.key("y")
            t.wait("is complete; no longer recording")
        t.wait("ENDED", timeout=120)
        last = home.file("last.mtrace")
        record(t, "a", last)
        t.key("Q")
        left(t)
        for path in paths + [last]:
            numbers = packets(path)
            assert numbers == list(range(1, len(numbers) + 1)), path
            show(path)
        with open(last, "rb") as whole:
            whole = whole.read()
        for path in paths:
            with open(path, "rb") as part:
                assert whole.startswith(part.read()), path


def test_a_trace_that_is_there_is_set_aside_and_other_files_are_left_alone():
    for size in SIZES:
        with desk(size=size) as (t, port), Home() as home:
            old, other, trace = home.file("other.txt"), home.file("nowhere", "x").rsplit("/", 1)[0], home.file("a.mtrace")
            with open(old, "w", encoding="utf-8") as file:
                file.write("mine")
            t.key("W", "n")
            t.wait("to: ")
            t.send(old)
            t.key("Enter")
            t.wait("cannot write")
            t.key("W", "n")
            t.wait("to: ")
            t.send(other)
            t.key("Enter")
            t.wait("cannot (write|open)")
            with open(old, encoding="utf-8") as file:
                assert file.read() == "mine"
            for _ in range(2):
                t.key("W", "n")
                t.wait("to: ")
                t.send(trace)
                t.key("Enter")
                t.wait("recording to")
                t.key("W")
                t.wait("Stop recording")
                t.key("y")
                t.wait("is complete|a.mtrace")
            assert os.path.exists(trace + ".1")
            t.key("Q")
            left(t)


def test_what_the_option_records_goes_on_to_the_end():
    with Home() as home:
        trace = home.file("w.mtrace")
        with desk("-w", trace) as (t, port):
            t.wait("REC")
            t.key("W")
            t.wait("-w records to")
            t.key("Q")
            left(t)


def test_leaving_offers_to_release_all():
    with Milter() as milter:
        for key, name in [("a", b"Rbob@example.net\0"), ("y", b"R<bob@example.net>\0")]:
            with Home() as home:
                port = free_port()
                arguments = ["proxy", "--listen", f"127.0.0.1:{port}", "--milter", f"127.0.0.1:{milter.port}"]
                with home.run(*arguments, "-c", "on rcpt do hold", size=(100, 30)) as t, connected(t, port) as mta:
                    mta.greet()
                    assert mta.ask(b"M<alice@example.org>\0") == b"c"
                    mta.send(b"R<bob@example.net>\0")
                    t.wait("3 Held 1")
                    t.key("3", ":")
                    t.send("set rcpt.address bob@example.net")
                    t.key("Enter")
                    t.wait(r"packet \d+: set rcpt.address")
                    t.key("Q")
                    t.wait("1 packet is held. Quit and end connections within 10 s")
                    t.wait("a +release all and quit +what is held goes on, with your edits")
                    t.wait("y +quit +what is held goes on as it came, without your edits")
                    t.key(key)
                    assert mta.reply() == b"c"
                    assert name in milter.received
                    mta.send(b"Q")
                    left(t)
                milter.received.clear()


def test_leaving_the_desk_says_what_the_mta_is_told():
    for key, reply in [("a", b"r"), ("y", b"t")]:
        with desk("--default", "reject", size=(100, 30)) as (t, port), Client(port) as mta:
            mta.greet()
            mta.mail()
            t.wait("Greetings")
            t.key("Q")
            t.wait("a +release all and quit +the MTA is told reject")
            t.wait("y +quit +the MTA is told tempfail")
            t.key(key)
            assert mta.reply() == reply
            mta.send(b"Q")
            left(t)
