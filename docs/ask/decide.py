#!/usr/bin/env python3
"""Answers one question of mitmilter: on every mail's end, mark what has a program attached, refuse what is from nobody.

  on bodyeob do ask "/usr/local/bin/decide.py"
"""
import json
import sys


def text(value):
    """A string of the language of instructions: quotes and backslashes escaped."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


question = json.load(sys.stdin)
message = question.get("message", {})
if not message.get("from", {}).get("address", "<>").strip("<>") and len(message.get("rcpts", [])) > 1:
    print('reply 550 5.7.1 "a bounce has one recipient"')
for part in message.get("parts", []):
    if (part.get("name") or "").lower().endswith((".exe", ".js", ".vbs")):
        print("add-header X-Attached", text(part["name"]))
