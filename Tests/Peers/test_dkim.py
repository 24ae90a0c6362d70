"""Mail signed and verified by OpenDKIM behind mitmilter, checked by a second implementation (dkimpy)."""
import unittest

import dkim

from testbed import scenarios
from testbed.bed import the_bed
from testbed.comparing import difference
from testbed.milters import DOMAIN, SELECTOR, OpenDKIM

PAIRS = [(mta, kind) for mta in ("postfix", "sendmail") for kind in ("inet", "unix")]


def signed_mail(bed, mta, kind):
    """The delivered content of the plain scenario."""
    with bed.visit(mta, kind) as visit:
        scenarios.FLOWS["plain"](visit.connect)
    visit.outcome()
    delivery, = visit.deliveries
    return delivery.content


def verifies(bed, content):
    def record(name, timeout=5):
        return bed.workshop.dns_record if name == f"{SELECTOR}._domainkey.{DOMAIN}.".encode() else None
    return dkim.verify(content, dnsfunc=record)


class Signing(unittest.TestCase):
    def test_what_was_signed_behind_mitmilter_verifies(self):
        bed = the_bed()
        for mta, kind in PAIRS:
            with self.subTest(mta=mta, kind=kind), bed.through_proxy(OpenDKIM("sign"), kind):
                content = signed_mail(bed, bed.mta(mta), kind)
                self.assertTrue(verifies(bed, content))
                self.assertFalse(verifies(bed, content.replace(b"Hello.", b"Hullo.")))


class Verifying(unittest.TestCase):
    def test_the_same_result_is_added(self):
        bed = the_bed()
        with bed.directly(OpenDKIM("sign"), "inet"):
            signed = signed_mail(bed, bed.postfix, "inet")
        mails = {"dkim=pass": signed, "dkim=fail": signed.replace(b"Hello.", b"Hullo."),
                 "dkim=none": scenarios.mail()}
        for mta, kind in PAIRS:
            for result, mail in mails.items():
                with self.subTest(mta=mta, kind=kind, result=result):
                    with bed.directly(OpenDKIM("verify"), kind):
                        direct = bed.play(scenarios.once(mail), bed.mta(mta), kind)
                    with bed.through_proxy(OpenDKIM("verify"), kind):
                        passed = bed.play(scenarios.once(mail), bed.mta(mta), kind)
                    self.assertEqual(direct, passed, difference(direct, passed, "directly", "through mitmilter"))
                    results = [field for field in passed.mails[0].fields if field.startswith("Authentication-Results:")]
                    self.assertEqual(1, len(results), passed.mails[0].fields)
                    self.assertIn(result, results[0])


if __name__ == "__main__":
    unittest.main()
