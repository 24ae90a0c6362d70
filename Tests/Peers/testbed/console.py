"""The operator's screen in a pseudo-terminal of its own, driven blindly: what it did is read from its trace."""
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import threading

from .proxy import binary
from .waiting import Expired, until


class Console:
    """`mitmilter milter` with a screen of 80 by 24, recording to `trace`."""

    def __init__(self, workshop, listen, *options):
        self.trace = workshop.file("desk.mtrace")
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [binary(), "milter", "--listen", listen.libmilter, "-w", self.trace, *options]
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=os.environ | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        os.close(slave)
        threading.Thread(target=self._drain, daemon=True).start()
        until(listen.is_listened_on, lambda: f"the desk at {listen}")

    def _drain(self):
        try:
            while os.read(self._master, 65536):
                pass
        except OSError:
            pass

    def keys(self, text):
        os.write(self._master, text.encode())

    def records(self, kind):
        """Whole lines only: the last may be half written."""
        try:
            with open(self.trace, encoding="ascii") as file:
                lines = [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []
        return [record for record in lines if record.get("k") == kind]

    def held(self, count):
        """Waits for that many packets to have been held so far; all of them, in their order."""
        until(lambda: len(self.records("hold")) >= count, lambda: f"{count} held packets: {self.records('hold')}")
        return self.records("hold")

    def judge(self, held, keys):
        """Types once the screen has that packet selected, and waits until it has left."""
        self._select(held)
        self.keys(keys)
        until(lambda: any(record["n"] == held["n"] and record["c"] == held["c"] for record in self.records("release")),
              lambda: f"packet {held['n']} to leave after {keys!r}")

    def _select(self, held):
        """Waits for the screen to have taken it in: a note is for the selected packet, and refused where there is none."""
        for attempt in range(20):
            self.keys(":note selected\r")
            try:
                return until(lambda: self._noted(held), lambda: f"packet {held['n']} to be selected", seconds=1)
            except Expired:
                if attempt == 19:
                    raise

    def _noted(self, held):
        return any(record.get("n") == held["n"] and record["c"] == held["c"] for record in self.records("note"))

    def close(self):
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        os.close(self._master)
