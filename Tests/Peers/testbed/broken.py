"""Milters that are broken on purpose, in process: what each command is answered by is the fault's choice."""
from . import wire
from .inprocess import InProcessMilter, answer, offered

CONTINUE = wire.frame("c")
ADDHEADER = wire.frame("h", b"X-Seen\0yes\0")
CLOSE = "close"
NO_REPLY = {"L": 0x80, "C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "N": 0x40000, "B": 0x80000}


class BrokenMilter(InProcessMilter):
    """`fault(letter, count, payload)` gives the bytes to say, `CLOSE`, or None for what is right; `count` is that of the
    letter within the connection. `steps` is negotiated."""
    name = "broken milter"

    def __init__(self, fault, steps=0):
        self._fault, self._steps = fault, steps

    def start(self, _workshop, address):
        self.listen(address)
        return self

    def kill(self):
        self.close()

    def converse(self, peer, packets):
        counts = {}
        for letter, payload in packets:
            if letter == "Q":
                return
            if letter in "DA":
                continue
            counts[letter] = counts.get(letter, 0) + 1
            said = self._fault(letter, counts[letter], payload)
            if said == CLOSE:
                return
            peer.sendall(self._right(letter, payload) if said is None else said)

    def _right(self, letter, payload):
        if letter == "O":
            actions, steps = offered(payload)
            return answer(actions, self._steps & steps)
        return b"" if self._steps & NO_REPLY.get(letter, 0) else CONTINUE


def at(letter, said, count=1):
    """Says that at the command of that letter, the first time."""
    return lambda code, number, _: said if (code, number) == (letter, count) else None


def twice_to_subject(code, _, payload):
    """Two replies to Subject, and a modification where it belongs."""
    if code == "L" and payload.startswith(b"Subject"):
        return CONTINUE * 2
    return ADDHEADER + CONTINUE if code == "E" else None


def content_all_the_same(code, _, __):
    """A reply to what goes without."""
    if code in "LNB":
        return CONTINUE
    return ADDHEADER + CONTINUE if code == "E" else None
