"""`send`: mitmilter is the MTA, towards a milter of few words."""

import json
import os
import subprocess
import tempfile

from peers import Milter
from programs import program
from test_screen import free_port

MAIL = b"From: Alice <alice@example.org>\nTo: bob@example.net, Carol <carol@example.net>\nSubject: hello\n\nbody\n"

CHANGES = [b"hX-Checked\0yes\0", b"m\0\0\0\1Subject\0changed\0", b"+<dave@example.net>\0", b"c"]


def send(*arguments, mail=MAIL, status=0, milter=None, **replies):
    """What it printed, what it said, and what the milter was sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.eml")
        with open(path, "wb") as file:
            file.write(mail)
        with Milter(replies={letter.encode(): reply for letter, reply in replies.items()}, **(milter or {})) as peer:
            done = subprocess.run(
                [program("mitmilter"), "send", path, "--milter", f"127.0.0.1:{peer.port}", *arguments],
                capture_output=True, timeout=60, cwd=folder)
            assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
            return done.stdout.decode(), done.stderr.decode(), peer.received


def test_a_mail_and_what_comes_of_it():
    printed, said, received = send(E=CHANGES)
    assert printed.startswith("accepted: CONTINUE at BODYEOB\n"), printed
    for words in ["from    <alice@example.org>", "to      <bob@example.net>, <carol@example.net>, <dave@example.net>",
                  "change  ADDHEADER  X-Checked: yes", "change  CHGHEADER  Subject[1]: changed", "times   OPTNEG "]:
        assert words in printed, (words, printed)
    assert said == "", said
    letters = b"".join(packet[:1] for packet in received)
    assert letters == b"ODCDHDMDRDRDTDLDLDLDNDBDEAAQ", letters
    assert b"M<alice@example.org>\0" in received and b"Bbody\r\n" in received


def test_as_sendmail_or_as_neither():
    for kind, letters in [("sendmail", b"ODCDHDMDRDRTLLLNBDEQ"), ("generic", b"ODCHDMDRDRTLLLNBDEQ")]:
        _, _, received = send("--as", kind)
        assert b"".join(packet[:1] for packet in received) == letters, (kind, received)


def test_the_result_is_a_mail():
    printed, said, _ = send("--result", E=CHANGES)
    assert printed == ("From: Alice <alice@example.org>\r\nTo: bob@example.net, Carol <carol@example.net>\r\n"
                       "Subject: changed\r\nX-Checked: yes\r\n\r\nbody\r\n"), printed
    assert said.startswith("accepted: CONTINUE at BODYEOB\n"), said


def test_a_diff_and_json():
    printed, _, _ = send("--diff", E=CHANGES)
    assert "- Subject: hello\n+ Subject: changed\n" in printed, printed
    printed, _, _ = send("--json", "--expect", "refusal", R=[b"y550 5.1.1 no such user\0"])
    told = json.loads(printed)
    assert told["verdict"] == "rejected" and told["expected"] is True, told
    assert told["why"] == "550 5.1.1 no such user at RCPT, each recipient", told
    assert [time["stage"] for time in told["times"]] == ["OPTNEG", "CONNECT", "HELO", "MAIL", "RCPT"], told


def test_what_was_expected():
    assert "not as expected: refusal" in send("--expect", "refusal", status=1)[0]
    send("--expect", "refusal", E=[b"r"])
    _, said, _ = send("--expect", "nonsense ==", status=2)
    assert "--expect:" in said, said


def test_options_of_envelope_and_session():
    _, _, received = send(
        "--from", "a@b.example SIZE=9", "--to", "<c@d.example>", "--client", "[2001:db8::7]:99", "--helo", "x.example",
        "--auth", "alice", "--tls", "--queue-id", "4ABC", "--macro", "{rcpt_mailer}=local", "--macro", "{spam}=no",
        "--drop-macro", "v", "--quit-after", "data")
    text = b"\n".join(received)
    for part in [b"M<a@b.example>\0SIZE=9\0", b"R<c@d.example>\0", b"C[2001:db8::7]\x006\0\x632001:db8::7\0", b"Hx.example\0",
                 b"{auth_authen}\0alice\0", b"{tls_version}\0TLSv1.3\0", b"DTi\x004ABC\0", b"{rcpt_mailer}\0local\0",
                 b"{spam}\0no\0"]:
        assert part in text, (part, received)
    assert b"Postfix" not in text and received[-4:] == [b"T", b"A", b"A", b"Q"], received


def test_a_milter_that_wants_little():
    # No HELO, no body; no reply to anything but the end.
    steps = 0x02 | 0x10 | 0xFF080 | 0x100000
    _, _, received = send(milter={"steps": steps}, **{letter: [] for letter in "CMRTLN"})
    assert b"LSubject\0 hello\0" in received and not [p for p in received if p[:1] in (b"H", b"B")], received


def test_the_trace_is_one_of_a_session():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sent.mtrace")
        send("-w", path, E=CHANGES)
        done = subprocess.run([program("mitmilter"), "show", "-f", "modification", path], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0 and done.stdout.count("← milter") == 3, done
        done = subprocess.run([program("mitmilter"), "lint", "--fail-on", "error", path], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done


def test_a_second_reply_is_found():
    printed, _, _ = send(R=[b"c", b"c"])
    assert "found   ✖ R0" in printed, printed


def test_many_mails_over_connections():
    printed, _, received = send("--repeat", "7", "--connections", "2", "--per-connection", "3")
    assert printed.endswith("7 mails, 7 with a verdict\n") and printed.count("accepted") == 7, printed
    assert sum(packet[:1] == b"O" for packet in received) == 3, received


def test_a_milter_that_is_not_there():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.eml")
        with open(path, "wb") as file:
            file.write(MAIL)
        done = subprocess.run(
            [program("mitmilter"), "send", path, "--milter", f"127.0.0.1:{free_port()}"], capture_output=True, text=True,
            timeout=60)
        assert done.returncode == 2, done
        assert done.stdout.startswith("no verdict: the milter is not there: connection refused\n"), done


def test_a_milter_that_says_nothing():
    printed, _, _ = send("--timeout", "200ms", status=2, R=[])
    assert printed.startswith("no verdict: no answer to RCPT within 200 ms\n"), printed


def test_what_is_no_mail():
    send(mail=b"")
    _, _, received = send(mail=b"no header\n\0\n" + b"x" * 200000)
    chunks = [len(p) - 1 for p in received if p[:1] == b"B"]
    assert chunks == [65535, 65535, 65535, 200016 - 3 * 65535], chunks
    _, said, _ = send("--quit-after", "never", status=2)
    assert "--quit-after: 'never' is no stage" in said, said
