"""What the operator makes of held packets in an editor of their own, in the form, and by closing a leg."""

import json
import os
import stat

from peers import Milter
from programs import BASH, program
from terminal import Terminal
from test_milter import Client
from test_screen import Home, free_port, left

HOLD = "on {} do hold"


class Session:
    """A proxy with a screen between a scripted MTA and a milter that continues."""

    def __init__(self, hold, replies=None, editor=None, size=(100, 30)):
        self.home = Home().__enter__()
        self.milter = Milter(replies)
        self.port = free_port()
        self.trace = self.home.file("session.mtrace")
        env = {"VISUAL": None, "EDITOR": None, "TMPDIR": self.home.path}
        if editor is not None:
            env["EDITOR"] = editor if editor.startswith("/no/") else self.script(editor)
        self.screen = self.home.run(*self.arguments(hold), size=size, env=env)

    def arguments(self, hold):
        return ["proxy", "--listen", f"127.0.0.1:{self.port}", "--milter", f"127.0.0.1:{self.milter.port}",
                "-w", self.trace, "--mta-timeout", "300s", "-c", HOLD.format(hold)]

    def script(self, text):
        path = self.home.file("editor")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, stat.S_IRWXU)
        return path

    def __enter__(self):
        self.screen.wait("waiting for an MTA to connect")
        self.mta = Client(self.port)
        return self

    def __exit__(self, *_):
        self.mta.socket.close()
        self.screen.kill()
        self.milter.__exit__()
        self.home.__exit__()

    def start(self):
        """Up to the headers, of which none is sent."""
        self.mta.greet()
        for packet in (b"M<alice@example.org>\0", b"R<bob@example.net>\0", b"T"):
            assert self.mta.ask(packet) == b"c"

    def held(self):
        self.screen.wait("3 Held 1")
        self.screen.key("3")
        self.screen.wait("by rule|rule .*hold|hold")

    def forwarded(self, packet):
        """Lets the held packet go; the milter gets these bytes, or the MTA does."""
        self.screen.key("a")
        self.screen.wait("Nothing held")
        if packet is not None:
            self.milter.wait(lambda milter: packet in milter.received, f"no {packet}")

    def leave(self):
        self.screen.key("Q")
        self.screen.until(lambda: self.screen.is_closed or "still open" in self.screen.text(), "no end")
        if not self.screen.is_closed:
            self.screen.key("y")
        left(self.screen)


def sed(expression):
    return f"sed -i '{expression}' \"$1\""


def test_a_header_is_edited():
    with Session("header", editor=sed("s/Greetings/Farewell/")) as s:
        s.start()
        s.mta.send(b"LSubject\0 Greetings\n\tto all\0")
        s.held()
        s.screen.key("E")
        s.screen.wait(r'packet \d+: set header.value " Farewell')
        s.screen.wait("Farewell.*\n(.*\n)*.*As it would leave now|As it would leave now")
        s.forwarded(b"LSubject\0 Farewell\n\tto all\0")
        assert s.mta.reply() == b"c"
        s.leave()


def test_a_chunk_of_the_body_is_edited_and_keeps_its_line_ends():
    with Session("body", editor=sed("s/^second/2nd/")) as s:
        s.start()
        assert s.mta.ask(b"N") == b"c"
        s.mta.send(b"Bfirst\r\nsecond\r\n")
        s.held()
        s.screen.key("E")
        s.screen.wait(r"packet \d+: set body")
        s.forwarded(b"Bfirst\r\n2nd\r\n")
        s.leave()


def test_the_body_of_a_mail_is_edited_at_its_end():
    with Session("reply and stage == bodyeob", editor=sed("s/Hello/Goodbye/")) as s:
        s.mta.greet()
        s.mta.mail()
        s.held()
        s.screen.key("E")
        s.screen.wait(r"packet \d+: replace-body")
        s.forwarded(None)
        assert s.mta.reply() == b"bGoodbye.\r\n"
        assert s.mta.reply() == b"c"
        s.leave()


def test_the_text_of_a_refusal_is_edited():
    with Session("reply and stage == rcpt", {b"R": [b"y550 5.1.1 no such user\0"]}, sed("s/no such/what/")) as s:
        s.mta.greet()
        assert s.mta.ask(b"M<alice@example.org>\0") == b"c"
        s.mta.send(b"R<bob@example.net>\0")
        s.held()
        s.screen.key("E")
        s.screen.wait('packet .*: set reply.text "5.1.1 what user"')
        s.forwarded(None)
        assert s.mta.reply() == b"y550 5.1.1 what user\0"
        s.leave()


