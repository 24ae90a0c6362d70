"""What becomes of each mail of a session in which a milter once says something odd: two mails behind a real MTA, against
what mitmilter says of each."""
import dataclasses
import json
import re
from concurrent.futures import ThreadPoolExecutor

from . import oracle, verdicts
from .proxy import run
from .smtp import Client, HungUp
from .verdicts import LETTERS, Said

MAILS = 2
RCPTS = ("first@example.test", "second@example.test")
ALL_ACTIONS = 0x1FF

MODIFICATIONS = (b"hX-Odd\0value\0", b"i\0\0\0\1X-Odd\0value\0", b"m\0\0\0\1Subject\0other\0", b"+<third@example.test>\0",
                 b"2<third@example.test>\0", b"-<second@example.test>\0", b"e<other@example.org>\0", b"bother\r\n", b"qa reason\0")
# Cut short, too long, or of no sense.
MALFORMED = (b"hX-Odd\0value", b"hX-Odd\0", b"h", b"hX-Odd\0value\0more", b"i\0\0", b"i\0\0\0\1X-Odd\0value", b"m\0\0\0\1Subject",
             b"m\0\0", b"+<third@example.test>", b"+", b"-<second@example.test>", b"e<other@example.org>", b"e", b"q", b"qa reason",
             b"qa reason\0more")
VERDICTS = (b"c", b"a", b"r", b"t", b"d", b"s", b"4")
TEXTS = (b"y550 5.7.1 no\0", b"y451 4.7.1 later\0", b"y421 4.7.0 go\0", b"y550 4.7.1 no\0", b"y451 5.7.1 no\0", b"y55\0", b"y",
         b"y550\0", b"y451\0", b"y250 ok\0", b"y550 5.7.1 no", b"y451 4.7.1 later", b"y451 4.7.1 no\0more\0", b"y550 5.7.1 100% sure\0",
         b"y451 4.7.1 100% busy\0", b"y550_no\0")
SECOND = tuple((first, second) for first in (b"c", b"r", b"d", b"a") for second in (b"c", b"r", b"t", b"d", b"a", b"s")
               if (first, second) != (b"c", b"s"))
NO_REPLIES = (b"f", b"l\0\0\0\0", b"Z", b"O\0\0\0\6\0\0\0\0\0\0\0\0", b"p", b"cx", b"rx", b"C")


def sayings(mta):
    """Each odd thing at each stage."""
    for stage in LETTERS:
        for reply in VERDICTS + TEXTS:
            yield Said(stage, reply)
        for first, second in SECOND:
            yield Said(stage, first, (second,))
        for odd in MODIFICATIONS + NO_REPLIES + (MALFORMED if stage == "bodyeob" else MALFORMED[:2]):
            yield Said(stage, odd, (b"c",))


def is_deadly(mta, said):
    """Postfix's server process dies of it, and Postfix then takes its time before it starts another."""
    return mta == "postfix" and said.stage == "unknown" and said.reply[:1] in b"ad"


@dataclasses.dataclass
class Real:
    """What the client was told of a mail in the end, and whether it was delivered, held, or dropped."""
    reply: str
    fate: str


def play(bed, mta, told):
    """Each in a session of its own, through a proxy: the trace, and the `Real`s of each session's mails."""
    back = bed.spot("inet")
    milter = verdicts.Milter(back, told, ALL_ACTIONS)
    port = bed.mta(mta).doors["inet"]
    bed.sink.take()
    try:
        with bed.proxy(bed.fronts["inet"], back) as proxy, ThreadPoolExecutor(verdicts.CLIENTS) as pool:
            replies = list(pool.map(lambda row: _converse(port, *row), enumerate(told)))
            held = bed.mta(mta).release()
            bed.mta(mta).settle()
            assert proxy.terminate() == 0, proxy.output()
    finally:
        milter.close()
    arrived = {}
    for delivery in bed.sink.take():
        place = tuple(map(int, re.search(rb"^X-Place: (\d+)\.(\d+)", delivery.content, re.M).groups()))
        arrived.setdefault(place, set()).update(re.findall(r"<(\w+)@", " ".join(delivery.rcpts)))
    return proxy.trace, [[_real(reply, (number, i) in arrived, held) for i, reply in enumerate(mails)]
                         for number, mails in enumerate(replies)]


