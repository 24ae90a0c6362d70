"""An operator at the screen, between a real MTA and a real OpenDKIM."""
import unittest

from testbed.background import sent
from testbed.bed import the_bed
from testbed.milters import OpenDKIM
from testbed.proxy import Trace, run

MTAS = ("postfix", "sendmail")
FORGED = "v=1; a=rsa-sha256; d=example.org; b=forged"
WORDS = "not today, thank you"


class EndOfMessage(unittest.TestCase):
    """The replies to end of message are held, one after the other, and changed by hand."""

    def decide(self, mta, decide):
        """Reads the mail and its macros, forges the signature, adds a header; `decide` gives the verdict."""
        bed = the_bed()
        with bed.through_screen(OpenDKIM("sign"), "inet") as screen:
            screen.wait("waiting for an MTA")
            screen.key("i")
            screen.send("reply and stage == bodyeob")
            screen.key("Enter")
            screen.wait("holding reply and stage == bodyeob")
            mail = sent(bed, bed.mta(mta))
            screen.wait("3 Held 1")
            screen.key("3")
            screen.wait(r"BODYEOB +INSHEADER .*your hold")
            screen.key("Enter", "l")
            screen.wait(r"^ +\{mail_addr\} +<?sender@example\.org")
            screen.key("l")
            screen.wait(r"Subject\[1\] +.?A test")
            screen.key("G")
            screen.wait(r"Hello\.↵")
            screen.key("q", "e")
            screen.wait("edit packet .* INSHEADER")
            screen.key("Tab", "Tab", "C-u")
            screen.send(" " + FORGED)
            screen.wait("leaves as +INSHEADER at 0: DKIM-Signature: .*forged")
            screen.key("Enter")
            screen.wait(r"packet \d+: set header.value")
            screen.key("a")
            screen.wait(r"BODYEOB +(accept|continue) +your hold")
            screen.key("+", "a")
            screen.send('X-Seen "by the operator"')
            screen.key("Enter")
            screen.wait(r"packet \d+: add-header X-Seen")
            decide(screen)
            screen.wait("Nothing held|No mail is waiting")
            outcome = mail.result()
            self.assertEqual(0, screen.leave(), screen.picture())
            screen.check_restored()
        return outcome, screen.trace

    @staticmethod
    def refuse(screen):
        screen.key("v")
        screen.wait("Answer to BODYEOB")
        screen.key("o")
        screen.wait("reply 550 5.7.1")
        screen.send(WORDS)
        screen.key("Enter")

    @staticmethod
    def take(screen):
        screen.key("v")
        screen.wait("Answer to BODYEOB")
        screen.key("c")

    def test_the_client_hears_the_operators_words(self):
        for mta in MTAS:
            with self.subTest(mta=mta):
                outcome, trace = self.decide(mta, self.refuse)
                self.assertEqual((), outcome.mails)
                self.assertEqual(f"550 5.7.1 {WORDS}", outcome.final_replies()[-2])
                self.told(trace, f'reply 550 5.7.1 "{WORDS}"', f"550 5.7.1 {WORDS}")

    def test_the_mail_carries_the_operators_headers(self):
        for mta in MTAS:
            with self.subTest(mta=mta):
                outcome, trace = self.decide(mta, self.take)
                self.assertEqual("2", outcome.final_replies()[-2][0])
                fields = outcome.mails[0].fields
                self.assertEqual([f"DKIM-Signature: {FORGED}"],
                                 [field for field in fields if field.startswith("DKIM-Signature")])
                self.assertIn("X-Seen: by the operator", fields)
                self.told(trace, "continue", "ADDHEADER X-Seen")

    def told(self, trace, instruction, last):
        """`show` tells it in order: what came, what was asked, what left."""
        listing = run("show", trace)
        self.assertEqual(0, listing.returncode, listing.stderr)
        story = ["INSHEADER at 0: DKIM-Signature:  v=1; a=rsa-sha256; c=relaxed/simple", "hold",
                 f'by operator: set header.value " {FORGED}"', "by operator: forward", "release",
                 f"DKIM-Signature:  {FORGED}  [SENT INSTEAD by operator]", "hold",
                 'by operator: add-header X-Seen "by the operator"', f"by operator: {instruction}", last]
        at = 0
        for words in story:
            found = listing.stdout.find(words, at)
            self.assertGreaterEqual(found, 0, f"no '{words}' behind character {at} of\n{listing.stdout}")
            at = found + len(words)
        self.assertEqual([], Trace(trace).errors)


if __name__ == "__main__":
    unittest.main()
