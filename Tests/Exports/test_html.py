"""The page of `export html` in a browser: nothing of a mail runs, nothing leaves, it fits, and keys work."""
import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import unittest

import tool
from browser import PROGRAM, Browser

MARKS = "\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


class Listener:
    """Counts connections to a port of loopback that hostile text names."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.count = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            connection.close()


def tricks(port):
    """What a mail could carry to become more than text in a page; each would set the title or ask the port."""
    do = "document.title='owned'"
    url = f"http://127.0.0.1:{port}/x"
    return [
        f"<script>{do}</script>", f"</script><script>{do}</script>", f"--></style></title><script>{do}</script>",
        f"<img src=x onerror=\"{do}\">", f"\"><img src=x onerror=\"{do}\">", f"'><svg onload=\"{do}\">", f"<svg/onload={do}>",
        f"\" autofocus onfocus=\"{do}\" x=\"", f"<iframe srcdoc=\"<script>parent.{do}</script>\">", f"<iframe src={url}>",
        f"<a href=\"javascript:{do}\" id=p1>x</a>", f"javascript:{do}", f"<details open ontoggle=\"{do}\">",
        f"<img src={url}>", f"<link rel=stylesheet href={url}>", f"<base href={url}/>", f"<object data={url}></object>",
        f"<meta http-equiv=refresh content=\"0;url={url}\">", f"<style>@import url({url}); body{{background:url({url})}}</style>",
        f"<video src={url} autoplay>", f"<form action={url}><button id=open>", f"<input id=q autofocus onfocus={do}>",
        f"&lt;script&gt;{do}&lt;/script&gt;", "&#60;img src=x onerror=alert(1)&#62;", "<!--", "]]>", "<![CDATA[", "<plaintext>",
        "</textarea></noscript><template>", "\u202egpj.exe\u2066x\u2069\u200f\u200b\ufeff\u2028", "\x00\x1b]0;owned\x07\x9b",
        "<div style=\"position:fixed;inset:0;width:9999px\">over</div>", f"ping {url} wss://127.0.0.1:{port}/",
        "\u05d0\u05d1\u05d2 \u0627\u0644\u0639 x", "y" * 5000, "<" * 3000,
    ]


def hostile_trace(path, port):
    """The tricks wherever a peer, or whoever wrote the trace, can put text."""
    number, seconds, lines = 0, 0.0, []

    def record(**members):
        nonlocal seconds
        seconds += 0.001
        lines.append(json.dumps({"k": members.pop("k"), "t": round(seconds, 6), **members}))

    def packet(sender, connection, data):
        nonlocal number
        number += 1
        frame = len(data).to_bytes(4, "big") + data
        record(k="recv", c=connection, **{"from": sender}, to="milter" if sender == "mta" else "mta", n=number,
               raw=frame.decode("latin-1"))

    every = tricks(port)
    lines.append(json.dumps({"mitmilter": 1, "program": every[0], "started": 1760000000, "command": every,
                             "listen": every[1], "milter": every[3], "negotiation": every[4]}))
    for c, trick in enumerate(every, 1):
        text = trick.encode("utf-8", "surrogateescape").replace(b"\0", b"\x01")
        z = text + b"\0"
        record(k="open", c=c, peer=trick, local=trick, milter=trick)
        packet("mta", c, b"O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff")
        packet("milter", c, b"O\0\0\0\6\0\0\1\xff\0\0\0\0")
        for data, answer in [
            (b"DC" + z + z + b"v\0" + z, None), (b"C" + z + b"4\0\x19" + z, b"c"), (b"H" + z, b"c"), (b"DMi\0" + z, None),
            (b"M" + z + z, b"c"), (b"R" + z + z, b"y550 5.7.1 " + z), (b"R<bob@example.net>\0", b"c"), (b"T", b"c"),
            (b"L" + z + z, b"c"), (b"LSubject\0" + z, b"c"),
            (b"LSubject\0=?utf-8?B?" + base64.b64encode(text) + b"?=\0", b"c"),
            (b"LContent-Type\0multipart/mixed; boundary=b\0", b"c"), (b"N", b"c"),
            (b"B--b\r\nContent-Type: text/html; name=\"" + text.replace(b'"', b"'") + b"\"\r\n\r\n" + text
             + b"\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(text) + b"\r\n--b--\r\n", b"c"),
            (b"E", None),
        ]:
            packet("mta", c, data)
            if answer:
                packet("milter", c, answer)
        for data in [b"h" + z + z, b"m\0\0\0\1Subject\0" + z, b"+" + z, b"e" + z, b"b" + text, b"q" + z, b"?" + text]:
            packet("milter", c, data)
        for rule in ["F01", trick[:40]]:
            record(k="find", c=c, id=rule, severity="error", title=trick, n=number, text=trick)
        record(k="note", c=c, n=number, text=trick)
        packet("milter", c, b"y550 " + z)
        record(k="close", c=c, leg="mta", how="error", why=trick)
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


@unittest.skipUnless(PROGRAM, "chromium is not installed")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.listener = Listener()
        cls.addClassCleanup(cls.listener.socket.close)
        cls.hostile = os.path.join(cls.folder.name, "hostile.mtrace")
        hostile_trace(cls.hostile, cls.listener.port)

    def setUp(self):
        self.browser.requests.clear()
        self.browser.errors.clear()
        self.browser.dialogs.clear()
        self.listener.count = 0

    def page(self, trace, *options):
        path = os.path.join(self.folder.name, os.path.basename(trace) + ".html")
        tool.mitmilter("export", "html", "-o", path, *options, trace, stderr=subprocess.DEVNULL)
        return path

    def sample(self, name="every-modification"):
        return self.page(os.path.join(tool.SAMPLES, name + ".mtrace"), "--no-redact")

    def without_policy(self, path):
        with open(path, encoding="utf-8") as file:
            page = file.read()
        bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        self.assertNotEqual(page, bare)
        path = path.replace(".html", "-bare.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(bare)
        return path

    def use(self):
        """As a reader would: unfold everything, search for each of the tricks, follow the links of the page."""
        self.browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
        for trick in tricks(self.listener.port)[:20]:
            self.browser.ask(f"q.value = {json.dumps(trick)}; q.dispatchEvent(new Event('input'))")
        self.browser.ask("q.value = ''; q.dispatchEvent(new Event('input'))")
        self.browser.ask("[...document.querySelectorAll('a')].slice(0, 50).forEach(a => a.click())")

    def assert_nothing_happened(self, path):
        self.assertEqual(self.browser.ask("document.title"), "Milter session")
        self.assertEqual([url.split("#")[0] for url in self.browser.requests], ["file://" + os.path.abspath(path)])
        self.assertEqual(self.listener.count, 0)
        self.assertEqual(self.browser.dialogs, [])
        self.assertEqual(self.browser.errors, [])

    def test_nothing_of_a_hostile_mail_runs_or_leaves(self):
        path = self.page(self.hostile, "--no-redact")
        self.browser.open(path)
        self.use()
        self.assert_nothing_happened(path)

    def test_even_without_the_policy_it_is_text(self):
        path = self.without_policy(self.page(self.hostile, "--no-redact"))
        self.browser.open(path)
        self.use()
        self.assert_nothing_happened(path)

    def test_redacted_it_is_as_safe(self):
        path = self.page(self.hostile)
        self.browser.open(path)
        self.use()
        self.assert_nothing_happened(path)

    def test_a_page_that_did_run_something_would_be_noticed(self):
        path = self.sample()
        with open(path, encoding="utf-8") as file:
            page = file.read()
        planted = page.replace("</header>", "".join(tricks(self.listener.port)[:14]) + "</header>")
        with open(path, "w", encoding="utf-8") as file:
            file.write(planted)
        self.browser.open(self.without_policy(path))
        self.assertEqual(self.browser.ask("document.title"), "owned")
        self.assertGreater(len(self.browser.requests), 1)
        # And the policy holds where escaping would fail.
        self.browser.requests.clear()
        self.listener.count = 0
        self.browser.open(path)
        self.assertEqual(self.browser.ask("document.title"), "Milter session")
        self.assertEqual(self.listener.count, 0)

    def test_the_page_has_no_elements_but_its_own(self):
        self.browser.open(self.page(self.hostile, "--no-redact"))
        names = set(self.browser.ask("[...new Set([...document.querySelectorAll('*')].map(e => e.localName))]"))
        own = set("""html head meta title style body header main section footer div span p h1 h2 h3 h4 a b i br code pre kbd
            table tbody tr th td ol li ins del details summary input button svg line circle text figure figcaption script
            """.split())
        self.assertLessEqual(names, own)
        self.assertEqual(self.browser.ask("document.scripts.length"), 1)
        attributes = set(self.browser.ask(
            "[...new Set([...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]"))
        self.assertFalse([name for name in attributes if name.startswith("on") or name in ("style", "src", "srcdoc")])
        self.assertTrue(self.browser.ask(
            "[...document.querySelectorAll('[href]')].every(e => e.getAttribute('href').startsWith('#'))"))
        # An id that a mail could make would hide one of ours.
        self.assertEqual(self.browser.ask(
            "[...document.querySelectorAll('[id]')].filter(e => document.querySelectorAll('#' + CSS.escape(e.id)).length > 1)"
            ".length"), 0)

    def test_what_cannot_be_seen_is_an_escape(self):
        self.browser.open(self.page(self.hostile, "--no-redact"))
        text = self.browser.ask("document.documentElement.textContent")
        odd = {hex(ord(c)) for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c in MARKS}
        self.assertEqual(odd, set())
        self.assertIn("\\x1b]0;owned\\x07", text)

    def test_it_fits_in_every_width_and_scheme(self):
        backgrounds = set()
        for path in [self.sample(), self.page(self.hostile, "--no-redact")]:
            for width in (390, 1000):
                for scheme in ("light", "dark"):
                    with self.subTest(path=os.path.basename(path), width=width, scheme=scheme):
                        self.browser.open(path, width=width, scheme=scheme)
                        self.browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
                        self.assertLessEqual(self.browser.ask("document.documentElement.scrollWidth"), width)
                        paper, ink = self.browser.ask(
                            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
                        light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (paper, ink)]
                        self.assertEqual(light[0] > light[1], scheme == "light", (paper, ink))
                        backgrounds.add(paper)
        self.assertEqual(len(backgrounds), 2)

    def test_search_by_keyboard(self):
        self.browser.open(self.sample("several-messages"))
        every = self.browser.ask("document.querySelectorAll('details.p').length")
        self.browser.key("/")
        self.assertEqual(self.browser.ask("document.activeElement.id"), "q")
        for letter in "rcpt":
            self.browser.key(letter)
        self.assertEqual(self.browser.ask("q.value"), "rcpt")
        shown = self.browser.ask("[...document.querySelectorAll('details.p:not([hidden])')].map(d => d.textContent)")
        self.assertTrue(0 < len(shown) < every)
        self.assertTrue(all("rcpt" in text.lower() for text in shown))
        self.assertEqual(self.browser.ask("hits.textContent"), f"{len(shown)} of {every}")
        self.browser.key("Enter")
        first = "document.querySelector('details.p:not([hidden])')"
        self.assertTrue(self.browser.ask(f"document.activeElement === {first}.firstElementChild"))
        self.browser.key("Enter")
        self.assertTrue(self.browser.ask(f"{first}.open"))
        self.browser.key("j")
        self.assertFalse(self.browser.ask(f"document.activeElement === {first}.firstElementChild"))
        self.browser.key("k")
        self.assertTrue(self.browser.ask(f"document.activeElement === {first}.firstElementChild"))
        self.browser.key("Escape")
        self.assertEqual(self.browser.ask("document.querySelectorAll('details.p:not([hidden])').length"), every)

    def test_tab_reaches_every_control(self):
        self.browser.open(self.sample())
        seen = []
        for _ in range(12):
            self.browser.key("Tab")
            seen.append(self.browser.ask("document.activeElement.id || document.activeElement.localName"))
        self.assertEqual(seen[:3], ["q", "open", "close"])
        self.assertIn("summary", seen)

    def test_a_link_unfolds_its_packet(self):
        self.browser.open(self.sample())
        self.browser.ask("document.querySelector('.ladder a').click()")
        number = self.browser.ask("document.querySelector('.ladder a').hash.slice(1)")
        self.browser.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.assertTrue(self.browser.ask(f"document.getElementById('{number}').open"))

    def test_every_packet_of_the_samples_is_there(self):
        for path in tool.samples():
            with self.subTest(os.path.basename(path)):
                self.browser.open(self.page(path))
                shown = self.browser.ask("document.querySelectorAll('details.p').length")
                headings = self.browser.ask("[...document.querySelectorAll('h4')].map(h => h.textContent)")
                folded = sum(heading.startswith("Macros") for heading in headings)
                self.assertEqual(shown + folded, len(tool.packets(path)))
                self.assertEqual(self.browser.errors, [])


class Policy(unittest.TestCase):
    def test_the_hashes_are_those_of_the_style_and_the_script(self):
        page = tool.mitmilter("export", "html", tool.samples()[0]).decode()
        for name in ("style", "script"):
            content = re.search(f"<{name}>(.*?)</{name}>", page, re.S).group(1)
            right = "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            self.assertIn(f"{name}-src '{right}'", page, f"HTMLPage.{name}Hash should be {right}")

    def test_it_says_whether_it_is_redacted(self):
        trace = tool.samples()[0]
        self.assertIn(b"are pseudonyms of the same shape", tool.mitmilter("export", "html", trace))
        self.assertIn(b"Not redacted", tool.mitmilter("export", "html", "--no-redact", trace))


if __name__ == "__main__":
    unittest.main()
