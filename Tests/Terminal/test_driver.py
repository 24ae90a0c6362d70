"""The terminal side of the program (Sources/TerminalDriver), by way of Tests/TerminalProbe."""

import os
import re
import signal
import subprocess

from programs import BASH, BUILD, program
from terminal import Failure, Terminal
from widths import standard, widths

EDGE = 50  # where every row of the probe has its "|end"


def probe(*arguments, **options):
    return Terminal([program("TerminalProbe"), *arguments], **options)


# ---- keys


def test_keys_are_named():
    rows = [
        (["a", "Z", "C-d", "Space"], "a Z ^D Space"), (["é", "日", "📧"], "é 日 📧"),
        (["Up", "Down", "Left", "Right"], "Up Down Left Right"), (["Home", "End"], "Home End"),
        (["PageUp", "PageDown", "Insert", "Delete"], "PgUp PgDn Insert Delete"),
        (["Enter", "Tab", "BackTab", "Backspace"], "Enter Tab Shift-Tab Backspace"),
        (["F12", "M-x", "M-Enter"], "F12 Alt-x Alt-Enter"), (["C-s", "C-q", "C-v", "C-o"], "^S ^Q ^V ^O"),
    ]
    with probe() as t:
        t.wait("probe")
        for keys, names in rows:
            t.key(*keys)
            t.wait(re.escape(names) + r" \.")


def test_a_sequence_cut_by_reads_is_one_key():
    with probe() as t:
        t.wait("probe")
        # ESC goes with the byte behind it: apart for 50 ms, on a busy machine, they are two keys. KeyDecoderTests cut there.
        for part in re.findall(rb"\x1b.|.", b"\x1b[1;5A\x1bOB\x1b[15;2~\xe6\x97\xa5"):
            t.send(part)
            t.pump(0.002)  # lets the program read this part alone
        t.wait(r"keys: Ctrl-Up Down Shift-F5 日 \.")


def test_esc_alone_is_a_key_and_soon():
    with probe() as t:
        t.wait("probe")
        t.key("Esc")
        t.wait(r"keys: Esc \.")
        t.key("x")
        t.wait(r"keys: Esc x \.")


def test_a_paste_is_not_keys():
    with probe() as t:
        t.wait("probe")
        t.paste("rm\r\x1b[A\x02q")
        t.wait(re.escape(r"paste(rm\r\x1b[A\x02q) ."))
        t.key("q")
        t.wait(r"\) q \.")


def test_the_mouse_reports_only_when_asked():
    with probe("--mouse") as t:
        t.wait("probe")
        assert b"\x1b[?1006h" in t.raw
        t.click(10, 5)
        t.wait("mouse left press at 10,5 mouse left release at 10,5")
        t.key("F1")
        assert t.end() == 0
        t.check_restored()
    with probe() as t:
        t.wait("probe")
        assert b"\x1b[?100" not in t.raw


# ---- the screen


def check_columns(t, rows):
    t.until(lambda: "|end" in t.line(2 + rows), "the page is not whole")
    for row in range(3, 3 + rows):
        edge = "".join(t.cell(EDGE + i, row).data for i in range(4))
        if edge != "|end":
            raise Failure(f"row {row} has '{edge}' at its edge:\n{t.picture()}")


def pages(t):
    """The probe's three pages of 20, 20 and 16 hostile rows, once each is drawn whole."""
    for page, rows in ((0, 20), (1, 20), (2, 16)):
        t.wait(rf"page {page}")
        yield page, rows
        t.key("F2")


def test_hostile_text_is_inert():
    with probe(size=(80, 26)) as t:
        for page, rows in pages(t):
            check_columns(t, rows)
            t.until(lambda: t.cursor == (6, 1), "the frame is not whole")
            for row in range(3 + rows, 26):
                assert t.line(row) == "", t.picture()
            if page == 0:
                text = t.text()
                for expected in (r"\x1b]0;owned\x07 ", r"\x1b]52;c;b3duZWQ=\x1b\ ", r"\u{9d}0;owned\u{9c}",
                                 r"\x9b2J", r"a\u{202e}gpj.exe", r"\xc0\xaf\xe0\x80\x9b", r"\xe2\x82a\xff"):
                    assert expected in text, f"{expected} not in\n{text}"
                # The mail's own backslash looks otherwise than an escape.
                escape, letters = t.cell(24, 4), t.cell(24, 18)
                assert escape.data == letters.data == "\\"
                assert escape.underscore and not letters.underscore
        t.key("F1")
        assert t.end() == 0
        assert t.screen.titles == []
        check_output(t.raw)


