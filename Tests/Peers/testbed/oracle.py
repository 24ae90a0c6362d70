"""What becomes of random mails that a milter changes: recorded from a real MTA, and held against what mitmilter says."""
import collections
import dataclasses
import json
import os
import queue
import re
import threading

from . import randommail
from .inprocess import InProcessMilter, answer, offered
from .proxy import run
from .smtp import Client, HungUp

CLIENTS = 4

# NOUNKNOWN, NODATA and no reply to anything but the end of message: the dialogue goes at the MTA's own speed.
STEPS = 0x100 | 0x200 | 0x80 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x40000 | 0x80000
LEADSPC = 0x100000


class Milter(InProcessMilter):
    """Asks for what `randommail` has for the mail in hand, which it knows by the HELO name and by counting."""

    def __init__(self, address, seed):
        self.keeps_leading_space = False
        self._seed = seed
        self.listen(address)

    def converse(self, peer, packets):
        number = None
        for letter, payload in packets:
            if letter == "O":
                actions, steps = offered(payload)
                peer.sendall(answer(actions, steps & (STEPS | (LEADSPC if self.keeps_leading_space else 0))))
            elif letter == "H":
                number = int(re.match(rb"mail(\d+)\.", payload)[1]) - 1
            elif letter == "M":
                number += 1
            elif letter == "E":
                peer.sendall(b"".join(randommail.session(self._seed, number).replies))
            elif letter == "Q":
                return


@dataclasses.dataclass
class Recorded:
    """What the client was told at the end of a mail, and what the next hop got of it."""
    number: int
    reply: str
    queue_id: str
    deliveries: list
    # Quarantined, and let go afterwards, to see what of it was held.
    was_held: bool


def record(bed, mta, seed, connections):
    """Plays so many connections of random mails through a proxy; the trace's path, and each mail's `Recorded`."""
    bed.sink.take()
    back = bed.spot("inet")
    milter = Milter(back, seed)
    door = bed.mta(mta).doors["remote" if mta == "postfix" else "inet"]
    replies = {}
    with bed.proxy(bed.fronts["inet"], back) as proxy:
        for keeps in (False, True):
            milter.keeps_leading_space = keeps
            _drive(door, seed, [c for c in range(connections) if randommail.keeps_leading_space(seed, c) == keeps], replies)
        held = bed.mta(mta).release()
        bed.mta(mta).settle()
        assert proxy.terminate() == 0, proxy.output()
    milter.close()
    return proxy.trace, _matched(replies, bed.sink.take(), held)


def _drive(port, seed, connections, replies):
    waiting, failures = queue.SimpleQueue(), []
    for connection in connections:
        waiting.put(connection)

    def work():
        while True:
            try:
                connection = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                _converse(port, seed, connection, replies)
            except (HungUp, OSError, AssertionError) as failure:
                failures.append((connection, repr(failure)))

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def _converse(port, seed, connection, replies):
    first = connection * randommail.MAILS_A_CONNECTION
    client = None
    for number in range(first, first + randommail.MAILS_A_CONNECTION):
        if client is None:
            client = Client(port, [])
            client.greet(f"mail{number}.example.org")
        mail = randommail.session(seed, number)
        said = [client.command(f"MAIL FROM:{mail.sender}")]
        said += [client.command(f"RCPT TO:{rcpt}") for rcpt in mail.rcpts]
        said.append(client.command("DATA"))
        assert all(reply[0] in "23" for reply in said), said
        replies[number] = client.content(mail.content)
        if replies[number].startswith("451 4.3.5"):
            # Postfix is done with this milter, and takes nothing more on this connection.
            client.close()
            client = None
    if client:
        client.quit()


QUEUE_ID = {"queued as ": re.compile(r"queued as (\w+)"), "accepted": re.compile(r"2\.0\.0 (\w+) Message accepted")}
OWN_RECEIVED = re.compile(rb"^Received: from (?:[^\r\n]|\r\n[ \t])*?\bby mta\.example\.test(?:[^\r\n]|\r\n[ \t])*?"
                          rb"\bid (\w+)(?:[^\r\n]|\r\n[ \t])*\r\n", re.M)


def _matched(replies, deliveries, held):
    by_id = collections.defaultdict(list)
    for delivery in deliveries:
        by_id[OWN_RECEIVED.search(delivery.content)[1].decode()].append(delivery)
    recorded = []
    for number, reply in sorted(replies.items()):
        ids = [found[1] for pattern in QUEUE_ID.values() if (found := pattern.search(reply))]
        queue_id = ids[0] if ids else ""
        recorded.append(Recorded(number, reply, queue_id, by_id.pop(queue_id, []), queue_id in held))
    assert not by_id, f"delivered, and nobody sent them: {list(by_id)}"
    return recorded


