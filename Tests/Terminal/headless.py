"""A run without a screen, as a service has it: what it says, how it ends, what it takes of memory."""

import os
import select
import signal
import subprocess
import time

from programs import program
from test_screen import free_port


class Run:
    """`mitmilter ARGUMENTS` with `--listen` on a port of its own, or as its taps say; standard error line by line."""

    def __init__(self, *arguments, before=(), **options):
        self.port = free_port()
        listen = [] if "--tap" in arguments else ["--listen", f"127.0.0.1:{self.port}"]
        command = [*before, program("mitmilter"), arguments[0], *listen, *arguments[1:]]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        self.said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def pid(self):
        return self.process.pid

    def hears(self, words, timeout=20):
        """Waits until it has said so."""
        end = time.monotonic() + timeout
        while words not in self.said:
            assert time.monotonic() < end, f"not said: {words}\nsaid: {self.said}"
            if select.select([self.process.stderr], [], [], 0.2)[0]:
                piece = os.read(self.process.stderr.fileno(), 65536)
                assert piece, f"it ended without saying: {words}\nsaid: {self.said}"
                self.said += piece.decode()

    def signal(self, name):
        os.kill(self.pid, getattr(signal, "SIG" + name))

    def ends(self, within, status=0):
        """Waits for its end: at most so many seconds."""
        try:
            ended = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end within {within} s; said: {self.said}") from None
        self.said += self.process.stderr.read().decode()
        assert ended == status, f"status {ended}, not {status}; said: {self.said}"

    def resident(self):
        """Bytes of memory that it has."""
        return status(self.pid, "VmRSS")


def status(pid, name):
    """A size in bytes out of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name + ":"))
