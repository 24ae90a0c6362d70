#!/usr/bin/env python3
"""Answers all questions of mitmilter in one process, a line of JSON each: whoever is greeted too often has to come again.

  on helo do ask --persistent "/usr/local/bin/standing.py"
"""
import collections
import json
import sys

seen = collections.Counter()
for line in sys.stdin:
    question = json.loads(line)
    address = question["session"].get("client", {}).get("address", "")
    seen[address] += 1
    answer = {"id": question["id"], "do": ["tempfail"] if seen[address] > 20 else []}
    print(json.dumps(answer), flush=True)
