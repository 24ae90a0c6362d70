"""What *What it does* says of verdicts (verdicts.tsv), held against what SMTP clients of real MTAs hear and what arrives.

Each verdict, and each form of REPLYCODE, right or wrong, at each stage; the table is printed by `VerdictTableTests`.
"""
import csv
import os
import re
import unittest

from testbed import verdicts
from testbed.bed import the_bed

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "verdicts.tsv")
SHOWN = 20

# Postfix's server process dies of it, and Postfix then takes its time before it starts another.
DEADLY = {("postfix", "unknown", b"a"), ("postfix", "unknown", b"d")}


def rows(mta):
    with open(TABLE, encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            row["reply"] = bytes.fromhex(row["reply"])
            if row["mta"] == mta and (mta, row["stage"], row["reply"]) not in DEADLY:
                yield row


# What the client heard last of a mail that was refused, by the word of lists.
REFUSED = {"rejected": b"5", "tempfailed": b"4"}


def differences(row, heard, fate, outcome, has_arrived):
    """What is said otherwise than it is."""
    reply, words = heard.at(row["stage"]), row["words"]
    code = reply[:3].decode()
    is_mtas_choice = "F= decides" in words  # F=T in the testbed
    if row["code"] == "250":  # taken, and dropped
        if reply[:3] not in (b"250", b"354") or heard.replies["dot"][:3] != b"250":
            yield "code", row["code"], heard.replies
    elif row["code"] != "-":
        if code != row["code"]:
            yield "code", row["code"], reply
    elif is_mtas_choice and row["stage"] in (*verdicts.CONTENT, "connect", "helo"):
        if code != "451":
            yield "F=T", "451", reply
    elif row["stage"] != "unknown" and reply[:1] not in (b"2", b"3"):
        yield "code", "none that refuses", reply
    if heard.was_dropped != ("disconnected" in words or "host closing connection" in words):
        yield "disconnects", words, heard.replies
    if heard.is_out_of_step != ("out of step" in row["danger"] or "waits for one more" in row["danger"]):
        yield "out of step", row["danger"], (heard.replies, heard.stray)
    yield from text_differences(row, reply)
    # Nothing is said of a mail that was not shown, or not to its end.
    if fate not in (None, "pending") and (fate == "delivered") != has_arrived:
        yield "fate", fate, "arrived" if has_arrived else "did not arrive"
    if outcome not in (None, "open") and (outcome == "accepted") != has_arrived:
        yield "outcome", outcome, "arrived" if has_arrived else "did not arrive"
    last = [said for name, said in heard.replies.items() if name not in ("noop", "quit")][-1]
    if outcome in REFUSED and last[:1] != REFUSED[outcome]:
        yield "outcome", outcome, heard.replies


def text_differences(row, reply):
    text = row["reply"][1:].split(b"\0")[0].split(b"\n")[0].strip()
    word = text.rsplit(b" ", 1)[-1]
    if row["reply"][:1] != b"y" or not word.isalpha() or row["stage"] == "connect":
        return
    is_own = "does not take the text" not in row["words"]
    if bool(re.search(rb"\b%s(?!\w)" % word, reply)) != is_own and not (row["stage"] == "helo" and reply[:3] == b"421"):
        yield "text", row["words"], reply


class Verdicts(unittest.TestCase):
    def agree(self, mta):
        table = list(rows(mta))
        sayings = [verdicts.Said(row["stage"], row["reply"]) for row in table]
        trace, heard, arrived = verdicts.play(the_bed(), mta, sayings)
        fates = verdicts.fates(mta, trace)
        found = [(row["stage"], row["reply"], *difference) for number, row in enumerate(table)
                 for difference in differences(row, heard[number], *fates.get(number, (None, None)), number in arrived)]
        self.assertGreater(len(table), 400)
        lines = [f"{stage} {reply!r}, {what}:\n  said {said!r}\n  real {real!r}" for stage, reply, what, said, real in found]
        self.assertEqual([], lines[:SHOWN], f"{len(found)} differences\n" + "\n".join(lines[:SHOWN]))

    def test_postfix(self):
        self.agree("postfix")

    def test_sendmail(self):
        self.agree("sendmail")


if __name__ == "__main__":
    unittest.main()
