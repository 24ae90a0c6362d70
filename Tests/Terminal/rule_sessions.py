"""A session for every rule of docs/findings.md: what both peers do until it is said.

A session is a list of acts, done one after the other: what one side sends has arrived at the other before the next act
begins. MTA packets are written as commands (`mta(b"H", b"client\\0")`), replies of the milter likewise (`milter(b"c")`).
"""

import base64
import hashlib
import struct
from dataclasses import dataclass, field

ACTIONS, STEPS = 0x1FF, 0x1FFFFF
ADDHDRS, CHGBODY, CHGHDRS, SETSYMLIST = 0x01, 0x02, 0x10, 0x100
NOHELO, NOHDRS, SKIP, RCPT_REJ, NR_HELO, LEADSPC = 0x02, 0x20, 0x400, 0x800, 0x2000, 0x100000


@dataclass(frozen=True)
class Act:
    """`kind` is send, part (bytes that do not travel yet), wait (seconds of the milter) or close."""
    kind: str
    leg: str
    data: bytes = b""
    seconds: float = 0


def packet(code, *payload):
    body = code + b"".join(payload)
    return struct.pack(">I", len(body)) + body


def mta(code, *payload):
    return [Act("send", "mta", packet(code, *payload))]


def milter(code, *payload):
    return [Act("send", "milter", packet(code, *payload))]


def raw(leg, data):
    return [Act("send", leg, data)]


def part(leg, data):
    return [Act("part", leg, data)]


def slow(seconds):
    """The milter thinks; a clock of the program's own is measured, so the time has to pass."""
    return [Act("wait", "milter", seconds=seconds)]


def close(leg):
    return [Act("close", leg)]


def ask(code, *payload, reply=b"c"):
    return mta(code, *payload) + milter(reply)


def number(value):
    return struct.pack(">I", value)


def optneg(version=6, actions=ACTIONS, steps=0, lists=b""):
    return number(version) + number(actions) + number(steps) + lists


def symbols(stage, names):
    return number(stage) + names + b"\0"


def macros(letter, *pairs):
    return mta(b"D", letter, b"".join(name + b"\0" + value + b"\0" for name, value in pairs))


def greet(offer=optneg(steps=STEPS), answer=optneg()):
    return mta(b"O", offer) + milter(b"O", answer)


def client(host=b"client.example", family=b"4", port=40000, address=b"192.0.2.1"):
    return mta(b"C", host, b"\0", family, struct.pack(">H", port), address, b"\0")


CONNECT = client() + milter(b"c")
HELO = ask(b"H", b"client.example\0")
MAIL = ask(b"M", b"<a@example.org>\0")
RCPT = ask(b"R", b"<b@example.net>\0")
DATA = ask(b"T")
EOH = ask(b"N")
BODY = ask(b"B", b"Hello.\r\n")
END = mta(b"E")
QUIT = mta(b"Q")


def header(name, value, reply=b"c"):
    return mta(b"L", name, b"\0", value, b"\0") + (milter(reply) if reply else [])


FROM = header(b"From", b"a@example.org")
SUBJECT = header(b"Subject", b"one  subject")


def hello(**answer):
    """Up to HELO; the milter's answer to OPTNEG may be given."""
    return greet(answer=optneg(**answer)) + CONNECT + HELO


def content(*headers, body=BODY):
    return RCPT + DATA + FROM + SUBJECT + sum(headers, []) + EOH + body


def ending(*edits, mail=(), verdict=b"a", **answer):
    """A whole mail whose milter makes these modifications at the end."""
    return hello(**answer) + MAIL + content(*mail) + END + sum(edits, []) + milter(verdict) + QUIT


def mails(count, thinks=()):
    """Mails one behind the other, over which the milter thinks at the end."""
    return (MAIL + content() + END + list(thinks) + milter(b"a")) * count


def add(name, value):
    return milter(b"h", name, b"\0", value, b"\0")


def change(index, name, value):
    return milter(b"m", number(index), name, b"\0", value, b"\0")


def refuse(text, at=b"M", before=HELO, ending=b"\0"):
    """The milter's text in the place of a verdict on MAIL or CONNECT."""
    return greet() + CONNECT + before + mta(at, b"<a@example.org>\0") + milter(b"y", text, ending) + QUIT


