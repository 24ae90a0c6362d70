"""The desk over a real Postfix: mails wait on the screen of `milter`, keys judge them, and clients hear of it."""
import contextlib
import threading
import unittest

from testbed.bed import the_bed
from testbed.console import Console
from testbed.smtp import Client
from testbed.waiting import until

MIXED = b"\r\n".join([
    b"Subject: =?utf-8?b?UmVjaG51bmc=?=", b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=sep", b"",
    b"A preamble", b"--sep", b"Content-Type: text/plain", b"", b"Hello", b"--sep",
    b"Content-Type: application/pdf; name=bill.pdf", b"Content-Transfer-Encoding: base64", b"", b"SGVsbG8=",
    b"--sep--", b"An epilogue", b""])
PLAIN = b"Subject: plain\r\n\r\nHello.\r\n"


class Desk(unittest.TestCase):
    @contextlib.contextmanager
    def desk(self, *options):
        bed = the_bed()
        bed.postfix.settle()
        bed.sink.take()
        console = Console(bed.workshop, bed.fronts["inet"], *options)
        try:
            yield bed, console
        finally:
            console.close()

    def send(self, bed, sender, mail):
        """A client that delivers in a thread; the list gets the last reply."""
        told = []

        def deliver():
            client = Client(bed.postfix.doors["inet"], [], seconds=120)
            client.greet()
            told.append(client.deliver(mail, sender=sender))
            client.quit()

        thread = threading.Thread(target=deliver, daemon=True)
        thread.start()
        return thread, told

    def test_ten_mails_are_judged_by_keys(self):
        verdicts = [
            ("a", "250 2.0.0"), ("r", "550 5.7.1 Command rejected"), ("t", "451 4.7.1"), ("Dy", "250 2.0.0"),
            ("z\r", "250 2.0.0"), ('onot here"\r', "550 5.7.1 not here"), ("\rr", "550 5.7.1 Command rejected"),
            ("q+aX-Seen yes\ra", "250 2.0.0"), (":delete-part 2\ra", "250 2.0.0"),
            (':replace-part 1 "Bye"\ra', "250 2.0.0"),
        ]
        with self.desk() as (bed, console):
            clients = []
            for number in range(len(verdicts)):
                mail = MIXED if number >= 8 else PLAIN
                clients.append(self.send(bed, f"sender{number}@example.org", mail))
                held = console.held(number + 1)
            for packet, (keys, _) in zip(held, verdicts):
                console.judge(packet, keys)
            for (thread, told), (keys, reply) in zip(clients, verdicts):
                thread.join(60)
                self.assertEqual([reply], [line[:len(reply)] for line in told], keys)
            self.assertEqual({"held": 1, "deferred": 0}, bed.postfix.settle())
            until(lambda: len(bed.sink._deliveries) == 4, lambda: "four mails to be delivered")
            contents = {delivery.mail.split(">")[0][1:]: delivery.content for delivery in bed.sink.take()}
            self.assertEqual({f"sender{n}@example.org" for n in (0, 7, 8, 9)}, set(contents))
            self.assertIn(b"X-Seen: yes", contents["sender7@example.org"])
            body = MIXED.split(b"\r\n\r\n", 1)[1]
            start = body.index(b"--sep\r\nContent-Type: application")
            without = body[:start] + body[body.index(b"--sep--"):]
            for sender, wanted in (("sender8", without), ("sender9", body.replace(b"Hello\r\n", b"Bye\r\n"))):
                self.assertEqual(wanted, contents[f"{sender}@example.org"].split(b"\r\n\r\n", 1)[1])

    def test_recipients_are_judged_one_by_one(self):
        with self.desk("--hold", "rcpt or bodyeob") as (bed, console):
            client = Client(bed.postfix.doors["inet"], [], seconds=120)
            client.greet()
            client.command("MAIL FROM:<sender@example.org>")
            told = []
            for number, keys in enumerate(("a", "r", 'onot this one"\r')):
                thread = threading.Thread(
                    target=lambda: told.append(client.command(f"RCPT TO:<rcpt{number}@example.test>")), daemon=True)
                thread.start()
                console.judge(console.held(number + 1)[-1], keys)
                thread.join(60)
            self.assertEqual(["250 2.1.5", "550 5.7.1", "550 5.7.1 not this one"],
                             [told[0][:9], told[1][:9], told[2][:22]])
            client.command("DATA")
            thread = threading.Thread(target=lambda: told.append(client.content(PLAIN)), daemon=True)
            thread.start()
            console.judge(console.held(4)[-1], "a")
            thread.join(60)
            self.assertEqual("250 2.0.0", told[3][:9])
            client.quit()
            bed.postfix.settle()
            until(lambda: bed.sink._deliveries, lambda: "the mail to be delivered")
            self.assertEqual([1], [len(delivery.rcpts) for delivery in bed.sink.take()])

    def test_a_postfix_that_gives_up_leaves_nothing_waiting(self):
        # Its patience is 3 seconds here, and the desk is told of a longer one.
        with self.desk("--mta", "sendmail", "--mta-timeout", "60s,60s") as (bed, console):
            client = Client(bed.postfix.doors["short"], [], seconds=120)
            client.greet()
            reply = client.deliver(PLAIN)
            self.assertEqual("451 4.7.1", reply[:9])
            held = console.held(1)[-1]
            until(lambda: any(record["n"] == held["n"] for record in console.records("release")),
                  lambda: "the mail to leave the queue")
            outcomes = [record["outcome"] for record in console.records("release") if record["n"] == held["n"]]
            self.assertEqual(["abandoned"], outcomes)
            client.quit()


if __name__ == "__main__":
    unittest.main()
