"""Random mails, and what a milter asks to be changed about each: by their number and a seed, the same every time."""
import dataclasses
import random
import struct

from . import wire

MAILS_A_CONNECTION = 10

HEADER_NAMES = ["X-A", "X-B", "X-Spam", "Subject", "To", "Cc", "From", "Reply-To", "Received", "Date", "Message-ID",
                "MIME-Version", "Content-Type", "Return-Path", "List-Id", "DKIM-Signature", "Sender", "Comments",
                "Content-Disposition", "Content-Length", "Full-Name", "Errors-To", "Resent-From", "Resent-Date", "Bcc"]
# Their values are addresses, dates or ids in any real mail, and Sendmail reads and writes some of them anew.
ADDRESS_NAMES = {"to", "cc", "from", "reply-to", "sender", "return-path", "bcc", "resent-from", "errors-to"}
ADDRESSES = ["<first@example.test>", "<second@example.test>", "<third@example.test>", "<Mixed.Case@Example.Test>",
             "<o'hara@example.test>"]


@dataclasses.dataclass(frozen=True)
class Session:
    """One mail as its client sends it, and the milter's packets at its end, verdict included."""
    number: int
    sender: str
    rcpts: tuple
    content: bytes
    replies: tuple

    @property
    def connection(self):
        return self.number // MAILS_A_CONNECTION


def keeps_leading_space(seed, connection):
    """Whether the milter negotiates HDR_LEADSPC on that connection."""
    return random.Random(f"{seed} connection {connection}").random() < 0.3


