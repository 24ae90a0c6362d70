"""`send --scenario`: what a client does, line by line, towards mitmilter's own milter."""

import json
import os
import subprocess
import tempfile

from headless import Run
from programs import program
from test_screen import free_port
from test_send import send

RULES = [
    'on rcpt and rcpt.address == "<no@example.net>" do reply 550 5.1.1 no such user',
    'on bodyeob and macro["{auth_authen}"] == "alice" do add-header X-User alice',
    "on unknown do tempfail",
]

SCENARIO = r"""# Two connections of one client.
connect 192.0.2.7 mail.example.org
helo client.example.org
unknown XFOO bar
expect verdict and tempfail
mail from <a@example.org> SIZE=100
rcpt to <no@example.net>
expect verdict and refusal
rset                       # the milter is told by ABORT
macro {auth_authen} = alice
mail from <a@example.org>
rcpt to <b@example.net>
header Subject: a test
body "one\r\n..two\r\n"
body @part.txt
end
expect modification and header.name == "X-User"
expect verdict and accept
quit

connect 2001:db8::7
mail from <>
rcpt to <b@example.net>
message @mail.eml
"""


def play(text, port, *arguments, status=0):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("s.scenario", text), ("part.txt", "three\r\n"), ("mail.eml", "Subject: whole\n\nbody\n")]:
            with open(os.path.join(folder, name), "w", newline="") as file:
                file.write(content)
        trace = os.path.join(folder, "said.mtrace")
        done = subprocess.run(
            [program("mitmilter"), "send", "--scenario", "s.scenario", "--milter", f"127.0.0.1:{port}", "-w", trace, *arguments],
            capture_output=True, text=True, timeout=60, cwd=folder)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        shown = subprocess.run([program("mitmilter"), "show", trace], capture_output=True, text=True, timeout=60).stdout
        return done.stdout, done.stderr, shown


def test_a_scenario_and_what_it_expects():
    rules = [word for rule in RULES for word in ("-c", rule)]
    with Run("milter", "--headless", "-q", *rules) as milter:
        milter.hears("listening")
        printed, said, shown = play(SCENARIO, milter.port)
        assert printed.endswith("4 of 4 expectations met\n") and said == "", (printed, said)
        assert [line.split()[0] for line in printed.splitlines()[1:4]] == ["rejected", "accepted", "accepted"], printed
        assert "s.scenario:11" in printed and "line 9: rset" in shown and "MACRO UNKNOWN: none" in shown, (printed, shown)
        printed, _, _ = play(SCENARIO.replace("expect verdict and accept", "expect verdict and reject"), milter.port, status=1)
        assert "s.scenario:18: not as expected: verdict and reject; the milter said ADDHEADER, " in printed, printed
        # Of a client that is let down nothing more is said.
        late = "mail from <a@example.org>\nrcpt to <no@example.net>\nheader A: b\nexpect verdict\nend\nexpect verdict\n"
        printed, _, _ = play(late, milter.port, "--json", "--as", "sendmail", status=1)
        *_, first, second = [json.loads(line) for line in printed.splitlines()]
        assert (first["line"], first["expected"], second["line"]) == (4, False, 6), printed
        assert first["came"].startswith("it was not said"), printed


def test_what_cannot_be_said():
    for text, words in [
        ("mail from a\nexpect stge:rcpt\n", "s.scenario:2:8: unknown term 'stge'"),
        ("mail a\nrcpt b\nmessage @nowhere\n", "s.scenario:3: cannot open 'nowhere'"),
        ("connect nowhere\n", "s.scenario:1: connect: expected an IP address, there is 'nowhere'"),
    ]:
        _, said, _ = play(text, 1, status=2)
        assert words in said, said
    _, said, _ = play("helo a\n", free_port(), status=2)
    assert "the milter is not there" in said, said
    _, said, _ = play("helo a\n", 1, "--to", "b@example.net", status=2)
    assert "--scenario and --to do not go together" in said, said


def test_a_command_that_nobody_knows():
    for kind, line in [("postfix", b"UXFOO\0"), ("sendmail", b"UXFOO bar\0")]:
        _, _, received = send("--as", kind, "--unknown", "XFOO bar")
        letters = b"".join(packet[:1] for packet in received)
        assert line in received and letters.index(b"U") < letters.index(b"M"), received
        assert (b"DU" in received) == (kind == "postfix"), received
