"""Things that happen while a test does something else."""
import threading

from . import scenarios


class InBackground:
    """A function at work in a thread of its own; `result` waits for it, and raises what it raised."""

    def __init__(self, function, *arguments):
        self._function, self._arguments = function, arguments
        self._value = self._failure = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._value = self._function(*self._arguments)
        except Exception as failure:  # belongs to who asks for the result
            self._failure = failure

    def result(self):
        self._thread.join()
        if self._failure:
            raise self._failure
        return self._value


def sent(bed, mta, scenario=None, door="inet", seconds=40):
    """A mail on its way, so that somebody can act on it meanwhile; its result is the outcome."""
    return InBackground(lambda: bed.play(scenario or scenarios.once(), mta, door, seconds=seconds))
