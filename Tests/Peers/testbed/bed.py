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
from .proxy import ROOT, Chain, Proxy, RecordedMilter, StandIn
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
        preloads = (self.workshop.hostname, self.workshop.systemlog)
        return Sendmail(self.folder, self.fronts, self.sink.port, root, preloads)

    def mta(self, name):
        return getattr(self, name)

    def close(self):
        for name in ("postfix", "sendmail"):
            if name in self.__dict__:
                self.__dict__[name].close()
        processes.kill_all(self.folder)
        self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def play(self, scenario, mta, door, made_up_date=False, seconds=40):
        """Runs the scenario through a door and waits until all its mails are delivered.

        Clients give up on a reply after that many seconds.
        """
        with self.visit(mta, door, seconds) as visit:
            scenario(visit.connect)
        return visit.outcome(made_up_date)

    @contextlib.contextmanager
    def visit(self, mta, door, seconds=40):
        """A `Visit` whose clients are closed at the end, whatever happens."""
        self.sink.take()
        visit = Visit(self, mta, door, seconds)
        try:
            yield visit
        finally:
            for client in visit.clients:
                client.close()

    @contextlib.contextmanager
    def directly(self, milter, kind):
        """The milter itself on the front of that kind; yields its process."""
        with self._started(milter, self.fronts[kind]) as running:
            yield running

    @contextlib.contextmanager
    def through_proxy(self, milter, kind, *options):
        """mitmilter on the front, the milter behind it; yields the proxy, whose `milter` is that one's process."""
        back = self.spot(kind)
        with self._started(milter, back) as running, self.proxy(self.fronts[kind], back, *options) as proxy:
            proxy.milter, proxy.back = running, back
            yield proxy

    @contextlib.contextmanager
    def through_chain(self, first, second, *options):
        """One mitmilter on both fronts, for the door `chain`, with a milter behind each: taps `first` and `second`."""
        backs = [self.spot(kind) for kind in self.fronts]
        with self._started(first, backs[0]), self._started(second, backs[1]):
            taps = dict(zip(("first", "second"), zip(self.fronts.values(), backs)))
            chain = Chain(self.workshop, taps, *options)
            try:
                yield chain
            finally:
                chain.kill()

    @contextlib.contextmanager
    def through_proxy_and_relay(self, milter, kind, change, *options):
        """As `through_proxy`, with a relay in front of the milter that changes what passes."""
        back, behind = self.spot(kind), self.spot(kind)
        with self._started(milter, behind), self.relay(back, behind, change), \
                self.proxy(self.fronts[kind], back, *options) as proxy:
            yield proxy

    @contextlib.contextmanager
    def proxy(self, listen, back, *options):
        """mitmilter alone, between two addresses."""
        proxy = Proxy(self.workshop, listen, back, *options)
        try:
            yield proxy
        finally:
            proxy.kill()

    @contextlib.contextmanager
    def stand_in(self, kind, *options):
        """mitmilter as the milter, on the front of that kind."""
        milter = StandIn(self.workshop, self.fronts[kind], *options)
        try:
            yield milter
        finally:
            milter.kill()

    @contextlib.contextmanager
    def recorded_milter(self, kind, trace):
        """The milter of a trace on the front of that kind."""
        milter = RecordedMilter(self.workshop, self.fronts[kind], trace)
        try:
            yield milter
        finally:
            milter.kill()

    @contextlib.contextmanager
    def through_screen(self, milter, kind, *options, **terminal):
        """As `through_proxy`, with an operator's screen: a `Terminal` to type at."""
        from .screen import Screen  # needs pyte, which the other tests do without
        back = self.spot(kind)
        with self._started(milter, back), \
                Screen(self.workshop, self.fronts[kind], back, *options, **terminal) as screen:
            yield screen

    @contextlib.contextmanager
    def relay(self, listen, back, change=None):
        relay = Relay(listen, back, change)
        try:
            yield relay
        finally:
            relay.close()

    @contextlib.contextmanager
    def through_relay(self, milter, kind, change=None):
        """A relay of ours on the front, the milter behind it; yields the relay."""
        back = self.spot(kind)
        with self._started(milter, back), self.relay(self.fronts[kind], back, change) as relay:
            yield relay

    @contextlib.contextmanager
    def _started(self, milter, address):
        running = milter.start(self.workshop, address)
        try:
            yield running
        finally:
            running.kill()


class Visit:
    """What clients do at one door: `connect` for scenarios, `transcript`, and what came of it."""

    def __init__(self, bed, mta, door, seconds):
        self._bed, self._mta, self._door, self._seconds = bed, mta, door, seconds
        self.transcript, self.clients, self.deliveries = [], [], []

    def connect(self, **options):
        options = {"seconds": self._seconds, **options}
        self.clients.append(Client(self._mta.doors[self._door], self.transcript, **options))
        return self.clients[-1]

    def outcome(self, made_up_date=False):
        left = self._mta.settle()
        self.deliveries = self._bed.sink.take()
        return outcome(self.transcript, self.deliveries, left, made_up_date)


@functools.cache
def the_bed():
    """The bed of this process, made when first asked for."""
    return Bed()
