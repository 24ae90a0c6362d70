"""A pseudo-terminal with a screen, for tests of programs that draw one.

    with Terminal(["prog", "arg"], size=(80, 24)) as t:
        t.wait("ready")                 # a regular expression on the screen's text
        t.key("j", "C-d", "PageDown")   # typed
        t.resize(40, 10)
        assert t.line(0) == "prog"
        assert t.end() == 0             # the exit status; -9 for signal 9

What the program writes goes through pyte, plus what ncurses sends to xterm-256color and pyte lacks: repeat (REP), scroll
(SU, SD) and the alternate screen. All bytes are kept in `t.raw`, so a test can assert what was *not* sent. Nothing here
sleeps for a fixed time: `wait` and `gone` read until the screen is as asked or the time is up, which is a `Failure`
that carries the screen.
"""

import codecs
import errno
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
import unicodedata

import pyte

TIMEOUT = float(os.environ.get("MITMILTER_TERMINAL_TIMEOUT", "20"))

GROUND_QUESTION = b"\x1b]11;?\x1b\\"

ALTERNATE = {47, 1047, 1049}


class Failure(AssertionError):
    """An expectation that did not come true, with the screen as it was."""


class Screen(pyte.Screen):
    """pyte's screen with the rest of what an xterm does for ncurses."""

    def __init__(self, columns, lines):
        self.main_screen = None  # what the alternate screen hides
        self.last = " "
        self.titles = []
        super().__init__(columns, lines)

    @property
    def is_alternate(self):
        return self.main_screen is not None

    def draw(self, data):
        super().draw(data)
        self.last = data[-1:] or self.last

    def repeat(self, count=0, **_):
        self.draw(self.last * max(1, count))

    def scroll_up(self, count=0, **_):
        self._scroll(max(1, count), up=True)

    def scroll_down(self, count=0, **_):
        self._scroll(max(1, count), up=False)

    def _scroll(self, count, up):
        top, bottom = self.margins or (0, self.lines - 1)
        row, column = self.cursor.y, self.cursor.x
        for _ in range(min(count, self.lines)):
            self.cursor.y = bottom if up else top
            self.index() if up else self.reverse_index()
        self.cursor.y, self.cursor.x = row, column

    def set_mode(self, *modes, **flags):
        if flags.get("private") and ALTERNATE & set(modes) and not self.is_alternate:
            kept = {y: dict(line) for y, line in self.buffer.items()}
            self.main_screen = (kept, self.cursor.y, self.cursor.x)
            self.erase_in_display(2)
        super().set_mode(*modes, **flags)

    def reset_mode(self, *modes, **flags):
        if flags.get("private") and ALTERNATE & set(modes) and self.is_alternate:
            kept, row, column = self.main_screen
            self.main_screen = None
            self.erase_in_display(2)
            for y, line in kept.items():
                if y < self.lines:
                    for x, cell in line.items():
                        if x < self.columns:
                            self.buffer[y][x] = cell
            self.cursor.y, self.cursor.x = min(row, self.lines - 1), min(column, self.columns - 1)
        super().reset_mode(*modes, **flags)

    # pyte hands on arguments and flags that its own methods do not take.
    def erase_in_display(self, how=0, *_, **__):
        super().erase_in_display(how)

    def select_graphic_rendition(self, *attributes, private=False, **_):
        if not private:
            super().select_graphic_rendition(*attributes)

    def report_device_status(self, mode, **_):
        super().report_device_status(mode)

    def set_title(self, title):
        self.titles.append(title)

    set_icon_name = set_title


class Stream(pyte.Stream):
    csi = {**pyte.Stream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}
    events = pyte.Stream.events | {"repeat", "scroll_up", "scroll_down"}


KEYS = {
    "Enter": "\r", "Tab": "\t", "BackTab": "\x1b[Z", "Esc": "\x1b", "Space": " ", "Backspace": "\x7f",
    "Delete": "\x1b[3~", "Insert": "\x1b[2~", "PageUp": "\x1b[5~", "PageDown": "\x1b[6~",
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~",
    "F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~", "F11": "\x1b[23~", "F12": "\x1b[24~",
}
CURSOR_KEYS = {"Up": "A", "Down": "B", "Right": "C", "Left": "D", "Home": "H", "End": "F"}
APPLICATION_CURSOR = 1 << 5  # pyte keeps private modes shifted


