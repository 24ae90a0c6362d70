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


def box(folder):
    """Three mails in an mbox, two in a Maildir, one in a folder of folders."""
    os.makedirs(os.path.join(folder, "md", "cur"))
    os.makedirs(os.path.join(folder, "md", "new"))
    os.makedirs(os.path.join(folder, "md", "tmp"))
    os.makedirs(os.path.join(folder, "deep", "er"))
    with open(os.path.join(folder, "box"), "wb") as file:
        for number in range(3):
            file.write(b"From alice@example.org Thu Jan  1 12:00:00 2026\nSubject: in a box %d\n\n>From me\n\n" % number)
    for place in ("md/cur/1:2,S", "md/new/2", "md/tmp/3", "deep/er/4", "deep/.hidden"):
        with open(os.path.join(folder, place), "wb") as file:
            file.write(b"Subject: " + place.encode() + b"\n\nx\n")


def run_send(folder, milter, *arguments, status=0):
    done = subprocess.run([program("mitmilter"), "send", "--milter", f"127.0.0.1:{milter.port}", *arguments],
                          capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def test_folders_maildirs_and_mboxes():
    with tempfile.TemporaryDirectory() as folder, Milter() as milter:
        box(folder)
        printed, _ = run_send(folder, milter, "box", "md", "deep", "--jobs", "3")
        names = [line.split()[-1] for line in printed.splitlines()[1:-1]]
        assert names == ["box:1", "box:2", "box:3", "md/cur/1:2,S", "md/new/2", "deep/er/4"], printed
        assert printed.endswith("6 mails, 6 with a verdict\n"), printed
        assert milter.received.count(b"BFrom me\r\n") == 3, milter.received
        os.mkdir(os.path.join(folder, "empty"))
        _, said = run_send(folder, milter, "empty", status=2)
        assert "there is no mail to send" in said, said
        with open(os.path.join(os.fsencode(folder), b"deep", b"er", b"caf\xe9"), "wb") as file:
            file.write(b"From: me\n\nHello.\n")
        _, said = run_send(folder, milter, "deep", status=1)
        assert "cannot open 'deep/er/caf" in said, said
        os.unlink(os.path.join(os.fsencode(folder), b"deep", b"er", b"caf\xe9"))
        printed, said = run_send(folder, milter, "deep", "nothing", status=1)
        assert "cannot open 'nothing'" in said and "1 mail, 1 with a verdict" in printed, (printed, said)


def test_a_baseline_shows_only_what_changed():
    with tempfile.TemporaryDirectory() as folder:
        box(folder)
        with Milter() as milter:
            run_send(folder, milter, "box", "md", "--save", "then")
            assert run_send(folder, milter, "box", "md", "--baseline", "then")[0] == "5 mails, 5 with a verdict, 0 different\n"
            _, said = run_send(folder, milter, "md", "--baseline", "then", status=1)
            assert "3 mails of the baseline were not sent" in said, said
            _, said = run_send(folder, milter, "md", "--baseline", "box", status=2)
            assert "--baseline: 'box' is no file that --save has written" in said, said
        with Milter(replies={b"E": [b"hX-Checked\0yes\0", b"c"]}) as milter:
            printed, _ = run_send(folder, milter, "box", "--baseline", "then", "--json", status=1)
            told = [json.loads(line) for line in printed.splitlines()]
            assert told[0] == {"mail": "box:1", "before": ["accepted: CONTINUE at BODYEOB"],
                               "after": ["accepted: CONTINUE at BODYEOB", "ADDHEADER X-Checked: yes"]}, told
            printed, _ = run_send(folder, milter, "md", "box", "--baseline", "then", status=1)
            assert printed.startswith("md/cur/1:2,S\n+ ADDHEADER X-Checked: yes\nmd/new/2\n"), printed
            assert printed.endswith("5 mails, 5 with a verdict, 5 different\n"), printed


def test_what_is_the_signature_s_own_is_no_difference():
    def sign(value):
        return {b"E": [b"i\0\0\0\0DKIM-Signature\0v=1; d=a; t=" + value + b"; bh=same; b=" + value + b"\0", b"c"]}
    with tempfile.TemporaryDirectory() as folder, Milter(replies=sign(b"1")) as one, Milter(replies=sign(b"22")) as other:
        box(folder)
        run_send(folder, one, "md", "--save", "then")
        assert "t=…; bh=same; b=…" in open(os.path.join(folder, "then"), encoding="utf-8").read()
        run_send(folder, other, "md", "--baseline", "then")


def test_two_milters_side_by_side():
    with tempfile.TemporaryDirectory() as folder, Milter() as one, Milter(replies={b"M": [b"r"]}) as other:
        box(folder)
        against = ["--against", f"127.0.0.1:{one.port}"]
        printed, _ = run_send(folder, one, "box", *against, "--jobs", "4", "--per-connection", "2")
        assert printed == "3 mails, 0 different\n", printed
        printed, _ = run_send(folder, other, "md", *against, status=1)
        assert printed.startswith("md/cur/1:2,S\n- rejected: REJECT at MAIL\n+ accepted: CONTINUE at BODYEOB\n"), printed
        assert printed.endswith("2 mails, 2 different\n"), printed
        _, said = run_send(folder, one, "md", *against, "--save", "x", status=2)
        assert "do not go together" in said, said


def test_a_client_of_the_own_machine():
    _, _, received = send("--client", "127.0.0.1", mail=b"Subject: x\n\n")
    headers = [packet for packet in received if packet[:1] == b"L"]
    assert [header[1:].split(b"\0")[0] for header in headers] == [b"Subject", b"Message-Id", b"Date", b"From"], headers
    assert headers[3] == b"LFrom\0MAILER-DAEMON\0", headers


# ---- The checklist


class OneByOne(Milter):
    """Serves one connection after the other."""

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._converse(connection)


def check(*arguments, status=0, peer=Milter, **replies):
    """The checklist's lines of JSON by fault, against a milter of few words."""
    with peer(replies={letter.encode(): reply for letter, reply in replies.items()}) as milter:
        done = subprocess.run(
            [program("mitmilter"), "send", "--conformance", "--json", "--milter", f"127.0.0.1:{milter.port}", *arguments],
            capture_output=True, timeout=240)
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr)
        return {line["fault"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_the_checklist_of_a_milter_that_goes_on():
    told = check("--only", "plain,trickle,two-mails,header-long,body-1mb,reset-in-mail,mail-no-nul,http,stuck-in-packet")
    assert len(told) == 9 and all(line["result"] == "pass" for line in told.values()), told
    assert told["plain"]["came"] == "CONTINUE at BODYEOB" and told["mail-no-nul"]["came"] == "CONTINUE", told
    assert told["http"]["why"] == [] and told["http"]["group"] == "broken", told


def test_the_checklist_finds_a_second_reply():
    told = check("--only", "plain", "--only", "two-mails", status=1, R=[b"y550 5.1.1 no such user\0", b"c"])
    assert told["plain"]["result"] == "fail" and told["plain"]["why"][0].startswith("R02: "), told


def test_the_checklist_finds_a_milter_that_serves_one_client_at_a_time():
    told = check("--only", "plain,idle", status=1, peer=OneByOne)
    assert told["plain"]["result"] == "pass" and told["idle"]["result"] == "fail", told
    assert "the next mail" in told["idle"]["why"][0], told


def test_the_checklist_as_text_and_in_a_trace():
    with tempfile.TemporaryDirectory() as folder, Milter() as milter:
        trace = os.path.join(folder, "faults.mtrace")
        done = subprocess.run(
            [program("mitmilter"), "send", "--conformance", "--only", "plain,code-unknown", "-w", trace, "--milter",
             f"127.0.0.1:{milter.port}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        assert "pass  code-unknown        a packet of an unknown code\n" in done.stdout, done.stdout
        assert done.stdout.endswith(": 2 passed, 0 failed\n"), done.stdout
        shown = subprocess.run([program("mitmilter"), "show", trace], capture_output=True, text=True, timeout=60)
        assert "code-unknown: a packet of an unknown code" in shown.stdout, shown.stdout


def test_the_checklist_of_nobody():
    done = subprocess.run(
        [program("mitmilter"), "send", "--conformance", "--milter", f"127.0.0.1:{free_port()}"], capture_output=True,
        text=True, timeout=60)
    assert done.returncode == 2 and "is not there" in done.stderr and "hint: mitmilter doctor" in done.stderr, done
