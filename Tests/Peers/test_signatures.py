"""What a change costs a signed mail: the findings' answer and dkimpy's, on random mails, signatures and changes.

$MITMILTER_SIGNED_MAILS says how many (default 300), $MITMILTER_VERIFIED_MAILS how many are verified with their keys (default 100),
$MITMILTER_SIGNED_SEED which (default 1). No MTA takes part: the sessions are captures, which
the program judges when it reads them, and the mail after the changes is written down as Postfix writes it.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

import dkim

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "Terminal"))
import rule_sessions as wire  # noqa: E402

PROGRAM = os.environ.get("MITMILTER", str(HERE.parent.parent / ".build/debug/mitmilter"))
DOMAINS = [b"one.example", b"two.example"]
NAMES = [b"From", b"To", b"Subject", b"Date", b"List-Id", b"X-One", b"X-Two"]
WORDS = [b"one", b"two", b"  ", b" ", b"three ", b"\t", b"=20", b"four."]
BODY = "relaxed simple".split()


def folded(rng, words):
    """Words of a header value, here and there with a fold between them."""
    return b"".join(word + (b"\r\n " if rng.random() < 0.15 else b" ") for word in words) + b"end"


class Mail:
    """Headers as name and value (CRLF at folds, no blank in front), and a body with CRLF."""

    def __init__(self, headers, body):
        self.headers, self.body = headers, body

    @classmethod
    def random(cls, rng):
        names = [b"From"] + [rng.choice(NAMES[1:]) for _ in range(rng.randrange(1, 7))]
        rng.shuffle(names)
        headers = [(name, b"x" + folded(rng, rng.choices(WORDS, k=rng.randrange(0, 4)))) for name in names]
        lines = [b"".join(rng.choices(WORDS, k=rng.randrange(0, 6))) for _ in range(rng.randrange(0, 8))]
        return cls(headers, b"".join(line + b"\r\n" for line in lines))

    @property
    def text(self):
        return b"".join(b"%s: %s\r\n" % header for header in self.headers) + b"\r\n" + self.body

    def signed(self, rng, domain, key, algorithm=b"rsa-sha256"):
        include = [b"from"] + [name.lower() for name in rng.sample(NAMES[1:], rng.randrange(0, 5))]
        include += rng.choices(include, k=rng.randrange(0, 3))
        form = tuple(rng.choice(BODY).encode() for _ in range(2))
        line = dkim.sign(self.text, b"sel", domain, key, canonicalize=form, include_headers=include,
                         length=rng.random() < 0.25, signature_algorithm=algorithm)
        name, value = line.rstrip(b"\r\n").split(b": ", 1)
        return Mail([(name, value)] + self.headers, self.body)

    def signature(self, domain):
        """Where the signature of that domain stands among those of the mail; None where it is gone."""
        values = [value for name, value in self.headers if name.lower() == b"dkim-signature"]
        return next((place for place, value in enumerate(values) if b"d=%s;" % domain in value), None)


def refolded(rng, value):
    """The same words with other white space."""
    return re.sub(rb"(?<=\S) (?=\S)", rng.choice([b"  ", b"\t", b"\r\n\t", b" \r\n  "]), value, count=1)


def changed(rng, mail):
    """Random modifications: the packets that ask for them, and the mail that comes of it."""
    headers, body, is_replaced, packets = list(mail.headers), mail.body, False, []
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        kind = rng.choice("add ins chg chg space delete body body".split())
        name, value = rng.choice(NAMES), b"new" + folded(rng, rng.choices(WORDS, k=2))
        if kind == "add":
            packets += wire.add(name, on_wire(value))
            headers.append((name, value))
        elif kind == "ins":
            place = rng.randrange(0, len(headers) + 2)
            packets += wire.milter(b"i", wire.number(place), name, b"\0", on_wire(value), b"\0")
            headers.insert(max(place - 1, 0), (name, value))
        elif kind == "body":
            if is_replaced:
                continue
            is_replaced, body = True, other_body(rng, mail.body)
            cut = rng.randrange(0, len(body) + 1)
            packets += wire.milter(b"b", body[:cut]) + wire.milter(b"b", body[cut:])
        else:
            at = rng.randrange(len(headers))
            name, old = headers[at]
            if kind == "space":
                value = refolded(rng, old)
            index = 1 + sum(1 for other, _ in headers[:at] if other.lower() == name.lower())
            if kind == "delete":
                packets += wire.change(index, name, b"")
                del headers[at]
            else:
                packets += wire.change(index, name, on_wire(value))
                headers[at] = (name, value)
    return packets, Mail(headers, body)


def other_body(rng, body):
    footer = b"-- \r\nfooter\r\n"
    return rng.choice([body, body + b"\r\n\r\n", body + footer, footer + body, body.replace(b" ", b"  "),
                       body.replace(b"\r\n", b" \r\n"), body[:len(body) // 2] + b"\r\n", footer])


def on_wire(value):
    """As both MTAs hand it over: a fold is LF and a blank."""
    return value.replace(b"\r\n", b"\n")


def session(mail, packets):
    acts = wire.hello() + wire.MAIL + wire.RCPT + wire.DATA
    for name, value in mail.headers:
        acts += wire.header(name, on_wire(value))
    acts += wire.EOH
    cut = len(mail.body) // 2
    for piece in [mail.body[:cut], mail.body[cut:]]:
        acts += wire.ask(b"B", piece) if piece else []
    return acts + wire.END + packets + wire.milter(b"c") + wire.QUIT


class Cost(unittest.TestCase):
    def test_the_answer_is_that_of_dkimpy(self):
        rng = random.Random(int(os.environ.get("MITMILTER_SIGNED_SEED", "1")))
        key, record = self.key()
        capture, expected = wire.Capture(), {}
        for number in range(1, int(os.environ.get("MITMILTER_SIGNED_MAILS", "300")) + 1):
            mail = Mail.random(rng)
            domains = DOMAINS[:rng.choice([1, 1, 2])]
            for domain in domains:
                mail = mail.signed(rng, domain, key)
            packets, after = changed(rng, mail)
            capture.connect(number).play(session(mail, packets))
            expected[number] = {domain.decode() for domain in domains if self.breaks(mail, after, domain, record)}
        found = self.findings(capture)
        wrong = {number: (found.get(number, set()), broken) for number, broken in expected.items()
                 if found.get(number, set()) != broken}
        self.assertEqual({}, wrong, f"{len(wrong)} of {len(expected)} differ (connection: found, dkimpy's)")
        broken = sum(1 for names in expected.values() if names)
        self.assertTrue(len(expected) // 10 < broken < len(expected) * 9 // 10, f"{broken} are broken")

    @staticmethod
    def breaks(mail, after, domain, record):
        """Whether the signature held before, is still there, and does not hold any more."""
        place = after.signature(domain)
        if place is None:
            return False

        def holds(mail, place):
            try:
                return dkim.DKIM(mail.text, minkey=512).verify(idx=place, dnsfunc=lambda name, timeout=5: record)
            except dkim.DKIMException:
                return False
        assert holds(mail, mail.signature(domain)), "dkimpy does not verify what it has signed"
        return not holds(after, place)

    @staticmethod
    def key():
        def made(*argv, **more):
            return subprocess.run(argv, capture_output=True, check=True, timeout=60, **more).stdout
        key = made("openssl", "genrsa", "-traditional", "1024")
        public = made("openssl", "rsa", "-pubout", "-outform", "DER", input=key)
        return key, b"v=DKIM1; k=rsa; p=" + wire.base64.b64encode(public)

    @staticmethod
    def findings(capture):
        """By connection the domains whose signatures are said to break."""
        with tempfile.TemporaryDirectory() as folder:
            source, trace = os.path.join(folder, "signed.pcap"), os.path.join(folder, "signed.mtrace")
            pathlib.Path(source).write_bytes(capture.file())
            subprocess.run([PROGRAM, "export", "trace", "-o", trace, source], check=True, timeout=600)
            records = [json.loads(line) for line in open(trace, encoding="utf-8")]
        found = {}
        for record in records:
            if record.get("k") == "find" and record["id"] in ("D01", "D02"):
                domain = record["text"].split("breaks the signature of ")[1].split(",")[0]
                found.setdefault(record["c"], set()).add(domain)
        return found


class Verified(unittest.TestCase):
    """`lint --dkim-key`: what the key says of each signature before and after the milter, and what dkimpy says."""

    def test_the_key_says_what_dkimpy_says(self):
        rng = random.Random(int(os.environ.get("MITMILTER_SIGNED_SEED", "1")))
        rsa, rsa_record = Cost.key()
        seed, ed_record = self.ed25519()
        signers = {b"one.example": (rsa, rsa_record, b"rsa-sha256"), b"two.example": (seed, ed_record, b"ed25519-sha256")}
        capture, expected = wire.Capture(), {}
        for number in range(1, int(os.environ.get("MITMILTER_VERIFIED_MAILS", "100")) + 1):
            mail = Mail.random(rng)
            domains = rng.sample(DOMAINS, rng.choice([1, 1, 2]))
            for domain in domains:
                key, _, algorithm = signers[domain]
                mail = mail.signed(rng, domain, key, algorithm)
            if rng.random() < 0.2:
                mail = Mail(mail.headers, mail.body + b"added on the way\r\n")
            if rng.random() < 0.2:
                mail = Mail([(name, value + b" more" if name == b"Subject" else value) for name, value in mail.headers], mail.body)
            packets, after = changed(rng, mail)
            capture.connect(number).play(session(mail, packets))
            for domain in domains:
                record = signers[domain][1]
                expected[number, domain.decode()] = (self.holds(mail, domain, record), self.holds(after, domain, record))
        found = self.told(capture, {domain: record for domain, (_, record, _) in signers.items()})
        wrong = {key: (found.get(key), holds) for key, holds in expected.items() if found.get(key) != holds}
        self.assertEqual({}, wrong, f"{len(wrong)} of {len(expected)} differ (mail: said, dkimpy's)")
        for outcome in [(True, True), (True, False), (False, False)]:
            self.assertIn(outcome, expected.values())

    @staticmethod
    def holds(mail, domain, record):
        """None where the signature is gone."""
        place = mail.signature(domain)
        if place is None:
            return None
        try:
            return dkim.DKIM(mail.text, minkey=512).verify(idx=place, dnsfunc=lambda name, timeout=5: record)
        except dkim.DKIMException:
            return False

    @staticmethod
    def ed25519():
        import nacl.signing
        key = nacl.signing.SigningKey.generate()
        encode = wire.base64.b64encode
        return encode(bytes(key)), b"v=DKIM1; k=ed25519; p=" + encode(bytes(key.verify_key))

    @staticmethod
    def told(capture, records):
        """By connection and domain whether the signature is valid before and after."""
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "signed.pcap")
            pathlib.Path(source).write_bytes(capture.file())
            options = []
            for domain, record in records.items():
                path = os.path.join(folder, f"sel._domainkey.{domain.decode()}.txt")
                pathlib.Path(path).write_bytes(record + b"\n")
                options += ["--dkim-key", path]
            run = subprocess.run([PROGRAM, "lint", "--json", *options, source], capture_output=True, timeout=600)
            assert run.returncode in (0, 1) and not run.stderr, run.stderr
        told = {}
        for line in map(json.loads, run.stdout.decode().splitlines()):
            if "signature" in line:
                after = line.get("after")
                told[line["conn"], line["signature"]["domain"]] = (line["before"] == "valid", after and after == "valid")
        return told


if __name__ == "__main__":
    unittest.main()
