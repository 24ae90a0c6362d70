"""Every rule of docs/findings.md is given by a session through the real proxy, and seen wherever findings are shown."""

import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from collections import namedtuple

from programs import ROOT, program
from rule_sessions import CAPTURES, EXEMPT, SESSIONS, Session
from terminal import TIMEOUT, Failure
from test_screen import Home, free_port, left

PROXIES = {"plain": [], "impatient": ["--mta-timeout", "200ms"], "patient": ["--mta-timeout", "1500ms"], "unreachable": [], "shadowed": []}
Said = namedtuple("Said", "id severity consequence")
Row = namedtuple("Row", "said sender")


# ---- The page


def page():
    """Its rows; the sender is empty where it is anybody."""
    rows = []
    with open(os.path.join(ROOT, "docs", "findings.md")) as file:
        for line in file:
            if re.match(r"\| [A-Z]\d\d \|", line):
                rule, severity, title, _, _, common, postfix, sendmail = line.rstrip("\n")[2:].split(" | ")[:8]
                sender = re.search(r", from the (MTA|milter)$", title)
                rows.append(Row(Said(rule, severity, consequence(common, postfix, sendmail)), sender[1] if sender else ""))
    return rows


def consequence(common, postfix, sendmail):
    """As it reads where nothing tells which MTA it is."""
    if postfix == sendmail:
        return common or f"each MTA {postfix}"
    return "; ".join(part for part in (common, f"Postfix {postfix}; Sendmail {sendmail}") if part)


def expected(rows):
    """Those that sessions have to give: where MTA and milter have rows of their own, the one for anybody is said of nobody."""
    senders = {}
    for row in rows:
        senders.setdefault(row.said.id, set()).add(row.sender)
    return [row for row in rows if row.said.id not in EXEMPT
            and (row.sender or not {"MTA", "milter"} <= senders[row.said.id])]


# ---- The peers


def shadow(door):
    """A second milter, that adds a header and refuses the mail."""
    answers = {b"O": struct.pack(">IBIII", 13, ord("O"), 6, 0x1FF, 0), b"D": b"", b"Q": b"",
               b"E": struct.pack(">I", 9) + b"hX-S\0yes\0" + b"\0\0\0\1r"}
    with door, door.accept()[0] as end, end.makefile("rb") as stream:
        end.settimeout(TIMEOUT)
        while head := stream.read(4):
            code = stream.read(struct.unpack(">I", head)[0])[:1]
            end.sendall(answers.get(code, b"\0\0\0\1c"))


