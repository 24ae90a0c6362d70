"""`replay`: what was recorded once is said again, and what the milter answers is compared; `diff` of two recordings."""

import json
import os
import socket
import subprocess
import tempfile
import threading

from peers import Milter
from programs import program
from terminal import Terminal
from test_screen import free_port

MAIL = b"From: Alice <alice@example.org>\nTo: bob@example.net\nSubject: hello\nMessage-ID: <1@example.org>\n\nbody\n"

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "sample-sessions")


def run(*arguments, status=0):
    done = subprocess.run([program("mitmilter"), *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def replies(changes):
    return {letter.encode(): reply for letter, reply in changes.items()}


class Recorded:
    """A trace of two mails at a milter of such replies."""

    def __init__(self, milter=None, **changes):
        self.milter, self.changes = milter or {}, changes

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "recorded.mtrace")
        mail = os.path.join(self.folder.name, "a.eml")
        with open(mail, "wb") as file:
            file.write(MAIL)
        with Milter(replies=replies(self.changes), **self.milter) as peer:
            run("send", mail, mail, "--milter", f"127.0.0.1:{peer.port}", "-w", self.path)
            self.said = peer.received
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def replay(self, *arguments, status=0, milter=None, **changes):
        """What it printed, what it said, and what the milter was sent."""
        with Milter(replies=replies(changes), **(milter or {})) as peer:
            printed, said = run("replay", self.path, "--milter", f"127.0.0.1:{peer.port}", *arguments, status=status)
            return printed, said, peer.received


def test_the_same_milter_does_the_same():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace:
        printed, said, received = trace.replay(E=[b"hX-Checked\0yes\0", b"c"])
        assert printed == "no difference; mails: 2 alike, 0 differ\n", printed
        assert said == "" and received == trace.said, (said, received, trace.said)
        for options in [["--speed", "recorded"], ["--one-by-one"]]:
            printed, _, _ = trace.replay(*options, E=[b"hX-Checked\0yes\0", b"c"])
            assert printed.startswith("no difference"), printed


def test_one_byte_is_found_at_its_packet():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace:
        printed, _, _ = trace.replay(status=1, E=[b"hX-Checked\0yeS\0", b"c"])
        assert printed.count("ADDHEADER X-Checked: yes") == 2 and printed.count("ADDHEADER X-Checked: yeS") == 2, printed
        printed, _, _ = trace.replay("--ignore", "modification", E=[b"hX-Checked\0yeS\0", b"c"])
        assert printed.startswith("no difference"), printed
        lines, _, _ = trace.replay("--json", status=1, E=[b"r"])
        kinds = [json.loads(line).get("kind") for line in lines.splitlines()]
        assert kinds.count("verdict") == 2 and kinds.count("modification") == 2, lines


def test_what_follows_from_another_verdict_is_not_said():
    with Recorded() as trace:
        printed, _, received = trace.replay(status=1, M=[b"r"])
        assert not [p for p in received if p[:1] in (b"R", b"T", b"L", b"E")], received
        assert "REJECT" in printed and "RCPT to BODYEOB" in printed, printed


def test_a_stage_that_was_switched_off_is_said():
    with Recorded(milter={"steps": 0x02 | 0x20}) as trace:
        printed, said, _ = trace.replay(status=1)
        assert "had HELO, HEADER switched off, and this one wants them" in said, said
        assert "negotiation at OPTNEG answer" in printed, printed


def test_the_replay_is_a_trace():
    with Recorded() as trace:
        path = os.path.join(trace.folder.name, "again.mtrace")
        trace.replay("-w", path)
        printed, _ = run("diff", trace.path, path)
        assert printed.startswith("no difference; mails: 2 alike"), printed
        _, said, _ = trace.replay("-w", "-", status=2)
        assert "it needs a file" in said, said


def test_what_if():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace:
        path = os.path.join(trace.folder.name, "forked.mtrace")

        def fork(*changes, status=0):
            return trace.replay(*changes, status=status, E=[b"hX-Checked\0yes\0", b"c"])

        printed, said, received = fork("--set", 'macro["{auth_authen}"] = "alice"', "-w", path)
        assert printed.startswith("no difference; mails: 2 alike"), printed
        assert said.count('said otherwise, at packet') == 2 and 'set macro["auth_authen"] alice' in said, said
        macros = [packet for packet in received if packet[:2] == b"DM"]
        assert len(macros) == 2 and all(b"{auth_authen}\0alice\0" in packet for packet in macros), macros
        shown, _ = run("show", "-v", path)
        assert 'said otherwise in this replay: set macro["auth_authen"] alice' in shown, shown
        # Several, by rules; the reply to what is said otherwise is compared.
        rule = "on bodyeob do add-header X-New {message.from}; delete-header To; add-rcpt <new@example.net>"
        _, said, received = fork("--set", "mail.address=<eve@example.org>", "-c", rule)
        assert received.count(b"M<eve@example.org>\0") == 2 and received.count(b"LX-New\0alice@example.org\0") == 2, received
        assert received.count(b"R<new@example.net>\0") == 2 and b"LTo\0bob@example.net\0" not in received, received
        assert "8 changes in all" in said, said
        printed, _, _ = trace.replay("--set", "mail.address=<eve@example.org>", status=1, M=[b"r"])
        assert "+" in printed and "REJECT" in printed and "eve" not in printed.split("verdict at MAIL")[1][:40], printed


def test_what_cannot_be_otherwise():
    with Recorded() as trace:
        for changes, words in [
            (["--set", "client.port = x"], "client.port is a number from 0 to 65535"),
            (["--set", "nobody"], "expected FIELD = VALUE"),
            (["--set", "helo.name = a; set helo.name b"], "one change at a time"),
            (["--set", "reply.code = 550"], "reply.code is the milter's"),
            (["-c", "on rcpt do reject"], "reject: nobody waits for a verdict"),
            (["-c", "on rcpt do add-header X-A @nowhere; hold"], "hold: nothing is held in a replay"),
            (["--set", "unknown.line = x"], "has no packet of an MTA that is to be changed so"),
            (["-c", 'on mail and mail.address == "<no@example.org>" do drop'], "has no packet of an MTA"),
        ]:
            _, said, received = trace.replay(*changes, status=2)
            assert words in said and not received, (changes, said)
        _, said, _ = trace.replay("-c", "on bodyeob do delete-rcpt <nobody@example.org>", status=1)
        assert "warning: delete-rcpt <nobody@example.org> at packet" in said, said


class Played:
    """`replay --as-milter` of a trace; `ask` sends mails to it."""

    def __init__(self, trace, *options):
        self.socket = os.path.join(os.path.dirname(trace), "played.sock")
        command = [program("mitmilter"), "replay", trace, "--as-milter", "--listen", f"unix:{self.socket}", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.first = self.process.stderr.readline()
        assert "listening on" in self.first, self.first

    def send(self, mail, *options, status=0):
        path = f"{self.socket}.eml"
        with open(path, "wb") as file:
            file.write(mail)
        return run("send", path, "--milter", f"unix:{self.socket}", "--json", *options, status=status)[0]

    def end(self, status):
        self.process.terminate()
        printed, said = self.process.communicate(timeout=20)
        assert self.process.returncode == status, (self.process.returncode, printed, said)
        return printed, said


def test_the_recorded_milter_is_played():
    with Recorded(milter={"steps": 0x02}, E=[b"hX-Checked\0yes\0", b"y550 5.7.1 no\0"]) as trace:
        path = os.path.join(trace.folder.name, "redacted.mtrace")
        run("export", "trace", "--redact", "-o", path, trace.path)
        capture = os.path.join(trace.folder.name, "capture.pcapng")
        run("export", "pcapng", "-o", capture, trace.path)
        bundle = os.path.join(trace.folder.name, "bundle.tar.gz")
        run("export", "bundle", "-o", bundle, trace.path)
        for name in (trace.path, path, capture, bundle):
            played = Played(name)
            mail = json.loads(played.send(MAIL))
            assert mail["verdict"] == "rejected" and "550" in mail["why"] and len(mail["changes"]) == 1, mail
            printed, said = played.end(0)
            assert printed.startswith("1 connection, 1 mail; ") and "0 unmatched; 1 of 2 recorded mails" in printed, printed
        copy = os.path.join(trace.folder.name, "played.mtrace")
        played = Played(trace.path, "--unmatched", "tempfail", "--json", "-w", copy)
        played.send(MAIL.replace(b"Subject", b"X-New: 1\nSubject"), "--to", "bob@example.net", "--to", "more@example.net",
                    "--steps", "NOBODY+NOHDRS")
        printed, said = played.end(1)
        *told, tally = [json.loads(line) for line in printed.splitlines()]
        assert [line.get("unmatched") for line in told] == [None, None, "RCPT", "HEADER"], told
        assert "without NOHELO" in told[0]["text"] and "switched off: CONTINUE" in told[1]["text"], told
        assert "RCPT <more@example.net>" in told[2]["text"] and tally["unmatched"] == 2 and tally["played"] == 1, (told, tally)
        shown, _ = run("show", copy)
        assert "plays the milter of" in shown and "fits no recorded command" in shown, shown
        assert "no MTA came" in Played(trace.path).end(2)[1]


def test_a_milter_that_closed_closes_again():
    with Recorded() as trace:
        part = os.path.join(trace.folder.name, "part.mtrace")
        with open(trace.path) as whole, open(part, "w") as file:
            # Of its first connection the milter's end alone, in place of the answer to BODYEOB.
            lines = [line for line in whole if '"c":2' not in line]
            answer = max(n for n, line in enumerate(lines) if '"from":"milter"' in line)
            file.writelines(lines[:answer])
            file.write('{"k":"close","t":9,"c":1,"leg":"milter","how":"peer"}\n')
        played = Played(part)
        assert json.loads(played.send(MAIL, status=2)).get("verdict") is None
        assert "by order, 0 unmatched" in played.end(0)[0]


def test_what_cannot_be_played():
    with Recorded() as trace:
        for arguments, words in [
            ([], "needs --milter <address>"), (["--as-milter"], "--as-milter needs --listen"),
            (["--listen", "unix:/tmp/x"], "give --as-milter as well"),
            (["--as-milter", "--listen", "unix:/tmp/x", "--milter", "inet:1@127.0.0.1"], "--as-milter and --milter do not go together"),
            (["--as-milter", "--listen", "unix:/tmp/x", "--unmatched", "reject"], "expected continue, tempfail or close"),
        ]:
            _, said = run("replay", trace.path, *arguments, status=2)
            assert words in said, said


def test_redacted_traces_and_captures():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace:
        for format, name in [("trace", "redacted.mtrace"), ("pcapng", "capture.pcapng")]:
            path = os.path.join(trace.folder.name, name)
            run("export", format, *(["--redact"] if format == "trace" else []), "-o", path, trace.path)
            with Milter(replies={b"E": [b"c"]}) as peer:
                printed, _ = run("replay", path, "--recorded", "--milter", f"127.0.0.1:{peer.port}", status=1)
                assert printed.count("ADDHEADER X-") == 2, printed


RESULTS = b"hAuthentication-Results\0mx1.example.net; dkim=%s (%s) header.d=example.org\0"


def test_a_redacted_trace_is_compared_by_what_can_be_known_of_it():
    with Recorded(E=[b"hX-Checked\0yes, all 17 of it\0", RESULTS % (b"fail", b"test mode"), b"y550 5.7.1 not you!\0"]) as trace:
        path = os.path.join(trace.folder.name, "redacted.mtrace")
        run("export", "trace", "--redact", "-o", path, trace.path)

        def replay(*replies, status):
            with Milter(replies={b"E": list(replies)}) as peer:
                printed, said = run("replay", path, "--milter", f"127.0.0.1:{peer.port}", status=status)
                assert "compared by their shape" in said, said
                return printed

        same = [b"hX-Checked\0yes, all 17 of it\0", RESULTS % (b"fail", b"test mode"), b"y550 5.7.1 not you!\0"]
        assert replay(*same, status=0).startswith("no difference; mails: 2 alike")
        # A word that redaction keeps, a code, a length, a name.
        for place, other in [(0, b"hX-Checked\0yes, all 173 of it\0"), (0, b"hX-Looked\0yes, all 17 of it\0"),
                             (1, RESULTS % (b"pass", b"test mode")), (2, b"y554 5.7.1 not you!\0"), (2, b"y550 5.7.2 not you!\0")]:
            printed = replay(*same[:place], other, *same[place + 1:], status=1)
            assert printed.count("\n+") == 2 + 1, (other, printed)
    with Recorded(E=[b"c"]) as one, tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("a.mtrace", "b.mtrace")]
        for path in paths:
            run("export", "trace", "--redact", "-o", path, one.path)
        printed, _ = run("diff", *paths)
        assert printed.startswith("no difference; mails: 2 alike"), printed
        printed, _ = run("diff", paths[0], one.path)
        assert printed.startswith("no difference; mails: 2 alike"), printed


def test_milters_that_are_none():
    with Recorded() as trace:
        _, said = run("replay", trace.path, "--milter", f"127.0.0.1:{free_port()}", status=2)
        assert "the milter cannot be reached" in said, said
        _, said, _ = trace.replay("--timeout", "200ms", status=1, M=[])
        assert "no answer to MAIL within 200 ms" in said, said
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                peer, _ = server.accept()
                with peer:
                    peer.recv(100)
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            thread = threading.Thread(target=serve)
            thread.start()
            _, said = run("replay", trace.path, "--timeout", "200ms", "--milter",
                          f"127.0.0.1:{server.getsockname()[1]}", status=1)
            thread.join()
            assert "does not speak milter" in said, said


def test_what_cannot_be_replayed():
    _, said = run("replay", "/nowhere.mtrace", "--milter", "127.0.0.1:1", status=2)
    assert "'/nowhere.mtrace'" in said, said
    with Recorded() as trace:
        part = os.path.join(trace.folder.name, "part.mtrace")
        with open(trace.path) as whole, open(part, "w") as file:
            file.writelines(line for line in whole if '"n":1,' not in line and '"c":2,' not in line)
        _, said = run("replay", part, "--milter", "127.0.0.1:1", status=2)
        assert "begins with OPTNEG" in said, said


def test_samples_are_said_to_their_end():
    with Milter() as peer:
        for name in sorted(os.listdir(SAMPLES)):
            if not name.endswith(".mtrace"):
                continue
            done = subprocess.run(
                [program("mitmilter"), "replay", os.path.join(SAMPLES, name), "--milter", f"127.0.0.1:{peer.port}"],
                capture_output=True, text=True, timeout=60)
            assert done.returncode in (0, 1) and done.stdout.splitlines()[-1].count("mails: ") == 1, (name, done)


def test_two_traces_beside_each_other():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as one, Recorded(E=[b"hX-Checked\0no\0", b"c"]) as other:
        with Terminal([program("mitmilter"), "open", "--diff", one.path, other.path], size=(100, 30)) as screen:
            screen.wait("2 differ, 0 alike")
            screen.wait("modification at BODYEOB")
            screen.key("Enter")
            screen.wait(r"≠ #\d+ +ADDHEADER X-Checked: yes +│ #\d+ +ADDHEADER X-Checked: no")
            assert "1 line differs" in screen.text(), screen.text()
            screen.key("q", "q")
            screen.wait("C shows the comparison again")
            screen.send("C")
            screen.wait("2 differ, 0 alike")
            screen.send("Q")
            assert screen.end() == 0
    _, said = run("open", "--diff", "a.mtrace", status=2)
    assert "--diff compares two files" in said, said
    _, said = run("open", "--ignore", "rcpt", "a.mtrace", status=2)
    assert "are for two traces that are compared" in said, said


def test_a_mail_is_replayed_from_the_screen():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace, Milter(replies={b"E": [b"hX-Checked\0no\0", b"c"]}) as peer:
        with Terminal([program("mitmilter"), "open", trace.path], size=(110, 30)) as screen:
            screen.wait("lists the keys")
            screen.send("2")
            screen.wait("Outcome")
            screen.send("r")
            screen.wait("replay at milter:")
            screen.send(f"127.0.0.1:{peer.port}\r")
            screen.wait(r"≠ #\d+ +ADDHEADER X-Checked: yes +│ #\d+ +ADDHEADER X-Checked: no")
            assert "1 line differs" in screen.text(), screen.text()
            # The mail alone, as it was.
            assert peer.received.count(b"B" + b"body\r\n") == 1, peer.received
            screen.send("q")
            screen.wait("C shows the comparison again")
            screen.send("R")
            screen.wait("say otherwise:")
            screen.send('macro["{auth_authen}"] = "alice"\r')
            screen.wait("replay at milter:")
            screen.send("\r")
            screen.wait(r"~ .*│ .*\{auth_authen\}=alice")
            assert any(packet[:2] == b"DM" and b"{auth_authen}\0alice\0" in packet for packet in peer.received), peer.received
            screen.send("q")
            screen.send("R")
            screen.wait("say otherwise:")
            screen.send("reply.code = 550\r\r")
            screen.wait("reply.code is the milter's")
            screen.send("r")
            screen.wait("replay at milter:")
            screen.send(f"127.0.0.1:{free_port()}\r")
            screen.wait("the milter cannot be reached: connection refused")
            screen.send("Q")
            assert screen.end() == 0
