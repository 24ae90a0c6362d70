"""Where the built programs are."""

import os
import shutil

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("MITMILTER_BUILD", os.path.join(ROOT, ".build", "debug"))


def program(name):
    path = os.path.join(BUILD, name)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} is not built: run `swift build` first")
    return path


PROBE = os.path.join(BUILD, "TerminalProbe")
BASH = shutil.which("bash") or "/bin/bash"