@dataclass(frozen=True)
class Session:
    """`rules` are said of it and `never` are not; with `sender` and `severity` where the page has rows by sender."""
    rules: str
    acts: list
    never: str = ""
    sender: str = ""
    severity: str = ""
    proxy: str = "plain"


# Over the body Hello.
SIGNATURE = (b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel; h=from:subject; "
             b"bh=%s; b=AAAA" % base64.b64encode(hashlib.sha256(b"Hello.\r\n").digest()))
SIGNED = header(b"DKIM-Signature", SIGNATURE)
LONG = b"x" * 1500 + b"\r\n"
SMALL_PIECES = [milter(b"b", b"x")] * 100


SESSIONS = [
    # ---- Nothing to remark on.
    Session("", ending(add(b"X-Spam", b"no")), never="*"),
    Session("", ending(add(b"X-Spam", b"no"), change(1, b"X-Spam", b"yes")), never="*"),
    Session("", ending(change(1, b"Subject", b""), add(b"Subject", b"another")), never="*"),
    Session("", ending(milter(b"+", b"<c@example.net>\0"), milter(b"-", b"<c@example.net>\0")), never="*"),

    # ---- Framing
    Session("F01", hello() + raw("mta", number(0)) + QUIT, sender="MTA"),
    Session("F01", hello() + mta(b"M", b"<a@b>\0") + raw("milter", number(0)) + milter(b"c") + QUIT, sender="milter"),
    Session("F02", hello() + raw("mta", number(0x7FFFFFFF))),
    Session("F03", hello() + MAIL + content(body=ask(b"B", b"x" * 65536)) + END + milter(b"a") + QUIT),
    Session("F04", ending(milter(b"b", b"x" * 65536))),
    Session("F05", hello() + mta(b"Z") + QUIT, sender="MTA"),
    Session("F05", hello() + mta(b"M", b"<a@b>\0") + milter(b"Z") + milter(b"c") + QUIT, sender="milter"),
    Session("F06", hello() + part("mta", b"\0\0\0") + close("mta")),
    Session("F07", hello() + mta(b"A", b"x") + QUIT, sender="MTA"),
    Session("F07", hello() + mta(b"M", b"<a@b>\0") + milter(b"c", b"x") + QUIT, sender="milter"),
    Session("F08", hello() + mta(b"c") + QUIT, sender="MTA"),
    Session("F08", hello() + mta(b"M", b"<a@b>\0") + milter(b"M") + milter(b"c") + QUIT, sender="milter"),
    Session("F09", raw("mta", b"GET / HTTP/1.0\r\n\r\n")),
    Session("F10", hello() + ask(b"U", b"GET / HTTP/1.0\0") + QUIT),

    # ---- Strings and fields
    Session("G01", hello() + ask(b"M", b"<a@b>") + QUIT, sender="MTA", severity="error"),
    Session("G01", hello() + ask(b"U", b"FOO") + QUIT, sender="MTA", severity="warning"),
    Session("G01", ending(milter(b"+", b"<c@example.net>")), sender="milter"),
    Session("G02", hello() + MAIL + RCPT + DATA + ask(b"L", b"From\0") + QUIT, sender="MTA", severity="error"),
    Session("G02", greet() + mta(b"D", b"C", b"j\0") + CONNECT + QUIT, sender="MTA", severity="warning"),
    Session("G02", ending(milter(b"h", b"X-Spam\0")), sender="milter"),
    Session("G03", greet() + CONNECT + ask(b"H", b"a\0b\0") + QUIT, sender="MTA", severity="warning"),
    Session("G03", greet() + mta(b"C", b"client\0", b"4\x9c\x40", b"192.0.2.1\0x") + milter(b"c") + QUIT,
            sender="MTA", severity="error"),
    Session("G03", ending(milter(b"+", b"<c@example.net>\0x"))),
    Session("G04", greet() + mta(b"C", b"client\0", b"4\x9c") + QUIT, sender="MTA"),
    Session("G04", ending(milter(b"m", b"\0\0")), sender="milter", never="G09 H04"),
    Session("G05", greet() + client(family=b"X") + milter(b"c") + QUIT),
    Session("G06", greet() + client(address=b"here") + milter(b"c") + QUIT),
    Session("G07", greet() + client(family=b"6", address=b"IPv6:2001:db8::1") + milter(b"c") + QUIT),
    Session("G08", ending(milter(b"+", b"\0"))),
    Session("G09", ending(add(b"", b"x"))),
    Session("G09", ending(mail=[header(b"", b"x")]), sender="MTA"),
    Session("G10", ending(add(b"X Spam", b"no"))),
    Session("G11", hello() + ask(b"M", b"<a@b>\0", b"FOO\0") + QUIT),
    Session("G12", hello() + MAIL + content(body=ask(b"B")) + END + milter(b"a") + QUIT),

    # ---- Negotiation
    Session("N01", HELO),
    Session("N02", mta(b"O", optneg(steps=STEPS)) + milter(b"O", optneg()[:8])),
    Session("N03", greet(answer=optneg(version=7))),
    Session("N04", greet(answer=optneg(version=2, steps=SKIP))),
    Session("N05", greet(offer=optneg(actions=0x3F, steps=STEPS))),
    Session("N06", greet(offer=optneg(steps=0x7F), answer=optneg(steps=SKIP))),
    Session("N07", greet(answer=optneg(actions=0x200))),
    Session("N08", greet(answer=optneg(actions=ADDHDRS, lists=symbols(2, b"i")))),
    Session("N09", greet(answer=optneg(lists=symbols(9, b"i")))),
    Session("N10", greet(answer=optneg(lists=number(2) + b"i"))),
    Session("N11", greet(answer=optneg(lists=symbols(5, b"i")))),
    Session("N12", greet(answer=optneg(lists=symbols(2, b"")))),
    Session("N13", greet(answer=optneg(lists=symbols(2, b" ".join([b"{a%d}" % n for n in range(51)]))))),
    Session("N14", greet(answer=optneg(steps=NOHELO | NR_HELO))),
    Session("N15", greet() + mta(b"O", optneg(steps=STEPS))),
    Session("N16", hello(lists=symbols(2, b"{client_nmae}")) + macros(b"M", (b"i", b"1")) + MAIL + QUIT),
    Session("N17", greet(answer=optneg(actions=CHGHDRS, steps=NOHDRS))),
    Session("N18", hello() + MAIL + content(body=ask(b"B", b"x", reply=b"s")) + END + milter(b"a") + QUIT),
    Session("N19", greet(offer=optneg(version=1, steps=STEPS))),
    Session("N20", greet(offer=optneg(version=0x06000000, steps=STEPS))),

    *(Session(rule, greet(answer=optneg(lists=symbols(2, b"f {mail_addr}"))) + macros(b"C", (b"v", version)) + CONNECT
              + HELO + macros(b"M", (b"{mail_addr}", b"a@b")) + MAIL + QUIT, never=never)
      for rule, version, never in [("N21", b"Postfix 3.7.11", "N16"), ("", b"8.17.1.9", "N16 N21")]),

    # ---- Sequence
    Session("S01", hello() + ask(b"T") + QUIT),
    Session("S02", greet(answer=optneg(steps=NOHELO)) + CONNECT + mta(b"H", b"a\0") + QUIT),
    Session("S03", hello() + macros(b"M", (b"i", b"1")) + HELO + QUIT),
    Session("S04", hello() + mta(b"M", b"<a@b>\0") + macros(b"M", (b"i", b"1")) + milter(b"c") + QUIT),
    Session("S05", hello() + MAIL + RCPT + DATA + macros(b"L", (b"i", b"1")) + FROM + QUIT),
    Session("S06", hello() + MAIL + DATA + QUIT),
    Session("S07", hello() + mta(b"A") + QUIT),
    Session("S08", hello() + MAIL + MAIL + QUIT),
    Session("S09", hello() + mta(b"K")),
    Session("S10", hello() + close("mta")),
    Session("S11", hello() + mta(b"M", b"<a@b>\0") + close("mta")),
    Session("S12", hello() + mta(b"M", b"<a@b>\0") + RCPT + QUIT),
    Session("S13", hello() + MAIL + content() + mta(b"E", b"bytes") + milter(b"a") + QUIT),
    Session("S14", hello() + MAIL + RCPT + ask(b"T", reply=b"t") + RCPT + QUIT),

    # ---- Replies
    Session("R01", greet(answer=optneg(steps=NR_HELO)) + CONNECT + HELO + QUIT),
    Session("R02", hello() + MAIL + milter(b"c") + QUIT),
    Session("R03", hello() + mta(b"M", b"<a@b>\0") + close("milter")),
    Session("R04", hello() + mta(b"M", b"<a@b>\0") + add(b"X-Spam", b"no") + milter(b"c") + QUIT),
    Session("R05", hello() + mta(b"M", b"<a@b>\0") + milter(b"q", b"why\0") + milter(b"c") + QUIT),
    Session("R06", hello() + mta(b"M", b"<a@b>\0") + milter(b"p") + milter(b"c") + QUIT),
    Session("R07", ending(add(b"X-Spam", b"no"), actions=CHGHDRS)),
    Session("R08", hello() + MAIL + content() + END + milter(b"a") + add(b"X-Spam", b"no") + QUIT),
    Session("R09", hello(steps=SKIP) + ask(b"M", b"<a@b>\0", reply=b"s") + QUIT),
    Session("R10", greet() + client() + milter(b"d") + QUIT),
    Session("R11", hello() + ask(b"U", b"FOO\0", reply=b"a") + QUIT),
    Session("R12", hello(steps=RCPT_REJ) + MAIL + macros(b"R", (b"{rcpt_mailer}", b"error"))
            + ask(b"R", b"<b@example.net>\0", reply=b"a") + QUIT),
    Session("R13", hello() + mta(b"M", b"<a@b>\0") + milter(b"f") + QUIT),
    Session("R14", ending(milter(b"b", b"one"), add(b"X-Spam", b"no"), milter(b"b", b"two"))),
    Session("R15", ending(*SMALL_PIECES)),
    Session("R16", ending(milter(b"b"))),
    Session("R17", greet() + client(host=b"localhost", port=0, address=b"127.0.0.1") + milter(b"c") + MAIL
            + ask(b"R", b"b@example.net\0", reply=b"r") + QUIT),
    Session("R18", hello() + MAIL + QUIT + milter(b"c")),

    # ---- Reply text
    Session("T01", refuse(b"250 fine")),
    Session("T02", refuse(b"550_no")),
    Session("T03", refuse(b"550 4.7.1 no")),
    Session("T04", refuse(b"550 100% no")),
    Session("T05", refuse(b"550 no", ending=b"")),
    Session("T06", refuse(b"550-no\r\n551 never")),
    Session("T07", refuse(b"550-no\n550 never")),
    Session("T08", refuse(b"550 " + b"x" * 600)),
    Session("T09", refuse(b"550 no\x07")),
    Session("T10", refuse(b"421 later")),
    Session("T11", greet() + client() + milter(b"y", b"550 no\0") + QUIT),

    # ---- Header edits
    Session("H01", ending(add(b"X-Spam", b"no\r\n\tyes"))),
    Session("H01", ending(mail=[header(b"X-Spam", b"no\r\n\tyes")]), sender="MTA"),
    Session("H02", ending(add(b"X-Spam", b"no\nyes"))),
    Session("H02", ending(mail=[header(b"X-Spam", b"no\nyes")]), sender="MTA"),
    Session("H03", ending(add(b"X-Spam", b" no"))),
    Session("H03", ending(add(b"X-Spam", b"no"), steps=LEADSPC)),
    Session("H04", ending(change(0, b"Subject", b"new"))),
    Session("H05", ending(change(5, b"Subject", b"new"))),
    Session("H06", ending(change(0x80000000, b"Subject", b"new"))),
    Session("H07", ending(change(1, b"Received", b""), change(2, b"Received", b""),
                          mail=[header(b"Received", b"one"), header(b"Received", b"two")])),
    Session("H08", greet(answer=optneg(steps=NOHDRS)) + CONNECT + HELO + MAIL + RCPT + DATA + EOH + BODY + END
            + change(1, b"Subject", b"new") + milter(b"a") + QUIT),
    Session("H09", ending(add(b"Subject", b"another"))),
    Session("H10", ending(add(b"X-Spam", b"x" * 1000))),
    Session("H11", ending(change(1, b"Subject", b"one subject"))),
    Session("H12", greet() + macros(b"C", (b"v", b"Postfix 3.7.11")) + CONNECT + HELO + MAIL + RCPT + DATA
            + header(b"X-Long", b"x" * 59900) + QUIT),

    Session("H13", ending(add(b"Authentication-Results", b"mx.example.org"))),
    Session("", ending(add(b"Authentication-Results", b"mx.example.org; none")), never="H13"),

    # ---- Envelope edits
    Session("V01", ending(milter(b"-", b"<nobody@example.net>\0"))),
    Session("V02", ending(milter(b"+", b"<c@example.net>, <d@example.net>\0"))),
    Session("V03", ending(milter(b"2", b"<c@example.net>\0", b"FOO=1\0"))),
    Session("V04", ending(milter(b"-", b"<b@example.net>\0"))),
    Session("V05", ending(milter(b"+", b"<b@example.net>\0"))),

    # ---- Timing and connection
    Session("W01", hello() + mta(b"M", b"<a@b>\0") + slow(0.15) + milter(b"c") + QUIT, proxy="impatient"),
    Session("W02", hello() + mta(b"M", b"<a@b>\0") + mta(b"A") + milter(b"c") + QUIT),
    Session("W03", hello() + MAIL + content() + END + slow(0.25) + milter(b"a") + QUIT, proxy="impatient"),
    Session("W04", ending(milter(b"p"), milter(b"p"))),
    Session("W05", hello() + close("milter")),
    Session("W06", mta(b"O", optneg(steps=STEPS)) + close("milter")),
    Session("W07", close("mta")),
    Session("W08", [], proxy="unreachable"),
    Session("W10", hello() + mta(b"M", b"<a@b>\0") + slow(0.3) + milter(b"c") + QUIT, proxy="patient", never="W01"),

    # ---- Mail as the MTA gives it
    Session("M01", hello() + MAIL + RCPT + DATA + SUBJECT + EOH + BODY + END + milter(b"a") + QUIT),
    Session("M02", ending(mail=[FROM])),
    Session("M03", hello() + MAIL + RCPT + DATA + FROM + SUBJECT + EOH
            + ask(b"B", b"From: a@example.org\r\nSubject: one  subject\r\n\r\nHello.\r\n") + END + milter(b"a") + QUIT),
    Session("M04", hello() + ask(b"M", "<é@example.org>".encode() + b"\0") + QUIT),

    Session("M05", hello() + MAIL + content(body=ask(b"B", LONG)) + END + milter(b"a") + QUIT),

    # ---- Signatures
    Session("D01", ending(change(1, b"Subject", b"new"), mail=[SIGNED])),
    Session("D02", ending(milter(b"b", b"Bye.\r\n"), mail=[SIGNED])),
    Session("D03", ending(milter(b"b", b"Bye.\r\n"), mail=[header(b"DKIM-Signature", SIGNATURE.replace(b"bh=", b"bh=A"))]),
            never="D02"),
    Session("D04", ending(change(1, b"ARC-Seal", b""), mail=[header(b"ARC-Seal", b"i=1; cv=none; d=example.org; s=a; b=A")])),
    Session("D05", hello() + MAIL + content(body=ask(b"B", LONG)) + END + add(b"DKIM-Signature", SIGNATURE) + milter(b"a") + QUIT),
    Session("D06", hello() + MAIL + RCPT + DATA + header(b"Authentication-Results", b"mx.one.example; dkim=pass")
            + header(b"Received", b"from two.example by one.example") + FROM + EOH + BODY + END
            + change(1, b"Authentication-Results", b"") + milter(b"a") + QUIT),
    Session("", ending(add(b"Subject", b"second"), change(2, b"Subject", b""), mail=[SIGNED]), never="D01"),
    Session("", ending(add(b"DKIM-Signature", SIGNATURE), milter(b"b", b"Bye.\r\n")), never="D01 D02"),

    # ---- State that leaks
    Session("L01", hello() + MAIL + content() + END + milter(b"a") + ask(b"M", b"<eve@two.example>\0") + RCPT + DATA
            + header(b"From", b"eve@two.example") + EOH + BODY + END + add(b"X-Envelope-From", b"a@example.org") + milter(b"a") + QUIT, never="V05"),

    # ---- Shadows, of which the test plays one
    Session("X01 X02", ending(), proxy="shadowed"),

    # The seven that a library of edits made at once.
    Session("V01 V04 V05 H05 H07 H09 H11", ending(
        milter(b"+", b"<b@example.net>\0"), milter(b"-", b"<NoSuch@example.test>\0"), change(5, b"Subject", b"x"),
        change(1, b"Received", b""), change(2, b"Received", b""), add(b"Subject", b"second subject"),
        change(1, b"From", b"a @example.org"), milter(b"-", b"<b@example.net>\0"),
        mail=[header(b"Received", b"one"), header(b"Received", b"two")])),
]

