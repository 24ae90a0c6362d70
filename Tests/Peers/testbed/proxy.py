"""The built mitmilter: where it is, running it as a proxy, reading its traces."""
import collections
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


class Chain(Child):
    """As `Proxy`, with a tap for each name: where it listens, and the milter."""

    def __init__(self, workshop, taps, *options):
        self.trace = workshop.file("session.mtrace")
        words = [word for name, (listen, milter) in taps.items()
                 for word in ("--tap", f"{name}={listen.libmilter},{milter.libmilter}")]
        super().__init__([binary(), "proxy", *words, "-w", self.trace, "--headless", "-q", "--socket-mode", "0666",
                          *options], workshop.file("mitmilter.log"))
        for listen, _ in taps.values():
            self.ready_at(listen)


class StandIn(Child):
    """`mitmilter milter --headless -q`, recording to `trace` and logging decisions to `log_file`."""

    def __init__(self, workshop, listen, *options):
        self.trace, self.log_file = workshop.file("session.mtrace"), workshop.file("decisions.jsonl")
        if listen.path:
            options += ("--socket-mode", "0666")
        super().__init__([binary(), "milter", "--listen", listen.libmilter, "-w", self.trace, "--log", self.log_file,
                          "--headless", "-q", *options], workshop.file("mitmilter.log"))
        self.ready_at(listen)

    def decisions(self):
        with open(self.log_file, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


class RecordedMilter(Child):
    """`mitmilter replay TRACE --as-milter`."""

    def __init__(self, workshop, listen, trace):
        options = ["--socket-mode", "0666"] if listen.path else []
        super().__init__([binary(), "replay", trace, "--as-milter", "--listen", listen.libmilter, *options],
                         workshop.file("replay.log"))
        self.ready_at(listen)


class Trace:
    """A trace file read without the product's code: JSON Lines, one code point an octet in `raw`."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.head, *self.records = (json.loads(line) for line in file if line.endswith("\n"))
        self.packets = [record for record in self.records if record["k"] == "recv"]

    def stream(self, connection, side):
        """The octets of all packets that `side` ("mta" or "milter") sent on `connection`."""
        return b"".join(packet["raw"].encode("latin-1") for packet in self.packets
                        if packet["c"] == connection and packet["from"] == side)

    def codes(self, side):
        """How many packets of each letter `side` sent."""
        return collections.Counter(packet["raw"][4] for packet in self.packets if packet["from"] == side)

    @property
    def connections(self):
        return [record["c"] for record in self.records if record["k"] == "open"]

    @property
    def errors(self):
        """The findings of severity error: packet, rule, text."""
        return [(record.get("n"), record["id"], record["text"]) for record in self.records
                if record["k"] == "find" and record["severity"] == "error"]
