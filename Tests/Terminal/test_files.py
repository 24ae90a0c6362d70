"""Files and pipes that somebody else has a hand in: none keeps the program waiting unheard, none leads it elsewhere."""

import gzip
import os
import resource
import signal
import subprocess

from headless import Run
from peers import Milter
from programs import program
from test_editing import Session
from test_milter import Client
from test_screen import Home


def pipe(home, name):
    path = home.file(name)
    os.mkfifo(path, 0o600)
    return path


def proxy(milter, *arguments, **options):
    return Run("proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q", *arguments, **options)


# ---- pipes that nobody reads


def test_a_pipe_that_nobody_reads_is_waited_for_aloud_and_signals_are_heard():
    for option in ("-w", "--log"):
        for name in ("TERM", "INT", "QUIT"):
            with Home() as home, Milter() as milter, proxy(milter, option, pipe(home, "pipe")) as run:
                run.hears(f"waiting for somebody to read '{home.path}/pipe'")
                run.signal("HUP")
                run.signal(name)
                run.ends(within=5)


def test_mail_is_taken_once_the_pipe_has_its_reader():
    with Home() as home, Milter() as milter:
        path = pipe(home, "pipe")
        with proxy(milter, "-w", path) as run:
            run.hears("waiting for somebody to read")
            with open(path, "rb") as reader:
                run.hears("listening on")
                assert reader.readline().startswith(b'{"mitmilter":1')
                with Client(run.port) as mta:
                    mta.greet()
                    mta.send(b"Q")
                while b'"k":"close"' not in reader.readline():
                    pass
                run.signal("TERM")
                run.ends(within=5)


def test_with_a_screen_a_pipe_that_nobody_reads_is_waited_for_too():
    with Home() as home, home.run("demo", "-w", pipe(home, "pipe")) as t:
        t.wait("waiting for somebody to read")
        t.signal("TERM")
        assert t.end() == 0


# ---- readers that stopped reading


def fill(run):
    """More than a pipe takes."""
    with Client(run.port) as mta:
        mta.greet()
        for _ in range(40):
            assert mta.ask(b"U" + b"x" * 60000 + b"\0") == b"c"
        mta.send(b"Q")


def test_a_reader_that_stopped_reading_delays_no_end():
    for output in (["-w", "-"], ["--log", "-", "-w", "other.mtrace"], ["-w", "pipe"]):
        for name in ("TERM", "INT"):
            with Home() as home, Milter() as milter:
                reader = os.open(pipe(home, "pipe"), os.O_RDONLY | os.O_NONBLOCK)
                with proxy(milter, *output, stdout=subprocess.PIPE, cwd=home.path) as run:
                    run.hears("listening on")
                    fill(run)
                    run.signal(name)
                    run.ends(within=8)
                    if "--log" not in output:
                        assert "its reader takes nothing more" in run.said, run.said
                os.close(reader)


def test_a_second_signal_waits_for_no_reader():
    with Home() as home, Milter() as milter, proxy(milter, "-w", "-", stdout=subprocess.PIPE, cwd=home.path) as run:
        run.hears("listening on")
        fill(run)
        run.signal("TERM")
        run.signal("INT")
        run.ends(within=2)


def test_lines_that_nobody_takes_delay_no_end():
    for form in ([], ["--json"]):
        with Milter() as milter, Run(
            "proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", *form, stdout=subprocess.PIPE
        ) as run:
            run.hears("listening on")
            fill(run)
            run.signal("TERM")
            run.ends(within=5)


def test_a_terminal_that_takes_nothing_delays_no_mail_and_no_end():
    keeper, terminal = os.openpty()
    with Home() as home, Milter() as milter, proxy(milter, "-w", "-", stdout=terminal, cwd=home.path) as run:
        run.hears("listening on")
        fill(run)
        run.signal("TERM")
        run.ends(within=8)
    os.close(terminal)
    os.close(keeper)


# ---- pipes that nobody writes