def _real(reply, has_arrived, held):
    ids = [found[1] for pattern in oracle.QUEUE_ID.values() if (found := pattern.search(reply))]
    if ids and ids[0] in held:
        return Real(reply, "held")
    if has_arrived:
        return Real(reply, "delivered")
    return Real(reply, {"2": "dropped", "4": "put off", "5": "refused"}.get(reply[:1], "cut off"))


def _converse(port, number, said):
    """The reply that settled each mail; "" where the client was cut off before or in it."""
    replies = []
    client = Client(port, [], verdicts.SECONDS, verdicts.address_of(number))
    try:
        client.greet()
        if said.stage == "unknown":
            client.command("FOOBAR")
        for i in range(MAILS):
            content = verdicts.MAIL.replace(b"Subject:", f"X-Place: {number}.{i}\r\nSubject:".encode())
            replies.append("")
            replies[-1] = _deliver(client, content, f"s{number}m{i}@example.org")
            if replies[-1][:1] != "2":
                client.command("RSET")
        client.quit()
    except (HungUp, TimeoutError):
        pass
    finally:
        client.close()
    return replies


def _deliver(client, content, sender):
    """The reply that settled the mail; where all recipients were refused, the worst of them."""
    reply = client.command(f"MAIL FROM:<{sender}>")
    if reply[0] != "2":
        return reply
    refused = [reply for rcpt in RCPTS if (reply := client.command(f"RCPT TO:<{rcpt}>"))[0] != "2"]
    if len(refused) == len(RCPTS):
        return max(refused)
    reply = client.command("DATA")
    return client.content(content) if reply[0] == "3" else reply


# MARK: what mitmilter says

# What is said of a mail, by what it is. Where the milter failed, or the connection ended, the MTA's own choice counts: F=T and
# tempfail in the testbed.
OUTCOMES = {"delivered": {"accepted"}, "held": {"quarantined"}, "dropped": {"discarded"}, "refused": {"rejected"},
            "put off": {"tempfailed", "lost", "failed"}, "cut off": {"lost", "aborted", "tempfailed", "open"}}
FATES = {"delivered": {"delivered"}, "held": {"held"}, "dropped": {"discarded"}, "refused": {"rejected", "failed"},
         "put off": {"tempfailed", "failed", "lost"}, "cut off": {"lost", "aborted", "tempfailed", "pending", "failed"}}


def said_of(mta, trace):
    """The messages of each session, in order."""
    exported = run("export", "jsonl", "--delivered", mta, trace, seconds=300)
    assert exported.returncode == 0, exported.stderr
    sessions, found = {}, {}
    for line in exported.stdout.splitlines():
        thing = json.loads(line)
        if thing["type"] == "session" and "client" in thing:
            sessions[thing["conn"]] = verdicts.number_of(thing["client"]["address"])
        elif thing["type"] == "message":
            found.setdefault(sessions[thing["conn"]], []).append(thing)
    return found


def place_of(message, i):
    """Which mail of its session a message is: by its sender, else by its Subject's neighbour, else by its place."""
    sender = re.match(r"<s\d+m(\d+)@", (message.get("from") or {}).get("address", ""))
    return int(sender[1]) if sender else i


def differences(mta, said, reals, messages):
    for i, message in enumerate(messages):
        place = place_of(message, i)
        if place >= len(reals):
            continue
        real = reals[place]
        if message["outcome"] not in OUTCOMES[real.fate]:
            yield place + 1, "outcome", message["outcome"], f"{real.fate}: {real.reply}"
        if message["delivered"]["fate"] not in FATES[real.fate]:
            yield place + 1, "fate", message["delivered"]["fate"], f"{real.fate}: {real.reply}"
