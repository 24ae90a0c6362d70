"""Many mails wait at once: each gets the answer that is meant for it, and those that nobody waits for leave the queue."""

import json

from test_milter import Client
from test_screen import Home, free_port

MAILS = 200
# Seen: 22 KiB a mail with the screen on, connection and facts included.
MOST_BYTES_A_MAIL = 64 << 10


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS:"))


def test_two_hundred_mails_wait_and_each_gets_its_answer():
    with Home() as home:
        port = free_port()
        log = home.path + "/decisions.jsonl"
        with home.run("milter", "--listen", f"127.0.0.1:{port}", "--mta-timeout", "600s", "--log", log,
                      size=(120, 36)) as t:
            t.wait("waiting for an MTA to connect")
            before = resident(t.pid)
            mtas = []
            for number in range(MAILS):
                mta = Client(port)
                mtas.append(mta)
                mta.greet()
                mta.mail(f"<sender{number}@example.org>", "odd" if number % 2 else "even")
            t.wait(f"3 Held {MAILS}")
            grown = resident(t.pid) - before
            assert grown < MAILS * MOST_BYTES_A_MAIL, f"{grown} bytes for {MAILS} mails"
            for mta in mtas[:4]:
                mta.socket.close()
            t.wait(f"3 Held {MAILS - 4}")
            t.key(":")
            t.send('apply message.subject == "odd" do reply 550 5.7.1 "odd"')
            t.key("Enter")
            t.wait(f"3 Held {MAILS // 2 - 2}")
            t.key(":")
            t.send("forward all")
            t.key("Enter")
            t.wait("Nothing held|No mail is waiting")
            for number, mta in enumerate(mtas[4:], 4):
                assert mta.reply() == (b"y550 5.7.1 odd\0" if number % 2 else b"a"), number
                mta.socket.close()
        with open(log, encoding="ascii") as lines:
            decisions = [json.loads(line) for line in lines]
        told = {}
        for line in decisions:
            told.setdefault((line["verdict"], line["by"]), []).append(line["from"])
        assert {key: len(value) for key, value in told.items()} == {
            ("abandoned", "mta"): 4, ("reply", "operator"): MAILS // 2 - 2, ("accept", "operator"): MAILS // 2 - 2}
        assert len({line["from"] for line in decisions}) == MAILS
