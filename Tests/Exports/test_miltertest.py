"""Debian's miltertest plays exported sessions at a real milter, and notices when it answers something else."""
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

import tool

SOURCE = os.path.join(tool.PROJECT, "Tests", "Peers", "programs", "actionmilter.c")


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
