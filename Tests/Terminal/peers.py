"""A milter of few words, for tests that play the MTA themselves."""

import socket
import threading

ANSWERED = b"CHMRTLNBEU"


class Milter:
    """Answers CONTINUE, or what `replies` has for a command's letter (a list of packets); keeps what it is sent."""

    def __init__(self, replies=None, actions=0x1FF, steps=0):
        self.received = []
        self._replies = replies or {}
        self._optneg = b"O" + b"".join(n.to_bytes(4, "big") for n in (6, actions, steps))
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.ended = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def wait(self, condition, what):
        """Until `condition(self)` is true."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), 20), f"{what}; received {self.received}"

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        try:
            self._answer(connection)
        except ConnectionError:
            pass  # closed or reset is the kernel's choice
        with self._changed:
            self.ended += 1
            self._changed.notify_all()

    def _answer(self, connection):
        with connection, connection.makefile("rb") as source:
            while len(head := source.read(4)) == 4:
                packet = source.read(int.from_bytes(head, "big"))
                with self._changed:
                    self.received.append(packet)
                    self._changed.notify_all()
                letter = packet[:1]
                if letter == b"O":
                    replies = [self._optneg]
                elif letter in ANSWERED:
                    replies = self._replies.get(letter, [b"c"])
                else:
                    replies = []
                connection.sendall(b"".join(len(reply).to_bytes(4, "big") + reply for reply in replies))
