"""What `export --delivered` says, held against what real MTAs deliver of random mails that a milter changes at random."""
import os
import unittest

from testbed import oracle, randommail
from testbed.bed import the_bed

# Another seed, and more mails, by hand: MITMILTER_ORACLE_SEED=x MITMILTER_ORACLE_MAILS=10000 Tests/Peers/run test_oracle
SEED = os.environ.get("MITMILTER_ORACLE_SEED", "1")
MAILS = int(os.environ.get("MITMILTER_ORACLE_MAILS", "300"))
SHOWN = 10


class Oracle(unittest.TestCase):
    def agree(self, mta):
        bed = the_bed()
        trace, recorded = oracle.record(bed, mta, SEED, MAILS // randommail.MAILS_A_CONNECTION)
        found = oracle.differences(mta, trace, recorded, bed.workshop.file("mails"))
        differing = {number for number, *_ in found}
        lines = [f"mail {number}, {what}:\n  said {said!r}\n  real {real!r}\n  asked {randommail.session(SEED, number).replies}"
                 for number, what, said, real in found[:SHOWN]]
        self.assertEqual(set(), differing, f"{len(differing)} of {len(recorded)} mails\n" + "\n".join(lines))
        self.assertEqual(MAILS, len(recorded))
        self.assertGreater(sum(bool(mail.deliveries) for mail in recorded), MAILS * 9 // 10)

    def test_postfix(self):
        self.agree("postfix")

    def test_sendmail(self):
        self.agree("sendmail")
