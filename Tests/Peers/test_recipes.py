"""Every file of docs/recipes in front of a real Postfix: what passes as it was, and what does not."""
import base64
import glob
import os
import unittest
import unittest.mock

from testbed import scenarios
from testbed.bed import the_bed
from testbed.proxy import ROOT

FOLDER = os.path.join(ROOT, "docs", "recipes")


class Mail:
    """A mail and what is to come of it.

    `says`: how the last reply begins, or a part of it. `has`, `lacks`: fields of the delivered mail. `to`: its
    recipients. `held`: it stays in the queue. `client`, `login`: what XCLIENT tells Postfix. `without`, `instead`: what is no longer
    in its body, and what stands there.
    """

    def __init__(self, says="250", sender="sender@example.org", rcpts=("first@example.test",), content=None, client=None,
                 login=None, has=(), lacks=(), to=None, held=0, without=b"", instead=b"", **mail):
        self.says, self.sender, self.rcpts, self.client, self.login = says, sender, rcpts, client, login
        self.content = content or scenarios.mail(**mail)
        self.has, self.lacks, self.to, self.held = has, lacks, to, held
        self.without, self.instead = without, instead

    def play(self, connect):
        client = connect()
        client.greet()
        for name, value in (("ADDR", self.client), ("LOGIN", self.login)):
            if value:
                client.command(f"XCLIENT {name}={value}")
                client.command("EHLO client.example.org")
        self.last = client.deliver(self.content, sender=self.sender, rcpts=self.rcpts)
        client.quit()


NO_SUBJECT = scenarios.mail().replace(b"Subject: A test\r\n", b"")

REPLACED = base64.b64encode(b"bill.EXE was removed.\r\n") + b"\r\n"
MIXED = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=limit"]
PROGRAM = b"TVqQAAMAAAAEAAAA\r\n"
NAMED = b"Content-Type: application/octet-stream; name=\"=?utf-8?Q?bill.EXE?=\"\r\n"
RENAMED = b"Content-Disposition: attachment; filename=\"bill.EXE.txt\"\r\n" \
    b"Content-Type: application/octet-stream; name=\"bill.EXE.txt\"\r\n"
ATTACHED = b"--limit\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" \
    b"UGxlYXNlIG1ha2UgYSBXaXJlICBUcmFuc2Zlci4=\r\n--limit\r\n" \
    + NAMED + b"Content-Transfer-Encoding: base64\r\n\r\n" \
    + PROGRAM + b"--limit--\r\n"