def session(seed, number):
    return _Maker(random.Random(f"{seed} mail {number}"), number).session(
        keeps_leading_space(seed, number // MAILS_A_CONNECTION))


class _Maker:
    def __init__(self, random_, number):
        self.random, self.number = random_, number
        self.names = []

    def session(self, leadspc):
        rcpts = tuple(self.random.sample(ADDRESSES, self.random.choice([1, 1, 2, 3])))
        headers = self.headers(leadspc)
        body = self.body()
        sender = self.random.choice(["<sender@example.org>"] * 4 + ["<>", "<Sender.Two@Example.ORG> RET=HDRS ENVID=abc"])
        replies = self.replies(rcpts, leadspc)
        return Session(self.number, sender, rcpts, headers + b"\r\n" + body, tuple(replies))

    # MARK: what the client sends

    def headers(self, leadspc):
        fields = [("From", b" Alice <alice@example.org>"), ("To", b" bob@example.test"), ("Subject", b" test"),
                  ("Date", b" Thu, 01 Jan 2026 12:00:00 +0000"), ("Message-ID", b" <%d@example.org>" % self.number)]
        fields = [field for field in fields if self.random.random() < 0.95]
        for _ in range(self.random.choice([0, 1, 2, 3, 5, 8])):
            name = self.random.choice(["X-A", "X-B", "X-A", "Received", "x-a", "Comments", "X-Spam"])
            value = b" from a (a [192.0.2.1])\r\n\tby b; Thu, 01 Jan 2026 11:00:00 +0000" if name == "Received" else \
                self.random.choice([b" v", b" two words", b" fold\r\n\tof two", b" fold\r\n  of\r\n\tthree",
                                    b"  wide", b" gr\xc3\xbc\xc3\x9fe", b" caf\xe9", b" trail  ", b" ",
                                    b" " + b"long " * 300]
                                   # Without LEADSPC the milter cannot tell these from such with a blank.
                                   + ([b"tight", b"\ttab", b""] if leadspc else []))
            fields.insert(self.random.randrange(len(fields) + 1), (name, value))
        self.names = [name for name, _ in fields]
        self.has_brackets = "From" in self.names
        return b"".join(name.encode() + b":" + value + b"\r\n" for name, value in fields)

    def body(self):
        line = lambda: self.random.choice([b"Hello, this is a test.", b"", b".", b"..dots", b"gr\xc3\xbc\xc3\x9fe", b"caf\xe9",
                                           b"x" * 990, b"y" * 998, b"z" * 1500, b"w" * 4000, b"From here", b"tab\tand blank ",
                                           self.long()])
        return b"".join(line() + b"\r\n" for _ in range(self.random.choice([0, 1, 1, 2, 5, 20])))

    def long(self):
        """A line about as long as one or several that an MTA sends."""
        return b"l" * (self.random.choice([997, 998, 1995, 2039, 2040, 2047, 4078, 4086, 6133, 9000]) + self.random.randrange(-1, 4))

    # MARK: what the milter asks for

    def replies(self, rcpts, leadspc):
        kinds = [self.add_header] * 6 + [self.insert_header] * 7 + [self.change_header] * 8 + [self.change_from] * 2 + \
            [self.add_rcpt] * 2 + [self.add_rcpt_with_parameters] + [self.delete_rcpt] * 2 + [self.quarantine]
        replies = []
        for _ in range(self.random.choice([1, 1, 2, 2, 3, 4, 6, 10])):
            kind = self.random.choice(kinds)
            if kind == self.quarantine and self.random.random() < 0.8:
                kind = self.add_header
            replies.append(kind(rcpts, leadspc))
        if self.random.random() < 0.25:
            at = self.random.randrange(len(replies) + 1)
            replies[at:at] = self.new_body()
        return replies + [wire.frame(self.random.choice("ccccca"))]

    def name(self):
        """Of a header that is there, was added or is new, in any case."""
        name = self.random.choice(self.names) if self.names and self.random.random() < 0.6 \
            else self.random.choice(HEADER_NAMES)
        if self.random.random() < 0.2:
            name = self.random.choice([name.upper(), name.lower(), name.swapcase()])
        if self.random.random() < 0.01:
            name = self.random.choice(["", "X C", "X:D"])
        self.names.append(name)
        return name

    def value(self, name, leadspc):
        mark = b"v%d" % self.random.randrange(100)
        if name.lower() in ADDRESS_NAMES:
            value = self.random.choice([b"carol@example.org", b"<dave@example.test>", b"a@example.org, b@example.org",
                                        b"a@example.org,\n\tb@example.org"]
                                       # Without an address in angle brackets Sendmail completes the name with its own domain.
                                       + [b"Carol <carol@example.org>"] * self.has_brackets)
        else:
            value = self.random.choice(
                [mark] * 6 + [mark + b" two words", mark + b"\n\tfold", mark + b"\n fold\n\ttwice", mark + b"\r\n fold",
                              mark + b"\nInjected: b", mark + b"\r\nInjected: b", mark + b"\n", mark + b"\r\n",
                              mark + b"\n\n" + mark, mark + b"\r" + mark, mark + b"\r", b" " + mark, b"\t" + mark,
                              b"  " + mark, b"\n" + mark, b"\n\t" + mark, b"", b" ", mark + b"  ", mark + b" \n",
                              b"gr\xc3\xbc\xc3\x9fe", b"caf\xe9", b"\x80\xff", mark * 400, mark * 1100,
                              mark + b" \n\t" + b"long " * 450, mark + b"\n " + self.long() + b"\n " + self.long(), self.long(), b"a;b,c:d <e@f> (g) \"h\"", b"\\back \"quote", mark + b"\x01\x7f"])
        return b" " + value if leadspc and self.random.random() < 0.8 else value

    def index(self):
        return self.random.choice([0, 1, 1, 1, 2, 2, 3, 4, 5, 7, 9, 12, 15, 20, 40, 1000, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE])

    def header(self, leadspc):
        name = self.name()
        return name.encode() + b"\0" + self.value(name, leadspc) + b"\0"

    def add_header(self, _, leadspc):
        return wire.frame("h", self.header(leadspc))

    def insert_header(self, _, leadspc):
        return wire.frame("i", struct.pack(">I", self.index()) + self.header(leadspc))

    def change_header(self, _, leadspc):
        name = self.name()
        value = b"" if self.random.random() < 0.45 else self.value(name, leadspc)
        return wire.frame("m", struct.pack(">I", self.index()) + name.encode() + b"\0" + value + b"\0")

    def change_from(self, *_):
        address = self.random.choice([b"<new@example.org>", b"new@example.org", b"", b"<>", b"<New.Sender@Example.Org>"])
        arguments = self.random.choice([b""] * 5 + [b"RET=FULL\0", b"ENVID=xyz\0", b"RET=HDRS ENVID=q1\0", b"\0", b"SIZE=5\0",
                                                    b"BODY=8BITMIME\0", b"FOO=1\0"])
        return wire.frame("e", address + b"\0" + arguments)

    def address(self, rcpts):
        there = self.random.choice(rcpts)
        return self.random.choice(
            [there, there, there.swapcase(), there.strip("<>"), there.split("@")[0] + "@EXAMPLE.TEST>", "<added@example.test>",
             "added@example.test", "<Added@example.test>", "<one@example.test>, <two@example.test>",
             "one@example.test,two@example.test", ""]).encode()

    def add_rcpt(self, rcpts, _):
        return wire.frame("+", self.address(rcpts) + b"\0")

    def add_rcpt_with_parameters(self, rcpts, _):
        arguments = self.random.choice([b"", b"NOTIFY=NEVER", b"NOTIFY=FAILURE,DELAY", b"ORCPT=rfc822;who@example.org",
                                        b"NOTIFY=SUCCESS ORCPT=rfc822;who@example.org", b"FOO=1"])
        return wire.frame("2", self.address(rcpts) + b"\0" + arguments + b"\0")

    def delete_rcpt(self, rcpts, _):
        return wire.frame("-", self.address(rcpts) + b"\0")

    def quarantine(self, *_):
        return wire.frame("q", b"looks odd\0")

    def new_body(self):
        """Chunks, one after the other."""
        return [wire.frame("b", self.random.choice(
            [b"New body.\r\n", b"lines\r\nof\r\n\r\ntext\r\n", b"no end", b"lf\nonly\n", b"cr\ronly\r\n", b"ends with cr\r",
             b"\nlf first\r\n", b"", b".\r\n..\r\n", b"a" * 997 + b"\r\n", b"b" * 1200 + b"\r\n", b"c" * 3000, b"\r\r\n",
             b"caf\xe9\r\n", b"\n\r\n\r", self.long() + b"\r\n", b"." * 3000, b"long" * 700 + b"\r" + b"cr" * 700 + b"\r\n"])) for _ in range(self.random.choice([1, 1, 2, 3]))]