def check_output(raw):
    """Fails where the program sent anything but drawing."""
    for what, pattern in (
        ("an OSC, DCS, PM, APC or SOS string", rb"\x1b[\]P^_X]"), ("a query", rb"\x1b\[[0-9;?>=]*[cnx]|\x1bZ|\x05"),
        ("a bell or another control character", rb"[\x00-\x07\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"),
        ("a line drawing character set", rb"\x1b[()*+]0"),
    ):
        found = re.search(pattern, raw)
        if found:
            raise Failure(f"sent {what}: {bytes(raw[max(0, found.start() - 20):found.end() + 20])}")
    for character in raw.decode():
        if 0x80 <= ord(character) < 0xa0 or ord(character) in (0x202e, 0x200d, 0xfe0f, 0x2066):
            raise Failure(f"sent U+{ord(character):04x}")


def check_columns_under(width):
    """Each page drawn over the one before, and drawn whole: no column moves, nothing stale is left."""
    with probe(size=(80, 26)) as t:
        expected = [words(t, rows) for _, rows in pages(t)]
    for term in ("xterm-256color", "linux", "vt220"):  # the last has no absolute move within a row
        with widths(width), probe(size=(80, 26), term=term) as t:
            t.key("日", "本")
            t.until(lambda: "本" in t.line(1) and t.cursor == (6, 1), f"the cursor of {term} is not at 6,1")
            for page, rows in pages(t):
                for key in ("j", "k"):
                    check_columns(t, rows)
                    check_words(t, rows, expected[page])
                    t.key("F3", key)
                    t.wait(rf"{key} \.")


def check_words(t, rows, expected):
    try:
        t.until(lambda: words(t, rows) == expected, "the words are not those of the same page elsewhere")
    except Failure:
        got = words(t, rows)
        wrong = "\n".join(f"{g}   instead of   {e}" for g, e in zip(got, expected) if g != e)
        raise Failure(f"{wrong}\n{t.picture()}")


def words(t, rows):
    """The hostile rows of a frame that is whole, without blanks: within a run of wide characters those may be more.

    A row whose width terminals may see otherwise is written twice, first without its wide characters: nothing more has to come.
    """
    t.until(
        lambda: t.cursor == (6, 1) and "|end" in t.line(2 + rows) and not t.pump(0.05), "the frame is not whole")
    return [t.line(row).replace(" ", "") for row in range(3, 3 + rows)]


def test_columns_hold_where_the_terminal_takes_wide_for_narrow():
    check_columns_under(lambda c: min(1, standard(c)))


def test_columns_hold_where_the_terminal_takes_symbols_for_wide():
    check_columns_under(lambda c: 2 if 0x2190 <= ord(c) < 0x2500 or ord(c) > 0x2580 else standard(c))


def test_wide_and_marked_characters_show():
    with probe(size=(80, 26)) as t:
        t.key("F2")
        t.wait("日本語の件名 ")
        t.wait("éäô x")
        t.wait("한국어 제목")


def test_another_size_is_taken_at_once():
    with probe() as t:
        t.wait("probe 80x24")
        for columns, rows in ((40, 10), (200, 60), (20, 3), (80, 24), (7, 2), (1, 1), (120, 36)):
            t.resize(columns, rows)
            t.wait(f"^{f'probe {columns}x{rows}'[:columns]}")
        t.wait(r"^keys:  \.")
        check_columns(t, 20)


def test_redraw_clears_what_others_wrote():
    with probe() as t:
        t.wait("a.r.nb")
        t.stream.feed("\x1b[6;5Hgarbage")
        t.wait("garbage")
        t.key("F3")
        t.gone("garbage")
        t.wait("a.r.nb")
        check_columns(t, 20)


def test_copying_sends_base64_and_nothing_else():
    with probe() as t:
        t.wait("probe")
        t.key("F4")
        t.key("x")
        t.wait(r"keys: x \.")
        assert t.raw.count(b"\x1b]") == 1
        assert b"\x1b]52;c;Y29waWVkG10wO3g=\x1b\\" in t.raw
        assert t.screen.titles == []


def test_the_cursor_stands_where_the_frame_says():
    with probe() as t:
        t.wait("probe")
        t.until(lambda: t.cursor == (6, 1), "the cursor is not at 6,1")


# ---- kinds of terminals


