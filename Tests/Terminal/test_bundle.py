"""`export bundle`: one file for the maintainer, which `open` and `replay` take as it is."""

import hashlib
import os
import re
import subprocess
import tarfile

from peers import Milter
from programs import program
from test_replay import Recorded, run
from test_screen import Home, left

PARTS = ["README.md", "SHA256SUMS", "page.html", "replay.sh", "report.md", "session.mtrace"]
PRIVATE = [b"alice", b"bob@", b"example.net"]


def bundle(trace, *options):
    path = os.path.join(trace.folder.name, "bug.tar.gz")
    run("export", "bundle", *options, "-o", path, trace.path)
    return path


def unpacked(path, folder):
    with tarfile.open(path) as archive:
        names = archive.getnames()
        archive.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(folder)
    assert sorted(os.path.basename(name) for name in names) == PARTS, names
    return os.path.join(folder, os.path.dirname(names[0]))


def contents(folder):
    files = {}
    for name in PARTS:
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    return files


def test_all_parts_have_the_same_pseudonyms_and_true_sums():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace:
        path = bundle(trace)
        assert os.stat(path).st_mode & 0o777 == 0o600
        files = contents(unpacked(path, trace.folder.name))
        sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
        for name in PARTS:
            if name != "SHA256SUMS":
                assert sums[name] == hashlib.sha256(files[name]).hexdigest(), name
        for name, content in files.items():
            assert not [word for word in PRIVATE if word in content], name
        sender = re.search(rb"M<([a-z]+@[a-z.]+)>", files["session.mtrace"]).group(1)
        assert sender in files["report.md"] and sender in files["page.html"], sender
        assert b"mitmilter send " in files["README.md"], files["README.md"]


def test_it_is_replayed_as_it_is():
    with Recorded(E=[b"hX-Checked\0yes\0", b"c"]) as trace:
        path = bundle(trace)
        folder = unpacked(path, trace.folder.name)
        subprocess.run(["tar", "czf", "again.tgz", os.path.basename(folder)], cwd=trace.folder.name, check=True, timeout=60)
        for taken in (path, folder, folder + "/", os.path.join(trace.folder.name, "again.tgz")):
            with Milter(replies={b"E": [b"hX-Checked\0yes\0", b"c"]}) as peer:
                printed, _ = run("replay", taken, "--milter", f"127.0.0.1:{peer.port}")
                assert printed == "no difference; mails: 2 alike, 0 differ\n", (taken, printed)
        with Milter(replies={b"E": [b"hX-Checked\0yes\0", b"c"]}) as good, Milter() as bad:
            for milter, status in ((good, 0), (bad, 1)):
                done = subprocess.run(
                    [os.path.join(folder, "replay.sh"), f"127.0.0.1:{milter.port}", "--json"], capture_output=True,
                    text=True, timeout=60, env=os.environ | {"MITMILTER": program("mitmilter")})
                assert done.returncode == status, done
        with open(os.path.join(folder, "report.md"), "a") as file:
            file.write("changed\n")
        done = subprocess.run(["sh", os.path.join(folder, "replay.sh"), "127.0.0.1:1"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "report.md" in done.stdout + done.stderr, done


def test_every_reader_takes_it_and_says_what_is_none():
    with Recorded() as trace:
        path = bundle(trace, "--no-redact")
        for words in (["show"], ["lint"], ["export", "json"], ["diff", trace.path]):
            done = subprocess.run([program("mitmilter"), *words, path], capture_output=True, text=True, timeout=60)
            assert done.returncode == (0 if words[0] != "lint" else done.returncode) and done.stdout, (words, done)
        with open(path, "rb") as file:
            piped = subprocess.run([program("mitmilter"), "show", "-"], stdin=file, capture_output=True, timeout=60)
        assert piped.returncode == 0 and b"MAIL" in piped.stdout, piped
        other = os.path.join(trace.folder.name, "other.tar.gz")
        with tarfile.open(other, "w:gz") as archive:
            archive.add(__file__, "x.py")
        _, said = run("show", other, status=2)
        assert "there is no trace in the archive" in said, said


def test_a_folder_is_a_bundle_too():
    with Recorded() as trace:
        folder = os.path.join(trace.folder.name, "bug")
        _, said = run("export", "bundle", "-o", folder + "/", trace.path)
        assert f"wrote 6 files to '{folder}/'" in said, said
        assert sorted(os.listdir(folder)) == PARTS
        before = contents(folder)
        with Home() as home:
            _, said = run("export", "bundle", "-o", home.path, folder)
            assert contents(home.path)["session.mtrace"] != before["session.mtrace"]
        done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, timeout=60)
        assert done.returncode == 0, done


def test_x_b_on_the_screen_and_open():
    with Home() as home:
        with home.run("open", home.record(), size=(110, 34)) as t:
            t.wait("OPTNEG")
            t.key("x")
            t.wait("Export as")
            t.key("b")
            t.wait("Export what as bundle")
            t.key("s")
            t.wait(r":export bundle shown demo.tar.gz")
            t.key("Enter")
            t.wait(r"wrote bundle, \d+ bytes, to demo.tar.gz")
            t.send(":export bundle folder/\r")
            t.wait("wrote 6 files into folder/")
            t.key("Q")
            left(t)
        for path in ("demo.tar.gz", "folder"):
            with home.run("open", path, size=(110, 34)) as t:
                t.wait("OPTNEG")
                t.key("Q")
                left(t)