# ---- Captures that somebody else made


@dataclass
class Capture:
    """Frames of one connection (link type RAW) in a file of tcpdump."""
    port: int = 8891
    client: int = 40001
    frames: list = field(default_factory=list)
    cut: int = 65535
    link: int = 101
    next: dict = field(default_factory=lambda: {"mta": 1000, "milter": 5000})
    # Seconds before a frame, by its place.
    waits: dict = field(default_factory=dict)

    def tcp(self, leg, data=b"", flags=0x18, lost=False, fragment=0):
        other = "milter" if leg == "mta" else "mta"
        source, target = (self.client, self.port) if leg == "mta" else (self.port, self.client)
        head = struct.pack(">HHIIBBHHH", source, target, self.next[leg], self.next[other], 0x50, flags, 65535, 0, 0)
        ends = (b"\x7f\0\0\1", b"\x7f\0\0\2") if leg == "mta" else (b"\x7f\0\0\2", b"\x7f\0\0\1")
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, fragment, 64, 6, 0, *ends)
        if not lost:
            self.frames.append(ip + head + data)
        self.next[leg] += len(data) + (1 if flags & 3 else 0)
        return self

    def start(self):
        return self.tcp("mta", flags=2).tcp("milter", flags=0x12).tcp("mta", flags=0x10)

    def connect(self, number):
        """Another connection of its own, from 1."""
        self.client, self.next = 10000 + number, {"mta": 1000, "milter": 5000}
        return self.start()

    def play(self, acts, lost=()):
        for place, act in enumerate(acts):
            if act.kind == "wait":
                self.waits[len(self.frames)] = act.seconds
            else:
                self.tcp(act.leg, act.data, lost=place in lost)
        return self

    def file(self, missing=0):
        data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, self.cut, self.link)
        clock = 1760000000 * 10**6
        for place, frame in enumerate(self.frames):
            kept = frame[:self.cut]
            clock += 100 + round(self.waits.get(place, 0) * 10**6)
            data += struct.pack("<IIII", *divmod(clock, 10**6), len(kept), len(frame)) + kept
        return data[:len(data) - missing]


LOST = [*hello(), *MAIL]
CAPTURES = {
    "C01": Capture().start().play(LOST + QUIT, lost={6}).file(),
    "C02": Capture().play(LOST + QUIT).file(),
    "C03": Capture().start().play(CONNECT + HELO + MAIL + QUIT).file(),
    "C04": Capture().start().play(LOST + QUIT).file(missing=3),
    "C05": Capture(cut=60).start().play(LOST + QUIT).file(),
    "C06": Capture().start().play(LOST).tcp("milter", flags=4).file(),
    "C07": Capture().start().play(LOST + QUIT).tcp("mta", b"x" * 16, fragment=0x2001).file(),
    "C08": Capture(port=80).start().tcp("mta", b"GET / HTTP/1.0\r\n\r\n").file(),
    # The clock of a busy machine is not told from the kernel's 40 ms, nor from a milter that grows slower.
    "W09": Capture().start().play(ending(*(slow(0.041) + add(b"X-Part", b"%d" % i) for i in range(4)))).file(),
    "W11": Capture().start().play(hello() + mails(8) + mails(8, slow(0.1)) + QUIT).file(),
}

# A rule that no session can give, and why; printed by the test.
EXEMPT = {}