def test_rules_out_of_a_pipe_are_waited_for_aloud():
    with Home() as home, Milter() as milter:
        path = pipe(home, "rules")
        for arguments in (["-r", path], ["-c", f"on bodyeob do replace-body @{path}"]):
            with proxy(milter, *arguments) as run:
                run.hears(f"waiting for somebody to write '{path}'")
                run.signal("TERM")
                run.ends(within=5, status=-signal.SIGTERM)
        with proxy(milter, "-r", path) as run:
            run.hears("waiting for somebody to write")
            with open(path, "w", encoding="ascii") as writer:
                writer.write("on helo do reject\n")
            run.hears("listening on")
            with Client(run.port) as mta:
                assert mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))[:1] == b"O"
                assert mta.ask(b"Hmail.example.org\0") == b"r"
                # It holds no other rules by now, and mail does not wait for them.
                run.signal("HUP")
                run.hears("the rules stay as they were")
                assert mta.ask(b"Hmail.example.org\0") == b"r"


def test_the_screen_waits_for_no_pipe():
    with Session("bodyeob") as s:
        os.mkfifo(s.home.file("pipe"))
        s.start()
        for packet in (b"N", b"Bx\r\n"):
            assert s.mta.ask(packet) == b"c"
        s.mta.send(b"E")
        s.held()
        for words in ("replace-body @pipe", "on mail do replace-body @pipe"):
            s.screen.key(":")
            s.screen.send(words)
            s.screen.key("Enter")
            s.screen.wait("cannot read 'pipe': it is no file")
        s.screen.key("a")
        assert s.mta.reply() == b"c"
        s.screen.key(":")
        s.screen.send("write pipe")
        s.screen.key("Enter")
        s.screen.until(lambda: "there already" in s.screen.text() or "nobody reads" in s.screen.text(), "no refusal")
        if "there already" in s.screen.text():
            s.screen.key("y")
        s.screen.wait("nobody reads the pipe")
        s.leave()


def test_a_trace_that_comes_through_a_named_pipe_leaves_the_screen_alive():
    with Home() as home:
        trace = home.record()
        with open(trace, "rb") as file:
            lines = file.readlines()
        path = pipe(home, "pipe")
        with home.run("open", path) as t:
            with open(path, "wb") as writer:
                writer.write(b"".join(lines[:50]))
                writer.flush()
                t.wait("CONNECT")
                t.key("?")
                t.wait("In Timeline")
                t.key("?")
                writer.write(b"".join(lines[50:]))
            t.key("2")
            t.wait("accepted")
            t.key("Q")
            t.until(lambda: t.is_closed or not t.screen.is_alternate, "the screen stays")


# ---- names that lead elsewhere


