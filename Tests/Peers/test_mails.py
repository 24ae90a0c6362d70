"""What is said to have become of the mails of a session in which a milter said something odd, held against what did."""
import unittest

from testbed import mails
from testbed.bed import the_bed

SHOWN = 40


class Mails(unittest.TestCase):
    def agree(self, mta):
        told = [said for said in mails.sayings(mta) if not mails.is_deadly(mta, said)]
        trace, reals = mails.play(the_bed(), mta, told)
        messages = mails.said_of(mta, trace)
        found = [(said, *difference) for number, said in enumerate(told)
                 for difference in mails.differences(mta, said, reals[number], messages.get(number, []))]
        lines = [f"{said.stage} {said.reply!r} {said.more!r}, mail {place}: {what} {words}, really {real}"
                 for said, place, what, words, real in found]
        self.assertEqual([], lines[:SHOWN], f"{len(found)} differences\n" + "\n".join(lines))
        self.assertGreater(sum(map(len, messages.values())), 500)

    def test_postfix(self):
        self.agree("postfix")

    def test_sendmail(self):
        self.agree("sendmail")


if __name__ == "__main__":
    unittest.main()
