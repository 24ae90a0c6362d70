"""The operator's screen: demo, open and proxy in a real terminal."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

from programs import ROOT, program
from terminal import Terminal

SAMPLES = os.path.join(ROOT, "sample-sessions")
TRACE = os.path.join(ROOT, "Tests", "TraceFormatTests", "Fixtures", "format-1.mtrace")


class Home:
    """A folder of its own for configuration and files."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="mitmilter-test-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, *parts):
        path = os.path.join(self.path, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def run(self, *arguments, **options):
        env = {"XDG_CONFIG_HOME": self.path, "XDG_STATE_HOME": self.path, "TZ": "UTC", **options.pop("env", {})}
        return Terminal([program("mitmilter"), *arguments], env=env, cwd=self.path, **options)

    def record(self, name="demo.mtrace"):
        """A trace of the whole demo."""
        path = self.file(name)
        subprocess.run(
            [program("mitmilter"), "demo", "--headless", "-q", "--speed", "0", "-w", path],
            check=True, stderr=subprocess.DEVNULL, timeout=60)
        return path


def test_the_screen_goes_on_where_the_trace_cannot():
    # A limit on the size of files is as good as a full disk.
    with Home() as home, Terminal(
        ["sh", "-c", f"ulimit -f 64; exec '{program('mitmilter')}' demo --speed 20 -w full.mtrace"],
        env={"XDG_CONFIG_HOME": home.path, "XDG_STATE_HOME": home.path, "TZ": "UTC"}, cwd=home.path, size=(100, 30),
    ) as t:
        t.wait("NOT RECORDED")
        t.send("2")
        t.wait(r"c12\.1.*lost|c11\.1.*accepted|I love lett")
        assert "NOT RECORDED" in t.text(), t.picture()
        t.signal("TERM")
        assert t.end() == 0, t.picture()
        assert "the trace is incomplete" in t.text(), t.picture()


def left(t):
    """The program ends well, and leaves the terminal as it was."""
    assert t.end() == 0, t.picture()
    t.check_restored()


# ---- demo


def test_demo_shows_every_view_and_is_left():
    with Home() as home, home.run("demo", "--speed", "20", size=(120, 36)) as t:
        t.wait(r"MAIL +<")
        t.wait("● LIVE")
        t.key("2")
        t.wait(r"^  mail +time +queue id ")
        t.wait(r"^─ message c")
        t.wait("accepted")
        t.wait("rejected")
        t.key("4")
        t.wait(r"^  id +severity +count")
        t.wait(r"[✖▲●] [A-Z]\d\d")
        t.key("6")
        t.wait("Reply time by stage")
        t.key("?")
        t.wait("Views and panes")
        t.key("q")
        t.gone("Views and panes")
        t.key("1")
        t.wait(r"^ +# +time")
        for tab in ("Macros", "Message", "Hex", "Session", "Ladder", "Fields"):
            t.key("l")
            t.pump(0.05)
        t.key("Q")
        left(t)


def test_the_rejected_recipient_and_its_macros_are_found_by_what_the_screen_says():
    with Home() as home:
        with home.run("open", home.record(), size=(120, 36)) as t:
            t.wait("OPTNEG")
            t.send("/no such user\r")
            t.wait(r"RCPT +550 5\.1\.1 no such user")
            t.wait(r"What it does")
            t.wait(r"550")
            t.key("l")
            t.wait(r"\{rcpt_addr\}")
            t.key("Q")
            left(t)


def test_filter_search_and_resize():
    with Home() as home:
        with home.run("open", home.record(), size=(80, 24)) as t:
            t.wait("OPTNEG")
            t.send("f")
            t.wait("filter:")
            t.send("rcptt")
            t.wait("nothing matches \"rcptt\"; did you mean rcpt?")
            t.key("Backspace")
            t.wait(r"✓ \d+ match")
            t.key("Enter")
            t.wait(r"rcpt +\d+ of \d+")
            t.resize(40, 10)
            t.wait(r"→ RCPT")
            t.key("j", "Enter")
            t.wait("address")
            t.resize(200, 60)
            t.wait("Session")
            t.resize(80, 24)
            t.wait(r"rcpt +\d+ of \d+")
            t.key("Esc", "Esc")
            t.wait("filter off")
            t.send(":set time delta\r")
            t.wait(r"\+\d+.?\d*(µs|ms)")
            t.key("Q")
            left(t)


def test_the_mouse_works_when_asked_for():
    with Home() as home:
        with home.run("open", home.record(), size=(80, 24)) as t:
            t.wait("OPTNEG")
            assert b"\x1b[?1000" not in t.raw
            t.send(":set mouse on\r")
            t.until(lambda: b"\x1b[?1000h" in t.raw, "the terminal is not asked for clicks")
            row = next(row for row in range(2, 13) if "HELO" in t.line(row))
            t.click(30, row)
            t.wait("packet 7 · HELO")
            row = next(row for row in range(10, 24) if "Macros" in t.line(row))
            t.click(t.line(row).index("Hex") + 1, row)
            t.wait("0000  00 00 00 12")
            t.click(t.line(0).index("Messages"), 0)
            t.wait("subject")
            t.send(":set mouse off\r")
            t.until(lambda: b"\x1b[?1000l" in t.raw, "it reports on")
            t.send(":set mouse on\r")
            t.until(lambda: t.raw.count(b"\x1b[?1000h") == 2, "it is not asked again")
            t.key("Q")
            left(t)
            assert t.raw.count(b"\x1b[?1000l") >= 2
            t.check_restored()


# ---- the terminal goes away


def test_a_closed_window_ends_the_screen_and_the_program():
    with Home() as home, home.run("demo") as t:
        t.wait("OPTNEG")
        t.hang_up()
        assert t.end() == 0


def test_a_signal_leaves_the_terminal_as_it_was():
    for name in ("TERM", "INT"):
        with Home() as home, home.run("demo") as t:
            t.wait("OPTNEG")
            t.signal(name)
            left(t)


def test_a_connection_that_finds_no_milter_shows_without_any_packet():
    with Home() as home:
        port = free_port()
        with home.run("proxy", "--listen", f"0.0.0.0:{port}", "--milter", f"127.0.0.1:{free_port()}") as t:
            t.wait(rf"smtpd_milters = inet:127\.0\.0\.1:{port} *$")
            t.wait("note: .* is every interface")
            with socket.create_connection(("127.0.0.1", port), timeout=20) as mta:
                assert mta.recv(1) == b""
            t.wait("✕ milter unreachable: connection refused")
            t.gone("smtpd_milters")
            t.key("Q")
            left(t)


def test_messages_of_the_program_before_the_pipe_wait_for_the_screen_behind_it():
    """One terminal for both: `proxy … -w - | open -`."""
    with Home() as home:
        port, nowhere = free_port(), free_port()
        line = f'trap : INT; "$0" proxy --listen 127.0.0.1:{port} --milter 127.0.0.1:{nowhere} -w - | "$0" open -; echo all left'
        env = {"XDG_CONFIG_HOME": home.path, "XDG_STATE_HOME": home.path, "TZ": "UTC"}
        with Terminal(["sh", "-c", line, program("mitmilter")], env=env, cwd=home.path, size=(120, 24)) as t:
            t.wait("waiting for the first packet to arrive")
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as mta:
                    assert mta.recv(1) == b""
            t.wait("c3 .*✕ milter unreachable")
            assert "warning" not in t.text(), t.picture()
            t.key("Q")
            t.wait("smtpd_milters = inet")
            t.wait("warning: cannot reach the milter")
            t.wait("warning: nobody reads the trace any more")
            t.key("C-c")
            t.wait("all left")


def test_mail_goes_on_when_the_window_is_closed():
    """The proxy outlives its screen until its connections have ended."""
    with Home() as home:
        milter = socket.socket()
        milter.bind(("127.0.0.1", 0))
        milter.listen()
        port = free_port()
        arguments = ["proxy", "--listen", f"127.0.0.1:{port}", "--milter", "127.0.0.1:%d" % milter.getsockname()[1]]
        with home.run(*arguments) as t, milter:
            t.wait("waiting for an MTA to connect")
            t.wait(rf"smtpd_milters = inet:127\.0\.0\.1:{port} *$")
            t.wait(rf"INPUT_MAIL_FILTER\(`mitmilter', `S=inet:{port}@127\.0\.0\.1'\)dnl *$")
            with socket.create_connection(("127.0.0.1", port)) as mta:
                other, _ = milter.accept()
                with other:
                    optneg = bytes.fromhex("0000000d4f00000006000001ff001fffff")
                    mta.sendall(optneg)
                    assert receive(other, len(optneg)) == optneg
                    t.wait("OPTNEG")
                    t.hang_up()
                    other.sendall(optneg)
                    assert receive(mta, len(optneg)) == optneg
                    mta.sendall(bytes.fromhex("0000000151"))
                    assert receive(other, 5) == bytes.fromhex("0000000151")
            assert t.end() == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def receive(connection, count):
    connection.settimeout(20)
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            break
        data += piece
    return data


# ---- open


def test_a_growing_trace_is_followed_and_several_are_merged():
    with Home() as home:
        lines = open(home.record(), "rb").read().splitlines(keepends=True)
        path = home.file("growing.mtrace")
        with open(path, "wb") as out:
            out.writelines(lines[:8])
            out.flush()
            with home.run("open", path, home.record("other.mtrace"), size=(100, 24)) as t:
                t.wait("2 files")
                t.wait("OPTNEG")
                before = int(t.wait(r"packet +([\d,]+)$").group(1).replace(",", ""))
                out.writelines(lines[8:])
                out.flush()
                t.until(
                    lambda: int(re.search(r"packet +([\d,]+)$", t.text(), re.M).group(1).replace(",", "")) > before,
                    "the packets that came later never showed")
                os.rename(home.record("newer.mtrace"), path)
                t.wait("growing.mtrace' was replaced or removed")
                t.key("Q")
                left(t)


def test_standard_input_that_is_the_terminal_is_no_trace():
    with Home() as home, home.run("open", "-") as t:
        t.wait("standard input is the terminal")
        assert t.end() == 2


def test_an_interrupt_leaves_the_prompt_and_asks_before_it_loses_something():
    with Home() as home, home.run("open", home.record(), size=(80, 24)) as t:
        t.wait("OPTNEG")
        t.send(":filt")
        t.wait("filt")
        t.key("C-c")
        t.gone(":filt|^.*filt$")
        t.key("m")
        t.wait("^▌ ")
        t.key("C-c")
        t.wait("Notes or marks on 1 packet are unwritten; w writes. Quit[?] y yes  n no")
        t.key("C-c")
        t.gone("Notes or marks")
        t.key("C-c", "y")
        left(t)


def test_a_trace_arrives_on_standard_input_and_keys_from_the_terminal():
    with Home() as home:
        lines = open(home.record(), "rb").read().splitlines(keepends=True)
        reading, writing = os.pipe()
        os.write(writing, b"".join(lines[:6]))
        with home.run("open", "-", stdin=reading) as t:
            os.close(reading)
            t.wait("OPTNEG")
            os.write(writing, b"".join(lines[6:60]))
            t.wait("DATA")
            t.key("g")
            t.wait(r"^ +1 .*OPTNEG")
            os.close(writing)
            t.key("2")
            t.wait("queue id")
            t.key("Q")
            left(t)


def test_marks_notes_and_excerpts_of_a_recorded_trace():
    with Home() as home:
        with home.run("open", home.record(), size=(100, 30)) as t:
            t.wait("OPTNEG")
            t.key("j", "m")
            t.wait("^▌ +2")
            t.send(";look here\r")
            t.wait("✎ look here")
            t.send("f")
            t.wait("filter:")
            t.send("marked\r")
            t.wait(r"marked +1 of")
            t.send("wpart.mtrace\r")
            t.wait("wrote \\d+ records to part.mtrace")
            t.send("wpart.mtrace\r")
            t.wait("is there already. Replace it")
            t.send("n")
            t.key("Q")
            left(t)
        kinds = [json.loads(line).get("k") for line in open(home.file("part.mtrace"))][1:]
        assert "mark" in kinds and "note" in kinds and "open" in kinds, kinds


def test_x_writes_packets_in_other_formats():
    with Home() as home:
        with home.run("open", home.record(), size=(110, 34)) as t:
            t.wait("OPTNEG")
            t.key("x")
            t.wait("Export as")
            t.key("r")
            t.wait("Export what as report")
            t.key("s")
            t.wait(r":export report shown demo.md")
            t.key("Enter")
            t.wait(r"wrote report, \d+ bytes, to demo.md")
            t.send(":export report\r")
            t.wait(r":export report shown demo.md")
            t.key("Enter")
            t.wait("demo.md is there already. Replace it")
            t.key("y")
            t.wait(r"wrote report, \d+ bytes, to demo.md")
            t.send(":export eml mails\r")
            t.wait(r"wrote \d+ mails into mails")
            t.send(":export eml mails\r")
            t.wait("mails/c1.1.eml is there already. Replace it")
            t.key("n")
            t.send(":export trace demo.mtrace\r")
            t.wait("it is the trace on the screen")
            t.send(":export json marked x.json\r")
            t.wait("no packet has a mark")
            t.key("m")
            t.wait("^▌ ")
            t.send(":export json marked --redact x.json\r")
            t.wait(r"wrote json, \d+ bytes, to x.json")
            t.send(":export pcapng no/where.pcapng\r")
            t.wait("cannot write 'no/where.pcapng': no such file or folder")
            t.send(":export pcapng all.pcapng\r")
            t.wait(r"wrote pcapng, \d+ bytes, to all.pcapng")
            t.send(":export report --no-redact plain.md\r")
            t.wait(r"wrote report, \d+ bytes, to plain.md")
            t.key("Q")
            t.wait("Notes or marks on 1 packet are unwritten")
            t.key("y")
            left(t)
        with open(home.file("demo.md")) as report, open(home.file("plain.md")) as plain:
            report, plain = report.read(), plain.read()
        assert "are pseudonyms" in report and "**Not redacted**" in plain
        assert "example." in plain and "example." not in report
        assert os.stat(home.file("demo.md")).st_mode & 0o777 == 0o600
        with open(home.file("x.json")) as file:
            assert len(json.load(file)["packets"]) >= 1
        mails = os.listdir(home.file("mails"))
        assert len(mails) > 1 and all(name.endswith(".eml") for name in mails), mails
        shown = subprocess.run([program("mitmilter"), "show", home.file("all.pcapng")], stdout=subprocess.PIPE, timeout=60)
        assert shown.returncode == 0 and b"OPTNEG" in shown.stdout


def test_the_screen_exports_while_mail_goes_on():
    with Home() as home, home.run("demo", size=(110, 34)) as t:
        t.wait("CONNECT")
        t.send(":export html live.html\r")
        t.wait(r"wrote html, \d+ bytes, to live.html")
        t.key("Q")
        t.send("y")
        t.end()
        with open(home.file("live.html")) as page:
            assert page.read().endswith("</html>\n")


def test_every_sample_opens_and_shows_its_first_packet():
    paths = [os.path.join(SAMPLES, n) for n in sorted(os.listdir(SAMPLES))] if os.path.isdir(SAMPLES) else []
    for path in [p for p in paths if p.endswith((".mtrace", ".mtrace.gz"))] + [TRACE]:
        with Home() as home, home.run("open", path) as t:
            t.wait(r"packet +[\d,]+$")
            for key in "2461":
                t.key(key)
                t.pump(0.02)
            t.key("G")
            t.wait(r"^ +# +time")
            t.key("Q")
            left(t)


# ---- set-up


def test_the_config_file_counts_and_says_where_it_is_wrong():
    with Home() as home:
        config = home.file("mitmilter", "config")
        with open(config, "w") as out:
            out.write("# mine\nset time delta\nbind x filter rcpt\n")
        trace = home.record()
        with home.run("open", trace) as t:
            t.wait(r"\+\d+.?\d*(µs|ms)")
            t.key("x")
            t.wait(r"rcpt +\d+ of \d+")
            t.key("Q")
            left(t)
        with open(config, "w") as out:
            out.write("set time delta\n  set time noon\nbind nokey quit\n")
        with home.run("open", trace, size=(200, 24)) as t:
            t.wait(re.escape(f"{config}:2:12: expected clock, start, delta, there was 'noon'"))
            t.wait(r"^ {13}\^{4} *$")
            t.wait(re.escape(f"{config}:3:6: 'nokey' names no key"))
            t.wait("hint: set, bind, unbind and rules go there")
            assert t.end() == 2


def test_no_color_means_none():
    with Home() as home:
        trace = home.record()
        for arguments, env in (([], {"NO_COLOR": "1"}), (["--no-color"], {})):
            with home.run("open", trace, *arguments, env=env) as t:
                t.wait("OPTNEG")
                assert not re.search(rb"\x1b\[[0-9;]*[34]8;5;|\x1b\[[0-9;]*3[1-7]m", bytes(t.raw)), "colours"
                t.key("Q")
                left(t)


def test_without_a_terminal_open_says_so():
    result = subprocess.run(
        [program("mitmilter"), "open", TRACE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    assert result.returncode == 2
    assert b"needs a terminal on standard output" in result.stderr


def test_hostile_subjects_reach_the_terminal_inert():
    with Home() as home:
        with home.run("open", home.record(), size=(120, 36)) as t:
            t.wait("OPTNEG")
            t.key("2")
            t.wait("owned")
            for _ in range(12):
                t.key("j")
            t.key("1")
            t.wait(r"^ +# +time")
            t.send("/owned\r")
            t.wait("owned")
            t.key("l", "l", "l", "Q")
            left(t)
            assert b"\x1b]0;owned" not in t.raw and b"\x1b]52" not in t.raw


# ---- light terminals


def colours(t):
    return {cell.fg for line in t.screen.buffer.values() for cell in line.values() if cell.data.strip()}


def test_the_background_that_the_terminal_tells_chooses_the_colours():
    with Home() as home, home.run("open", TRACE, size=(120, 36)) as t:
        t.wait("1 Timeline")
        assert t.ground_questions == 1
        # The active tab's, on a dark ground and on a light one.
        t.until(lambda: "5fd7ff" in colours(t), "no colours")
        # Rubbish and half an answer are no keys.
        for rubbish in (b"\x1b]11;rgb:zz/\x1b\\", b"\x1b]11;?\x07", b"\x1b]11;rgb:ffff/ff"):
            t.send(rubbish)
        t.send(b"\x1b\\\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
        t.until(lambda: "005faf" in colours(t) and "5fd7ff" not in colours(t), "still the colours of a dark terminal")
        t.wait("1 Timeline")
        t.key(":")
        t.send("set theme dark")
        t.key("Enter")
        t.until(lambda: "5fd7ff" in colours(t), "not the colours of a dark terminal")


def test_a_theme_that_was_set_asks_nothing():
    with Home() as home:
        with open(home.file("mitmilter", "config"), "w") as config:
            config.write("set theme mono\n")
        with home.run("open", TRACE, size=(80, 24)) as t:
            t.wait("1 Timeline")
            assert t.ground_questions == 0
            assert colours(t) == {"default"}
