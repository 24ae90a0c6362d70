"""The moving picture of the README."""

import os
import re
import xml.etree.ElementTree

import cast


def captions(text):
    return re.findall(r'font-weight="bold">([^<]*)</text></g>', text)


def test_the_moving_picture_is_of_this_program():
    text = cast.svg(list(cast.play()))
    with open(os.path.join(cast.ROOT, "docs", "cast.svg"), encoding="utf-8") as file:
        kept = file.read()
    for picture in (text, kept):
        xml.etree.ElementTree.fromstring(picture)
        assert len(picture.encode()) < 150_000
    assert len(captions(text)) == 8
    assert captions(text) == captions(kept), "Tests/Terminal/cast.py records it anew"
