"""What a verdict at a stage does: played by a milter that says given bytes there, heard by an SMTP client of a real MTA."""
import dataclasses
import json
import re
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

from . import wire
from .inprocess import InProcessMilter, answer
from .proxy import run
from .smtp import HungUp

CLIENTS = 6
SECONDS = 4  # after which a client has waited in vain
UNFINISHED = b"..."
SECOND_LINE = b"550 5.7.1 b"  # of the replies of several lines
SKIP = 0x400
LETTERS = {"connect": "C", "helo": "H", "mail": "M", "rcpt": "R", "data": "T", "header": "L", "eoh": "N",
           "body": "B", "bodyeob": "E", "unknown": "U"}
CONTENT = ("header", "eoh", "body", "bodyeob")
MAIL = b"From: sender@example.org\r\nSubject: a verdict\r\n\r\nbody\r\n"


@dataclasses.dataclass(frozen=True)
class Said:
    """`reply` is what follows the length in the milter's packet; `more` the same of packets right behind it."""
    stage: str
    reply: bytes
    more: tuple = ()


@dataclasses.dataclass(frozen=True)
class Heard:
    """Replies by what they answer, whole and as they came; "dot" is that to the content."""
    replies: dict
    was_dropped: bool
    # What came behind the last line of a reply, before the next command.
    stray: bytes

    def at(self, stage):
        """The reply that tells the client, by the stage of the verdict."""
        if stage == "connect":
            banner = self.replies["banner"]
            return banner if banner[:1] in (b"4", b"5") else self.replies.get("mail", b"")
        if stage == "helo":
            greeting = self.replies["helo"]
            return greeting if greeting[:1] in (b"4", b"5") else self.replies.get("mail", b"")
        return self.replies.get("dot" if stage in CONTENT else stage, b"")

    @property
    def is_out_of_step(self):
        """A reply had too much or too little for a client that reads replies, one for each command."""
        late = any(reply.startswith(SECOND_LINE) for reply in self.replies.values())
        return bool(self.stray) or late or any(reply.endswith(UNFINISHED) for reply in self.replies.values())


class Milter(InProcessMilter):
    """Says what it has for the client's address at one stage, and goes on everywhere else."""

    def __init__(self, address, sayings, actions=0):
        self._sayings = sayings
        self._actions = actions
        self.listen(address)

    def converse(self, peer, packets):
        said = None
        for letter, payload in packets:
            if letter == "O":
                peer.sendall(answer(self._actions, SKIP))
                continue
            if letter == "C":
                said = self._sayings[number_of(re.search(rb"\x00 *4..([\d.]+)\x00", payload, re.S)[1].decode())]
            if letter in "DAQ":
                continue
            if said and letter == LETTERS[said.stage]:
                peer.sendall(b"".join(struct.pack(">I", len(reply)) + reply for reply in (said.reply, *said.more)))
                said = None
            else:
                peer.sendall(wire.frame("c"))


def address_of(number):
    return f"127.1.{number >> 8}.{number & 255}"


def number_of(address):
    _, _, high, low = map(int, address.split("."))
    return high << 8 | low


def fates(mta, trace):
    """What is said to become of the mail of each session, by its number: "delivered", "failed", … in full, and the word of lists."""
    exported = run("export", "jsonl", "--delivered", mta, trace)
    assert exported.returncode == 0, exported.stderr
    found = {}
    for line in exported.stdout.splitlines():
        thing = json.loads(line)
        if thing["type"] == "message" and (sender := re.match(r"<s(\d+)@", (thing["from"] or {}).get("address", ""))):
            found[int(sender[1])] = thing["delivered"]["fate"], thing["outcome"]
    return found


def play(bed, mta, sayings):
    """Each saying in a session of its own, through a proxy: the trace, what was heard in order, and whose mail arrived."""
    back = bed.spot("inet")
    milter = Milter(back, sayings)
    port = bed.mta(mta).doors["inet"]
    bed.sink.take()
    try:
        with bed.proxy(bed.fronts["inet"], back) as proxy, ThreadPoolExecutor(CLIENTS) as pool:
            heard = list(pool.map(lambda row: converse(port, *row), enumerate(sayings)))
            bed.mta(mta).settle()
            assert proxy.terminate() == 0, proxy.output()
    finally:
        milter.close()
    arrived = {int(re.search(r"<s(\d+)@", delivery.mail)[1]) for delivery in bed.sink.take()}
    return proxy.trace, heard, arrived


def converse(port, number, said):
    """One mail, with FOOBAR in front where that is what the verdict is about."""
    client = Lines(port, address_of(number))
    replies, steps = {}, [("helo", b"EHLO client.example.org\r\n")]
    if said.stage == "unknown":
        steps.append(("unknown", b"FOOBAR\r\n"))
    steps += [("mail", f"MAIL FROM:<s{number}@example.org>\r\n".encode()), ("rcpt", b"RCPT TO:<first@example.test>\r\n"),
              ("data", b"DATA\r\n"), ("dot", MAIL + b".\r\n")]
    with client:
        try:
            replies["banner"] = client.reply()
            for name, line in steps:
                if next(reversed(replies.values())).endswith(UNFINISHED):
                    return Heard(replies, False, client.stray)
                if name == "dot" and replies["data"][:1] != b"3":
                    break
                if name == "data" and not replies["rcpt"][:1] == b"2":
                    break
                if name == "rcpt" and not replies["mail"][:1] == b"2":
                    break
                client.send(line)
                replies[name] = client.reply()
            client.send(b"NOOP\r\n")
            replies["noop"] = client.reply()
            client.send(b"QUIT\r\n")
            client.reply()
        except HungUp:
            return Heard(replies, True, client.stray)
    return Heard(replies, False, client.stray)


class Lines:
    """A client that notices what does not belong to a reply."""

    def __init__(self, port, source):
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS, (source, 0))
        self._received = b""
        self.stray = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        try:
            self._socket.sendall(data)
        except ConnectionError:
            raise HungUp() from None

    def reply(self):
        """All lines of the next reply; one that is not finished in time ends in dots."""
        lines = b""
        while True:
            try:
                line = self._line()
            except TimeoutError:
                return lines + UNFINISHED
            if not re.match(rb"\d{3}([ -]|\r?\n)", line):
                self.stray += line
                continue
            lines += line
            if line[3:4] != b"-":
                return lines

    def _line(self):
        while b"\n" not in self._received:
            try:
                received = self._socket.recv(65536)
            except ConnectionError:
                received = b""
            if not received:
                raise HungUp()
            self._received += received
        line, _, self._received = self._received.partition(b"\n")
        return line + b"\n"
