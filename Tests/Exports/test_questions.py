"""What programs are asked keeps to docs/schema/question.json."""
import json
import os
import subprocess
import tempfile
import unittest

import tool
from test_decisions import MTA, OPTNEG

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = os.path.join(tool.PROJECT, "docs", "schema")


def resolved(value):
    """The schema with what it takes from the schema of exports put in."""
    if isinstance(value, dict):
        if "$ref" in value:
            value = {"$ref": value["$ref"].replace("export.json#/$defs/", "#/$defs/export-")}
        return {key: resolved(item) for key, item in value.items()}
    return [resolved(item) for item in value] if isinstance(value, list) else value


def schema():
    with open(os.path.join(SCHEMA, "question.json")) as own, open(os.path.join(SCHEMA, "export.json")) as other:
        own, other = json.load(own), json.load(other)

    def renamed(value):
        if isinstance(value, dict):
            return {key: item.replace("#/$defs/", "#/$defs/export-") if key == "$ref" else renamed(item)
                    for key, item in value.items()}
        return [renamed(item) for item in value] if isinstance(value, list) else value
    own = resolved(own)
    own["$defs"].update({f"export-{name}": renamed(value) for name, value in other["$defs"].items()})
    return own


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not there")
class Questions(unittest.TestCase):
    def test_each_keeps_to_the_schema(self):
        with tempfile.TemporaryDirectory() as folder:
            asked = os.path.join(folder, "asked")
            program = os.path.join(folder, "decide")
            with open(program, "w") as file:
                file.write(f"#!/bin/sh\ncat >> {asked}\n")
            os.chmod(program, 0o755)
            rule = f'on command or macro do ask "{program}"'
            process = subprocess.Popen(
                [tool.MITMILTER, "milter", "--listen", "127.0.0.1:0", "-c", rule], stderr=subprocess.PIPE, text=True)
            try:
                line = process.stderr.readline()
                mta = MTA(int(line.split("inet:")[1].split("@")[0]))
                mta.ask(OPTNEG, b"Cmail.example.org\x004\x10\x00192.0.2.7\0", b"Hmail\xff.example.org\0")
                mta.send(b"DMi\x004Xy1\0{mail_addr}\0a\0")
                mta.mail(b"hello \xe9")
                mta.close()
            finally:
                process.terminate()
                process.communicate()
            check = jsonschema.Draft202012Validator(schema())
            with open(asked) as lines:
                questions = [json.loads(line) for line in lines]
            self.assertGreater(len(questions), 10)
            for question in questions:
                check.validate(question)
            last = questions[-1]
            self.assertEqual(last["packet"]["name"], "BODYEOB")
            self.assertEqual(last["message"]["parts"][0]["text"], "confidential\r\n")
            self.assertEqual(last["macros"]["i"], "4Xy1")
            self.assertEqual(last["message"]["queue"], "4Xy1")


if __name__ == "__main__":
    unittest.main()
