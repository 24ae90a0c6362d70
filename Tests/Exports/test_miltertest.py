"""Debian's miltertest plays exported sessions at a real milter, and notices when it answers something else; what it sends is
what the milter was sent when the session was recorded."""
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from base64 import b64decode

import tool

SOURCE = os.path.join(tool.PROJECT, "Tests", "Peers", "programs", "actionmilter.c")


def sent(trace):
    """Packets of the MTA, without macro packets that hold none: miltertest cannot send those; its port is its own."""
    packets = []
    for packet in tool.packets(trace):
        raw = b64decode(packet["raw"])
        if packet["from"] == "mta" and not (packet["name"] == "MACRO" and len(raw) == 6):
            packets.append(re.sub(rb"(?s)\0([46])..", rb"\0\1", raw) if packet["name"] == "CONNECT" else raw)
    return packets


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@unittest.skipUnless(shutil.which("miltertest"), "miltertest is not installed")
@unittest.skipUnless(shutil.which("gcc") and os.path.exists("/usr/include/libmilter/mfapi.h"), "no libmilter-dev")
class Miltertest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        program = os.path.join(cls.folder, "actionmilter")
        subprocess.run(["gcc", "-o", program, SOURCE, "-lmilter", "-lpthread"], check=True, timeout=60)
        with socket.create_server(("127.0.0.1", 0)) as free:
            cls.address = "inet:%d@127.0.0.1" % free.getsockname()[1]
        milter = subprocess.Popen([program, "-p", cls.address])
        cls.addClassCleanup(milter.wait, 30)
        cls.addClassCleanup(milter.kill)

    def play(self, name, change=lambda script: script):
        """The script of a sample at the milter; status and output."""
        path = os.path.join(self.folder, name + ".lua")
        script = tool.mitmilter(
            "export", "miltertest", os.path.join(tool.SAMPLES, name + ".mtrace"), stderr=subprocess.DEVNULL)
        changed = change(script)
        # The first connection may come before the milter listens.
        changed = changed.replace(b"mt.connect(address)", b"mt.connect(address, 50, 0.1)")
        with open(path, "wb") as file:
            file.write(changed)
        done = subprocess.run(
            ["miltertest", "-s", path, "-D", "socket=" + self.address], capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(errors="replace")

    def test_the_milter_still_does_what_was_recorded(self):
        for name in ("every-modification", "quarantine", "reject-per-recipient", "several-messages"):
            with self.subTest(name):
                self.assertEqual(self.play(name), (0, "connection 1 is as it was\n"))

    def test_it_sends_what_was_recorded(self):
        for name in ("every-modification", "quarantine", "reject-per-recipient", "several-messages"):
            with self.subTest(name):
                recorded = sent(os.path.join(tool.SAMPLES, name + ".mtrace"))
                self.assertEqual(self.sent_through_proxy(name), recorded)

    def sent_through_proxy(self, name):
        """What the script of a sample sends, as a proxy in front of the milter records it."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            listen = "inet:%d@127.0.0.1" % free.getsockname()[1]
        trace = os.path.join(self.folder, name + ".got")
        proxy = subprocess.Popen([tool.MITMILTER, "proxy", "--headless", "-q", "--listen", listen, "--milter", self.address,
                                  "-w", trace], stderr=subprocess.DEVNULL)
        address, type(self).address = self.address, listen
        try:
            self.play(name)
        finally:
            type(self).address = address
            until(lambda: b'"k":"close"' in open(trace, "rb").read())
            proxy.terminate()
            proxy.wait(30)
        return sent(trace)

    def test_another_reply_is_noticed(self):
        status, output = self.play(
            "quarantine", lambda script: script.replace(b'replied(conn, "c", "MAIL', b'replied(conn, "r", "MAIL'))
        self.assertNotEqual(status, 0)
        self.assertIn("expected the reply r, there is c", output)

    def test_another_change_is_noticed(self):
        status, output = self.play("quarantine", lambda script: script.replace(
            b'MT_QUARANTINE, "looks like', b'MT_QUARANTINE, "looks unlike'))
        self.assertNotEqual(status, 0)
        self.assertIn("missing or different: MT_QUARANTINE", output)


if __name__ == "__main__":
    unittest.main()
