"""The built mitmilter: where it is, running it as a proxy, reading its traces."""
import base64
import json
import os
import subprocess

from .processes import Child

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def binary():
    """$MITMILTER, else the debug build of this clone."""
    path = os.environ.get("MITMILTER")
    if not path:
        where = subprocess.run(["swift", "build", "--package-path", ROOT, "--show-bin-path"], check=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120, text=True)
        path = os.environ["MITMILTER"] = os.path.join(where.stdout.strip(), "mitmilter")
    return path


def run(*arguments, stdin=None, seconds=60):
    """Runs mitmilter to its end; the result has `returncode`, `stdout` and `stderr` as text."""
    return subprocess.run([binary(), *arguments], input=stdin, stdin=None if stdin else subprocess.DEVNULL,
                          capture_output=True, timeout=seconds, check=False, encoding="utf-8")


class Proxy(Child):
    """`mitmilter proxy --headless -q` between `listen` and `milter`, recording to `trace`."""

    def __init__(self, workshop, listen, milter, *options):
        self.trace = workshop.file("session.mtrace")
        if listen.path:
            options += ("--socket-mode", "0666")  # Postfix connects as its own user
        super().__init__([binary(), "proxy", "--listen", listen.libmilter, "--milter", milter.libmilter,
                          "-w", self.trace, "--headless", "-q", *options], workshop.file("mitmilter.log"))
        self.ready_at(listen)


class Trace:
    """A trace as `mitmilter show --json` tells it."""

    def __init__(self, path):
        shown = run("show", "--json", path)
        if shown.returncode != 0 or shown.stderr:
            raise AssertionError(f"show --json {path}: exit {shown.returncode}, {shown.stderr}")
        self.packets = [json.loads(line) for line in shown.stdout.splitlines()]

    def stream(self, connection, side):
        """The octets of all packets that `side` ("mta" or "milter") sent on `connection`."""
        return b"".join(base64.b64decode(packet["raw"]) for packet in self.packets
                        if packet["conn"] == connection and packet["from"] == side)

    @property
    def connections(self):
        return list(dict.fromkeys(packet["conn"] for packet in self.packets))

    @property
    def findings(self):
        return [(packet["n"], packet.get("name"), finding) for packet in self.packets
                for finding in packet.get("findings") or []]
