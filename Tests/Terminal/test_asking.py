"""Programs and services that are asked what to do: what they answer, and what they fail to."""

import http.server
import json
import os
import pathlib
import select
import socket
import socketserver
import tempfile
import threading
import time

from headless import Run
from test_milter import Client
from test_screen import Home, free_port

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "ask"


class Programs:
    """A folder with a program of each test."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def make(self, text):
        path = pathlib.Path(self.folder.name) / "decide"
        path.write_text(text)
        path.chmod(0o755)
        return path

    def file(self, name):
        return pathlib.Path(self.folder.name) / name


class Process:
    """One that somebody else started, held by its descriptor: its number may be another's by the time it has ended."""

    def __init__(self, pid):
        self.descriptor = os.pidfd_open(pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)

    def ends(self, within):
        return bool(select.select([self.descriptor], [], [], within)[0])


def ended(mta):
    """The replies from the end of a mail on."""
    mta.mail()
    replies = [mta.reply()]
    while replies[-1][:1] in b"hibm+2-eq":
        replies.append(mta.reply())
    return replies


def test_a_program_decides():
    with Programs() as programs:
        question = programs.file("question")
        program = programs.make(f"#!/bin/sh\ncat > {question}\necho 'add-header X-Score \"{{{{message.subject}} {{message.subject}}\"'\n"
                                "echo '# nothing'\necho; echo 'reply 550 5.7.1 \"not that\"'\n")
        with Run("milter", "-q", "-c", f'on rcpt and rcpt.address == "bob@example.net" do ask "{program} a \'b c\'"') as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.greet()
                assert mta.ask(b"M<alice@example.org>\0") == b"c"
                assert mta.ask(b"R<bob@example.net>\0") == b"y550 5.7.1 not that\0"
                assert mta.ask(b"R<eve@example.net>\0") == b"c"
            asked = json.loads(question.read_text())
            assert asked["packet"]["name"] == "RCPT" and asked["message"]["from"]["address"] == "<alice@example.org>"
            assert asked["session"]["client"]["address"] == "192.0.2.7"
        with Run("milter", "-q", "-c", f'on bodyeob do ask "{program}"') as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.greet()
                mta.mail()
                assert mta.reply() == b"y550 5.7.1 not that\0"
            program.write_text("#!/bin/sh\ncat > /dev/null\n""echo 'add-header X-Score \"{{message.subject} {message.subject}\"'\n")
            with Client(run.port) as mta:
                mta.greet()
                assert ended(mta) == [b"hX-Score\0{{message.subject} {message.subject}\0", b"a"]
            parts = json.loads(question.read_text())["message"]["parts"]
            assert parts == [{"type": "text/plain", "size": 8, "text": "Hello.\r\n"}]


def test_what_is_no_answer_leaves_the_packet_as_it_is():
    failures = {
        "echo reject; exit 3": "it ended with status 3",
        "echo reject; kill -9 $$": "it was ended by signal 9",
        "echo reject; echo rejekt": "line 2 of the answer: unknown instruction 'rejekt'",
        "echo 'on helo do reject'": "line 1 of the answer",
        "echo 'ask true'": "line 1 of the answer asks somebody else",
        "echo 'replace-body @/etc/passwd'": "line 1 of the answer names a file",
        "printf '\\377\\n'": "the answer is not UTF-8",
        "head -c 3000000 /dev/zero": "its answer has more than 1 MiB",
        "exec sleep 60": "no answer within 300 ms",
        "trap '' TERM; while :; do echo x >&2; done": "no answer within 300 ms",
    }
    with Programs() as programs:
        for script, words in failures.items():
            program = programs.make(f"#!/bin/sh\n{script}\n")
            rule = f'on helo do ask --within 300ms --else tempfail "{program}"'
            with Run("milter", "-q", "-c", rule, "-c", f'on mail do ask --within 300ms "{program}"') as run:
                run.hears("listening")
                with Client(run.port) as mta:
                    assert mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))[:1] == b"O"
                    assert mta.ask(b"Hmail.example.org\0") == b"t", script
                    assert mta.ask(b"M<alice@example.org>\0") == b"c", script
                run.hears(f"decide gave no usable answer about packet 3, c1: {words}")
                run.hears("it gets tempfail")
                run.hears("the packet is passed on")
                run.signal("TERM")
                run.ends(within=10)


