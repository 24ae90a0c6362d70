"""What connections may take: of memory, of descriptors, of time. Whoever takes more ends, and the others go on."""

import os
import socket
import struct
import time

from headless import Run
from peers import Milter
from test_milter import OPTNEG, Client
from test_screen import Home

MIB = 1 << 20


def proxy(milter, *arguments, **options):
    return Run("proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q", *arguments, **options)


def answers(port):
    """Mail still gets through."""
    with Client(port) as mta:
        mta.greet()
        mta.send(b"Q")


def gets_through(port):
    try:
        answers(port)
    except ConnectionError:
        return False
    return True


def wait(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


class Clients:
    """Sockets to the proxy that are closed in the end."""

    def __init__(self, port, count):
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]

    def __enter__(self):
        return self.sockets

    def __exit__(self, *_):
        for client in self.sockets:
            client.close()

    @staticmethod
    def ended(client):
        """Whether the other end has closed it."""
        client.setblocking(False)
        try:
            return client.recv(65536) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True


def test_a_length_alone_takes_no_memory():
    for steering in ([], ["-c", "on helo do mark"]):
        with Milter() as milter, proxy(milter, *steering) as run:
            run.hears("listening on")
            answers(run.port)
            before = run.resident()
            with Clients(run.port, 200) as clients:
                for client in clients:
                    client.sendall(struct.pack(">I", MIB) + b"B")
                answers(run.port)
                taken = run.resident() - before
                assert taken < 40 * MIB, f"{taken >> 20} MiB for 200 announcements"
            run.signal("TERM")
            run.ends(within=15)


def test_unfinished_frames_have_a_ceiling_over_all_connections():
    with Milter() as milter, proxy(milter, "--max-memory", "32M") as run:
        run.hears("listening on")
        answers(run.port)
        before = run.resident()
        with Clients(run.port, 100) as clients:
            for client in clients:
                try:
                    client.sendall(struct.pack(">I", MIB) + b"B" + b"x" * (MIB - 4096))
                except ConnectionError:
                    pass
            run.hears("was ended: the connections keep more memory than --max-memory allows")
            wait(lambda: sum(Clients.ended(c) for c in clients) >= 60, "too few ended")
            answers(run.port)
            taken = run.resident() - before
            assert taken < 80 * MIB, f"{taken >> 20} MiB"


def test_what_is_held_has_a_ceiling_too():
    with Milter() as milter, proxy(milter, "--max-memory", "16M", "-c", "on header do hold", "--mta", "postfix",
                                   "--mta-timeout", "300s") as run:
        run.hears("listening on")
        mtas = []
        for _ in range(12):
            mta = Client(run.port)
            mtas.append(mta)
            # Headers that get no reply pile up behind the first.
            steps = bytes.fromhex("00000006000001ff001fffff")
            assert mta.ask(b"O" + steps)[:1] == b"O"
            for packet in (b"M<alice@example.org>\0", b"R<bob@example.net>\0"):
                assert mta.ask(packet) == b"c"
            try:
                for number in range(60):
                    mta.send(b"LX-Large\0" + b"x" * 60000 + b"\0")
            except ConnectionError:
                pass
        run.hears("was ended: the connections keep more memory than --max-memory allows")
        answers(run.port)
        assert run.resident() < 150 * MIB, run.resident()
        for mta in mtas:
            mta.socket.close()


def test_a_held_end_of_message_and_a_slow_mta_take_little():
    """Ten milters that change the mail by 16 MB each; nobody reads what we let go."""
    change = [b"b" + b"x" * 65000] * 250 + [b"a"]
    with Milter(replies={b"E": change}) as milter, proxy(
        milter, "-c", "on replbody do delay 200ms", "--negotiation", "widen", "--mta-timeout", "300s") as run:
        run.hears("listening on")
        answers(run.port)
        before = run.resident()
        mtas = [Client(run.port) for _ in range(10)]
        for mta in mtas:
            mta.greet()
            for packet in (b"M<alice@example.org>\0", b"R<bob@example.net>\0", b"T", b"N", b"Bx\r\n"):
                assert mta.ask(packet) == b"c"
            mta.send(b"E")
        most = 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            most = max(most, run.resident() - before)
            time.sleep(0.05)
        assert most < 90 * MIB, f"{most >> 20} MiB"
        for mta in mtas:
            mta.socket.close()


