"""The tool under test, the samples, and captures of the folder beside the project where it is there."""
import gzip
import json
import os
import subprocess
from base64 import b64decode

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLES = os.path.join(PROJECT, "sample-sessions")
MITMILTER = os.environ.get("MITMILTER") or os.path.join(PROJECT, ".build", "debug", "mitmilter")


def run(*arguments, check=True, **named):
    return subprocess.run(arguments, check=check, stdout=subprocess.PIPE, timeout=120, **named).stdout


def mitmilter(*arguments, **named):
    return run(MITMILTER, *arguments, **named)


def samples():
    return [os.path.join(SAMPLES, name) for name in sorted(os.listdir(SAMPLES)) if name.endswith(".mtrace")]


def lines(trace):
    return [json.loads(line) for line in mitmilter("show", "--json", trace).splitlines()]


def packets(trace):
    return [line for line in lines(trace) if "finding" not in line]


def shared(name):
    """The folder `shared/NAME` beside the project or further up, or in $MITMILTER_SHARED; None without."""
    places = [os.environ["MITMILTER_SHARED"]] if "MITMILTER_SHARED" in os.environ else []
    folder = PROJECT
    while folder != "/":
        folder = os.path.dirname(folder)
        places.append(os.path.join(folder, "shared"))
    return next((os.path.join(place, name) for place in places if os.path.isdir(os.path.join(place, name))), None)


def corpus_trace(path, target):
    """Writes a capture of the corpus as a trace: whole packets, passed as they came."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt") as lines, open(target, "w") as trace:
        trace.write('{"mitmilter":1,"program":"corpus","started":0,"command":[]}\n')
        rest, number, opened = {}, 0, set()
        for line in list(lines)[1:]:
            event = json.loads(line)
            if event.get("event") != "data":
                continue
            connection, sender = event["conn"], event["dir"]
            if connection not in opened:
                opened.add(connection)
                trace.write(json.dumps({
                    "k": "open", "t": event["t"], "c": connection, "peer": f"inet:{20000 + connection}@127.0.0.1",
                    "local": "inet:8891@127.0.0.1", "milter": "inet:8892@127.0.0.1"}) + "\n")
            data = rest.pop((connection, sender), b"") + b64decode(event["data"])
            while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
                size = 4 + int.from_bytes(data[:4], "big")
                number += 1
                trace.write(json.dumps({
                    "k": "recv", "t": event["t"], "c": connection, "n": number, "from": sender,
                    "to": "milter" if sender == "mta" else "mta", "raw": data[:size].decode("latin-1")}) + "\n")
                data = data[size:]
            rest[connection, sender] = data
    return target
