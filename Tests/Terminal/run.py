#!/usr/bin/env python3
"""Tests in a real terminal: programs in a pseudo-terminal, their screens read by an emulator.

    python3 Tests/Terminal/run.py [-v] [PATTERN]...

Runs every function `test_*` of the files `test_*.py` beside this one whose `file.function` contains one of the patterns,
several at a time, on what `swift build` made in .build/debug (or $MITMILTER_BUILD). pyte comes into a virtual
environment under .build when it is not installed. The last line says `N passed, N failed`; exit status 1 where one
failed, 2 where they could not run.
"""

import concurrent.futures
import importlib
import os
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTE = "pyte==0.8.2"


def with_pyte():
    """Goes on in the virtual environment when pyte is not here."""
    try:
        import pyte  # noqa: F401
        return
    except ImportError:
        pass
    venv = os.path.join(ROOT, ".build", "terminal-venv")
    python = os.path.join(venv, "bin", "python3")
    if sys.prefix == venv or os.environ.get("MITMILTER_IN_VENV"):
        sys.exit("run.py: pyte is missing from its virtual environment; remove .build/terminal-venv and retry")
    steps = [[sys.executable, "-m", "venv", venv]] if not os.path.exists(python) else []
    steps.append([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", PYTE])
    for step in steps:
        if subprocess.run(step, stdout=sys.stderr).returncode != 0:
            print(f"run.py: cannot get {PYTE}: {' '.join(step)} failed", file=sys.stderr)
            sys.exit(2)
    os.environ["MITMILTER_IN_VENV"] = "1"
    os.execv(python, [python, os.path.abspath(sys.argv[0])] + sys.argv[1:])


def collect(patterns):
    tests = []
    for name in sorted(os.listdir(HERE)):
        if name.startswith("test_") and name.endswith(".py"):
            module = importlib.import_module(name[:-3])
            for key, value in vars(module).items():
                title = f"{name[5:-3]}.{key[5:]}"
                if key.startswith("test_") and callable(value):
                    if not patterns or any(p in title for p in patterns):
                        tests.append((title, value))
    return tests


def run(test):
    started = time.monotonic()
    try:
        test()
        return None, time.monotonic() - started
    except Exception:  # a test that breaks is a test that failed
        return traceback.format_exc(), time.monotonic() - started


def main():
    with_pyte()
    sys.path.insert(0, HERE)
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    verbose = "-v" in sys.argv[1:]
    tests = collect(arguments)
    if not tests:
        print("run.py: no test has such a name", file=sys.stderr)
        return 2
    failed = 0
    # Each test mostly waits for its own program, so threads do.
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        for (title, _), (error, seconds) in zip(tests, pool.map(lambda t: run(t[1]), tests)):
            if error:
                failed += 1
                print(f"FAILED {title}\n{error}")
            elif verbose:
                print(f"passed {title} ({seconds:.2f} s)")
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