def test_a_program_that_cannot_be_started_is_named():
    """Before anything listens; and where it goes away later, at the packet."""
    with Programs() as programs:
        plain = programs.file("plain")
        plain.write_text("#!/bin/sh\n")
        for command, words in {
            "/nowhere/decide": "cannot open '/nowhere/decide': no such file or folder",
            str(plain): f"cannot start '{plain}': it is not executable",
            str(plain.parent): f"cannot start '{plain.parent}': it is no file",
            "nowhere-decide": "cannot start 'nowhere-decide': no folder of PATH has it",
        }.items():
            with Run("milter", "-q", "-c", f'on helo do ask "{command}"') as run:
                run.hears(words)
                run.ends(within=10, status=2)
        program = programs.make("#!/bin/sh\necho continue\n")
        with Run("milter", "-q", "-c", f'on helo do ask "{program}"') as run:
            run.hears("listening")
            os.unlink(program)
            with Client(run.port) as mta:
                mta.greet()
            run.hears(f"'{program}' cannot be started: no such file or directory; the packet is passed on")


def test_what_it_says_on_standard_error_is_told_inert():
    with Programs() as programs:
        program = programs.make("#!/bin/sh\nprintf 'odd \\033[2J mail\\n' >&2\n")
        with Run("milter", "-q", "-c", f'on helo do ask "{program}"') as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.greet()
            run.hears("decide: odd \\x1b[2J mail")


def test_questions_wait_for_each_other_no_longer_than_they_must():
    """A question that takes long keeps nobody else; what is behind it on its own connection waits."""
    with Programs() as programs:
        gate = programs.file("gate")
        os.mkfifo(gate)
        program = programs.make(f'#!/bin/sh\ngrep -q slow.example.org && read x < {gate}\necho note asked\n')
        with Run("milter", "-q", "-c", f'on helo do ask --within 30s "{program}"') as run:
            run.hears("listening")
            with Client(run.port) as slow, Client(run.port) as mta:
                assert slow.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))[:1] == b"O"
                slow.send(b"Hslow.example.org\0")
                for _ in range(3):
                    with Client(run.port) as other:
                        other.greet()
                mta.greet()
                gate.write_text("go\n")
                assert slow.reply() == b"c"


def test_one_process_answers_all():
    with Programs() as programs:
        pids = programs.file("pids")
        program = programs.make(
            "#!/usr/bin/env python3\n"
            "import json, os, sys\n"
            f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
            "waiting = []\n"
            "print('rubbish', flush=True)\n"
            "for line in sys.stdin:\n"
            "    question = json.loads(line)\n"
            "    waiting.append((question['id'], question['session']['helo']))\n"
            "    if len(waiting) == 2:\n"
            "        for id, helo in reversed(waiting):\n"
            "            print(json.dumps({'id': id, 'do': [f'reply 550 5.7.1 \"{helo}\"']}), flush=True)\n"
            "        print('{\"id\": 999, \"do\": [\"reject\"]}', flush=True)\n"
            "        waiting = []\n"
            "    if question['session']['helo'] == 'die': sys.exit(4)\n")
        with Run("milter", "-q", "-c", f'on helo do ask --within 20s --persistent "{program}"') as run:
            run.hears("listening")
            offer = b"O" + bytes.fromhex("00000006000001ff001fffff")
            with Client(run.port) as a, Client(run.port) as b:
                for _ in range(3):
                    a.ask(offer)
                    b.ask(offer)
                    a.send(b"Ha\0")
                    b.send(b"Hb\0")
                    assert (a.reply(), b.reply()) == (b"y550 5.7.1 a\0", b"y550 5.7.1 b\0")
                run.hears("decide: a line of its answer was not taken: expected '{'")
                a.send(b"Hdie\0")
                assert a.reply() == b"c"
                run.hears("it ended with status 4")
            assert len(pids.read_text().split()) == 1
            # A second later it is started again.
            def answered():
                with Client(run.port) as a, Client(run.port) as b:
                    a.ask(offer)
                    b.ask(offer)
                    a.send(b"Ha\0")
                    b.send(b"Hb\0")
                    return (a.reply(), b.reply()) == (b"y550 5.7.1 a\0", b"y550 5.7.1 b\0")
            end = time.monotonic() + 20
            while not answered():
                assert time.monotonic() < end, "it is started again"
            with Process(int(pids.read_text().split()[1])) as second:
                run.signal("TERM")
                run.ends(within=10)
                assert second.ends(within=20), "it ends with us"


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = set()

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Service.connections.add(self.client_address)
        helo = question["session"]["helo"]
        status, kind, body = {
            "text": (200, "text/plain", b"reject\n"), "json": (200, "application/json", b'{"do": ["tempfail"]}'),
            "none": (204, None, b""), "error": (500, "text/plain", b"reject\n"),
            "wrong": (200, "application/json", b"reject"),
        }[helo]
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "somebody"

    def log_message(self, *_):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def served(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_a_service_decides():
    offer = b"O" + bytes.fromhex("00000006000001ff001fffff")
    with Programs() as programs:
        over_tcp = served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service))
        over_unix = served(UnixServer(str(programs.file("s")), Service))
        places = [f"http://127.0.0.1:{over_tcp.server_port}/ask", f"http+unix:{programs.file('s')}:/ask"]
        try:
            for place in places:
                # What one fails over is told once in a while, so the other failure has another one.
                rules = ["-c", f"on helo do ask {place}", "-c", f"on unknown do ask --within 4s {place}"]
                with Run("milter", "-q", *rules) as run:
                    run.hears("listening")
                    Service.connections.clear()
                    with Client(run.port) as mta:
                        mta.ask(offer)
                        for _ in range(3):
                            assert mta.ask(b"Htext\0") == b"r"
                            assert mta.ask(b"Hjson\0") == b"t"
                            assert mta.ask(b"Hnone\0") == b"c"
                            assert mta.ask(b"Herror\0") == b"c"
                            assert mta.ask(b"Hwrong\0") == b"c"
                            assert mta.ask(b"UFOO\0") == b"c"
                    run.hears("it answered 500 Internal Server Error")
                    run.hears("its answer is not JSON")
                    if place.startswith("http:"):
                        assert len(Service.connections) == 1, "connections are kept open"
        finally:
            over_tcp.shutdown()
            over_tcp.server_close()
            over_unix.shutdown()
            over_unix.server_close()
        with Run("milter", "-q", "-c", f"on helo do ask {places[0]}") as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.greet()
            run.hears("it cannot be reached: connection refused; the packet is passed on")


