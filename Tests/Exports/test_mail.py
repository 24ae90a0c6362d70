"""Mails as files, and sent again by swaks to a small SMTP server: what arrives is what the milter saw, byte for byte."""
import os
import pty
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import tool

HOSTILE = r"""it's $(touch pwned) `touch pwned` "; touch pwned; %FROM_ADDRESS% \n"""


class Server:
    """An SMTP server for one connection on loopback; keeps the lines of the dialogue and the mail."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.commands, self.data = [], b""
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        connection.settimeout(30)
        with connection, connection.makefile("rwb") as stream:
            def say(line):
                stream.write(line + b"\r\n")
                stream.flush()
            say(b"220 here")
            while line := stream.readline():
                self.commands.append(line.rstrip(b"\r\n"))
                if line.upper().startswith(b"DATA"):
                    say(b"354 go on")
                    while (line := stream.readline()) not in (b".\r\n", b""):
                        self.data += line[1:] if line.startswith(b".") else line
                say(b"221 bye" if line.upper().startswith(b"QUIT") else b"250 ok")

    def finish(self):
        self.thread.join(30)
        self.listener.close()


def trace(path, sender, helo, headers, body):
    """A session with one mail, written as a trace."""
    import json
    packets = [b"O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff", b"C[192.0.2.1]\0U", b"H" + helo + b"\0",
               b"M" + sender + b"\0", b"R<bob@example.net>\0", b"T"]
    packets += [b"L" + name + b"\0" + value + b"\0" for name, value in headers]
    packets += [b"N", b"B" + body, b"E"]
    with open(path, "w") as file:
        file.write('{"mitmilter":1,"program":"test","started":0,"command":[]}\n')
        for number, packet in enumerate(packets, 1):
            frame = len(packet).to_bytes(4, "big") + packet
            file.write(json.dumps({"k": "recv", "t": number / 1000, "c": 1, "from": "mta", "to": "milter",
                                   "n": number, "raw": frame.decode("latin-1")}) + "\n")


class Mail(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name):
        return os.path.join(self.folder, name)

    def hostile(self):
        path = self.file("hostile.mtrace")
        text = HOSTILE.encode()
        trace(path, b"<al'ice$(touch pwned)@example.org>", b"@/etc/passwd",
              [(b"From", b"Alice"), (b"Subject", text + b"\n\tfolded")],
              b".dot\r\n..two\r\nFrom x\r\nEND\r\n" + text + b"\r\nno end")
        return path

    def test_a_folder_gets_a_file_for_each_mail(self):
        several = os.path.join(tool.SAMPLES, "several-messages.mtrace")
        tool.mitmilter("export", "eml", "-o", self.file("mails"), several, stderr=subprocess.DEVNULL)
        names = sorted(os.listdir(self.file("mails")))
        self.assertEqual(names, ["c1.1.eml", "c1.3.eml", "c1.4.eml"])
        for name in names:
            with open(os.path.join(self.file("mails"), name), "rb") as file:
                head = file.read().split(b"\r\n\r\n")[0]
            self.assertIn(b"Subject:", head)
            self.assertNotIn(b"\n", head.replace(b"\r\n", b""))

    def test_several_mails_do_not_go_to_standard_output(self):
        several = os.path.join(tool.SAMPLES, "several-messages.mtrace")
        done = subprocess.run([tool.MITMILTER, "export", "eml", several], capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"there are 3 mails", done.stderr)

    def test_delivered_has_the_modifications(self):
        path = os.path.join(tool.SAMPLES, "opendkim-sign.mtrace")
        seen = tool.mitmilter("export", "eml", path)
        delivered = tool.mitmilter("export", "eml", "--delivered", "postfix", path)
        self.assertNotIn(b"DKIM-Signature:", seen)
        self.assertIn(b"DKIM-Signature:", delivered)
        self.assertEqual(seen.split(b"\r\n\r\n", 1)[1], delivered.split(b"\r\n\r\n", 1)[1])

    @unittest.skipUnless(shutil.which("swaks"), "swaks is not installed")
    def test_swaks_sends_the_same_mail_and_nothing_is_run(self):
        for path in [self.hostile(), os.path.join(tool.SAMPLES, "folded-headers-leading-space.mtrace")]:
            with self.subTest(os.path.basename(path)):
                script = self.file("mail.sh")
                tool.mitmilter("export", "swaks", "-o", script, path, stderr=subprocess.DEVNULL)
                server = Server()
                done = subprocess.run(
                    ["sh", script, server.address], cwd=self.folder, capture_output=True, timeout=60)
                server.finish()
                self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
                mail = tool.mitmilter("export", "eml", path)
                self.assertEqual(server.data, mail if mail.endswith(b"\r\n") else mail + b"\r\n")
                self.assertFalse(os.path.exists(self.file("pwned")))

    @unittest.skipUnless(shutil.which("swaks"), "swaks is not installed")
    def test_swaks_says_what_the_client_said(self):
        script = self.file("mail.sh")
        tool.mitmilter("export", "swaks", "-o", script, self.hostile(), stderr=subprocess.DEVNULL)
        server = Server()
        subprocess.run(["sh", script, server.address], cwd=self.folder, capture_output=True, timeout=60)
        server.finish()
        self.assertEqual(server.commands[0], b"EHLO @/etc/passwd")
        self.assertEqual(server.commands[1], b"MAIL FROM:<al'ice$(touch pwned)@example.org>")
        self.assertEqual(server.commands[2], b"RCPT TO:<bob@example.net>")


class Terminal(unittest.TestCase):
    """A mail may hold what a terminal obeys."""

    def test_no_mail_is_written_to_a_terminal(self):
        trace = os.path.join(tool.SAMPLES, "opendkim-sign.mtrace")
        for name in ("eml", "swaks", "pcapng"):
            with self.subTest(name):
                ours, theirs = pty.openpty()
                done = subprocess.run([tool.MITMILTER, "export", name, trace], stdout=theirs, stderr=subprocess.PIPE,
                                      timeout=60)
                os.close(theirs)
                self.assertEqual(done.returncode, 2)
                self.assertIn(b"is not for a terminal", done.stderr)
                with self.assertRaises(OSError):
                    os.read(ours, 1)
                os.close(ours)


if __name__ == "__main__":
    unittest.main()
