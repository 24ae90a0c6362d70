"""`send`: at OpenDKIM a mail comes out signed as behind an MTA, and a milter gets the bytes that a real Postfix or Sendmail gives it."""
import unittest

import dkim

from testbed import scenarios, wire
from testbed.bed import the_bed
from testbed.milters import DOMAIN, SELECTOR, ActionMilter, OpenDKIM
from testbed.proxy import Trace, run

LOCAL = ["--client-name", "localhost", "--helo", "client.example.org", "--from", "sender@example.org", "--to",
         "first@example.test"]

# Macros that are one MTA's own: its names, how it routes, its numbers.
OWN = [b"j", b"_", b"v", b"i", b"{daemon_name}", b"{daemon_addr}", b"{if_name}", b"{mail_host}", b"{mail_mailer}",
       b"{rcpt_host}", b"{rcpt_mailer}"]

MAILS = {
    "plain": scenarios.mail(),
    "three chunks and a bit": scenarios.mail(body=scenarios.lines(3000)),
    "a chunk to the byte": scenarios.mail(body=b"x" * 65533 + b"\r\n"),
    "no body": scenarios.mail(body=b""),
    "headers": scenarios.mail(fields=[f"X-{n}: {'y' * n}" for n in range(120)] + ["X-F: a\r\n\tb\r\n c", "X-E:", "X-T:\t t "]),
    "a long header": scenarios.mail(fields=["X-Long: " + "\r\n ".join("z" * 70 for _ in range(1000))]),
    "a long line": scenarios.mail(fields=["X-Long: " + "z" * 70000]),
    "a body that begins with a blank line": scenarios.mail(body=b"\r\n\r\n.\r\n..\r\nFrom me\r\n"),
}


def commands(stream):
    """What an MTA said, with what is its own taken out: of macros only their names are left then."""
    told = []
    for packet in wire.packets(stream):
        code, payload = packet[4:5], packet[5:]
        if code == b"D":
            strings = payload[1:].split(b"\0")[:-1]
            pairs = zip(strings[::2], strings[1::2])
            payload = payload[:1] + b"\0".join(name if name in OWN else name + b"=" + value for name, value in pairs)
        if code == b"C":
            host, rest = payload.split(b"\0", 1)
            payload = rest[:1] + rest[3:]
        told.append(code + payload)
    return told


class Send(unittest.TestCase):
    def setUp(self):
        self.bed = the_bed()

    def written(self, name, content):
        path = self.bed.workshop.file(f"{name}.eml")
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_opendkim_signs_and_verifies(self):
        for kind in ("inet", "unix"):
            address = self.bed.fronts[kind]
            path = self.written("plain", scenarios.mail())
            with self.subTest(kind=kind), self.bed.directly(OpenDKIM("sign"), kind):
                sent = run("send", path, "--milter", address.libmilter, "--client", "127.0.0.1", "--result", *LOCAL)
            self.assertEqual(0, sent.returncode, sent.stderr)
            self.assertIn("INSHEADER  at 0: DKIM-Signature: ", sent.stderr)
            signed = sent.stdout.encode()

            def record(name, timeout=5):
                return self.bed.workshop.dns_record if name == f"{SELECTOR}._domainkey.{DOMAIN}.".encode() else None
            self.assertTrue(dkim.verify(signed, dnsfunc=record))
            for result, content in {"dkim=pass": signed, "dkim=fail": signed.replace(b"Hello.", b"Hullo.")}.items():
                path = self.written("signed", content)
                with self.subTest(kind=kind, result=result), self.bed.directly(OpenDKIM("verify"), kind):
                    sent = run("send", path, "--milter", address.libmilter, "--client", "192.0.2.7",
                               "--expect", f'insheader and "{result}"')
                    self.assertEqual(0, sent.returncode, sent.stdout + sent.stderr)

    def test_a_milter_gets_what_the_real_mta_gives_it(self):
        for name in ("postfix", "sendmail"):
            mta = self.bed.mta(name)
            for title, content in MAILS.items():
                if name == "sendmail" and title.startswith("a long"):
                    continue  # it refuses such a mail itself (MaxHeadersLength)
                with self.subTest(mta=name, mail=title):
                    with self.bed.through_proxy(ActionMilter(), "inet") as proxy:
                        self.bed.play(scenarios.once(content), mta, "inet")
                        real = commands(Trace(proxy.trace).stream(1, "mta"))
                        trace = self.bed.workshop.file("sent.mtrace")
                        sent = run("send", self.written("mail", content), "--milter", proxy.back.libmilter, "--as", name,
                                   "--client", "127.0.0.1", "-w", trace, *LOCAL)
                    self.assertEqual(0, sent.returncode, sent.stdout + sent.stderr)
                    ours = commands(Trace(trace).stream(1, "mta"))
                    self.assertEqual(len(real), len(ours))
                    for place, (theirs, own) in enumerate(zip(real, ours)):
                        self.assertEqual(theirs[:200], own[:200], f"packet {place} of {name}")
                        self.assertEqual(theirs, own, f"packet {place} of {name}")


if __name__ == "__main__":
    unittest.main()
