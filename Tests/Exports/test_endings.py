"""What `export` says and leaves behind when something is wrong: one line and a hint, and the right exit status."""
import gzip
import os
import pty
import select
import subprocess
import tempfile
import unittest

import tool

SAMPLE = os.path.join(tool.SAMPLES, "quarantine.mtrace")


def export(*arguments, **named):
    return subprocess.run([tool.MITMILTER, "export", *arguments], capture_output=True, timeout=60, **named)


class Endings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def says(self, done, status, words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr.decode())
        self.assertNotIn("Fatal", done.stderr.decode())

    def test_a_folder_that_is_not_there(self):
        self.says(export("json", SAMPLE, "-o", self.file("no/where.json")), 2, "no/where.json': no such file or folder")

    def test_a_folder_in_the_place_of_the_file(self):
        self.says(export("json", SAMPLE, "-o", self.folder), 2, "cannot write")

    def test_a_full_disk(self):
        self.says(export("json", SAMPLE, "-o", "/dev/full"), 2, "cannot write '/dev/full'")

    def test_a_trace_that_is_not_there(self):
        target = self.file("x.json")
        self.says(export("json", self.file("none.mtrace"), "-o", target), 2, "none.mtrace': no such file or folder")
        self.assertFalse(os.path.exists(target))

    def test_one_of_two_traces_is_not_there(self):
        done = export("jsonl", SAMPLE, self.file("none.mtrace"))
        self.says(done, 1, "none.mtrace': no such file or folder")
        self.assertIn(b'"type":"packet"', done.stdout)

    def test_the_trace_itself_is_never_written_over(self):
        path = self.file("a.mtrace", open(SAMPLE, "rb").read())
        for target in (path, self.file("./a.mtrace")):
            self.says(export("trace", path, "-o", target), 2, "it is being read")
        with open(path, "rb") as file, open(SAMPLE, "rb") as sample:
            self.assertEqual(file.read(), sample.read())

    def test_a_filter_that_is_wrong_points_at_its_place(self):
        done = export("report", "-f", "rcpt and stge == mail", SAMPLE)
        self.says(done, 2, "stge")
        self.assertIn("^", done.stderr.decode())
        self.assertEqual(done.stdout, b"")

    def test_a_filter_that_takes_nothing(self):
        for name in ("report", "html", "json", "pcapng", "trace", "miltertest", "swaks"):
            with self.subTest(name):
                target = self.file(name)
                self.says(export(name, "-f", 'helo.name == "nobody"', SAMPLE, "-o", target), 0, "no packet matches the filter")
                self.says(export(name, "--expect", "-f", 'helo.name == "nobody"', SAMPLE, "-o", target), 1, "no packet matches the filter")

    def test_bytes_are_not_for_a_terminal(self):
        parent, child = pty.openpty()
        self.addCleanup(os.close, parent)
        done = subprocess.run([tool.MITMILTER, "export", "pcapng", SAMPLE], stdout=child, stderr=subprocess.PIPE, timeout=60)
        os.close(child)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"not for a terminal", done.stderr)

    def test_a_reader_that_has_seen_enough(self):
        done = subprocess.run(["sh", "-c", f"'{tool.MITMILTER}' export jsonl '{SAMPLE}' | head -n 1"],
                              capture_output=True, timeout=60)
        self.assertEqual(done.stdout.count(b"\n"), 1)
        self.assertEqual(done.stderr, b"")

    def test_what_is_no_trace(self):
        for name, content in [("empty", b""), ("text", b"Dear Alice\nhow are you?\n"), ("zeros", b"\0" * 5000),
                              ("png.mtrace", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)]:
            with self.subTest(name):
                for command in (["export", "report"], ["export", "html"], ["show"]):
                    done = subprocess.run([tool.MITMILTER, *command, self.file(name, content)], capture_output=True, timeout=60)
                    self.assertEqual(done.returncode, 2, (command, done.stderr))
                    self.assertIn(name.encode(), done.stderr)

    def test_a_torn_or_damaged_trace_gives_what_can_be_read(self):
        with open(SAMPLE, "rb") as file:
            whole = file.read()
        torn = export("jsonl", self.file("torn.mtrace", whole[:-20]))
        self.assertIn(b'"type":"packet"', torn.stdout)
        self.assertIn(b"torn.mtrace", torn.stderr)
        lines = whole.splitlines(keepends=True)
        lines[5] = b"{\"k\":\"recv\",\"t\":nonsense}\n"
        damaged = export("jsonl", self.file("damaged.mtrace", b"".join(lines)))
        self.says(damaged, 1, "offset %d" % (len(b"".join(lines[:5])) + 16))
        self.assertIn(b'"type":"packet"', damaged.stdout)

    def test_compressed_traces_and_captures_are_read_by_every_command(self):
        capture = self.file("a.pcapng")
        tool.mitmilter("export", "pcapng", SAMPLE, "-o", capture)
        for path in (SAMPLE, capture):
            with open(path, "rb") as file:
                packed = self.file(os.path.basename(path) + ".gz", gzip.compress(file.read()))
            for command in (["show"], ["export", "json"], ["export", "report", "--no-redact"]):
                with self.subTest(path=path, command=command):
                    self.assertEqual(tool.mitmilter(*command, packed), tool.mitmilter(*command, path))

    def test_a_capture_from_standard_input(self):
        with open(SAMPLE, "rb") as file:
            capture = self.file("a.pcapng")
            tool.mitmilter("export", "pcapng", SAMPLE, "-o", capture)
        with open(capture, "rb") as file:
            piped = subprocess.run([tool.MITMILTER, "show", "-"], stdin=file, capture_output=True, timeout=60)
        self.assertEqual(piped.returncode, 0, piped.stderr)
        self.assertEqual(piped.stdout, tool.mitmilter("show", capture))

    def test_long_work_tells_how_far_it_is(self):
        with open(SAMPLE, "rb") as file:
            head, *lines = file.read().splitlines(keepends=True)
        path = self.file("long.mtrace", head + b"".join(lines) * (120_000 // len(lines)))
        parent, child = pty.openpty()
        self.addCleanup(os.close, parent)
        work = subprocess.Popen([tool.MITMILTER, "export", "jsonl", "--redact", path, "-o", self.file("out")], stderr=child)
        os.close(child)
        told = b""
        try:
            while b"%" not in told and select.select([parent], [], [], 120)[0]:
                told += os.read(parent, 4096)
        except OSError:
            pass
        work.kill()
        work.wait()
        self.assertRegex(told, rb"\r\d+ %")


if __name__ == "__main__":
    unittest.main()