def refused(arguments, words, cwd):
    run = subprocess.run(
        [program("mitmilter"), *arguments], cwd=cwd, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 2 and words in run.stderr, f"{arguments}: {run.returncode} {run.stderr}"


def writers(home, name):
    """Each way in which the command line writes a file."""
    trace = home.record("source.mtrace")
    demo = ["demo", "--headless", "-q", "--speed", "0"]
    yield [*demo, "-w", name]
    yield [*demo, "--log", name]
    yield ["export", "json", trace, "-o", name]
    yield ["export", "trace", trace, "--redact", "--redact-map", name, "-o", "/dev/null"]
    yield ["export", "eml", trace, "-f", "conn == 1", "-o", os.path.dirname(name)]


def test_in_a_folder_of_others_no_link_is_followed():
    with Home() as home:
        victim = home.file("victim")
        os.makedirs(home.file("shared", "x")[:-2], exist_ok=True)
        shared = home.path + "/shared"
        os.chmod(shared, 0o1777)
        for arguments in writers(home, shared + "/name"):
            name = shared + "/name"
            if arguments[1] == "eml":
                name = shared + "/" + first_mail(home)
            # Dangling, and leading to a file.
            for there in (False, True):
                if there:
                    with open(victim, "w", encoding="ascii") as file:
                        file.write("precious")
                if os.path.lexists(name):
                    os.unlink(name)
                os.symlink(victim, name)
                refused(arguments, "symbolic link", home.path)
                if there:
                    with open(victim, encoding="ascii") as file:
                        assert file.read() == "precious", arguments
                else:
                    assert not os.path.exists(victim), arguments
                os.unlink(name)
            # A second name of a file of ours.
            os.link(victim, name)
            refused(arguments, "another name", home.path)
            os.unlink(name)
            os.unlink(victim)


def first_mail(home):
    folder = home.file("mails", "x")[:-2]
    subprocess.run([program("mitmilter"), "export", "eml", home.file("source.mtrace"), "-f", "conn == 1", "-o", folder],
                   check=True, capture_output=True, timeout=30)
    return sorted(os.listdir(folder))[0]


def test_in_a_folder_of_ones_own_links_are_followed_and_none_that_dangles():
    with Home() as home:
        os.chmod(home.path, 0o700)
        with open(home.file("real"), "w", encoding="ascii"):
            pass
        os.symlink("real", home.file("link"))
        os.symlink("nowhere", home.file("dangling"))
        subprocess.run([program("mitmilter"), "demo", "--headless", "-q", "--speed", "0", "-w", "link"],
                       cwd=home.path, check=True, capture_output=True, timeout=60)
        with open(home.file("real"), "rb") as trace:
            assert trace.readline().startswith(b'{"mitmilter":1')
        refused(["demo", "--headless", "-q", "--speed", "0", "-w", "dangling"], "that is not there", home.path)


def test_what_is_written_is_for_its_owner_alone():
    with Home() as home:
        name = home.file("out")
        for arguments in writers(home, name):
            if arguments[1] == "eml":
                continue
            if os.path.exists(name):
                os.unlink(name)
            with open(name, "w", encoding="ascii"):
                os.chmod(name, 0o644)
            subprocess.run([program("mitmilter"), *arguments], cwd=home.path, check=True, capture_output=True, timeout=60)
            mode = os.stat(name).st_mode & 0o777
            # A log may be for a group, which its owner decided.
            assert mode == (0o640 if "--log" in arguments else 0o600), f"{arguments}: {mode:o}"


def test_a_file_of_somebody_else_is_not_written():
    if os.geteuid() != 0:
        return
    with Home() as home:
        name = home.file("out")
        for arguments in writers(home, name):
            if arguments[1] == "eml":
                continue
            if os.path.exists(name):
                os.unlink(name)
            with open(name, "w", encoding="ascii"):
                os.chown(name, 65534, 65534)
            refused(arguments, "belongs to another user", home.path)


# ---- traces under our feet


def mail(run):
    with Client(run.port) as mta:
        mta.greet()
        mta.send(b"Q")


def shown(path, status=0):
    run = subprocess.run([program("mitmilter"), "show", path], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == status, f"{run.returncode}: {run.stderr}"
    return run


def test_what_others_do_to_the_trace_is_told_within_a_second_and_recording_goes_on():
    with Milter() as milter:
        for what, words in (("moved", "was moved away: records go on into it"),
                            ("removed", "records go on in a new file of that name"),
                            ("emptied", "was cut down to"), ("cut", "what was behind them is lost")):
            with Home() as home, proxy(milter, "-w", home.file("t.mtrace")) as run:
                trace = home.file("t.mtrace")
                run.hears("listening on")
                mail(run)
                if what == "moved":
                    os.rename(trace, trace + ".old")
                elif what == "removed":
                    os.unlink(trace)
                else:
                    os.truncate(trace, 0 if what == "emptied" else os.path.getsize(trace) - 7)
                run.hears(words, timeout=3)
                mail(run)
                run.signal("TERM")
                run.ends(within=15)
                name = trace + ".old" if what == "moved" else trace
                lines = shown(name, 1 if what in ("emptied", "cut") else 0).stdout
                assert lines.count("HELO") >= {"moved": 4, "cut": 3}.get(what, 2), f"{what}: {lines}"
                assert "c2" in lines, f"{what}: {lines}"
                assert run.said.count(words) == 1, run.said


def test_the_screen_says_that_its_trace_was_removed_and_goes_on():
    with Session("mail") as s:
        s.mta.greet()
        os.unlink(s.trace)
        s.screen.wait("was removed")
        s.mta.send(b"M<alice@example.org>\0")
        s.held()
        s.screen.key("a")
        assert s.mta.reply() == b"c"
        s.leave()


def test_the_screen_goes_on_when_its_trace_is_cut_down():
    with Session("mail") as s:
        s.mta.greet()
        os.truncate(s.trace, 0)
        s.screen.wait("was cut down|shorter than it was|NOT RECORDED")
        s.mta.send(b"M<alice@example.org>\0")
        s.screen.wait("<alice@example.org>")
        s.screen.key("3", "a")
        assert s.mta.reply() == b"c"
        s.leave()


def test_a_trace_without_its_beginning_opens_with_what_is_there():
    with Home() as home:
        with open(home.record(), "rb") as file:
            lines = file.readlines()
        whole = shown(home.file("demo.mtrace")).stdout.count("\n")
        torn = home.file("torn.mtrace")
        for start, missing in ((b"".join(lines[1:]), 0), (b"".join(lines)[len(lines[0]) + 9:], 1),
                               (b"".join(lines[3:])[:-9], 3)):
            with open(torn, "wb") as file:
                file.write(start)
            run = shown(torn, 1)
            assert "the first line is lost" in run.stderr, run.stderr
            assert run.stdout.count("\n") >= whole - missing - 3, f"{run.stdout.count(chr(10))} of {whole} lines"
            with home.run("open", torn) as t:
                t.wait("lost its first line|OPTNEG|CONNECT")
                t.key("Q")
                t.until(lambda: t.is_closed or not t.screen.is_alternate, "the screen stays")
        with open(torn, "wb") as file:
            file.write(b"Dear Sir,\nthis is no trace\nat all\n" * 9)
        assert "is not a trace" in shown(torn, 2).stderr


def test_compressed_nothing_fills_no_disk():
    with Home() as home:
        with open(home.record(), "rb") as file:
            head = file.readline()
        path = home.file("bomb.mtrace.gz")
        with gzip.open(path, "wb", compresslevel=6) as bomb:
            bomb.write(head)
            for _ in range(400):
                bomb.write(b"a" * ((1 << 20) - 1) + b"\n")
        run = subprocess.run([program("mitmilter"), "show", path], capture_output=True, text=True, timeout=120, check=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300 << 20, 300 << 20)))
        assert "holds more than 250 times its size" in run.stderr, run.stderr


