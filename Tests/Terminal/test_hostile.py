"""Mail is hostile text: what a trace holds reaches the terminal inert, in every view and tab of the real screen."""

import base64
import json
import os
import re
import struct

from test_screen import Home, left

TRICKS = [
    b"\x1b]0;owned\x07",
    b"\x1b]2;owned\x1b\\",
    b"\x1b]52;c;b3duZWQ=\x1b\\",
    b"\x1bP+q544e\x1b\\\x1b[2J\x1b[H\x1b[6n\x1b[c\x05",
    b"\x9b31m\x9d0;owned\x9c\xc2\x9b31m\xc2\x9d0;owned\xc2\x9c",
    b"\x0e\x1b(0lqk\x08\x08\x07\t\x0b\x0c",
    bytes(range(1, 256)),
    "\u202egpj.exe\u2066x\u2069\u200f\u200b\ufeff".encode(),
    b"\xc0\xaf\xe0\x80\x9b\xe2\x82a\xed\xa0\x80\xff",
    "👩\u200d👩\u200d👧 e\u0301\u0301 日本語".encode(),
    b"a\r\nb\rc\n",
    b"x" * 20_000,
    b"\x1b" * 20_000,
    "漢".encode() * 7_000,
]
INVISIBLE = "\u200b\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


def hostile_trace(path):
    """The tricks wherever a peer can put text: host, HELO, addresses, macros, headers, body, replies."""
    n, seconds = 0, 0.0
    with open(path, "w", encoding="ascii") as out:
        def record(**fields):
            nonlocal seconds
            seconds += 0.001
            json.dump({"k": fields.pop("k"), "t": round(seconds, 6), **fields}, out)
            out.write("\n")

        def packet(sender, connection, code, payload=b""):
            nonlocal n
            n += 1
            raw = struct.pack(">I", len(payload) + 1) + code + payload
            to = "milter" if sender == "mta" else "mta"
            record(k="recv", c=connection, **{"from": sender}, to=to, n=n, raw=raw.decode("latin-1"))

        json.dump({"mitmilter": 1, "program": "0.1.0", "started": 1760000000.25, "command": ["\x1b]0;owned\x07"],
                   "listen": "inet:8891@127.0.0.1", "milter": "unix:/m", "negotiation": "transparent"}, out)
        out.write("\n")
        for c, trick in enumerate(TRICKS, 1):
            record(k="open", c=c, peer="unix:", local="unix:/m")
            optneg = struct.pack(">III", 6, 0x1FF, 0x1FFFFF)
            packet("mta", c, b"O", optneg)
            packet("milter", c, b"O", struct.pack(">III", 6, 0x1FF, 0))

            def ask(code, payload=b"", answer=b"c", words=b"", c=c):
                packet("mta", c, code, payload)
                packet("milter", c, answer, words)

            text = trick
            packet("mta", c, b"D", b"C" + text + b"\0" + text + b"\0")
            ask(b"C", text + b"\0" + b"4" + struct.pack(">H", 25) + text + b"\0")
            ask(b"H", text + b"\0")
            packet("mta", c, b"D", b"M" + b"i\0" + text + b"\0" + text + b"\0" + text + b"\0")
            ask(b"M", text + b"\0" + text + b"\0")
            ask(b"R", text + b"\0", b"y", b"550 5.7.1 " + text + b"\0")
            ask(b"R", b"<bob@example.net>\0" + text + b"\0")
            ask(b"L", b"Subject\0" + text + b"\0")
            ask(b"L", text + b"\0" + text + b"\0")
            ask(b"L", b"X-Words\0=?utf-8?b?" + base64.b64encode(text[:60]) + b"?=\0")
            ask(b"U", text + b"\0")
            ask(b"N")
            ask(b"B", text)
            packet("mta", c, b"E")
            packet("milter", c, b"q", text + b"\0")
            packet("milter", c, b"h", text + b"\0" + text + b"\0")
            packet("milter", c, b"+", text + b"\0")
            packet("milter", c, b"b", text)
            packet("milter", c, b"y", b"550 5.7.1 " + text + b"\0")
            record(k="note", c=c, n=n, text=text.decode("utf-8", "replace"))
    return n


