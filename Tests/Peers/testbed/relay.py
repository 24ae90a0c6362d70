"""A recording relay that knows nothing of the protocol, run in this process.

It stands in front of and behind the product to tell what really went over both wires, and in the product's
place to prove that the comparisons hold for any relay that changes nothing (and fail for one that does).
"""
import selectors
import socket
import threading


class Record:
    """One relayed connection: the octets from either side."""

    def __init__(self):
        self.from_mta = bytearray()
        self.from_milter = bytearray()
        self.over = False


class Relay:
    """`change(side, octets)` may alter what passes; side is "mta" or "milter", the sender."""

    def __init__(self, listen, target, change=None):
        self._target = target
        self._change = change or (lambda side, octets: octets)
        self.records = []
        self._listener = listen.listener()
        self._closing = False
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                front, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closing:
                    front.close()
                    return
                record = Record()
                self.records.append(record)
                self._open.add(front)
            threading.Thread(target=self._relay, args=(front, record), daemon=True).start()

    def _relay(self, front, record):
        back = self._target.socket()
        with self._lock:
            self._open.add(back)
        try:
            back.connect(self._target.for_socket)
            for end in (front, back):
                if end.family != socket.AF_UNIX:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pump(front, back, record)
        except OSError:
            pass
        finally:
            record.over = True
            with self._lock:
                self._open -= {front, back}
            front.close()
            back.close()

    def _pump(self, front, back, record):
        other = {front: back, back: front}
        side = {front: "mta", back: "milter"}
        kept = {front: record.from_mta, back: record.from_milter}
        with selectors.DefaultSelector() as selector:
            for end in other:
                selector.register(end, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    octets = key.fileobj.recv(65536)
                    if not octets:
                        selector.unregister(key.fileobj)
                        other[key.fileobj].shutdown(socket.SHUT_WR)
                        continue
                    kept[key.fileobj] += octets
                    other[key.fileobj].sendall(self._change(side[key.fileobj], octets))

    @property
    def is_idle(self):
        return all(record.over for record in self.records)

    def close(self):
        with self._lock:
            self._closing = True
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for end in self._open:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def twice(letter_before):
    """Sends the first CONTINUE after that command twice, as a milter with a bug in its threads would."""
    seen = {"armed": False, "done": False}

    def change(side, octets):
        if side == "mta" and octets[4:5] == letter_before or letter_before in (octets[i + 4:i + 5] for i in _frames(octets)):
            seen["armed"] = side == "mta" or seen["armed"]
        elif side == "milter" and seen["armed"] and not seen["done"] and octets == b"\0\0\0\1c":
            seen["done"] = True
            return octets * 2
        return octets
    return change


def _frames(octets):
    at = 0
    while at + 5 <= len(octets):
        yield at
        at += 4 + int.from_bytes(octets[at:at + 4], "big")