# MARK: what mitmilter says

def differences(mta, trace, recorded, folder):
    """What `export --delivered` says against what was recorded: (number, what, said, real) for each that differs."""
    envelopes = _envelopes(mta, trace)
    exported = run("export", "eml", "--delivered", mta, "-o", folder, trace, seconds=600)
    assert exported.returncode == 0, exported.stderr
    found = []
    for mail in recorded:
        name, message = envelopes[mail.number]
        with open(os.path.join(folder, name), "rb") as file:
            said = file.read()
        found += [(mail.number, *difference) for difference in _differences(mta, message["delivered"], said, mail)]
    return found


def _envelopes(mta, trace):
    """The file name of an exported mail and its JSON object, by the mail's number."""
    first, mails = {}, {}
    exported = run("export", "jsonl", "--delivered", mta, trace, seconds=600)
    assert exported.returncode == 0, exported.stderr
    for line in exported.stdout.splitlines():
        thing = json.loads(line)
        if thing["type"] == "session" and "helo" in thing:
            first[thing["conn"]] = int(re.match(r"mail(\d+)", thing["helo"])[1])
        elif thing["type"] == "message":
            number = first[thing["conn"]] + thing["msg"] - 1
            mails[number] = (f"c{thing['conn']}.{thing['msg']}.eml", thing)
    return mails


# What Sendmail writes of these itself.
OWN_HEADERS = {"Date": re.compile(rb"Date: \w{3}, [ \d]\d? \w{3} \d{4} [\d:]{8} GMT$"),
               "From": re.compile(rb"From: (?!carol|a@|<)[^ ]*$"),
               "Message-Id": re.compile(rb"Message-Id: <\S+@mta\.example\.test>$")}


def _as_queued(head):
    """Sendmail writes what it holds into a file and reads it again: line ends before one blank do not outlive that, nor do
    CRs before a line end."""
    return re.sub(rb"\r*\r\n (?![ \t])", b" ", head).replace(b"\r\r\n", b"\r\n").replace(b"\r ", b" ")


def _differences(mta, delivered, said, mail):
    fate = "delivered" if mail.reply.startswith("250") else "failed"
    if fate == "delivered" and mail.was_held:
        fate = "held"
    if fate == "delivered" and not delivered["rcpts"] and not mail.deliveries:
        return  # nobody is left: nothing shows whether it was held
    if delivered["fate"] != fate:
        yield "fate", delivered["fate"], f"{fate}: {mail.reply}"
        return
    if not mail.deliveries:
        if fate != "failed" and delivered["rcpts"]:
            yield "deliveries", "some", "none"
        return
    if len({(delivery.mail, delivery.content) for delivery in mail.deliveries}) > 1:
        yield "deliveries", "one", [delivery.rcpts for delivery in mail.deliveries]
    sender = _line(delivered["from"])
    real = _words(mail.deliveries[0].mail)
    if sender != real:
        yield "sender", sender, real
    rcpts = sorted(_line(rcpt) for rcpt in delivered["rcpts"])
    real = sorted(_words(rcpt) for delivery in mail.deliveries for rcpt in delivery.rcpts)
    if rcpts != real:
        yield "rcpts", rcpts, real
    head, _, body = mail.deliveries[0].content.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", head)
    own = next(i for i, field in enumerate(fields) if OWN_RECEIVED.match(field + b"\r\n"))
    if delivered["above"] != own:
        yield "place of the own Received", delivered["above"], own
    del fields[own]
    for name in delivered["added"]:
        place = next((i for i, field in enumerate(fields) if OWN_HEADERS[name].match(field)), None)
        if place is None:
            yield "added", name, "not there"
        else:
            del fields[place]
    # With the line end in front, a mail without headers has an empty line too.
    said_head, _, said_body = (b"\r\n" + said).partition(b"\r\n\r\n")
    real_head = b"".join(b"\r\n" + field for field in fields)
    if mail.was_held and mta == "sendmail":
        said_head, real_head = _as_queued(said_head + b"\r\n"), _as_queued(real_head + b"\r\n")
    if said_head != real_head:
        yield "headers", said_head, real_head
    if said_body != body:
        yield "body", said_body, body


# Said of a mail by the MTA, not by the milter.
OWN_ARGUMENTS = ("SIZE=", "BODY=")


def _line(envelope):
    address = envelope["address"]
    address = address if address.startswith("<") else f"<{address}>"
    return _words(" ".join([address, *envelope["arguments"]]))


def _words(argument):
    """The address and its parameters in order; a recipient that is its own original one goes without saying."""
    address, *words = argument.split(" ")
    return (address, *sorted(word for word in words if not word.startswith(OWN_ARGUMENTS)
                             and word != f"ORCPT=rfc822;{address.strip('<>')}"))
