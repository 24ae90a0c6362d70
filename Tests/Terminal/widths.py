"""Terminals that count columns otherwise than the C library: `with widths(f):` for the calling thread's screens."""

import contextlib
import threading

import pyte.screens

_own = threading.local()
standard = pyte.screens.wcwidth


def _wcwidth(character):
    return getattr(_own, "function", standard)(character)


pyte.screens.wcwidth = _wcwidth


@contextlib.contextmanager
def widths(function):
    _own.function = function
    try:
        yield
    finally:
        del _own.function