# ---- a folder of traces


def test_of_a_folder_a_trace_is_picked():
    with Home() as home:
        home.record("traces/one.mtrace")
        home.record("traces/two.mtrace")
        with open(home.file("traces", "notes.txt"), "w") as notes:
            notes.write("nothing to open\n")
        with home.run("open", "traces") as t:
            t.wait("2 files to open")
            t.wait(r"two\.mtrace")
            assert "notes" not in t.text(), t.picture()
            t.resize(140, 30)
            t.key("j", "Enter")
            t.wait(r"MAIL +<")
            assert "two.mtrace" in t.line(0), t.picture()
            t.key("Q")
            assert t.end() == 0, t.picture()
            t.check_restored()


def test_q_goes_back_to_the_folder_and_Q_quits():
    with Home() as home:
        home.record("traces/one.mtrace")
        home.record("traces/two.mtrace")
        with home.run("open", "traces", size=(120, 30)) as t:
            t.wait("2 files to open")
            t.key("j", "Enter")
            t.wait(r"MAIL +<")
            t.key("l", "q")
            t.wait("2 files to open")
            os.remove(home.file("traces", "two.mtrace"))
            t.key("Enter")
            t.wait("two.mtrace: No such file|two.mtrace.*no such file")
            t.key("k", "Enter")
            t.wait(r"MAIL +<")
            t.send(";a note\r")
            t.wait("a note")
            t.key("q")
            t.wait(r"unwritten.*Back to the list\?")
            t.key("y")
            t.wait("2 files to open")
            t.key("Enter")
            t.wait(r"MAIL +<")
            t.key("Q")
            assert t.end() == 0, t.picture()
            t.check_restored()


def test_a_folder_is_left_without_picking():
    with Home() as home:
        home.record("traces/one.mtrace")
        with home.run("open", "traces/") as t:
            t.wait("1 file to open")
            t.key("q")
            assert t.end() == 0, t.picture()
            t.check_restored()


def test_show_and_export_name_what_is_in_a_folder():
    with Home() as home:
        home.record("traces/one.mtrace")
        folder = home.file("traces", "x")[:-2]
        for arguments in (["show", folder], ["export", "json", folder]):
            done = subprocess.run([program("mitmilter"), *arguments], capture_output=True, text=True, timeout=60)
            assert done.returncode == 2
            assert "it is a folder\nmitmilter: hint: name one or more of one.mtrace\n" in done.stderr, done.stderr