def test_where_there_is_no_memory_one_connection_ends_and_not_the_program():
    with Milter() as milter, proxy(milter) as run:
        run.hears("listening on")
        answers(run.port)
        # So much more than it has by now.
        with open(f"/proc/{run.pid}/statm", encoding="ascii") as statm:
            size = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        os.system(f"prlimit --pid {run.pid} --as={size + 96 * MIB}")
        with Clients(run.port, 150) as clients:
            for client in clients:
                try:
                    client.sendall(struct.pack(">I", MIB) + b"B" + b"x" * (MIB - 4096))
                except ConnectionError:
                    pass
            run.hears("the system has no more memory")
        # What the others took is given back when they are seen to be gone.
        wait(lambda: gets_through(run.port), "no mail gets through")
        run.signal("TERM")
        run.ends(within=15)


def test_connections_beyond_the_limit_wait():
    with Milter() as milter, proxy(milter, "--max-connections", "3") as run:
        run.hears("listening on")
        mtas = [Client(run.port) for _ in range(3)]
        for mta in mtas:
            mta.greet()
        with Client(run.port) as late:
            late.send(OPTNEG)
            run.hears("3 connections are open, which is all that --max-connections allows; new connections wait")
            mtas[0].send(b"Q")
            mtas[0].socket.close()
            assert late.reply()[:1] == b"O"
        for mta in mtas[1:]:
            mta.socket.close()


def test_a_connection_that_nobody_uses_ends():
    for mode in (["proxy"], ["milter"]):
        with Home() as home, Milter() as milter:
            trace = home.file("idle.mtrace")
            to = ["--milter", f"127.0.0.1:{milter.port}"] if mode == ["proxy"] else []
            with Run(*mode, *to, "--headless", "-q", "--idle-timeout", "700ms", "-w", trace) as run:
                run.hears("listening on")
                with Client(run.port) as idle, Client(run.port) as busy:
                    idle.greet()
                    busy.greet()
                    start = time.monotonic()
                    while not Clients.ended(idle.socket):
                        assert time.monotonic() - start < 10, "it goes on"
                        assert busy.ask(b"Hmail.example.org\0") == b"c"
                        time.sleep(0.05)
                    assert busy.ask(b"Hmail.example.org\0") == b"c"
                run.signal("TERM")
                run.ends(within=15)
            with open(trace, encoding="utf-8") as lines:
                assert "nothing came or left for 700 ms" in lines.read()


def test_a_milter_whose_queue_is_full_is_asked_seldom():
    with Home() as home:
        path = home.file("milter.sock")
        with socket.socket(socket.AF_UNIX) as full:
            full.bind(path)
            full.listen(0)
            with Run("proxy", "--milter", f"unix:{path}", "--headless", "-q", "-c", "on helo do mark") as run:
                run.hears("listening on")
                with Clients(run.port, 300):
                    time.sleep(1)
                    before = cpu(run.pid)
                    time.sleep(2)
                    used = cpu(run.pid) - before
                    # Seen: 0.05 s of a debug build; every 5 ms each it was 1.6 s.
                    assert used < 0.5, f"{used} s of the processor in 2 s"


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_open_socket_and_one_for_root_alone_are_warned_of():
    with Home() as home, Milter() as milter:
        for mode, words in (("666", "every user of this machine can connect"),
                            ("660", "for root alone" if os.geteuid() == 0 else "listening on")):
            with Run("proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q", "--socket-mode", mode,
                     "--listen", f"unix:{home.path}/in.sock") as run:
                run.hears(words)
        if os.geteuid() == 0:
            with Run("proxy", "--milter", f"127.0.0.1:{milter.port}", "--headless", "-q", "--socket-group", "mail",
                     "--listen", f"unix:{home.path}/in.sock") as run:
                run.hears("listening on")
                assert "for root alone" not in run.said and "every user" not in run.said, run.said
                there = os.stat(f"{home.path}/in.sock")
                assert there.st_gid != 0 and there.st_mode & 0o777 == 0o660
