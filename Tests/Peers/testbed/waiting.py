"""Waiting for a condition, never for a time."""
import threading
import time

_pause = threading.Event()  # never set


class Expired(AssertionError):
    """What was waited for did not happen."""


def until(condition, what, seconds=20):
    """The first true value of `condition()`; raises `Expired` naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Expired(f"not within {seconds} s: {what() if callable(what) else what}")
        _pause.wait(0.004)