def looks(screen):
    """Each line that has text, with the colours of its cells."""
    return {screen.line(y): [(cell.fg, cell.bg) for cell in (screen.cell(x, y) for x in range(screen.screen.columns))]
            for y in range(screen.screen.lines) if screen.line(y)}


def shown(screen, name):
    """Waits for a view: its name in the title has another colour than the others."""
    def colour(name):
        return screen.cell(screen.line(0).index(name), 0).fg
    screen.until(lambda: name in screen.line(0) and colour(name) != colour("2 Messages"), name)


def test_the_colours_stay_behind_an_editor():
    with Session("header", editor="true") as s:
        s.start()
        s.mta.send(b"LSubject\0 Greetings\0")
        s.held()
        shown(s.screen, "3 Held")
        before = looks(s.screen)
        s.screen.key("E")
        s.screen.wait("nothing was changed|unchanged|as it was")
        # Other views have styles that were not seen yet, which get colours of their own.
        for key in ("?", "Esc", "x", "Esc", "v", "Esc", "f", "z", "z", "Esc", "4", "5", "6", "1"):
            text = s.screen.text()
            s.screen.key(key)
            s.screen.until(lambda text=text: s.screen.text() != text, key)
        s.screen.key("3")
        shown(s.screen, "3 Held")
        after = looks(s.screen)
        assert len(after.keys() & before.keys()) > 5
        for line in before.keys() & after.keys():
            assert after[line] == before[line], f"other colours: {line}"
        s.forwarded(b"LSubject\0 Greetings\0")
        assert s.mta.reply() == b"c"
        s.leave()


def test_an_editor_for_lines_has_the_terminal_to_itself():
    """ed reads its commands from the terminal; signals that we block are not blocked for it."""
    script = 'stty -a | grep -ow icanon; grep SigBlk: /proc/self/status; exec ed -p "ed> " "$1"'
    with Session("header", editor=script) as s:
        s.start()
        s.mta.send(b"LSubject\0 Greetings\0")
        s.held()
        s.screen.key("E")
        s.screen.wait(r"^icanon")
        s.screen.wait(r"SigBlk:\s+0{16}$")
        s.screen.wait("^ed>")
        assert not s.screen.screen.is_alternate
        s.screen.key("C-c")  # ed says ? and goes on; we are not ended by it
        s.screen.wait(r"^\?")
        s.screen.send("s/Greetings/by hand/\r")
        s.screen.send("w\rq\r")
        s.screen.wait(r'packet \d+: set header.value " by hand"')
        assert s.screen.screen.is_alternate
        s.forwarded(b"LSubject\0 by hand\0")
        s.leave()


def test_what_no_editor_can_do_leaves_the_packet_held():
    for editor, words in (("exit 1", "ended with status 1: nothing was changed"),
                          ("kill -9 $$", "was ended by signal 9: nothing was changed"),
                          ("/no/such/editor", "cannot run '/no/such/editor'"),
                          ('rm "$1"', "no such file"),
                          ("true", "nothing was changed"),
                          ("printf 'a\\000b' > \"$1\"", "cannot have a NUL")):
        with Session("header", editor=editor) as s:
            s.start()
            s.mta.send(b"LSubject\0 Greetings\0")
            s.held()
            s.screen.key("E")
            s.screen.wait(words)
            s.screen.wait("3 Held 1")
            s.forwarded(b"LSubject\0 Greetings\0")
            s.leave()


def test_a_text_that_cannot_be_kept_is_there_again():
    """The first time the editor writes a NUL, the second time it mends what it wrote."""
    script = 'if grep -q mended "$1"; then tr -d "\\000" <"$1" >"$1.new" && cat "$1.new" >"$1"; ' \
             'else printf " mended\\000" >"$1"; fi'
    with Session("header", editor=script) as s:
        s.start()
        s.mta.send(b"LSubject\0 Greetings\0")
        s.held()
        s.screen.key("E")
        s.screen.wait("E opens your text again")
        s.screen.key("E")
        s.screen.wait(r'packet \d+: set header.value " mended"')
        s.forwarded(b"LSubject\0 mended\0")
        s.leave()


def test_an_illegal_packet_out_of_an_editor_asks_first():
    refusal = b"y550 5.1.1 no such user\0"
    with Session("reply and stage == rcpt", {b"R": [refusal]}, "printf '5.1.1 50%% off' >\"$1\"") as s:
        s.mta.greet()
        assert s.mta.ask(b"M<alice@example.org>\0") == b"c"
        s.mta.send(b"R<bob@example.net>\0")
        s.held()
        s.screen.key("E")
        s.screen.wait("Keep it all the same")
        s.screen.key("n")
        s.screen.wait("3 Held 1")
        s.screen.key("E")
        s.screen.wait("Keep it all the same")
        s.screen.key("y")
        s.screen.wait("packet .*: set reply.text")
        s.forwarded(None)
        assert s.mta.reply() == b"y550 5.1.1 50% off\0"
        s.leave()


