"""What json and jsonl give keeps to the schema in docs/schema, and the schema knows every member."""
import json
import os
import unittest

import tool

try:
    import jsonschema
except ImportError:
    jsonschema = None

FIXTURES = os.path.join(tool.PROJECT, "Tests", "TraceFormatTests", "Fixtures")


@unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(tool.PROJECT, "docs", "schema", "export.json")) as file:
            cls.schema = json.load(file)
        kind = jsonschema.validators.validator_for(cls.schema)
        kind.check_schema(cls.schema)
        cls.validator = kind(cls.schema)
        # As it is, a new member is allowed; here it has to be in the schema.
        text = json.dumps(cls.schema).replace('"properties":', '"unevaluatedProperties": false, "properties":')
        strict = json.loads(text)
        cls.definitions = strict["$defs"]
        cls.strict = {
            name: kind({"$ref": f"#/$defs/{name}", "$defs": cls.definitions})
            for name in ("trace", "session", "message", "packet", "finding", "event", "document")}
        cls.definitions["event"]["properties"]["record"].pop("unevaluatedProperties")

    def check(self, document, name):
        self.validator.validate(document)
        document.pop("type", None)
        self.strict[name].validate(document)

    def check_both(self, lines, document):
        for line in lines.splitlines():
            value = json.loads(line)
            self.check(value, value["type"])
        self.check(json.loads(document), "document")

    def test_every_sample_keeps_to_it(self):
        for trace in tool.samples():
            with self.subTest(os.path.basename(trace)):
                self.check_both(tool.mitmilter("export", "jsonl", trace), tool.mitmilter("export", "json", trace))

    def test_the_goldens_keep_to_it(self):
        with open(os.path.join(FIXTURES, "export-jsonl.jsonl")) as lines:
            with open(os.path.join(FIXTURES, "export-json.json")) as document:
                self.check_both(lines.read(), document.read())

    def test_something_else_does_not(self):
        for wrong in ({}, {"type": "packet"}, {"type": "trace", "version": 2, "program": "", "command": []}):
            with self.assertRaises(jsonschema.ValidationError):
                self.validator.validate(wrong)


if __name__ == "__main__":
    unittest.main()