def key_bytes(name, application=False):
    """What xterm sends for a key: a name of KEYS or CURSOR_KEYS, `C-x`, `M-x`, or any text as typed."""
    if name in KEYS:
        text = KEYS[name]
    elif name in CURSOR_KEYS:
        text = ("\x1bO" if application else "\x1b[") + CURSOR_KEYS[name]
    elif re.fullmatch(r"C-[@-_a-z?]", name):
        text = "\x7f" if name == "C-?" else chr(ord(name[2].upper()) & 31)
    elif name.startswith("M-") and len(name) > 2:
        return b"\x1b" + key_bytes(name[2:], application)
    else:
        text = name
    return text.encode("utf-8", "surrogateescape")


class Terminal:
    def __init__(self, argv, size=(80, 24), env=None, term="xterm-256color", cwd=None, stdin=None, stdout=None):
        """Starts `argv` as leader of a session on a new pseudo-terminal.

        `stdin` and `stdout` are descriptors to use instead of the terminal, which stays /dev/tty. `env` adds to
        an environment cleared of what would change the screen; a value of None removes.
        """
        self.columns, self.rows = size
        self.screen = Screen(self.columns, self.rows)
        self.stream = Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = bytearray()
        self.ground_questions = 0
        self.is_closed = False
        self.status = None
        master, slave = os.openpty()
        self.fd = master
        self._set_size()
        self.found = termios.tcgetattr(slave)
        full = {k: v for k, v in os.environ.items() if k not in (
            "COLUMNS", "LINES", "TMUX", "STY", "NO_COLOR", "COLORTERM", "COLORFGBG", "LC_ALL", "LC_CTYPE", "LANG",
            "VISUAL", "EDITOR")}
        full.update(TERM=term, LC_ALL="C.UTF-8", SWIFT_BACKTRACE="enable=no")
        for name, value in (env or {}).items():
            if value is None:
                full.pop(name, None)
            else:
                full[name] = value
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for number, fd in enumerate((slave if stdin is None else stdin,
                                             slave if stdout is None else stdout, slave)):
                    os.dup2(fd, number)
                os.closerange(3, 256)
                if cwd:
                    os.chdir(cwd)
                os.execvpe(argv[0], argv, full)
            except OSError as error:
                os.write(2, f"{argv[0]}: {error.strerror}\r\n".encode())
            finally:
                os._exit(127)
        os.close(slave)
        os.set_blocking(master, False)
        # What the emulator answers to a query goes back in, as in a real terminal.
        self.screen.write_process_input = lambda text: self.send(text.encode())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.kill()

    # ---- what the program writes

    def pump(self, seconds=0.0):
        """Reads what comes within the time; whether anything did."""
        if self.is_closed:
            return False
        # Unlike select, for any number of open files.
        waiting = select.poll()
        waiting.register(self.fd, select.POLLIN)
        if not waiting.poll(max(0.0, seconds) * 1000):
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError as error:
            if error.errno not in (errno.EIO,):
                raise
            data = b""
        if not data:  # every descriptor of the other side is closed
            self.is_closed = True
            return False
        # Programs ask for the background's colour; pyte would take that for a title, and nothing of a mail's is in it.
        self.ground_questions += data.count(GROUND_QUESTION)
        data = data.replace(GROUND_QUESTION, b"")
        self.raw += data
        self.stream.feed(self.decoder.decode(data))
        return True

    def until(self, condition, what, timeout=None):
        """Reads until `condition()` is true."""
        end = time.monotonic() + (timeout or TIMEOUT)
        while not condition():
            left = end - time.monotonic()
            if left <= 0 or (self.is_closed and not condition()):
                ended = " (the program ended)" if self.is_closed else ""
                raise Failure(f"{what}{ended}; the screen:\n{self.picture()}")
            self.pump(min(left, 0.05))

    def send_until(self, text, pattern, tries=10):
        """Types `text`, again where it got lost, until the pattern shows."""
        for _ in range(tries - 1):
            self.send(text)
            try:
                return self.wait(pattern, timeout=2)
            except Failure:
                continue
        self.send(text)
        return self.wait(pattern)

    def wait(self, pattern, timeout=None):
        """Waits for a regular expression to match the screen's text; returns the match."""
        expression = re.compile(pattern, re.M)
        self.until(lambda: expression.search(self.text()), f"/{pattern}/ never showed", timeout)
        return expression.search(self.text())

    def gone(self, pattern, timeout=None):
        expression = re.compile(pattern, re.M)
        self.until(lambda: not expression.search(self.text()), f"/{pattern}/ never went", timeout)

    # ---- what the operator does

    def send(self, data):
        """Writes bytes as they are; reads meanwhile, so that neither side waits for the other."""
        data = data.encode() if isinstance(data, str) else data
        end = time.monotonic() + TIMEOUT
        while data and not self.is_closed:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                self.pump(0.05)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                self.is_closed = True
            if time.monotonic() > end:
                raise Failure(f"the program takes no input; the screen:\n{self.picture()}")

    def key(self, *names):
        for name in names:
            self.send(key_bytes(name, APPLICATION_CURSOR in self.screen.mode))

    def paste(self, text):
        self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def click(self, column, row, button=0):
        """A press and a release of a mouse button, as SGR reports; places from 0."""
        for final in "Mm":
            self.send(f"\x1b[<{button};{column + 1};{row + 1}{final}")

    def resize(self, columns, rows):
        self.pump()
        self.columns, self.rows = columns, rows
        self.screen.resize(rows, columns)
        self._set_size()

    def _set_size(self):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def signal(self, name, pid=None):
        os.kill(pid or self.pid, getattr(signal, "SIG" + name))

    # ---- what the screen shows

    def line(self, row):
        """A row as text: blanks at its end left out, composed (NFC), a wide character once."""
        cells = self.screen.buffer[row]
        text = "".join(cells[x].data for x in range(self.screen.columns))
        return unicodedata.normalize("NFC", text.rstrip())

    def text(self):
        return "\n".join(self.line(y) for y in range(self.screen.lines))

    def cell(self, column, row):
        """pyte's cell: data, fg, bg, bold, underscore, reverse."""
        return self.screen.buffer[row][column]

    def picture(self):
        return "\n".join(f"{y:3}|{self.line(y)}" for y in range(self.screen.lines))

    @property
    def cursor(self):
        """Column and row, or None while it is hidden."""
        return None if self.screen.cursor.hidden else (self.screen.cursor.x, self.screen.cursor.y)

    def modes(self):
        """The terminal's line settings, as tcgetattr gives them."""
        return termios.tcgetattr(self.fd)

    def check_restored(self):
        """Fails unless the terminal is as the program found it."""
        if self.modes()[:4] != self.found[:4]:
            raise Failure(f"line settings are {self.modes()[:4]}, were {self.found[:4]}")
        if self.screen.is_alternate:
            raise Failure("the alternate screen is still on")
        if self.screen.cursor.hidden:
            raise Failure("the cursor is still hidden")
        for mode in (b"2004", b"1000", b"1006"):
            if self.raw.rfind(b"\x1b[?" + mode + b"h") > self.raw.rfind(b"\x1b[?" + mode + b"l"):
                raise Failure(f"private mode {mode.decode()} is still on")

    # ---- the end

    def end(self, timeout=None):
        """Waits for the program to end by itself: its exit status, or minus the signal that ended it."""
        end = time.monotonic() + (timeout or TIMEOUT)
        while not self._reap():
            if time.monotonic() > end:
                raise Failure(f"the program does not end; the screen:\n{self.picture()}")
            if not self.pump(0.02):
                select.select([], [], [], 0.005)
        while self.pump(0.0):
            pass
        return self.status

    def _reap(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def hang_up(self):
        """Closes the terminal's window under the program."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            self.is_closed = True

    def kill(self):
        if not self._reap():
            for name in ("CONT", "KILL"):
                try:
                    os.kill(self.pid, getattr(signal, "SIG" + name))
                except ProcessLookupError:
                    pass
            os.waitpid(self.pid, 0)
            self.status = -9
        self.hang_up()
