"""The built mitmilter with its screen, in a pseudo-terminal, between real peers."""
import os
import sys

from .proxy import ROOT, binary

sys.path.append(os.path.join(ROOT, "Tests", "Terminal"))

from terminal import Terminal  # noqa: E402  the harness of Tests/Terminal


class Screen(Terminal):
    """`mitmilter proxy` between `listen` and `milter`, recording to `trace`; typed at and read as a person would."""

    def __init__(self, workshop, listen, milter, *options, size=(120, 36), env=None):
        self.trace = workshop.file("screen.mtrace")
        argv = [binary(), "proxy", "--listen", listen.libmilter, "--milter", milter.libmilter, "-w", self.trace]
        configuration = {"XDG_CONFIG_HOME": workshop.folder, "XDG_STATE_HOME": workshop.folder, "TZ": "UTC", **(env or {})}
        super().__init__([*argv, *options], size=size, env=configuration, cwd=workshop.folder)
        self.until(listen.is_listened_on, f"nobody listens on {listen}")

    def leave(self):
        """Quits, whatever still waits; the exit status."""
        self.key("Q")
        self.until(lambda: self.is_closed or "Quit and end" in self.text(), "neither a question nor the end")
        if not self.is_closed:
            self.key("y")
        return self.end()
