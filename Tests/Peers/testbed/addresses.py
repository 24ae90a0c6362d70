"""Addresses of milters in everybody's spelling, free ports, and who listens where."""
import dataclasses
import os
import random
import socket


@dataclasses.dataclass(frozen=True)
class Address:
    """A milter's address; `path` for a unix socket, else `host` and `port`."""
    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def libmilter(self):
        """As libmilter, Sendmail, OpenDKIM and mitmilter write it."""
        if self.path:
            return f"unix:{self.path}"
        return f"{'inet6' if ':' in self.host else 'inet'}:{self.port}@{self.host}"

    @property
    def postfix(self):
        if self.path:
            return f"unix:{self.path}"
        return f"inet:[{self.host}]:{self.port}" if ":" in self.host else f"inet:{self.host}:{self.port}"

    def socket(self):
        if self.path:
            return socket.socket(socket.AF_UNIX)
        return socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)

    @property
    def for_socket(self):
        return self.path or (self.host, self.port)

    def listener(self):
        """A listening socket at this address; a unix one is open to every user."""
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)
        listener = self.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self.for_socket)
        if self.path:
            os.chmod(self.path, 0o666)
        listener.listen(1024)
        return listener

    def is_listened_on(self):
        """Read from the kernel's tables: a probing connection would be a session to a milter."""
        if self.path:
            return any(line.split()[3] == "00010000" and line.split()[-1] == self.path
                       for line in _lines("/proc/net/unix"))
        return any(socket_.state == "0A" and socket_.local_port == self.port for socket_ in tcp_sockets())


@dataclasses.dataclass(frozen=True)
class TCPSocket:
    local_port: int
    remote_port: int
    state: str
    inode: str


def tcp_sockets():
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _lines(table):
            words = line.split()
            yield TCPSocket(int(words[1].rsplit(":", 1)[1], 16), int(words[2].rsplit(":", 1)[1], 16), words[3], words[9])


def _lines(table):
    try:
        with open(table, encoding="ascii", errors="replace") as lines:
            next(lines)
            return lines.readlines()
    except FileNotFoundError:
        return []


_reserved = []


def free_port():
    """A port below the ephemeral range that nobody uses and that no other run of these tests will choose.

    An abstract unix socket named after the port is the reservation; it ends with this process.
    """
    for _ in range(500):
        port = random.randint(12000, 31000)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0mitmilter-peers-port-{port}")
            for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0")):
                with socket.socket(family) as probe:
                    probe.bind((host, port))
        except OSError:
            claim.close()
            continue
        _reserved.append(claim)
        return port
    raise OSError("no free port found")