def check(t):
    """What has come so far asks nothing of the terminal but drawing, and no cell holds what steers or hides."""
    assert t.screen.titles == [], t.screen.titles
    raw = bytes(t.raw)
    # OSC 52 is the clipboard, DCS asks; both only ever come from a key of the operator's.
    for sequence in (b"\x1b]", b"\x1bP", b"\x1b[6n", b"\x1b[c", b"\x05", b"\xc2\x9b", b"\xc2\x9d", b"\x07"):
        assert sequence not in raw, f"{sequence!r} near {raw[max(0, raw.find(sequence) - 40):][:80]!r}"
    for row in t.text().split("\n"):
        wrong = [f"{ord(c):#x}" for c in row if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in INVISIBLE]
        assert not wrong, f"{wrong} in {row!r}"


def test_a_hostile_trace_is_inert_in_every_view_and_tab():
    with Home() as home:
        path = home.file("hostile.mtrace")
        count = hostile_trace(path)
        per_mail = count // len(TRICKS)
        with home.run("open", path, size=(120, 36)) as t:
            t.wait("OPTNEG")
            for view in "246":
                t.key(view)
                t.wait({"2": "queue id", "4": r"id .*finding", "6": "Reply time"}[view])
                check(t)
                t.key("Enter", "G", "Enter")
                t.pump(0.05)
                check(t)
                t.key("q", "q")
            t.key("1")
            t.wait(r"^ +# +time")
            for mail in range(len(TRICKS)):
                # The reply to the recipient, the subject, further headers, the end.
                for offset in (12, 15, 17, per_mail):
                    number = mail * per_mail + offset
                    t.send(f":goto {number}\r")
                    t.wait(rf"^▌? +{number} ")
                    for _ in range(5):
                        t.key("l")
                        t.pump(0.01)
                    check(t)
            t.resize(40, 10)
            t.key("G", "k", "Enter")
            t.pump(0.2)
            check(t)
            t.key("Q")
            left(t)
            check(t)


def test_the_clipboard_is_written_when_asked_and_only_then():
    with Home() as home, home.run("open", home.record(), size=(120, 36)) as t:
        t.wait("OPTNEG")
        t.key("2", "1", "l", "j", "l")
        t.pump(0.1)
        assert b"\x1b]52" not in t.raw
        t.key("y")
        t.until(lambda: b"\x1b]52;c;" in t.raw, "the clipboard was never written")
        t.wait("copied")
        assert bytes(t.raw).count(b"\x1b]52") == 1
        t.key("Q")
        left(t)


def test_wide_letters_stay_in_their_columns():
    """Ordinary Japanese mail, a row moved at a time: curses and the terminal have to agree where the cursor is."""
    def fits(row):
        found = re.match(r"  c1\.(\d+) .* accepted *$", row)
        return found and subjects[int(found[1]) - 1] in row

    subjects = ["見積もりの件", "会議", "お知らせ", "Re: 会議", "漢字 test", "請求書", "打ち合わせ", "明日", "写真"] * 4
    with Home() as home:
        path = home.file("wide.mtrace")
        with open(path, "w", encoding="ascii") as out:
            head = {"mitmilter": 1, "program": "0.1.0", "started": 1760000000.25, "command": ["mitmilter"],
                    "listen": "inet:8891@127.0.0.1", "milter": "unix:/m", "negotiation": "transparent"}
            lines = [head, {"k": "open", "t": 0, "c": 1, "peer": "unix:", "local": "unix:/m"}]
            packets = []
            for subject in subjects:
                packets += [("mta", b"Ma@example.org\0"), ("milter", b"c"), ("mta", b"Rb@example.org\0"), ("milter", b"c"),
                            ("mta", b"LSubject\0" + subject.encode() + b"\0"), ("milter", b"c"), ("mta", b"E"), ("milter", b"a")]
            for n, (sender, payload) in enumerate(packets, 1):
                raw = struct.pack(">I", len(payload)) + payload
                to = "milter" if sender == "mta" else "mta"
                lines.append({"k": "recv", "t": n / 1000, "c": 1, "from": sender, "to": to, "n": n, "raw": raw.decode("latin-1")})
            out.writelines(json.dumps(line) + "\n" for line in lines)
        with home.run("open", path, size=(80, 24)) as t:
            t.key("2")
            t.wait(r"^  c1\.1 ")
            t.key("g")
            for number in range(2, len(subjects) + 1):
                t.key("j")
                t.wait(rf"^─ message c1\.{number} ")
                t.until(lambda: all(fits(row) for row in t.text().splitlines()[2:12]), "a row is not as it should be")
            t.key("Q")
            left(t)
