"""What somebody wants to know in the first minute, and in how many keys; and what the screen keeps for the next time."""

import os
import re
import stat

from test_screen import SAMPLES, Home, left


class Counting:
    """Presses keys, and knows how many."""

    def __init__(self, terminal):
        self.terminal, self.count = terminal, 0

    def press(self, *keys):
        self.terminal.key(*keys)
        self.count += len(keys)


def opened(home, sample, size):
    return home.run("open", os.path.join(SAMPLES, sample), size=size)


def test_a_rejected_recipient_and_why_and_its_macros():
    for size in ((80, 24), (100, 30), (120, 36)):
        with Home() as home, opened(home, "reject-per-recipient.mtrace", size) as t:
            t.wait("OPTNEG")
            keys = Counting(t)
            keys.press("}")
            t.wait(r"text +one of two lines|550-5\.7\.1 one of two lines")
            t.wait("reply to RCPT <at-rcpt")
            assert keys.count <= 3
            keys.press("l")
            t.wait(r"\{rcpt_addr\} +at-rcpt-lines@example\.test")
            assert keys.count <= 3 + 4
            t.key("Q")
            left(t)


def test_a_slow_reply():
    with Home() as home, home.run("open", home.record(), size=(80, 24)) as t:
        t.wait("OPTNEG")
        keys = Counting(t)
        keys.press("6", "l", "Enter")
        t.wait(r"took >= \d+us")
        t.wait(r"took >= \d+us +1 of ")
        t.wait("after its command|reply to")
        assert keys.count <= 6
        t.key("Q")
        left(t)


def test_the_reason_of_a_quarantine():
    for size in ((80, 24), (120, 36)):
        with Home() as home, opened(home, "quarantine.mtrace", size) as t:
            t.wait("OPTNEG")
            keys = Counting(t)
            keys.press("2")
            t.wait("quarantined")
            t.wait(r"reason +\S")
            t.wait(r"release with +postsuper -H \w+|release with +sendmail -qQ")
            assert keys.count <= 3
            t.key("Q")
            left(t)


def test_a_protocol_mistake_and_its_packet():
    for size in ((80, 24), (120, 36)):
        with Home() as home, opened(home, "desynchronised-milter.mtrace", size) as t:
            t.wait("OPTNEG")
            keys = Counting(t)
            keys.press("4")
            t.wait(r"✖ R02 ")
            # The finding, what comes of it and what to do stand there already.
            t.wait("→ reply once")
            keys.press("Enter")
            t.wait(r"^ +# +time")
            t.wait(r"^ ?✖ R02 |│ ✖ R02 ")
            assert keys.count <= 2
            t.key("Q")
            left(t)


def test_a_list_of_findings_stands_still_while_more_come():
    with Home() as home, home.run("demo", "--speed", "40", size=(100, 30)) as t:
        t.wait(r"✖1")
        t.key("4")
        t.wait(r"✖ [A-Z]\d\d error")

        def selected():
            return next((row, t.line(row)[:5]) for row in range(2, 29) if t.line(row).startswith("✖"))
        first = selected()
        t.wait(r"✖\d\d")
        assert selected() == first, t.picture()
        t.key("Q")
        t.key("y")
        left(t)


def test_the_border_is_remembered():
    with Home() as home:
        config = home.file("mitmilter", "config")
        with open(config, "w", encoding="utf-8") as file:
            file.write("# mine\nset split auto\nbind ^N screen down\n")
        os.chmod(config, 0o640)
        with opened(home, "quarantine.mtrace", (100, 30)) as t:
            t.wait("OPTNEG")
            t.key("|")
            t.wait("side by side")
            t.key("<")
            t.wait("the list has")
            t.key("Q")
            left(t)
        with open(config, encoding="utf-8") as file:
            lines = file.read().splitlines()
        assert lines[:3] == ["# mine", "set split beside", "bind ^N screen down"], lines
        assert re.fullmatch(r"set border \d\d", lines[3]) and len(lines) == 4, lines
        with opened(home, "quarantine.mtrace", (100, 30)) as t:
            t.wait(r"│─ packet")
            t.key("Q")
            left(t)


def test_typed_lines_are_there_the_next_time_but_those_about_mail():
    with Home() as home:
        with opened(home, "quarantine.mtrace", (80, 24)) as t:
            t.wait("OPTNEG")
            t.send("frcpt\r")
            t.wait(r"rcpt +\d+ of")
            t.send(";a word of the mail\r")
            t.wait("a word of the mail")
            t.key("Q")
            t.key("y")
            left(t)
        path = home.file("mitmilter", "history")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with open(path, encoding="utf-8") as file:
            assert file.read() == "filter rcpt\n"
        with opened(home, "quarantine.mtrace", (80, 24)) as t:
            t.wait("OPTNEG")
            t.key("f", "Up")
            t.wait("filter: rcpt")
            t.key("C-g", "Q")
            left(t)


def test_help_does_what_its_line_says():
    with Home() as home, opened(home, "quarantine.mtrace", (120, 36)) as t:
        t.wait("OPTNEG")
        t.key("F1")
        t.wait("Signs")
        t.wait("Shift-Tab")
        t.send("/stats: reply\r")
        t.wait("6 +Stats: reply times")
        t.key("Enter")
        t.wait("Reply time by stage")
        t.key("Q")
        left(t)


def test_a_new_size_keeps_what_is_typed():
    with Home() as home, opened(home, "quarantine.mtrace", (80, 24)) as t:
        t.wait("OPTNEG")
        t.send("frcpt and reply")
        t.wait("filter: rcpt and reply")
        for size in ((40, 10), (200, 60), (80, 24)):
            t.resize(*size)
            t.wait("filter: rcpt and reply")
        t.key("C-g")
        t.key("x")
        t.wait("report")
        t.key("Down", "Down")
        t.resize(120, 36)
        t.wait("letter or ↓ ↑ Enter")
        t.key("C-g")
        t.key("Q")
        left(t)
