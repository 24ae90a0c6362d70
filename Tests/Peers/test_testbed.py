"""The testbed itself: its comparisons hold where nothing changes, and fail where something does."""
import unittest

from testbed import scenarios, wire
from testbed.bed import the_bed
from testbed.comparing import CALLBACKS, play_all, some
from testbed.milters import ActionMilter, OpenDKIM
from testbed.waiting import until

CHOSEN = some("plain", "several-recipients", "several-mails", "no-fields", "act-everything", "act-quarantine",
              "verdict-mail-reject", "verdict-rcpt-lines", "verdict-header-tempfail", "verdict-eom-discard")


class Comparing(unittest.TestCase):
    def both(self, mta_name, kind, milter, change=None):
        bed = the_bed()
        mta = bed.mta(mta_name)
        with bed.directly(milter, kind):
            direct = play_all(CHOSEN, mta, kind)
        with bed.through_relay(milter, kind, change):
            return direct, play_all(CHOSEN, mta, kind)

    def test_a_relay_makes_no_difference(self):
        for mta in ("postfix", "sendmail"):
            for kind in ("inet", "unix"):
                with self.subTest(mta=mta, kind=kind):
                    direct, relayed = self.both(mta, kind, ActionMilter())
                    self.assertEqual(direct, relayed)

    def test_one_changed_octet_of_the_milters_is_seen(self):
        def change(side, octets):
            return octets.replace(b"all of it", b"all of 1t") if side == "milter" else octets
        direct, relayed = self.both("postfix", "inet", ActionMilter(), change)
        self.assertEqual(["act-everything"], [name for name in CHOSEN if direct[name] != relayed[name]])

    def test_one_changed_reply_is_seen(self):
        def change(side, octets):
            return octets.replace(b"one of two lines", b"One of two lines") if side == "milter" else octets
        direct, relayed = self.both("sendmail", "unix", ActionMilter(), change)
        self.assertEqual(["verdict-rcpt-lines"], [name for name in CHOSEN if direct[name] != relayed[name]])


class Peers(unittest.TestCase):
    def test_opendkim_signs_alike_every_time(self):
        bed = the_bed()
        for mta in ("postfix", "sendmail"):
            with self.subTest(mta=mta):
                fields = []
                for _ in range(2):
                    with bed.directly(OpenDKIM("sign"), "inet"):
                        mail, = bed.play(scenarios.FLOWS["plain"], bed.mta(mta), "inet").mails
                    fields.append([field for field in mail.fields if field.startswith("DKIM-Signature:")])
                self.assertEqual(1, len(fields[0]))
                self.assertEqual(fields[0], fields[1])

    def test_callbacks_are_counted_as_the_wire_has_them(self):
        bed, milter = the_bed(), ActionMilter()
        with bed.through_relay(milter, "inet") as relay:
            play_all(CHOSEN, bed.postfix, "inet")
            until(lambda: relay.is_idle, "the sessions to end")
            until(lambda: milter.callbacks()["close"] == len(relay.records), "libmilter to see the ends")
            sent = sum((wire.codes(bytes(record.from_mta)) for record in relay.records), wire.codes(b""))
        called = milter.callbacks()
        self.assertGreaterEqual(len(relay.records), len(CHOSEN))
        for callback, letter in CALLBACKS.items():
            self.assertEqual(called[callback], sent[letter], callback)


if __name__ == "__main__":
    unittest.main()