class Shell(Terminal):
    """As everybody runs it: a shell with the proxy of a session in its foreground."""

    def __init__(self, s, **env):
        s.screen.kill()
        s.mta.socket.close()
        s.port = free_port()
        s.trace += "2"
        env = {"PS1": "ready> ", "HISTFILE": None, "VISUAL": None, "EDITOR": None, "XDG_CONFIG_HOME": s.home.path,
               "XDG_STATE_HOME": s.home.path, **env}
        super().__init__([BASH, "--norc", "--noprofile", "-i"], env=env, size=(100, 30), cwd=s.home.path)
        s.screen = self
        self.command = " ".join(f"'{word}'" for word in [program("mitmilter"), *s.arguments("header")])
        self.wait("ready>")
        self.start()

    def start(self):
        self.send(self.command + "\r")
        self.wait("waiting for an MTA to connect")

    def suspend(self):
        self.key("C-z")
        self.wait("Stopped")
        self.until(lambda: self.text().rstrip().endswith("ready>"), "no prompt")
        assert not self.screen.is_alternate and not self.screen.cursor.hidden

    def leave(self):
        self.key("Q")
        self.until(lambda: "still open" in self.text() or not self.screen.is_alternate, "no end")
        if self.screen.is_alternate:
            self.key("y")
        self.until(lambda: not self.screen.is_alternate, "the screen stays")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as numbers:
        return [int(number) for number in numbers.read().split()]


def test_stopping_and_going_on_after_an_editor():
    """^Z gives the shell back, fg the screen, before and after an editor."""
    with Session("header") as s:
        with Shell(s, EDITOR=s.script(sed("s/Greetings/Farewell/"))) as t:
            with Client(s.port) as s.mta:
                s.start()
                s.mta.send(b"LSubject\0 Greetings\0")
                s.held()
                s.screen.key("E")
                t.wait("Farewell")
                t.key("C-z")
                t.wait(r"Stopped")
                t.until(lambda: t.text().rstrip().endswith("ready>"), "no prompt")
                assert not t.screen.is_alternate and not t.screen.cursor.hidden
                t.send("stty -a | grep -ow '[-]*icanon'; echo done\r")
                t.wait("^icanon")
                t.send("fg\r")
                t.wait("3 Held 1")
                assert t.screen.is_alternate
                s.forwarded(b"LSubject\0 Farewell\0")
            t.leave()


# ---- ^Z


def test_mail_goes_on_while_the_screen_is_suspended():
    with Session("header") as s, Shell(s) as t:
        t.suspend()
        with Client(s.port) as s.mta:
            s.start()
            # In the background it runs on as well, and leaves the shell its terminal.
            t.send("stty -a | grep -ow '[-]*icanon'; bg\r")
            t.wait("^icanon")
            t.send("echo still $((40 + 2))\r")
            t.wait("^still 42")
            s.mta.send(b"LSubject\0 Greetings\0")
            t.resize(110, 32)
            t.send("fg\r")
            t.wait("3 Held 1")
            t.wait("MAIL +<alice@example.org>")
            t.until(lambda: t.screen.is_alternate and t.line(31).endswith("Q quits"), "not drawn whole")
            s.held()
            t.wait("^ +# +forwards +waiting")
            t.suspend()
            t.send("fg\r")
            t.wait("3 Held 1")
            s.forwarded(b"LSubject\0 Greetings\0")
        t.leave()
        t.send("echo ended $?\r")
        t.wait("^ended 0")


def test_a_suspended_proxy_hears_signals():
    with Session("header") as s, Shell(s) as t:
        t.suspend()
        t.send("kill %1\r")
        t.until(lambda: not children(t.pid), "it goes on")
        t.send("\r")
        t.wait(r"\[1\]\+ +Done")
        assert not t.screen.is_alternate
        t.send("stty -a | grep -ow '[-]*icanon'; jobs\r")
        t.wait("^icanon")


def test_who_ends_all_of_a_name_ends_it_once():
    """The process that the shell knows passes on what the other has got already; a second signal would end connections at once."""
    with Session("header") as s, Shell(s) as t:
        with Client(s.port) as s.mta:
            s.start()
            job = children(t.pid)[0]
            worker = children(job)[0]
            t.signal("TERM", job)
            t.signal("TERM", worker)
            t.wait("connections have 10 s to end")
            assert s.mta.ask(b"N") == b"c"
        t.until(lambda: not children(t.pid), "it goes on")


