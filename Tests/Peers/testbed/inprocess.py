"""A milter of this process: what it says is a test's choice."""
import contextlib
import socket
import struct
import threading

from . import wire


class InProcessMilter:
    """Serves each connection on a thread of its own with `converse(peer, packets)`, until that returns."""

    def listen(self, address):
        self._listener = address.listener()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Closed alone, it would go on for the thread that waits at it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer, peer.makefile("rb") as source:
            try:
                self.converse(peer, _packets(source))
            except OSError:
                pass  # the MTA has given it up, or the test is over


def _packets(source):
    """Letter and payload of what comes, until the MTA closes."""
    while head := source.read(4):
        packet = source.read(struct.unpack(">I", head)[0])
        yield chr(packet[0]), packet[1:]


def answer(actions, steps):
    """Our OPTNEG reply."""
    return wire.frame("O", struct.pack(">III", 6, actions, steps))


def offered(payload):
    """Actions and steps of the MTA's OPTNEG."""
    return struct.unpack(">II", payload[4:12])
