"""The questions of docs/fleet.md, asked as they stand: the samples as the traces of two hosts, DuckDB from PyPI."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tool

DUCKDB = "duckdb==2.0.1"
PAGE = os.path.join(tool.PROJECT, "docs", "fleet.md")

# Run by the Python that has DuckDB: the page's tables, then one of its questions, a row a line.
ASK = """
import duckdb, json, sys
database = duckdb.connect()
for text in json.load(sys.stdin):
    answer = database.execute(text)
print(json.dumps([[str(cell) for cell in row] for row in answer.fetchall()]))
"""


def python_with_duckdb():
    """That of a virtual environment under .build. What DuckDB cannot be had for is a failure: nobody would miss a test that is skipped."""
    folder = os.path.join(tool.PROJECT, ".build", "duckdb-venv")
    python = os.path.join(folder, "bin", "python3")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=False)
    if subprocess.run([python, "-c", "import duckdb"], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run([python, "-m", "pip", "install", "-q", DUCKDB], check=False, timeout=200)
    subprocess.run([python, "-c", "import duckdb"], check=True)
    return python


class Fleet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = python_with_duckdb()
        with open(PAGE, encoding="utf-8") as page:
            blocks = re.findall(r"```sql ?(\w*)\n(.*?)```", page.read(), re.S)
        cls.tables = next(text for name, text in blocks if not name)
        cls.questions = {name: text for name, text in blocks if name}
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        for host, names in (("mx1", os.listdir(tool.SAMPLES)), ("mx2", ["quarantine.mtrace"])):
            os.makedirs(os.path.join(cls.folder, "traces", host))
            for name in names:
                if name.endswith(".mtrace"):
                    shutil.copy(os.path.join(tool.SAMPLES, name), os.path.join(cls.folder, "traces", host))
        # The loop that makes lines of traces, from the page as well.
        loop = re.search(r"    for trace in .*?    done\n", open(PAGE, encoding="utf-8").read(), re.S).group()
        bin = os.path.join(cls.folder, "bin")
        os.makedirs(bin)
        os.symlink(tool.MITMILTER, os.path.join(bin, "mitmilter"))
        subprocess.run(["sh", "-eu", "-c", loop], cwd=cls.folder, check=True,
                       env={**os.environ, "PATH": bin + os.pathsep + os.environ["PATH"]})

    def ask(self, name, change=lambda text: text):
        import json
        texts = [*self.tables.split(";\n"), change(self.questions[name])]
        output = subprocess.run([self.python, "-c", ASK], input=json.dumps([text for text in texts if text.strip()]),
                                cwd=self.folder, text=True, stdout=subprocess.PIPE, check=True, timeout=120).stdout
        return json.loads(output)

    def test_every_question_of_the_page_is_asked_here(self):
        self.assertEqual({"refused", "slow", "mail", "findings", "senders"}, set(self.questions))

    def test_which_milter_refused_what(self):
        rows = self.ask("refused")
        wanted = 0
        for trace in tool.samples():
            lines = tool.mitmilter("export", "jsonl", trace).decode().splitlines()
            wanted += sum('"type":"message"' in line and '"outcome":"rejected"' in line for line in lines)
        self.assertEqual(wanted, sum(int(row[4]) for row in rows if row[0] == "mx1"), rows)

    def test_how_long_replies_take(self):
        rows = self.ask("slow")
        self.assertEqual({"mx1", "mx2"}, {row[0] for row in rows})
        self.assertIn("BODYEOB", {row[2] for row in rows})
        for row in rows:
            self.assertLessEqual(float(row[4]), float(row[5]))

    def test_where_a_mail_is(self):
        mail = self.ask("mail")
        self.assertEqual(1, len(mail), mail)
        self.assertEqual("mx1", mail[0][0])
        self.assertIn("<first@example.test>", mail[0][5])
        twice = self.ask("mail", lambda text: re.sub(r"queue = '\w+'", "outcome <> '' AND sender = '<sender@example.org>'", text))
        self.assertEqual({"mx1", "mx2"}, {row[0] for row in twice})

    def test_what_is_wrong(self):
        rows = {row[0]: row for row in self.ask("findings")}
        self.assertIn("R02", rows)
        self.assertEqual("['mx1']", rows["R02"][4])

    def test_who_is_refused_most(self):
        self.assertLessEqual(len(self.ask("senders")), 20)


if __name__ == "__main__":
    unittest.main()
