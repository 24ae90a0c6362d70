"""Child processes that are ended by their own id and nothing else."""
import os
import signal
import subprocess

from .waiting import until

_children = []


class Child:
    """A started program; its output goes to `log`."""

    def __init__(self, argv, log, env=None):
        self.argv = [str(word) for word in argv]
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=None if env is None else {**os.environ, **env})
        _children.append(self)

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    def output(self):
        with open(self.log, encoding="utf-8", errors="backslashreplace") as text:
            return text.read()

    def ready_at(self, address):
        """Returns self once something listens on `address`; raises with the output if the program ends."""
        def listening():
            if not self.is_running:
                raise RuntimeError(f"{self.argv[0]} ended with {self.process.returncode}: {self.output()}")
            return address.is_listened_on()
        until(listening, lambda: f"{self.argv[0]} listening on {address}: {self.output()}")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        """The exit status; negative for a signal."""
        return self.process.wait(seconds)

    def kill(self):
        if self.is_running:
            self.process.kill()
        self.process.wait()
        if self in _children:
            _children.remove(self)

    def terminate(self, seconds=20):
        """Asks the program to end and returns its exit status."""
        if self.is_running:
            self.signal(signal.SIGTERM)
        try:
            return self.wait(seconds)
        finally:
            self.kill()


def kill_all(folder=""):
    """Ends the children that log below `folder`; another testbed may be at work beside."""
    for child in list(_children):
        if child.log.startswith(folder):
            child.kill()


def descendants(root):
    """The process ids below `root`, from /proc."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                    parents[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, level = [], [root]
    while level:
        level = [pid for pid, parent in parents.items() if parent in level]
        found += level
    return found


def runs(pid):
    """Whether it does anything: a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def owner_of(inode, among):
    """The process of `among` that has the socket `inode` open."""
    for pid in among:
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]":
                    return pid
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return None
