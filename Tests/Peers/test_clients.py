"""Programs that play an MTA, at mitmilter in a milter's place: miltertest, and emersion/go-milter where Go is installed.

No other package of Debian 12 has that side: its Perl and Python libraries are milters.
"""
import os
import shutil
import subprocess
import unittest

from testbed.bed import the_bed
from testbed.proxy import Trace

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
GO_LIBRARY = "/usr/share/gocode/src/github.com/emersion/go-milter"

WORDS = {"accept": "accept", "reject": "reject", "tempfail": "tempfail", "discard": "discard",
         "reply": 'reply 451 4.7.1 "later"'}

RULES = [f'on {"bodyeob" if stage == "end" else stage} and message.from == "{stage}-{verdict}@example.org" do {words}'
         for stage in ("mail", "rcpt", "data", "header", "eoh", "body", "end") for verdict, words in WORDS.items()] + [
    'on helo and helo.name == "tempfail.example.org" do tempfail',
    'on unknown do reply 500 5.5.1 "what?"',
    'on bodyeob and message.from == "words@example.org" do reply 550 5.7.1 "100% no"',
    'on bodyeob and message.from == "change@example.org" do add-header X-Added yes; insert-header 0 X-Inserted top; '
    'prefix-header Subject "[tag] "; add-rcpt <added@example.net>; delete-rcpt <first@example.net>; '
    'replace-body "new body\\r\\n"; quarantine odd']


class Clients(unittest.TestCase):
    def played(self, *argv, errors=frozenset()):
        """What the program printed, and the decisions; the findings are `errors` and no others. The program knows where to connect by `{port}` and `{host}`."""
        bed = the_bed()
        front = bed.fronts["inet"]
        rules = [part for rule in RULES for part in ("-c", rule)]
        with bed.stand_in("inet", *rules) as milter:
            argv = [word.format(port=front.port, host=front.host) for word in argv]
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, text=True, check=False)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            self.assertEqual(0, milter.terminate(), milter.output())
        self.assertEqual(errors, {rule for _, rule, _ in Trace(milter.trace).errors})
        return done.stdout, milter.decisions()

    @unittest.skipUnless(shutil.which("miltertest"), "miltertest is not installed")
    def test_miltertest_hears_every_verdict_and_change(self):
        said, decisions = self.played("miltertest", "-s", os.path.join(PROGRAMS, "everything.lua"),
                                      "-D", "socket=inet:{port}@{host}")
        self.assertEqual("all of it\n", said)
        judged = {line["from"] for line in decisions if "-" in line.get("from", "")}
        self.assertEqual(7 * len(WORDS), len(judged))

    @unittest.skipUnless(shutil.which("go") and os.path.exists(GO_LIBRARY), "go and golang-github-emersion-go-milter-dev")
    def test_go_milter_hears_verdicts_and_changes(self):
        bed = the_bed()
        program = bed.workshop.file("goclient")
        environment = {**os.environ, "GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "",
                       "GOCACHE": bed.workshop.file("gocache")}
        subprocess.run(["go", "build", "-o", program, os.path.join(PROGRAMS, "goclient.go")], check=True, timeout=300,
                       env=environment)
        # It speaks version 6 and sends no DATA all the same, which is remarked on.
        said, _ = self.played(program, "{host}:{port}", errors={"S01"})
        self.assertEqual([
            "plain end accept", "mail-reject mail reject", "rcpt-tempfail rcpt tempfail",
            "header-discard header discard", "end-reply end reply",
            "change end accept add X-Added=yes insert 0 X-Inserted=top change 1 Subject=[tag] hello "
            "to <added@example.net> not to <first@example.net> body new body", " quarantine odd"],
            said.replace("\r", "").splitlines())


if __name__ == "__main__":
    unittest.main()
