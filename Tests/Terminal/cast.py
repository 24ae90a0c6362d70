#!/usr/bin/env python3
"""Records the moving picture of the README: the demo, a recipient held, a reply written, a mail looked at.

    Tests/Terminal/cast.py [FILE]      default: docs/cast.svg

Types at the real program and writes what its screen shows as one SVG that plays by itself, without a script in it.
$MITMILTER names the program (default: the debug build).
"""

import os
import re
import sys
from html import escape

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SIZE = (100, 26)
CELL = (8.4, 17)
MARGIN = 10
GROUND, TEXT = "#1c1c1c", "#d0d0d0"
COLOURS = {
    "black": "#000000", "red": "#cd3131", "green": "#0dbc79", "brown": "#e5e510", "blue": "#2472c8", "magenta": "#bc3fbc",
    "cyan": "#11a8cd", "white": "#e5e5e5", "brightblack": "#767676", "brightred": "#f14c4c", "brightgreen": "#23d18b",
    "brightbrown": "#f5f543", "brightblue": "#3b8eea", "brightmagenta": "#d670d6", "brightcyan": "#29b8db",
    "brightwhite": "#ffffff"}


def colour(name, default):
    if name == "default":
        return default
    return COLOURS.get(name) or "#" + name


def look(cell):
    """What a cell looks like: colour of the text, of the ground, and whether it is bold or underlined."""
    text, ground = colour(cell.fg, TEXT), colour(cell.bg, GROUND)
    if cell.reverse:
        text, ground = ground, text
    return text, ground, cell.bold, cell.underscore


def runs(screen, row):
    """Neighbouring cells of one look, as (first column, columns, text, look)."""
    line, column, result = screen.buffer[row], 0, []
    while column < SIZE[0]:
        start, this, text = column, look(line[column]), ""
        while column < SIZE[0] and look(line[column]) == this:
            text += line[column].data or ""
            column += 1
        result.append((start, column - start, text, this))
    return result


def picture(screen, caption):
    """One screen as the inside of an SVG group."""
    parts = []
    for row in range(SIZE[1]):
        top = MARGIN + row * CELL[1]
        for start, width, text, (front, ground, bold, underlined) in runs(screen, row):
            left, wide = MARGIN + start * CELL[0], width * CELL[0]
            if ground != GROUND:
                parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{CELL[1]}" fill="{ground}"/>')
            style = (' font-weight="bold"' if bold else "") + (' text-decoration="underline"' if underlined else "")
            fill = "" if front == TEXT else f' fill="{front}"'
            # What stands apart is placed apart: not every viewer keeps blanks.
            for words in re.finditer(r"\S+(?: \S+)*", text):
                at, shown = left + words.start() * CELL[0], words.group()
                parts.append(f'<text x="{at:.1f}" y="{top + 13:.1f}"{fill}{style} '
                             f'textLength="{len(shown) * CELL[0]:.1f}">{escape(shown)}</text>')
    below = MARGIN * 2 + SIZE[1] * CELL[1] + 16
    parts.append(f'<text x="{MARGIN}" y="{below:.1f}" fill="#ffffff" font-weight="bold">{escape(caption)}</text>')
    return "".join(parts)


def play():
    """The screens in order, each with a caption and the seconds for which it stands."""
    from test_screen import Home
    with Home() as home:
        with home.run("demo", size=SIZE) as t:
            t.wait("550 5.1.1 no such user")
            t.wait(r"BODYEOB")
            yield picture(t.screen, "mitmilter between Postfix and a milter: every packet, decoded, as it passes"), 3
            t.key("i")
            t.send("rcpt")
            t.wait(r"rcpt")
            yield picture(t.screen, "i: hold what matches an expression"), 2
            t.key("Enter")
            t.wait(r"HELD")
            yield picture(t.screen, "a recipient is held; mail waits, and the bar says for how long"), 3
            t.key("v")
            t.wait("Answer to RCPT")
            yield picture(t.screen, "v: what each verdict would do at this MTA, before you choose"), 4
            t.key("o")
            t.wait("reply 550 5.7.1")
            t.send('not before Monday"')
            t.wait("Monday")
            yield picture(t.screen, "a reply in your own words"), 3
            t.key("Enter")
            t.wait("550 5.7.1 not before Monday")
            yield picture(t.screen, "that is what Postfix was told; the trace says who said it"), 3
            t.key("I")
            t.key("A")
            t.wait("Findings ✖")
            t.key("2")
            t.wait("outcome")
            yield picture(t.screen, "2: every mail, what became of it, and who decided"), 3
            t.key("4")
            t.wait("cure|mends|count")
            yield picture(t.screen, "4: what is wrong, the packet where it began, and what mends it"), 4
            t.key("Q")


def svg(scenes):
    width, height = 2 * MARGIN + SIZE[0] * CELL[0], 3 * MARGIN + SIZE[1] * CELL[1] + 20
    total = sum(seconds for _, seconds in scenes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14" fill="{TEXT}" style="white-space:pre">',
        "<title>mitmilter: a recipient is held and answered</title><style>"]
    start = 0
    for number, (_, seconds) in enumerate(scenes):
        first, last = 100 * start / total, 100 * (start + seconds) / total
        hidden = "" if number == 0 else f"0%,{first - 0.01:.2f}%{{visibility:hidden}}"
        after = "" if number == len(scenes) - 1 else f"{last:.2f}%,100%{{visibility:hidden}}"
        parts.append(f"@keyframes s{number}{{{hidden}{first:.2f}%,{last - 0.01:.2f}%{{visibility:visible}}{after}}}"
                     f"#s{number}{{animation:s{number} {total}s step-end infinite;visibility:{'visible' if number == 0 else 'hidden'}}}")
        start += seconds
    parts.append(f'</style><rect width="100%" height="100%" rx="6" fill="{GROUND}"/>')
    parts += [f'<g id="s{number}">{inside}</g>' for number, (inside, _) in enumerate(scenes)]
    return "".join(parts) + "</svg>\n"


def main():
    sys.path.insert(0, HERE)
    from run import with_pyte
    with_pyte()
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "docs", "cast.svg")
    text = svg(list(play()))
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{target}: {len(text.encode()) // 1000} kB")


if __name__ == "__main__":
    main()
