"""Large mails at the desk: every part is there, and a part that goes is one line."""

import base64
import random

from test_desk import desk, leave
from test_milter import Client

CHUNK = 65_535


def image(seed, count):
    """A part with so many bytes of an image, in base64."""
    data = base64.encodebytes(random.Random(seed).randbytes(count)).replace(b"\n", b"\r\n")
    return (
        b'Content-Type: image/png; name="image%d.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n' % seed
        + data
    )


def body(*sizes):
    parts = [b"Content-Type: text/plain\r\n\r\nThree images.\r\n"]
    parts += [image(number, size) for number, size in enumerate(sizes, 1)]
    return b"".join(b"--sep\r\n" + part for part in parts) + b"--sep--\r\n"


def send(mta, content):
    mta.greet()
    assert mta.ask(b"M<alice@example.org>\0") == b"c"
    assert mta.ask(b"R<bob@example.net>\0") == b"c"
    for packet in [b"T", b"LSubject\0pictures\0", b"LMIME-Version\x001.0\0",
                   b"LContent-Type\0multipart/mixed; boundary=sep\0", b"N"]:
        assert mta.ask(packet) == b"c"
    for start in range(0, len(content), CHUNK):
        assert mta.ask(b"B" + content[start:start + CHUNK]) == b"c"
    mta.send(b"E")


def test_all_parts_of_a_large_mail_are_listed_and_one_that_goes_is_a_line():
    for size in [(80, 24), (120, 36)]:
        with desk(size=size) as (t, port), Client(port) as mta:
            send(mta, body(400_000, 400_000, 370_000))
            t.wait(r"c1.1 .*pictures +1.6 MB")
            t.key("Enter")
            for part in [r"1  text/plain  13 B", "2  image/png “image1.png”  base64  547 kB, decoded 400 kB",
                         "3  image/png “image2.png”", "4  image/png “image3.png”  base64  506 kB, decoded 370 kB"]:
                t.wait(part)
            assert "not closed" not in t.text(), t.picture()
            t.key(":")
            t.send("delete-part 3")
            t.key("Enter")
            t.wait("c1.1: delete-part 3")
            t.wait(r"- part 3  image/png “image2.png”  base64  540 kB, decoded 400 kB")
            changes = [line for line in t.text().splitlines() if line.lstrip().startswith(("- ", "+ "))]
            assert len(changes) == 1, changes
            t.key("u")
            t.wait("revert last")
            t.until(lambda: "- part 3" not in t.text(), "it still goes")
            t.key("a")
            assert mta.reply() == b"a"
            leave(t)
