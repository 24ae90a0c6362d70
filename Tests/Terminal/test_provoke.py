"""`--provoke ID`: every rule of docs/findings.md fires in a second mitmilter that watches, or is refused with the reason."""

import concurrent.futures
import os
import re
import signal
import subprocess

from programs import ROOT, program
from test_screen import Home, free_port

TIMEOUT = 60


def rules():
    """The ids of the page, in order."""
    with open(os.path.join(ROOT, "docs", "findings.md")) as file:
        return list(dict.fromkeys(re.findall(r"^\| ([A-Z]\d\d) \|", file.read(), re.M)))


def refused(command, rule):
    """Why mitmilter is no peer that provokes it; None where it is one."""
    where = ["--milter", "127.0.0.1:9"] if command == "send" else ["--headless", "--listen", "127.0.0.1:99999"]
    done = subprocess.run([program("mitmilter"), command, *where, "--provoke", rule], capture_output=True, text=True, timeout=TIMEOUT)
    return done.stderr if "--provoke: " in done.stderr else None


class Listening:
    """A mitmilter that listens, and says so."""

    def __init__(self, home, *arguments):
        self.process = subprocess.Popen(
            [program("mitmilter"), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "XDG_CONFIG_HOME": home.path, "XDG_STATE_HOME": home.path})
        for line in self.process.stderr:
            if "listening on" in line:
                return
        raise AssertionError((arguments, self.process.wait(TIMEOUT)))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(TIMEOUT)
        self.process.stderr.close()


def watched(home, rule, by_mta, by_milter):
    """What the proxy between the two has in its trace."""
    behind, front, trace = free_port(), free_port(), home.file(f"{rule}-{by_mta}-{by_milter}.mtrace")
    role = ["--provoke", rule] if by_milter else ["--headless", "-q"]
    milter = Listening(home, "milter", "--listen", f"127.0.0.1:{behind}", *role)
    proxy = Listening(home, "proxy", "--headless", "-q", "--listen", f"127.0.0.1:{front}", "--milter", f"127.0.0.1:{behind}",
                      "-w", trace)
    mail = home.file(f"{rule}.eml")
    with open(mail, "w") as file:
        file.write("From: a@example.org\nSubject: one\n\nHello.\n")
    # Postfix takes PROGRESS at every stage.
    act = ["--provoke", rule] if by_mta else [mail, "--as", "sendmail" if rule == "R06" else "postfix"]
    try:
        done = subprocess.run([program("mitmilter"), "send", "--milter", f"127.0.0.1:{front}", "--timeout", "20s", *act],
                              capture_output=True, text=True, timeout=TIMEOUT)
        proxy.end()
    finally:
        milter.end()
        proxy.process.kill()
    with open(trace, encoding="utf-8", errors="replace") as file:
        return set(re.findall(r'"k":"find".*?"id":"([A-Z]\d\d)"', file.read())), done


def test_every_rule_is_provoked_or_refused_with_the_reason():
    told, missing = {"mta": [], "milter": [], "nobody": []}, []
    plays = []
    for rule in rules():
        by_mta, by_milter = refused("send", rule) is None, refused("milter", rule) is None
        for who, does in (("mta", by_mta), ("milter", by_milter), ("nobody", not by_mta and not by_milter)):
            if does:
                told[who].append(rule)
        if not by_mta and not by_milter:
            assert re.search(rf"{rule} cannot be provoked: \S", refused("send", rule)), rule
            continue
        note = by_mta and by_milter and takes_both(rule)
        plays += [(rule, True, True)] if note else [(rule, True, False)] * by_mta + [(rule, False, True)] * by_milter
    with Home() as home, concurrent.futures.ThreadPoolExecutor(6) as pool:
        for play, (found, done) in zip(plays, pool.map(lambda play: watched(home, *play), plays)):
            if play[0] not in found:
                # A peer that closes while a reply is due races with that reply: alone it comes first.
                found, done = watched(home, *play)
            if play[0] not in found:
                missing.append((play, sorted(found), done.stdout, done.stderr))
    assert not missing, "\n".join(map(str, missing))
    assert len(told["mta"]) > 50 and len(told["milter"]) > 80 and len(told["nobody"]) < 20, told


def takes_both(rule):
    with open(os.path.join(ROOT, "docs", "faults.md")) as file:
        return re.search(rf"^\| {rule} \| both \|", file.read(), re.M) is not None


def test_the_other_peer_is_named():
    assert "R02 is what a milter does" in refused("send", "R02")
    assert "S04 is what an MTA does" in refused("milter", "s04")
    assert "there is no rule 'X99'" in refused("send", "X99")


def test_a_peer_says_what_it_provoked():
    with Home() as home:
        port = free_port()
        milter = Listening(home, "milter", "--headless", "-q", "--listen", f"127.0.0.1:{port}")
        try:
            done = subprocess.run([program("mitmilter"), "send", "--milter", f"127.0.0.1:{port}", "--provoke", "S07"],
                                  capture_output=True, text=True, timeout=TIMEOUT)
        finally:
            milter.end()
        assert done.returncode == 0 and done.stdout.startswith("S07: "), done
