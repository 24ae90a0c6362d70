"""Test classes that play the same scenarios with the milter on the front and with something in between."""
import difflib
import unittest

from . import scenarios
from .bed import the_bed

# libmilter's callbacks and the command each stands for.
CALLBACKS = {"negotiate": "O", "connect": "C", "helo": "H", "mail": "M", "rcpt": "R", "data": "T", "header": "L",
             "eoh": "N", "eom": "E", "unknown": "U"}


def play_all(chosen, mta, door):
    """Outcome or exception of each scenario, by name."""
    played = {}
    for name, scenario in chosen.items():
        try:
            played[name] = the_bed().play(scenario, mta, door, made_up_date=name == "no-fields")
        except Exception as failure:  # belongs to this scenario's test, the others go on
            played[name] = failure
    return played


class SameOutcome(unittest.TestCase):
    """Subclasses say `mta`, `kind` (of sockets), `milter` and `chosen`; `comparison` makes them."""

    mta = kind = milter = None
    chosen = {}
    between = staticmethod(lambda: the_bed().through_proxy(type(None), ""))

    def same(self, name):
        for played in (self.direct, self.passed):
            if isinstance(played[name], Exception):
                raise played[name]
        if self.direct[name] != self.passed[name]:
            self.fail("\n".join(difflib.unified_diff(list(self.direct[name].lines()), list(self.passed[name].lines()),
                                                     "directly", "with something in between", lineterm="")))


def comparison(name, mta, kind, make_milter, chosen, base=SameOutcome):
    """A subclass of `base` with a test for each scenario."""
    def claim(scenario):
        def test(self):
            self.same(scenario)
        test.__doc__ = f"{name}: {scenario}"
        return test
    body = {"mta": mta, "kind": kind, "make_milter": staticmethod(make_milter), "chosen": chosen}
    body |= {f"test_{scenario.replace('-', '_')}": claim(scenario) for scenario in chosen}
    return type(name, (base,), body)


def some(*names):
    return {name: scenarios.ALL[name] for name in names}
