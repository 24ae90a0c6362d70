"""The testbed: one next hop, one MTA of each kind, and the front address where an MTA finds its milter.

What listens on the front is the test's choice and changes without restarting the MTA.
"""
import atexit
import contextlib
import functools
import os
import shutil
import tempfile

from . import processes
from .addresses import Address, free_port
from .milters import Workshop
from .outcome import outcome
from .postfix import Postfix
from .proxy import ROOT, Proxy
from .relay import Relay
from .sendmail import Sendmail
from .sink import Sink
from .smtp import Client


class Bed:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mitmilter-peers-", dir=os.environ.get("MITMILTER_PEERS_DIR"))
        os.chmod(self.folder, 0o755)  # Postfix passes through it as its own user
        atexit.register(self.close)
        workshop, self.sockets = (os.path.join(self.folder, name) for name in ("workshop", "sockets"))
        os.mkdir(workshop)
        os.mkdir(self.sockets)
        self.workshop = Workshop(workshop)
        self.sink = Sink()
        self.fronts = {"inet": Address("127.0.0.1", free_port()),
                       "unix": Address(path=os.path.join(self.sockets, "front"))}
        self._spots = 0

    def spot(self, kind):
        """A new address of the same kind as the front's."""
        self._spots += 1
        if kind == "unix":
            return Address(path=os.path.join(self.sockets, f"spot{self._spots}"))
        return Address("127.0.0.1", free_port())

    @functools.cached_property
    def postfix(self):
        return Postfix(self.folder, self.fronts, self.sink.port)

    @functools.cached_property
    def sendmail(self):
        root = os.path.join(os.environ.get("MITMILTER_PEERS", os.path.join(ROOT, ".build", "peers")), "sendmail")
        return Sendmail(self.folder, self.fronts, self.sink.port, root, self.workshop.hostname)

    def mta(self, name):
        return getattr(self, name)

    def close(self):
        for name in ("postfix", "sendmail"):
            if name in self.__dict__:
                self.__dict__[name].close()
        processes.kill_all()
        self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def play(self, scenario, mta, door, made_up_date=False):
        """Runs the scenario through a door and waits until all its mails are delivered."""
        transcript = []
        self.sink.take()
        clients = []

        def connect():
            clients.append(Client(mta.doors[door], transcript))
            return clients[-1]
        try:
            scenario(connect)
        finally:
            for client in clients:
                client.close()
        left = mta.settle()
        return outcome(transcript, self.sink.take(), left, made_up_date)

    @contextlib.contextmanager
    def directly(self, milter, kind):
        """The milter itself on the front of that kind."""
        running = milter.start(self.workshop, self.fronts[kind])
        try:
            yield running
        finally:
            running.kill()

    @contextlib.contextmanager
    def through_proxy(self, milter, kind, *options):
        """mitmilter on the front, the milter behind it; yields the proxy."""
        back = self.spot(kind)
        running = milter.start(self.workshop, back)
        try:
            proxy = Proxy(self.workshop, self.fronts[kind], back, *options)
            try:
                yield proxy
            finally:
                proxy.kill()
        finally:
            running.kill()

    @contextlib.contextmanager
    def through_relay(self, milter, kind, change=None):
        """A relay of ours on the front, the milter behind it; yields the relay."""
        back = self.spot(kind)
        running = milter.start(self.workshop, back)
        try:
            relay = Relay(self.fronts[kind], back, change)
            try:
                yield relay
            finally:
                relay.close()
        finally:
            running.kill()


@functools.cache
def the_bed():
    """The bed of this process, made when first asked for."""
    return Bed()
