"""Broken milters behind real MTAs: the first finding names the fault and its packet, the rest follows from it, and what is
said of each mail is what became of it."""
import json
import unittest

from testbed import scenarios, wire
from testbed.bed import the_bed
from testbed.broken import ADDHEADER, CLOSE, CONTINUE, BrokenMilter, at, content_all_the_same, twice_to_subject
from testbed.proxy import Trace, run
from testbed.smtp import HungUp
from testbed.waiting import until

MTAS = ("postfix", "sendmail")
NR_CONTENT = 0x80 | 0x40000 | 0x80000

# Title, fault, protocol flags, the first rule.
WAYS = [
    ("two replies to MAIL", at("M", CONTINUE * 2), 0, "R02"),
    ("two replies to Subject", twice_to_subject, 0, "R02"),
    ("two replies at the end", at("E", CONTINUE * 2), 0, "R02"),
    ("replies to headers that go without", content_all_the_same, NR_CONTENT, "R01"),
    ("a modification at MAIL", at("M", ADDHEADER + CONTINUE), 0, "R04"),
    ("a modification at RCPT", at("R", ADDHEADER + CONTINUE), 0, "R04"),
    ("QUARANTINE at MAIL", at("M", wire.frame("q", b"why\0") + CONTINUE), 0, "R05"),
    ("CONN_FAIL at RCPT", at("R", wire.frame("f")), 0, "R13"),
    ("codes of two classes", at("M", wire.frame("y", b"550 4.7.1 no\0")), 0, "T03"),
    ("an HTTP server", at("O", b"HTTP/1.1 400 Bad Request\r\n\r\n"), 0, "F09"),
    ("a crash at OPTNEG", at("O", CLOSE), 0, "W06"),
] + [(f"a crash at {letter}", at(letter, CLOSE), 0, "R03") for letter in "CHMRTLNBE"]


def two_mails(connect):
    try:
        client = connect()
        client.greet()
        for number in range(2):
            client.deliver(scenarios.mail(f"number {number}", message_id=f"<broken{number}@example.org>"))
        client.quit()
    except HungUp:
        pass


def findings(trace):
    """In the order of happening, but for W09: Sendmail writes macros and command apart, whatever the milter does."""
    found = json.loads(run("export", "json", "--no-redact", trace).stdout)["findings"]
    return [one for one in found if one["id"] != "W09"]


class BrokenMilters(unittest.TestCase):
    def play(self, mta, fault, steps):
        """The trace, and how many mails the next hop got."""
        bed = the_bed()
        with bed.through_proxy(BrokenMilter(fault, steps), "inet") as proxy:
            with bed.visit(bed.mta(mta), "inet") as visit:
                two_mails(visit.connect)
            visit.outcome()
            until(lambda: [record for record in Trace(proxy.trace).records
                           if record["k"] == "close" and record["leg"] == "mta"], "the MTA to leave")
        return proxy.trace, len(visit.deliveries)

    def test_the_fault_is_first_and_the_rest_follows_from_it(self):
        for title, fault, steps, rule in WAYS:
            for mta in MTAS:
                with self.subTest(title, mta=mta):
                    trace, _ = self.play(mta, fault, steps)
                    found = findings(trace)
                    self.assertEqual(found[0]["id"], rule, found)
                    self.assertTrue(found[0]["consequence"] and found[0]["cure"], found[0])
                    for one in found[1:]:
                        self.assertEqual(one.get("cause", {}).get("id"), rule, one)

    def test_each_mail_is_said_to_be_what_became_of_it(self):
        for title, fault, steps, rule in WAYS:
            if rule not in ("R01", "R02", "R04", "R03"):
                continue
            for mta in MTAS:
                with self.subTest(title, mta=mta):
                    trace, delivered = self.play(mta, fault, steps)
                    said = [mail["outcome"] for mail in json.loads(run("export", "json", trace).stdout)["messages"]]
                    self.assertEqual(said.count("accepted"), delivered, said)
                    self.assertNotIn("open", said)