def test_a_service_that_closes_a_kept_connection_is_asked_again():
    """What closed while nobody asked is no failure of the service."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                data = b""
                while b"}\n" not in data:
                    data += connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nreject")

    threading.Thread(target=serve, daemon=True).start()
    with Run("milter", "-q", "-c", f"on helo do ask http://127.0.0.1:{listener.getsockname()[1]}/") as run:
        run.hears("listening")
        with Client(run.port) as mta:
            mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))
            for _ in range(5):
                assert mta.ask(b"Hmail.example.org\0") == b"r"
    listener.close()


def test_the_programs_of_the_docs_do_what_they_say():
    offer = b"O" + bytes.fromhex("00000006000001ff001fffff")
    rules = [f'on bodyeob do ask "{DOCS / "decide.py"}"', f'on helo do ask --persistent "{DOCS / "standing.py"}"']
    with Run("milter", "-q", *(word for rule in rules for word in ("-c", rule))) as run:
        run.hears("listening")
        with Client(run.port) as mta:
            mta.greet()
            assert ended(mta) == [b"a"]
            for packet in (b"M<a@example.org>\0", b"R<b@example.net>\0", b"T", b"LSubject\0an \"invoice\" {x}\0",
                           b"LContent-Type\0application/javascript; name=\"a\\\"{b}.JS\"\0", b"N", b"Bx\r\n"):
                assert mta.ask(packet) == b"c"
            mta.send(b"E")
            replies = [mta.reply(), mta.reply()]
            assert replies == [b"hX-Attached\0a\"{b}.JS\0", b"a"], replies
            for packet in (b"M<>\0", b"R<b@example.net>\0", b"R<c@example.net>\0", b"T", b"LSubject\0x\0", b"N"):
                assert mta.ask(packet) == b"c"
            assert mta.ask(b"E") == b"y550 5.7.1 a bounce has one recipient\0"
            mta.ask(offer)
            mta.ask(b"Cmail.example.org\x004" + bytes.fromhex("c822") + b"192.0.2.9\0")
            assert [mta.ask(b"Hmail.example.org\0") for _ in range(22)] == [b"c"] * 20 + [b"t"] * 2
        assert "no answer" not in run.said


def test_nobody_starts_programs_over_the_control_socket():
    with Programs() as programs:
        control = programs.file("control")
        program = programs.make("#!/bin/sh\necho reject\n")
        rule = f'on helo do ask "{program}"'
        with Run("milter", "-q", "--control", str(control), "-c", rule) as run:
            run.hears("listening")
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(str(control))
            lines = peer.makefile("rw")
            assert "mitmilter" in lines.readline()

            def say(words):
                lines.write(words + "\n")
                lines.flush()
                return lines.readline()
            assert "ask starts a program" in say('do 1 1 - ask "touch x"')
            say('add-rule on mail do ask "touch x"')
            run.hears("asks touch, which no rule of this run asks")
            say(f'add-rule on mail do ask "{program}"')
            with Client(run.port) as mta:
                mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))
                assert mta.ask(b"Hmail.example.org\0") == b"r"
                assert mta.ask(b"M<alice@example.org>\0") == b"r"
            peer.close()


def test_one_that_hangs_takes_nobody_elses_place():
    offer = b"O" + bytes.fromhex("00000006000001ff001fffff")
    with Programs() as programs:
        hang = programs.file("hang")
        hang.write_text("#!/bin/sh\nexec sleep 60\n")
        hang.chmod(0o755)
        program = programs.make("#!/usr/bin/env python3\nimport json, sys\nfor line in sys.stdin:\n"
                                "    print(json.dumps({'id': json.loads(line)['id'], 'do': ['reject']}), flush=True)\n")
        rules = ["-c", f'on helo do ask --within 5m "{hang}"', "-c", f'on mail do ask --within 20s --persistent "{program}"']
        with Run("milter", "-q", *rules) as run:
            run.hears("listening")
            hanging = [Client(run.port) for _ in range(40)]
            for mta in hanging:
                mta.ask(offer)
                mta.send(b"Hmail.example.org\0")
            with Client(run.port) as mta:
                mta.ask(offer)
                assert mta.ask(b"M<alice@example.org>\0") == b"r"
            for mta in hanging:
                mta.socket.close()


def test_a_program_ends_with_its_rule():
    with Programs() as programs:
        pids, rules = programs.file("pids"), programs.file("rules")
        program = programs.make(f"#!/bin/sh\necho $$ >> {pids}\nexec sleep 300\n")
        rules.write_text(f'on helo do ask --within 300ms --persistent "{program}"\n')
        with Run("milter", "-q", "-r", str(rules)) as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.greet()
                with Process(int(pids.read_text())) as asked:
                    assert not asked.ends(within=0)
                    rules.write_text("on helo do mark\n")
                    run.signal("HUP")
                    assert asked.ends(within=20), "it ends with its rule"


def test_programs_are_waited_for_whoever_started_us():
    """A parent that ignores SIGCHLD hands that on."""
    with Programs() as programs:
        program = programs.make("#!/bin/sh\necho reject\n")
        ignoring = ["python3", "-c", "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
                    "os.execvp(sys.argv[1], sys.argv[1:])"]
        with Run("milter", "-q", "-c", f'on helo do ask --within 20s "{program}"', before=ignoring) as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))
                assert mta.ask(b"Hmail.example.org\0") == b"r"


def test_no_program_outlives_the_run():
    with Programs() as programs:
        pids = programs.file("pids")
        os.mkfifo(pids)
        program = programs.make(f"#!/bin/sh\necho $$ > {pids}\nexec sleep 300\n")
        with Run("milter", "-q", "-c", f'on helo do ask --within 5m "{program}"') as run:
            run.hears("listening")
            with Client(run.port) as mta:
                mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))
                mta.send(b"Hmail.example.org\0")
                # Read once it runs and has said so.
                with Process(int(pids.read_text())) as asked:
                    run.signal("TERM")
                    run.ends(within=25)
                    assert asked.ends(within=20), "it ends with us"


def test_a_question_at_the_screen():
    """An operator sees what is asked, and may let it go before."""
    with Home() as home, Programs() as programs:
        program = programs.make("#!/bin/sh\nsleep 300\n")
        port = free_port()
        with home.run("milter", "--listen", f"127.0.0.1:{port}", "-c", f'on helo do ask --within 5m "{program}"',
                      size=(120, 36)) as t:
            t.wait("waiting for an MTA to connect")
            with Client(port) as mta:
                mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))
                mta.send(b"Hmail.example.org\0")
                t.wait("HELO")
                t.send(":forward all")
                t.key("Enter")
                assert mta.reply() == b"c"
