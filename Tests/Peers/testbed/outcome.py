"""What an MTA made of a scenario, with only that removed which differs between any two runs.

Removed: queue ids, the times in Received fields, greetings and made-up Date fields, and made-up Message-IDs.
Nothing else: a DKIM-Signature is compared with its time and its signature (see programs/frozentime.c), except
where it signs a Date that the MTA made up.
"""
import dataclasses
import re

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
DATE = rf"\w{{3}}, [ \d]?\d (?:{MONTHS}) \d{{4}} \d\d:\d\d:\d\d (?:[-+]\d{{4}}|GMT)(?: \(\w+\))?"

REPLY_VARIES = [
    (re.compile(r"queued as \w+"), "queued as ID"),                       # Postfix
    (re.compile(r"\b[0-9A-Za-z]{8}\d{6}\b"), "ID"),                       # Sendmail: ADK9h7Ba012345
    (re.compile(r"(ESMTP Sendmail [^;]*); " + DATE), r"\1; DATE"),
]
HEADER_VARIES = [
    (re.compile(r"^(Received: .*?\bid )\w+", re.S), r"\1ID"),
    (re.compile(r"^(Received: .*); *\s*" + DATE + r"\Z", re.S), r"\1; DATE"),
    (re.compile(r"^(Message-I[dD]: <)[\w.]+(@mta\.example\.test>)"), r"\1ID\2"),
]


@dataclasses.dataclass(frozen=True)
class Mail:
    """One delivery: envelope as the next hop was told it, header fields in order with their folds, the body."""
    sender: str
    rcpts: tuple
    fields: tuple
    body: bytes


@dataclasses.dataclass(frozen=True)
class Outcome:
    transcript: tuple
    mails: tuple
    left: tuple

    def final_replies(self):
        return [text for kind, text in self.transcript if kind == "S"]

    def lines(self):
        """One thing a line, for a readable difference."""
        yield from (f"{kind}: {text}" for kind, text in self.transcript)
        for number, mail in enumerate(self.mails, 1):
            yield f"mail {number}: from {mail.sender} to {' '.join(mail.rcpts)}"
            yield from (f"  {field!r}" for field in mail.fields)
            yield f"  body of {len(mail.body)} octets: {mail.body[:200]!r}"
        yield f"left in the queue: {dict(self.left)}"


def outcome(transcript, deliveries, left, made_up_date):
    mails = sorted((_mail(delivery, made_up_date) for delivery in deliveries),
                   key=lambda mail: (mail.rcpts, mail.fields, mail.body))
    replies = tuple((kind, _varied(text, REPLY_VARIES) if kind == "S" else text) for kind, text in transcript)
    return Outcome(replies, tuple(mails), tuple(sorted(left.items())))


def _mail(delivery, made_up_date):
    head, _, body = delivery.content.partition(b"\r\n\r\n")
    text = head.decode("utf-8", "surrogateescape")
    fields = re.split(r"\r\n(?![ \t])", text)
    sender = re.sub(r" SIZE=\d+", "", delivery.mail)  # of the Received field, which is as long as its host's clock says
    return Mail(sender, delivery.rcpts, tuple(_field(field, made_up_date) for field in fields), body)


def _field(field, made_up_date):
    field = _varied(field, HEADER_VARIES)
    if made_up_date and field.startswith("Date:"):
        return re.sub(DATE, "DATE", field)
    if made_up_date and field.startswith("DKIM-Signature:"):
        return re.sub(r"\bb=[^;]*", "b=OF A DATE", field)
    return field


def _varied(text, rules):
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text
