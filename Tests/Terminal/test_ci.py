"""docs/ci.md: its scripts and its job, run as they stand there, in a repository with a milter that is built by make."""

import os
import re
import signal
import subprocess
import tarfile
import tempfile

from programs import program
from test_screen import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "docs", "ci.md")
SAMPLES = os.path.join(HERE, "..", "..", "sample-sessions")

# A milter that refuses spam and marks the rest; what it says of itself comes out of make.
MILTER = """#!/usr/bin/env python3
import socket, sys, threading
def packet(data): return len(data).to_bytes(4, "big") + data
def serve(peer):
    source, refused = peer.makefile("rb"), False
    while len(head := source.read(4)) == 4:
        data = source.read(int.from_bytes(head, "big"))
        letter = data[:1]
        if letter == b"O":
            peer.sendall(packet(b"O" + bytes([0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0])))
        elif letter == b"L":
            refused = refused or b"spam" in data.lower()
            peer.sendall(packet(b"c"))
        elif letter == b"E":
            peer.sendall(packet(b"y550 5.7.1 no, thank you\\0") if refused else packet(b"hX-Seen\\0@WORD@\\0") + packet(b"c"))
            refused = False
        elif letter in b"CHMRTNBU":
            peer.sendall(packet(b"c"))
server = socket.create_server(("127.0.0.1", int(sys.argv[1].split(":")[1].split("@")[0])))
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


def block(language, heading):
    """The block of code below a heading."""
    with open(PAGE) as page:
        section = page.read().split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL).group(1)


def steps(job):
    """Name and script of each step that runs something, and whether it runs only after a failure."""
    found = []
    for step in job.split("      - ")[1:]:
        script = re.search(r"run: \|\n((?: {10}.*\n?|\n)+)", step)
        one = re.search(r"run: (?!\|)(.*)", step)
        text = re.sub(r"^ {10}", "", script.group(1), flags=re.MULTILINE) if script else one and one.group(1)
        if text:
            found.append((re.search(r"name: (.*)", step).group(1), text, "if: failure()" in step))
    return found


class Repository:
    """What docs/ci.md takes for granted."""

    def __init__(self, word):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "repository")
        self.port = free_port()
        self.started = []
        self.write("milter.py", MILTER.replace("@WORD@", word))
        self.write("Makefile", "milter: milter.py\n\tcp milter.py milter\n\tchmod +x milter\n")
        self.write("ci/mails/plain.eml", "From: a@example.org\nTo: b@example.net\nSubject: hello\n\nbody\n")
        self.write("ci/mails/spam.eml", "From: a@example.org\nTo: b@example.net\nSubject: spam\n\nbuy\n")
        self.write("ci/record", block("sh", "Record once"))
        self.write("ci/check", block("sh", "Check"))
        self.write("package/bin/mitmilter", f'#!/bin/sh\nexec {program("mitmilter")} "$@"\n')
        os.chmod(os.path.join(self.path, "package/bin/mitmilter"), 0o755)
        with tarfile.open(os.path.join(self.path, "ci/mitmilter.tar.xz"), "w:xz") as archive:
            archive.add(os.path.join(self.path, "package/bin"), "mitmilter-0.1.0-linux/usr/bin")
        os.mkdir(os.path.join(self.folder.name, "temporary"))
        self.environment = os.environ | {
            "PATH": os.environ["PATH"], "RUNNER_TEMP": os.path.join(self.folder.name, "temporary"),
            "GITHUB_PATH": os.path.join(self.folder.name, "path"), "MILTER": f"inet:{self.port}@127.0.0.1"}

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for group in self.started:
            try:
                os.killpg(group, signal.SIGTERM)
            except ProcessLookupError:
                pass
        self.folder.cleanup()

    def step(self, script):
        """As a runner does it: a shell a step, what it starts goes on, what it adds to the path is there for the next."""
        script = script.replace("8891", str(self.port))
        path = os.path.join(self.folder.name, "step")
        with open(path, "w") as file:
            file.write(script)
        log = os.path.join(self.folder.name, "log")
        with open(log, "w") as output:
            child = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", path], cwd=self.path, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
            self.started.append(child.pid)
            status = child.wait(60)
        if os.path.exists(self.environment["GITHUB_PATH"]):
            with open(self.environment["GITHUB_PATH"]) as added:
                self.environment["PATH"] = ":".join(added.read().split() + [os.environ["PATH"]])
        with open(log) as output:
            return status, output.read()

    def job(self):
        """Status and output of the whole job, step by step."""
        failed, told = False, ""
        for name, script, onlyAfterFailure in steps(block("yaml", "GitHub Actions")):
            if failed == onlyAfterFailure:
                status, output = self.step(script)
                told += f"-- {name}\n{output}"
                failed = failed or status != 0
        return failed, told


def record(repository):
    """The traces, made with the milter as it is."""
    for _, script, _ in steps(block("yaml", "GitHub Actions"))[:3]:
        status, output = repository.step(script)
        assert status == 0, output
    status, output = repository.step('sh ci/record "$MILTER"')
    assert status == 0, output
    traces = os.path.join(repository.path, "ci", "traces")
    return {name: open(os.path.join(traces, name)).read() for name in sorted(os.listdir(traces))}


def test_the_job_passes_as_long_as_the_milter_does_what_it_did_and_fails_when_it_does_not():
    with Repository("yes") as repository:
        traces = record(repository)
        assert sorted(traces) == ["plain.mtrace", "spam.mtrace"]
        for name, text in traces.items():
            assert len(text) <= 10_000 and "example.org" not in text, (name, len(text))
    for word, isFailure in (("yes", False), ("never", True)):
        with Repository(word) as repository:
            for name, text in traces.items():
                repository.write(f"ci/traces/{name}", text)
            failed, told = repository.job()
            assert failed == isFailure, told
            assert told.count("no difference") == (1 if isFailure else 2), told
            assert ("+#" in told and "X-Seen: never" in told and "-- Its log" in told) == isFailure, told


def test_a_trace_of_one_mail_is_small():
    for name in sorted(os.listdir(SAMPLES)):
        if not name.endswith(".mtrace"):
            continue
        done = subprocess.run(
            [program("mitmilter"), "export", "trace", "--redact", "-f", "conn == 1 and msg == 1", os.path.join(SAMPLES, name)],
            capture_output=True, timeout=60)
        assert done.returncode == 0 and 1000 < len(done.stdout) <= 10_000, (name, len(done.stdout), done.stderr)