RECIPES = {
    "client-address": [
        Mail(client="192.0.2.7", fields=["X-Client: 127.0.0.1", "x-client: 127.0.0.2"], has=["X-Client: 192.0.2.7"],
             lacks=["X-Client: 127.0.0.1", "x-client: 127.0.0.2"]),
        Mail(has=["X-Client: 127.0.0.1"])],
    "recipient-left": [
        Mail("550 5.1.6 former-boss@example.test has left; write to postmaster", rcpts=("former-boss@example.test",)),
        Mail(rcpts=("former-boss@example.test", "first@example.test"), to=["<first@example.test>"])],
    "body-word": [Mail(fields=MIXED, body=ATTACHED, held=1), Mail(body=b"A wire=20\r\ntransfer\r\n"), Mail()],
    "sender-rate": [
        *(Mail(sender="Busy@example.org") for _ in range(5)),
        Mail("450 4.7.1 too many mails from busy@example.org; come again in ten minutes", sender="busy@example.org"),
        Mail(sender="calm@example.org"), *(Mail(sender="") for _ in range(6))],
    "remove-programs": [
        Mail(fields=MIXED, body=ATTACHED, has=["X-Removed: programs"], lacks=["X-Removed: scripts"],
             without=PROGRAM, instead=REPLACED),
        Mail(lacks=["X-Removed: programs"])],
    "rename-programs": [
        Mail(fields=MIXED, body=ATTACHED, has=["X-Renamed: programs"], lacks=["X-Renamed: scripts"],
             without=NAMED, instead=RENAMED),
        Mail(lacks=["X-Renamed: programs"])],
    "ask-a-program": [
        Mail(fields=MIXED, body=ATTACHED, has=["X-Attached: bill.EXE"]), Mail(),
        Mail("550 5.7.1 a bounce has one recipient", sender="", rcpts=("first@example.test", "other@example.test"))],
    "refuse-sender-domain": [
        Mail("550 5.7.1 not allowed here!", sender="boss@example.com"),
        Mail("550 5.7.1 not allowed here!", sender="Boss@Mail.EXAMPLE.com"),
        Mail(sender="boss@example.com.au"), Mail(sender="")],
    "refuse-address": [
        Mail("550 5.7.1 not from you", sender="Mallory@example.com"),
        Mail("550 5.7.1 not from you", content=scenarios.mail().replace(
            b"From: Sender <sender@example.org>", b'From: "M." <mallory@EXAMPLE.com>')),
        Mail("550 5.7.1 not from you", content=scenarios.mail().replace(
            b"From: Sender <sender@example.org>", b"From: somebody@example.org,\r\n mallory@example.com")),
        Mail(content=scenarios.mail().replace(b"sender@example.org", b"not-mallory@example.com")),
        Mail(content=scenarios.mail().replace(b"sender@example.org", b"mallory@example.com.au")),
        Mail(subject="mallory@example.com")],
    "strip-x-headers": [
        Mail(fields=["X-Spam: no", "x-mailer: some", "X-Dup: 1", "X-Dup: 2", "Not-X: stays"],
             has=["Not-X: stays", "X-Checked: by mitmilter", "Subject: A test"],
             lacks=["X-Spam: no", "x-mailer: some", "X-Dup: 1", "X-Dup: 2"])],
    "recipient-map": [
        Mail("550 5.7.1 only the chair writes to this list", rcpts=("Board@Example.Test",)),
        Mail(sender="Chair@EXAMPLE.org", rcpts=("board@example.test", "all-staff@example.test")),
        Mail(rcpts=("board@example.test", "other@example.test"), to=["<other@example.test>"]),
        Mail("550 5.7.1 members only", sender="", rcpts=("announce@example.test",)),
        Mail(rcpts=("announce@example.test",))],
    "tag-subject": [
        Mail(has=["Subject: [external] A test"]),
        Mail(subject="Re: [external] A test", has=["Subject: Re: [external] A test"]),
        Mail(sender="staff@example.test", has=["Subject: A test"]),
        Mail(content=NO_SUBJECT, has=["Subject: [external] "])],
    "quarantine-by-macro": [
        Mail(login="newcomer", held=1), Mail(login="longtimer"), Mail()],
    "add-recipient": [
        Mail(rcpts=("orders@example.test",), to=["<archive@example.test>", "<orders@example.test>"]),
        Mail(rcpts=("orders@example.test", "archive@example.test"),
             to=["<archive@example.test>", "<orders@example.test>"]),
        Mail(to=["<first@example.test>"])],
    "greylist": [
        Mail("451 4.7.1 please come again", client="192.0.2.7"), Mail(client="192.0.2.7"), Mail(client="192.0.2.7"),
        Mail("451 4.7.1 please come again", client="192.0.2.8"),
        Mail("451 4.7.1 please come again", client="192.0.2.7", sender="other@example.org"), Mail()],
    "size-limit": [
        Mail("552 5.3.4 at most 100 kB, please", body=scenarios.lines(1700)), Mail(body=scenarios.lines(1500))],
    "replace-body": [
        Mail(subject="the [CONFIDENTIAL] plan", fields=["Content-Type: text/html", "Content-Transfer-Encoding: 8bit"],
             has=["Content-Type: text/plain; charset=us-ascii", "X-Body-Removed: yes"],
             lacks=["Content-Transfer-Encoding: 8bit"]),
        Mail(subject="the plan", lacks=["X-Body-Removed: yes"])],
    "client-network": [
        Mail("450-4.7.1 this network is being moved,\n450 4.7.1 try again tomorrow", client="192.0.2.200"),
        Mail(client="192.0.3.1"), Mail()],  # IPv6 needs a Postfix that speaks it: StandInTests
    "no-subject": [
        Mail("550 5.7.1 a mail needs a Subject", content=NO_SUBJECT),
        Mail("550 5.7.1 a mail needs a Subject", subject="  "), Mail(),
        Mail(content=NO_SUBJECT, login="alice")],
}

REMOVED = b"The text of this mail was removed.\r\nAsk the sender for it.\r\n"


class Recipes(unittest.TestCase):
    def test_no_recipe_is_without_a_test(self):
        names = {os.path.basename(path).removesuffix(".rules") for path in glob.glob(os.path.join(FOLDER, "*.rules"))}
        self.assertEqual(set(RECIPES), names)

    def check(self, mail, outcome):
        self.assertTrue(mail.last.startswith(mail.says), mail.last)
        taken = mail.says.startswith("250") and not mail.held
        self.assertEqual(taken, bool(outcome.mails), outcome.transcript)
        self.assertEqual(mail.held, dict(outcome.left)["held"])
        for delivered in outcome.mails:
            for field in mail.has:
                self.assertIn(field, delivered.fields)
            for field in mail.lacks:
                self.assertNotIn(field, delivered.fields)
            removed = "X-Body-Removed: yes" in delivered.fields
            body = mail.content.partition(b"\r\n\r\n")[2].replace(mail.without, mail.instead)
            self.assertEqual(REMOVED if removed else body, delivered.body)
        if mail.to is not None:
            rcpts = sorted(rcpt.split()[0] for delivered in outcome.mails for rcpt in delivered.rcpts)
            self.assertEqual(mail.to, rcpts)


def claim(name):
    def test(self):
        bed = the_bed()
        # Where the programs that recipes ask are looked for.
        asked = {"PATH": os.path.join(ROOT, "docs", "ask") + os.pathsep + os.environ["PATH"]}
        with unittest.mock.patch.dict(os.environ, asked), bed.stand_in("inet", "-r", os.path.join(FOLDER, f"{name}.rules")) as milter:
            for number, mail in enumerate(RECIPES[name], 1):
                outcome = bed.play(mail.play, bed.postfix, "inet")
                with self.subTest(recipe=name, mail=number):
                    self.check(mail, outcome)
            self.assertEqual(0, milter.terminate(), milter.output())
    return test


for recipe in RECIPES:
    setattr(Recipes, f"test_{recipe.replace('-', '_')}", claim(recipe))


if __name__ == "__main__":
    unittest.main()
