"""A trace in several files, and one of chosen mails: no mail is cut in two, none that nobody asked for is written."""

import glob
import os
import subprocess

from headless import Run
from peers import Milter
from programs import program
from test_milter import Client
from test_recording import records, show
from test_screen import Home
from test_service import wait_for

RULE = 'on mail and mail.address == "nobody@example.org" do reject'
BODY = b"BAll work and no play makes Jack a dull boy.\r\n" * 400


def proxy(milter, *arguments):
    return Run("proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q", *arguments)


def talk(mta, subject="Greetings", sender="<alice@example.org>"):
    assert mta.ask(b"M" + sender.encode() + b"\0") == b"c"
    assert mta.ask(b"R<bob@example.net>\0") == b"c"
    assert mta.ask(b"T") == b"c"
    assert mta.ask(b"LSubject\0" + subject.encode() + b"\0") == b"c"
    assert mta.ask(b"N") == b"c"
    assert mta.ask(BODY) == b"c"
    assert mta.ask(b"E") == b"c"


def session(run, **mail):
    with Client(run.port) as mta:
        mta.greet()
        talk(mta, **mail)
        mta.send(b"Q")


def files(path):
    """The newest last."""
    older = sorted(glob.glob(path + ".*"), key=lambda name: int(name.rsplit(".", 1)[1]))
    return older + [path]


def connections(path):
    return {record["c"] for record in records(path) if "c" in record}


def whole(path):
    """Each connection of the file has its beginning, as many ends as legs, and every packet between."""
    by = {}
    for record in records(path):
        if "c" in record:
            by.setdefault(record["c"], []).append(record["k"])
    for connection, kinds in by.items():
        assert kinds[0] == "open" and kinds.count("close") == 2, (path, connection, kinds[0], kinds.count("close"))
    return set(by)


def test_a_full_trace_has_a_successor_and_no_connection_is_in_two():
    with Home() as home, Milter() as milter:
        path = home.file("a.mtrace")
        with proxy(milter, "-w", path, "--write-limit", "64k", "--write-keep", "3", "-c", RULE) as run:
            run.hears("listening on")
            with Client(run.port) as long:
                long.greet()
                # Each is some 20 KB.
                for _ in range(5):
                    session(run)
                assert os.path.exists(path + ".1"), files(path)
                talk(long, subject="Late")
                long.send(b"Q")
            run.signal("TERM")
            run.ends(within=5)
        seen = [whole(name) for name in files(path)]
        assert len(seen) > 1 and sum(len(part) for part in seen) == 6, seen
        assert set.union(*seen) == set(range(1, 7))
        # The first connection, whose mail came late, is where it began.
        assert 1 in seen[0]
        for name in files(path):
            assert any(RULE in record.get("text", "") for record in records(name)), name
        # As one: by connections in order, with no name of a file between.
        text = show_all(files(path))
        assert "==>" not in text and text.index("Late") > text.index("Greetings")
        assert text.count(" QUIT") == 6, text.count(" QUIT")