def test_terminals_of_many_kinds_show_the_same():
    for term in ("xterm-256color", "xterm", "linux", "screen", "screen-256color", "tmux-256color", "rxvt", "vt220"):
        with probe(term=term, size=(80, 26)) as t:
            t.wait("page 0")
            check_columns(t, 20)
            t.key("F1")
            assert t.end() == 0, term
            assert t.modes()[:4] == t.found[:4], term


def test_no_color_means_none():
    for env, term in (({"NO_COLOR": "1"}, "xterm-256color"), ({}, "vt220")):
        with probe(env=env, term=term) as t:
            t.wait("page 0")
            t.until(lambda: "|end" in t.line(20), "not whole")
            assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|38;|4[0-7]|9[0-7])", t.raw), bytes(t.raw)
    with probe(env={"NO_COLOR": ""}) as t:
        t.wait("page 0")
        t.until(lambda: b"\x1b[38;5;" in t.raw, "no colour")


def test_a_locale_without_utf8_does_not_matter():
    for env in ({"LC_ALL": "C"}, {"LC_ALL": "xx_XX.ISO-8859-1"}, {"LC_ALL": None}):
        with probe(env=env) as t:
            t.key("F2")
            t.wait("日本語の件名 ")


def test_no_such_terminal_is_an_error_with_a_hint():
    rows = [("dumb", "terminal of type 'dumb' cannot place its cursor", "headless"),
            ("no-such-term", "unknown terminal type 'no-such-term' in TERM", "xterm-256color"),
            ("", "TERM is not set", "xterm-256color")]
    for term, message, hint in rows:
        with probe(term=term) as t:
            assert t.end() == 2
            text = t.raw.decode()
            assert f"probe: error: " in text and message in text, text
            assert "probe: hint: " in text and hint in text, text
            assert "\x1b" not in text, text
            t.check_restored()


def test_without_any_terminal_it_says_so():
    done = subprocess.run([program("TerminalProbe")], stdin=subprocess.DEVNULL, capture_output=True,
                          start_new_session=True, timeout=20, env=dict(os.environ, TERM="xterm"))
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"no terminal to draw a screen on" in done.stderr, done.stderr


def test_standard_input_and_output_may_be_pipes():
    source, sink = os.pipe(), os.pipe()
    os.write(source[1], b"x" * 1234)
    os.close(source[1])
    with probe(stdin=source[0], stdout=sink[1]) as t:
        os.close(source[0])
        os.close(sink[1])
        t.wait("stdin 1234 bytes")
        t.key("a")
        t.wait(r"keys: a \.")
        t.key("F1")
        assert t.end() == 0
        t.check_restored()
        assert os.read(sink[0], 100) == b"probe: ended 0\n"
    os.close(sink[0])


# ---- leaving and coming back


def shell(*arguments):
    """An interactive shell with job control, in which the probe was started."""
    t = Terminal([BASH, "--norc", "--noprofile", "-i"], env={"PS1": "ready> ", "HISTFILE": None}, cwd=BUILD)
    t.wait("ready>")
    t.send(" ".join(["./TerminalProbe", *arguments]) + "\r")
    t.wait("probe 80x24")
    return t


def test_stopping_gives_the_shell_back_and_fg_the_screen():
    with shell() as t:
        t.key("C-z")
        t.wait(r"Stopped\s+./TerminalProbe")
        t.until(lambda: t.text().rstrip().endswith("ready>"), "no prompt")
        assert not t.screen.is_alternate and not t.screen.cursor.hidden
        t.resize(100, 30)
        t.send("stty -a | grep -ow '[-]*echo '; echo done\r")
        t.wait("^done")
        t.send("fg\r")
        t.wait("probe 100x30")
        t.wait("news: resumed")
        t.key("j")
        t.wait(r"keys: j \.")
        t.key("C-z")
        t.wait("Stopped")
        t.send("fg\r")
        t.wait("resumed, resumed")
        t.key("F1")
        t.wait("probe: ended 0")


def test_stopping_where_no_shell_could_wake_it_goes_on():
    with probe() as t:
        t.wait("probe")
        t.key("C-z")
        t.wait("news: resumed")
        t.key("j")
        t.wait(r"keys: j \.")


def test_an_editor_gets_the_whole_terminal():
    with probe("--", "sh", "-c", "echo editing; stty -a | grep -o ' icanon'; read word; exit ${#word}") as t:
        t.wait("probe")
        t.key("F5")
        t.wait("editing")
        t.wait("icanon")
        assert not t.screen.is_alternate
        t.send("four\r")
        t.wait("news: ran 4")
        assert t.screen.is_alternate
        t.key("j")
        t.wait(r"keys: j \.")
        check_columns(t, 20)