class Peers:
    """A proxy that records, and a milter behind it that does as it is told."""

    def __init__(self, home, kind):
        self.trace = home.file(f"{kind}.mtrace")
        self.door = socket.create_server(("127.0.0.1", 0))
        self.door.settimeout(TIMEOUT)
        behind, self.port = self.door.getsockname()[1], free_port()
        if kind == "unreachable":
            self.door.close()
        options = list(PROXIES[kind])
        if kind == "shadowed":
            door = socket.create_server(("127.0.0.1", 0))
            door.settimeout(TIMEOUT)
            options += ["--shadow", f"127.0.0.1:{door.getsockname()[1]}"]
            threading.Thread(target=shadow, args=(door,), daemon=True).start()
        self.log = open(home.file(f"{kind}.log"), "w+")
        self.proxy = subprocess.Popen(
            [program("mitmilter"), "proxy", "--listen", f"127.0.0.1:{self.port}", "--milter", f"127.0.0.1:{behind}",
             "--headless", "-q", "-w", self.trace, *options],
            stdout=self.log, stderr=self.log, env={**os.environ, "XDG_CONFIG_HOME": home.path, "XDG_STATE_HOME": home.path})
        self.sockets = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.close()
        if self.proxy.poll() is None:
            self.proxy.send_signal(signal.SIGTERM)
        try:
            assert self.proxy.wait(TIMEOUT) == 0, self.told()
        finally:
            self.proxy.kill()
            self.log.close()

    def told(self):
        self.log.seek(0)
        return self.log.read()

    def connect(self):
        """As soon as the proxy listens."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
            except ConnectionRefusedError:
                assert time.monotonic() < end and self.proxy.poll() is None, self.told()
                select.select([], [], [], 0.01)

    def play(self, session):
        mta = self.connect()
        if session.proxy == "unreachable":
            # The proxy closes, once it knows.
            mta.settimeout(TIMEOUT)
            with mta:
                return mta.recv(1)
        self.sockets = {"mta": mta, "milter": self.door.accept()[0]}
        for end in self.sockets.values():
            end.settimeout(TIMEOUT)
        for act in session.acts:
            self.do(act)
        for leg in list(self.sockets):
            self.close(leg)

    def do(self, act):
        other = "milter" if act.leg == "mta" else "mta"
        if act.kind == "wait":
            time.sleep(act.seconds)
        elif act.kind == "close":
            self.close(act.leg)
        else:
            self.sockets[act.leg].sendall(act.data)
            if act.kind == "send":
                self.take(other, act.data)

    def take(self, leg, data):
        came = b""
        while len(came) < len(data):
            more = self.sockets[leg].recv(len(data) - len(came))
            assert more, f"the {leg} got {came!r} of {data!r}, then a close"
            came += more
        assert came == data, f"the {leg} got {came!r}, not {data!r}"

    def close(self, leg):
        """Closes one end and waits until the proxy has closed the other."""
        if (end := self.sockets.pop(leg, None)) is None:
            return
        end.close()
        for other in self.sockets.values():
            try:
                while other.recv(1 << 16):
                    pass
            except ConnectionResetError:
                pass


def record(home):
    """Plays all sessions. Returns (trace, sessions by connection) of each proxy, and each capture; 0 is a whole trace."""
    traces = []
    for kind in PROXIES:
        sessions = [session for session in SESSIONS if session.proxy == kind]
        with Peers(home, kind) as peers:
            for session in sessions:
                try:
                    peers.play(session)
                except (OSError, AssertionError) as error:
                    raise AssertionError(f"the session for '{session.rules}': {error}") from error
        # A shadow's connection comes among those of MTAs.
        traces.append((peers.trace, {0: sessions[0]} if kind == "shadowed" else dict(enumerate(sessions, 1))))
    for rule, data in CAPTURES.items():
        path = home.file(f"{rule}.pcap")
        with open(path, "wb") as file:
            file.write(data)
        traces.append((path, {0: Session(rule, [])}))
    return traces


# ---- Where findings are shown


def run(*arguments):
    # A capture that is cut has exit status 1.
    done = subprocess.run([program("mitmilter"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode in (0, 1), (arguments, done.stderr)
    return done.stdout.decode()


def said(trace):
    """What is said of each connection, by `export jsonl`."""
    by_connection = {}
    for line in run("export", "jsonl", trace).splitlines():
        one = json.loads(line)
        if one["type"] == "finding":
            by_connection.setdefault(one["conn"] or 0, []).append(Said(one["id"], one["severity"], one["consequence"]))
    return by_connection


def findings_in(trace, *options):
    """All that is told of each finding, in no order."""
    lines = (json.loads(line) for line in run("export", "jsonl", trace, *options).splitlines())
    return sorted(json.dumps(one, sort_keys=True) for one in lines if one["type"] == "finding")


def shown_json(trace):
    ids = []
    for line in run("show", "--json", trace).splitlines():
        one = json.loads(line)
        ids += [(one["conn"] or 0, rule) for rule in one["findings"]]
    return ids


def findings_of(report):
    return re.findall(r"^\| [^|]*\| (?:note|warning|error) \| ([A-Z]\d\d) \|", report, re.M)


def views(trace):
    """The ids in each way of looking at it, but the screen."""
    # Behind a packet several may stand: ✖ R02 ▲ S12.
    yield "show", set(re.findall(r"[●▲✖] ([A-Z]\d\d)\b", run("show", trace)))
    yield "show --json", {rule for _, rule in shown_json(trace)}
    yield "export json", {finding["id"] for finding in json.loads(run("export", "json", trace))["findings"]}
    yield "export report", set(findings_of(run("export", "report", trace)))
    yield "export html", set(re.findall(r"<b class=\"\w+\">\w+ ([A-Z]\d\d)</b>", run("export", "html", trace)))


def on_screen(home, trace, ids):
    """Waits until the Findings view of `open` shows all of them, on a terminal with a line for each finding."""
    with home.run("open", trace, size=(120, 300)) as t:
        t.wait("Timeline")
        t.key("4")
        t.wait(r"^  id ")

        def missing():
            return ids - set(re.findall(r"^[●▲✖] ([A-Z]\d\d) ", t.text(), re.M))
        try:
            t.until(lambda: not missing(), "")
        except Failure:
            raise AssertionError(f"{os.path.basename(trace)}: {sorted(missing())} is not in open") from None
        t.key("Q")
        left(t)


# ---- The tests


def test_every_rule_has_its_session():
    rules = {row.said.id for row in page()}
    assert len(rules) > 100, rules
    rows = {rule for session in SESSIONS for rule in session.rules.split()} | set(CAPTURES)
    for rule, reason in EXEMPT.items():
        print(f"no session gives {rule}: {reason}")
        assert reason, rule
    assert rows | set(EXEMPT) == rules, (rules - rows - set(EXEMPT), (rows | set(EXEMPT)) - rules)
    assert not rows & set(EXEMPT), rows & set(EXEMPT)


def is_row(row, found):
    """Whether a finding is of that row of the page, which says of both MTAs what the finding says of the one at hand."""
    pieces = row.consequence.split("; ")
    words = found.consequence.removesuffix(" (assumed: nothing tells which MTA it is)").split("; ")
    return row[:2] == found[:2] and all(
        piece in pieces or re.sub("^(Postfix|Sendmail) ", "each MTA ", piece) in pieces for piece in words)


def judge(session, found, rows):
    """What is wrong with what was said of it."""
    ids = {one.id for one in found}
    unwanted = ids if session.never == "*" else ids & set(session.never.split())
    wrong = [f"{rule} is said" for rule in sorted(unwanted)]
    for rule in session.rules.split():
        if rule not in ids:
            wrong.append(f"{rule} is not said, but {sorted(ids)}")
        elif session.sender and not any(
                is_row(row.said, one) for row in rows for one in found if row.said[0] == rule
                and row.sender == session.sender and session.severity in ("", row.said[1])):
            wrong.append(f"{rule} is not said as of the {session.sender}, but {found}")
    return wrong


def test_every_rule_is_given_and_seen_everywhere():
    rows, given, wrong = page(), set(), []
    with Home() as home:
        for trace, played in record(home):
            name, found = os.path.basename(trace), said(trace)
            for connection, session in played.items():
                of_it = found.get(connection, []) if connection else sum(found.values(), [])
                wrong += [f"{name} c{connection} ({session.rules}): {text}" for text in judge(session, of_it, rows)]
            given.update(*found.values())
            told = sorted((connection, one.id) for connection, all in found.items() for one in all)
            if told != sorted(shown_json(trace)):
                wrong.append(f"{name}: show --json and export jsonl differ: {set(told) ^ set(shown_json(trace))}")
            anew = findings_in(trace, "--judge")
            wrong += [f"{name}: judged anew: {text}" for text in set(anew) ^ set(findings_in(trace))]
            ids = {rule for _, rule in told}
            wrong += [f"{name}: {view} lacks {sorted(ids - seen)}, and has {sorted(seen - ids)} besides"
                      for view, seen in views(trace) if seen != ids]
            try:
                on_screen(home, trace, ids)
            except AssertionError as error:
                wrong.append(str(error))
    wrong += [f"{row} of docs/findings.md is never said" for row in expected(rows)
              if not any(is_row(row.said, one) for one in given)]
    assert not wrong, "\n".join(wrong)
