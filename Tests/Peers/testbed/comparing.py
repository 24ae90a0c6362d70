"""Playing the same scenarios with the milter on the front and with mitmilter in between."""
import difflib
import sys
import unittest

from . import scenarios
from .bed import the_bed
from .proxy import Trace

# libmilter's callbacks and the command each stands for.
CALLBACKS = {"negotiate": "O", "connect": "C", "helo": "H", "mail": "M", "rcpt": "R", "data": "T", "header": "L",
             "eoh": "N", "eom": "E", "unknown": "U"}

MOST_FAILURES = 3


def some(*names):
    return {name: scenarios.ALL[name] for name in names}


def play_all(chosen, mta, door):
    """Outcome or exception of each scenario, by name; gives up after a few exceptions."""
    played, failures = {}, 0
    for name, scenario in chosen.items():
        if failures == MOST_FAILURES:
            played[name] = RuntimeError("not played: too many scenarios before it failed")
            continue
        try:
            played[name] = the_bed().play(scenario, mta, door, made_up_date=name == "no-fields")
        except Exception as failure:  # belongs to this scenario's test
            played[name] = failure
            failures += 1
    return played


_direct = {}


def play_directly(chosen, mta_name, kind, milter):
    """The same with the milter itself on the front, each scenario once for all who ask."""
    played = _direct.setdefault((milter.name, mta_name, kind), {})
    missing = {name: scenario for name, scenario in chosen.items() if name not in played}
    if missing:
        with the_bed().directly(milter, kind):
            played.update(play_all(missing, the_bed().mta(mta_name), kind))
    return played


def difference(first, second, *titles):
    return "\n".join(difflib.unified_diff(list(first.lines()), list(second.lines()), *titles, lineterm=""))


class SameThroughProxy(unittest.TestCase):
    """Base of the classes that `same_through_proxy` makes, one test a scenario."""

    mta = kind = None
    make_milter = None
    chosen = {}

    @classmethod
    def setUpClass(cls):
        bed, mta = the_bed(), the_bed().mta(cls.mta)
        cls.direct = play_directly(cls.chosen, cls.mta, cls.kind, cls.make_milter())
        cls.milter = cls.make_milter()
        with bed.through_proxy(cls.milter, cls.kind) as proxy:
            cls.passed = play_all(cls.chosen, mta, cls.kind)
            cls.status = proxy.terminate()
            cls.said = proxy.output()
        cls.trace_file = proxy.trace

    def same(self, name):
        for played in (self.direct, self.passed):
            if isinstance(played[name], Exception):
                raise played[name]
        if self.direct[name] != self.passed[name]:
            self.fail(difference(self.direct[name], self.passed[name], "directly", "through mitmilter"))

    def test_the_proxy_ends_orderly(self):
        self.assertEqual(0, self.status, self.said)
        self.assertNotIn("error", self.said)

    def test_the_trace_has_a_packet_for_every_callback(self):
        called, seen = self.milter.callbacks(), Trace(self.trace_file).codes("mta")
        self.assertGreater(called["connect"] + called["negotiate"], 0)
        for callback, letter in CALLBACKS.items():
            if called[callback]:
                self.assertEqual(called[callback], seen[letter], callback)

    def test_nothing_is_found_at_fault(self):
        self.assertEqual([], Trace(self.trace_file).errors)


def same_through_proxy(name, mta, kind, make_milter, chosen):
    """A subclass of `SameThroughProxy` with a test for each scenario."""
    def claim(scenario):
        def test(self):
            self.same(scenario)
        return test
    module = sys._getframe(1).f_globals["__name__"]  # where unittest shall say that the class is
    body = {"__module__": module, "mta": mta, "kind": kind, "make_milter": staticmethod(make_milter), "chosen": chosen}
    body |= {f"test_{scenario.replace('-', '_')}": claim(scenario) for scenario in chosen}
    if not hasattr(make_milter(), "callbacks"):
        body["test_the_trace_has_a_packet_for_every_callback"] = None  # only our own milter counts them
    return type(name, (SameThroughProxy,), body)