def test_an_editor_can_be_interrupted_and_we_are_not():
    with probe("--", "sh", "-c", "echo editing; exec cat") as t:
        t.wait("probe")
        t.key("F5")
        t.wait("editing")
        t.key("C-c")
        t.wait("news: ran 130")
        t.key("F5")
        t.wait("(?s)editing.*editing")  # the first is there still
        t.key("C-\\")
        t.wait("ran 131")
        t.key("j")
        t.wait(r"keys: j \.")
        assert "interrupted" not in t.text(), t.picture()


def test_an_editor_can_be_stopped_with_us():
    with shell("--", "sh", "-c", "'echo editing; exec cat'") as t:
        t.key("F5")
        t.wait("(?m)^editing")  # the shell's line has the word, too
        t.key("C-z")
        t.wait("Stopped")
        t.send("fg\r")
        t.wait("fg\n")
        # The shell hands the terminal over after it has said what goes on; what is typed before that may be lost.
        t.send_until("typed\r", "typed\ntyped")
        t.key("C-d")
        t.wait("news: ran 0")


def test_an_editor_that_is_not_there_is_said():
    with probe("--", "/no/such/editor") as t:
        t.wait("probe")
        t.key("F5")
        t.wait("cannot run '/no/such/editor': No such file or directory")
        t.key("j")
        t.wait(r"keys: j \.")


# ---- the end, in every way


def test_every_end_gives_the_terminal_back():
    ends = [
        ("quit", lambda t: t.key("F1"), (0,)), ("exit", lambda t: t.key("F8"), (7,)),
        ("TERM", lambda t: t.signal("TERM"), (3,)), ("HUP", lambda t: t.signal("HUP"), (4,)),
        ("a Swift trap", lambda t: t.key("F6"), (-signal.SIGILL, -signal.SIGTRAP)),
        ("abort", lambda t: t.key("F7"), (-signal.SIGABRT,)),
        ("stack overflow", lambda t: t.key("F9"), (-signal.SIGSEGV, -signal.SIGBUS)),
        ("SEGV sent", lambda t: t.signal("SEGV"), (-signal.SIGSEGV,)),
        ("QUIT typed", lambda t: t.key("C-\\"), (-signal.SIGQUIT,)),
    ]
    for name, act, statuses in ends:
        with probe("--mouse") as t:
            t.wait("page 0")
            t.until(lambda: "|end" in t.line(20), "not whole")
            act(t)
            assert t.end() in statuses, f"{name}: {t.status}"
            try:
                t.check_restored()
            except Failure as failure:
                raise Failure(f"after {name}: {failure}") from None


def test_a_hung_program_can_be_quit():
    with probe() as t:
        t.wait("probe")
        t.key("F10")
        t.key("C-\\")
        assert t.end() == -signal.SIGQUIT
        t.check_restored()


def test_the_last_words_of_a_crash_stay_on_the_screen():
    with probe() as t:
        t.wait("probe")
        t.key("F6")
        t.end()
        assert t.raw.rfind(b"Index out of range") > t.raw.rfind(b"\x1b[?1049l"), t.picture()


def test_stray_lines_on_standard_error_wait_until_the_screen_is_gone():
    with probe() as t:
        t.wait("probe")
        t.key("F11", "j")
        t.wait(r"keys: j \.")
        assert b"stray" not in t.raw
        t.key("F1")
        assert t.end() == 0
        assert "a stray line" in t.text(), t.picture()


def test_any_signal_that_ends_it_gives_the_terminal_back():
    for number in ("USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "PWR", "SYS", "IO"):
        with probe() as t:
            t.wait("probe")
            os.kill(t.pid, getattr(signal, "SIG" + number))
            assert t.end() == -getattr(signal, "SIG" + number), (number, t.status)
            assert not t.screen.is_alternate and not t.screen.cursor.hidden, number
            assert b"\x1b[?2004l" in t.raw, number


def test_an_interrupt_is_a_key_and_a_signal_the_programs_to_handle():
    with probe() as t:
        t.wait("probe")
        t.key("C-c")
        t.wait(r"keys: \^C")
        assert "interrupted" not in t.text(), t.picture()
        os.kill(t.pid, signal.SIGINT)
        t.wait("news: interrupted")


def test_a_terminal_that_goes_away_ends_it():
    with probe() as t:
        t.wait("probe")
        t.hang_up()
        assert t.end() in (4, 5, -signal.SIGHUP), t.status