def test_the_shell_hears_how_a_proxy_ended():
    for name, status in (("KILL", 137), ("TERM", 0), ("SEGV", 139)):
        with Session("header") as s, Shell(s) as t:
            job = children(t.pid)[0]
            t.signal(name, children(job)[0])
            t.until(lambda: t.text().rstrip().endswith("ready>"), "no prompt")
            t.send("echo ended $?\r")
            t.wait(f"ended {status}$")


# ---- X


def test_a_leg_is_closed_after_a_question():
    with Session("mail") as s:
        s.mta.greet()
        s.mta.send(b"M<alice@example.org>\0")
        s.held()
        s.screen.key("X")
        s.screen.wait("Close which leg")
        s.screen.key("Esc")
        s.screen.gone("Close which leg")
        s.screen.wait("3 Held 1")
        s.screen.key("X", "l")
        s.milter.wait(lambda milter: milter.ended == 1, "the milter's connection goes on")
        assert s.mta.socket.recv(1) == b"", "the MTA's connection goes on"
        s.mta.socket.close()
        s.screen.wait("Nothing held")
        s.leave()
    with Session("mail") as s:
        s.mta.greet()
        s.mta.send(b"M<alice@example.org>\0")
        s.held()
        s.screen.key("X", "m")
        s.screen.wait("Nothing held")
        assert s.mta.socket.recv(1) == b"", "the MTA's connection goes on"
        s.milter.wait(lambda milter: milter.ended == 1, "the milter's connection goes on")
        s.leave()


# ---- the screen goes


def test_what_is_held_and_edited_goes_as_it_came_when_the_screen_is_lost():
    mail = b"M<alice@example.org>\0"
    for lose in (lambda t: t.hang_up(), lambda t: t.signal("HUP"), lambda t: t.signal("TERM"), lambda t: t.signal("INT")):
        with Session("mail") as s:
            s.mta.greet()
            s.mta.send(mail)
            s.held()
            s.screen.key(":")
            s.screen.send("set mail.address <other@example.org>")
            s.screen.key("Enter")
            s.screen.wait("<other@example.org>.*\n(.*\n)*.*As it would leave now")
            lose(s.screen)
            assert s.mta.reply() == b"c"
            assert mail in s.milter.received
            # Nothing is held any more.
            assert s.mta.ask(b"R<bob@example.net>\0") == b"c"
            s.mta.send(b"Q")
            s.mta.socket.close()
            assert s.screen.end() == 0


def test_a_second_signal_ends_at_once():
    with Session("mail") as s:
        s.mta.greet()
        s.mta.send(b"M<alice@example.org>\0")
        s.held()
        s.screen.signal("INT")
        assert s.mta.reply() == b"c"
        s.screen.signal("INT")
        assert s.mta.socket.recv(1) == b""
        assert s.screen.end() == 0


def test_changes_are_taken_back_one_by_one_or_all():
    with Session("rcpt") as s:
        s.mta.greet()
        assert s.mta.ask(b"M<alice@example.org>\0") == b"c"
        s.mta.send(b"R<bob@example.net>\0")
        s.held()
        s.screen.key("u")
        s.screen.wait(r"nothing was changed in packet \d+")
        for name in ("one", "two"):
            s.screen.key(":")
            s.screen.send(f"set rcpt.address <{name}@example.net>")
            s.screen.key("Enter")
            s.screen.wait(rf"packet \d+: set rcpt.address .*{name}")
        s.screen.key(":")
        s.screen.send("add-header X-Seen yes")
        s.screen.key("Enter")
        s.screen.wait(r"packet \d+: add-header")
        for shown in ("<two@example.net>", "<one@example.net>"):
            s.screen.key("u")
            s.screen.wait(r"packet \d+: revert last")
            s.screen.wait(rf"(?m)^ *\d+ .*RCPT +{shown}")
            s.screen.key("Tab", "Tab")
            s.screen.until(lambda: "revert last" not in s.screen.text().splitlines()[-1], "the outcome stays")
        s.screen.key("V")
        s.screen.wait(r"packet \d+: revert *$")
        s.forwarded(b"R<bob@example.net>\0")
        with open(s.trace, encoding="utf-8") as trace:
            texts = [json.loads(line)["text"] for line in trace if '"k":"instr"' in line]
        assert texts[-5:] == ["add-header X-Seen yes", "revert last", "revert last", "revert", "forward"], texts
        s.leave()