def show_all(paths):
    done = subprocess.run([program("mitmilter"), "show", *paths], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_more_are_kept_than_were_asked_for():
    with Home() as home, Milter() as milter:
        path = home.file("a.mtrace")
        # One of an earlier run, and one that is no trace of ours by its name.
        for name in (path + ".7", path + ".old"):
            with open(name, "w", encoding="ascii") as earlier:
                earlier.write('{"mitmilter":1,"program":"0.1.0","started":1760000000.25,"command":["mitmilter"]}\n')
        with proxy(milter, "-w", path, "--write-limit", "64k", "--write-keep", "2") as run:
            run.hears("listening on")
            for _ in range(16):
                session(run)
            run.signal("TERM")
            run.ends(within=5)
        kept = sorted(name for name in os.listdir(home.path) if name.startswith("a.mtrace"))
        assert "a.mtrace.old" in kept and len(kept) == 3, kept
        assert "a.mtrace.7" not in kept and int(kept[1].rsplit(".", 1)[1]) > 8, kept
        for name in kept:
            if name != "a.mtrace.old":
                whole(home.file(name))


def test_a_file_that_goes_while_its_connections_are_open_stops_nothing():
    with Home() as home, Milter() as milter:
        path = home.file("a.mtrace")
        with proxy(milter, "-w", path, "--write-limit", "64k", "--write-keep", "1") as run:
            run.hears("listening on")
            with Client(run.port) as long:
                long.greet()
                for _ in range(5):
                    session(run)
                talk(long)
                long.send(b"Q")
            os.unlink(path)
            wait_for(lambda: os.path.exists(path), run, "a new file in its place")
            session(run)
            run.signal("TERM")
            run.ends(within=5)
        assert not glob.glob(path + ".*")
        show(path)


def test_by_the_clock_an_idle_run_begins_no_files():
    with Home() as home, Milter() as milter:
        path = home.file("a.mtrace")
        with proxy(milter, "-w", path, "--write-every", "1s") as run:
            run.hears("listening on")
            session(run)
            wait_for(lambda: session(run) or os.path.exists(path + ".1"), run, "the next file")
            run.signal("TERM")
            run.ends(within=5)
        for name in files(path):
            whole(name)


def test_only_mails_that_match_are_written_and_those_whole():
    with Home() as home, Milter({b"R": [b"c"]}) as milter:
        path, log = home.file("a.mtrace"), home.file("log")
        words = 'message.header["Subject"] contains "wanted"'
        with proxy(milter, "-w", path, "--log", log, "--write-filter", words) as run:
            run.hears("listening on")
            session(run, subject="private", sender="<carol@example.org>")
            with Client(run.port) as mta:
                mta.greet()
                talk(mta, subject="secret", sender="<dave@example.org>")
                talk(mta, subject="wanted")
                mta.send(b"Q")
            session(run, subject="hidden", sender="<erin@example.org>")
            run.signal("TERM")
            run.ends(within=5)
        with open(path, encoding="ascii") as file:
            text = file.read()
        for word in ("private", "carol", "secret", "dave", "hidden", "erin"):
            assert word not in text, word
        assert whole(path) == {2}
        shown = show(path)
        for word in ("CONNECT", "HELO", "alice@example.org", "Subject: wanted", "BODYEOB", "QUIT"):
            assert word in shown, (word, shown)


def test_as_the_milter_too_a_mail_is_written_when_its_connection_ends():
    with Home() as home:
        path = home.file("a.mtrace")
        with Run("milter", "--headless", "-q", "-w", path, "--write-filter", 'message.from == "<alice@example.org>"') as run:
            run.hears("listening on")
            for sender in ("<carol@example.org>", "<alice@example.org>"):
                with Client(run.port) as mta:
                    mta.greet()
                    mta.mail(sender)
                    assert mta.reply() == b"a"
                    mta.send(b"Q")
            wait_for(lambda: connections(path) == {2}, run, "the mail that is wanted is not in the trace")
            assert "carol" not in show(path)


def test_a_connection_that_is_too_large_to_wait_is_written_and_told():
    with Home() as home, Milter() as milter:
        path = home.file("a.mtrace")
        with proxy(milter, "-w", path, "--write-filter", "quarantine") as run:
            run.hears("listening on")
            with Client(run.port) as mta:
                mta.greet()
                assert mta.ask(b"M<alice@example.org>\0") == b"c"
                assert mta.ask(b"R<bob@example.net>\0") == b"c"
                chunk = b"B" + b"x" * 65_000
                for _ in range(1_040):
                    assert mta.ask(chunk) == b"c"
                run.hears("is recorded whether or not --write-filter takes it")
                assert mta.ask(b"E") == b"c"
                mta.send(b"Q")
            run.signal("TERM")
            run.ends(within=10)
        assert whole(path) == {1}


def test_what_does_not_go_together_is_refused():
    with Home() as home, Milter() as milter:
        path = home.file("a.mtrace")
        for words, said in (
            (["--write-limit", "1M"], "--write-limit needs --write"),
            (["-w", "-", "--write-every", "1h"], "standard output is one trace"),
            (["-w", path, "--write-keep", "3"], "--write-keep needs --write-limit or --write-every"),
            (["-w", path, "--write-limit", "1k"], "--write-limit: expected a size from 64KB up, there is '1k'"),
            (["-w", path, "--write-limit", "1M", "--write-keep", "0"], "expected a number from 1 up"),
            (["-w", path, "--write-every", "soon"], "--write-every: expected a duration, there is 'soon'"),
            (["-w", path, "--write-filter", "stge"], "--write-filter: unknown term 'stge'"),
        ):
            with proxy(milter, *words) as run:
                run.ends(within=5, status=2)
                assert said in run.said, run.said
        with home.run("milter", "--listen", "127.0.0.1:0", "-w", path, "--write-limit", "1M") as t:
            t.wait("--write-limit and a screen do not go together")
