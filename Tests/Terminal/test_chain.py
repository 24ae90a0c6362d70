"""Several milters behind one run: each connection says which it is for, in traces, filters, rules, status and exports."""

import contextlib
import json
import subprocess

from headless import Run
from peers import Milter
from programs import program
from test_attach import ctl
from test_milter import Client
from test_recording import records, show
from test_screen import Home, free_port


@contextlib.contextmanager
def chain(home, *options):
    """Two taps, the second from a file; yields the run and the ports of both."""
    first, second = free_port(), free_port()
    with Milter() as a, Milter() as b:
        with open(home.file("taps"), "w", encoding="ascii") as file:
            file.write(f"# behind it\n\n  spam-filter=127.0.0.1:{second},127.0.0.1:{b.port} \n")
        with Run("proxy", "--tap", f"opendkim=127.0.0.1:{first},127.0.0.1:{a.port}", "--taps", home.file("taps"),
                 "--headless", "-w", home.file("a.mtrace"), "-q", *options) as run:
            run.hears(f"smtpd_milters = inet:127.0.0.1:{first}, inet:127.0.0.1:{second}")
            yield run, first, second


def answers(port):
    """What the client's recipient gets; its mail goes on to the end, unless it was refused."""
    with Client(port) as mta:
        mta.greet()
        assert mta.ask(b"M<alice@example.org>\0") == b"c"
        reply = mta.ask(b"R<bob@example.net>\0")
        mta.send(b"Q")
        return reply


def json_lines(*arguments):
    ran = subprocess.run([program("mitmilter"), *arguments], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_each_connection_says_which_tap_it_came_in_by():
    with Home() as home:
        trace = home.file("a.mtrace")
        with chain(home, "--control", home.file("control"), "-c", "on rcpt and tap == spam-filter do reject") as \
                (run, first, second):
            run.hears("INPUT_MAIL_FILTER(`spam-filter'")
            assert "tap opendkim: listening on inet:" in run.said, run.said
            with Client(first) as mta:
                mta.greet()
                assert answers(second) == b"r"
                taps = {tap["name"]: tap for tap in json.loads(ctl(home, "status"))["taps"]}
                assert taps["opendkim"]["connections"] == 1 and taps["spam-filter"]["accepted"] == 1, taps
                assert taps["opendkim"]["listen"] == f"inet:{first}@127.0.0.1", taps
                stats = ctl(home, "stats")
                assert 'mitmilter_tap_connections{tap="opendkim"} 1' in stats, stats
                assert 'mitmilter_tap_connections_total{tap="spam-filter"} 1' in stats, stats
            # The rule is for the other one.
            assert answers(first) == b"c"
            run.signal("TERM")
            run.ends(within=5)
        assert [one["tap"] for one in records(trace) if one["k"] == "open"] == ["opendkim", "spam-filter", "opendkim"]
        shown = show(trace)
        assert "at spam-filter, inet:" in shown, shown
        packets = json_lines("show", "--json", "-f", "tap == spam-filter", trace)
        assert packets and {packet["tap"] for packet in packets} == {"spam-filter"}, packets[:2]
        assert {packet["conn"] for packet in packets} == {2}
        others = json_lines("show", "--json", "-f", "rcpt and tap != spam-filter", trace)
        assert [packet["conn"] for packet in others] == [3], others
        lines = json_lines("export", "jsonl", trace)
        assert [tap["name"] for tap in lines[0]["taps"]] == ["opendkim", "spam-filter"], lines[0]
        assert [line["tap"] for line in lines if line["type"] == "session"] == ["opendkim", "spam-filter", "opendkim"]
        redacted = subprocess.run([program("mitmilter"), "export", "trace", "--redact", trace], capture_output=True,
                                  text=True, timeout=60, check=True).stdout
        head = json.loads(redacted.splitlines()[0])
        assert [tap.split("=")[0] for tap in head["taps"]] == ["opendkim", "spam-filter"], head
        assert str(first) in head["taps"][0] and any(word.startswith("opendkim=") for word in head["command"]), head


def test_a_milter_that_is_not_there_is_named_and_the_others_go_on():
    with Home() as home, Milter() as milter:
        ports = free_port(), free_port()
        gone = free_port()
        with Run("proxy", "--tap", f"here=127.0.0.1:{ports[0]},127.0.0.1:{milter.port}", "--tap",
                 f"gone=127.0.0.1:{ports[1]},127.0.0.1:{gone}", "--headless", "-q", "--on-milter-failure", "tempfail") as run:
            run.hears("tap gone: listening on")
            with Client(ports[1]) as mta:
                assert mta.ask(b"O" + bytes.fromhex("00000006000001ff001fffff"))[:1] == b"O"
                assert mta.ask(b"Cmail.example.org\x004" + bytes.fromhex("c822") + b"192.0.2.7\0") == b"t"
            run.hears(f"cannot reach the milter 'gone' at inet:{gone}@127.0.0.1")
            assert answers(ports[0]) == b"c"
            run.signal("TERM")
            run.ends(within=5)


def test_a_mail_at_two_milters_is_one():
    with Home() as home:
        trace = home.file("a.mtrace")
        ports = free_port(), free_port()
        with Milter(replies={b"E": [b"hX-Seen\0yes\0", b"a"]}) as a, Milter(replies={b"E": [b"r"]}) as b:
            taps = [word for name, port, milter in (("first", ports[0], a), ("second", ports[1], b))
                    for word in ("--tap", f"{name}=127.0.0.1:{port},127.0.0.1:{milter.port}")]
            with Run("proxy", *taps, "--headless", "-q", "-w", trace) as run:
                run.hears("tap second: listening on")
                with Client(ports[0]) as first, Client(ports[1]) as second:
                    for mta in (first, second):
                        mta.greet()
                    for mta, fields in ((first, []), (second, [b"LX-Seen\0yes\0"])):
                        assert mta.ask(b"M<alice@example.org>\0") == b"c"
                        assert mta.ask(b"R<bob@example.net>\0") == b"c"
                        for packet in [b"LSubject\0test\0", *fields, b"N", b"Bhello\r\n"]:
                            assert mta.ask(packet) == b"c"
                        mta.send(b"E")
                        assert mta.reply() in (b"hX-Seen\0yes\0", b"r")
                run.signal("TERM")
                run.ends(within=5)
        report = subprocess.run([program("mitmilter"), "export", "report", trace], capture_output=True, text=True,
                                timeout=60, check=True).stdout
        assert "One mail at 2 milters" in report and "(seen by `second`)".replace("`", "") in report, report
        assert "| mail | `first` | `second` |" in report and "| 1.1 | accepted" in report, report
        messages = [line for line in json_lines("export", "jsonl", trace) if line["type"] == "message"]
        assert [message["chain"] for message in messages] == [[{"conn": 1, "msg": 1, "tap": "first"},
                                                               {"conn": 2, "msg": 1, "tap": "second"}]] * 2, messages
        with home.run("open", trace, size=(180, 40)) as t:
            t.wait("BODYEOB")
            t.key("2")
            t.wait(r"c1\.1 .* rejected +second +ok .* ±1 +rejected")
            # One row for the mail, once all of the screen is drawn.
            t.until(lambda: "c2.1" not in "\n".join(line for line in t.text().splitlines() if "bob@example.net" in line),
                    "one row")
            t.key("Q")
