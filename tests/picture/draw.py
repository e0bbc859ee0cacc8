"""Draw the picture in README: the rooms, and one call on a time line.

`python tests/picture/draw.py` writes `attendant.svg` beside this file from `call.json`, the
time line that `appliance demo --timeline FILE` recorded. Nothing here is measured or invented.
"""

import json
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1000, 775
INK, FAINT, PAPER = "#1d2733", "#8a97a6", "#ffffff"
TONES = {
    "process": "#dcebf7",
    "core": "#e9f3e4",
    "words": "#f4efe2",
    "outside": "#f3f3f3",
    "caller": "#e08a2e",
    "box": "#2b6cb0",
    "mark": "#7b3fa0",
}
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"


def text(x, y, words, *, size=13, anchor="middle", fill=INK, weight="normal"):
    """One line of text."""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' text-anchor='{anchor}' "
        f"fill='{fill}' font-weight='{weight}'>{escape(words)}</text>"
    )


def room(x, y, width, height, name, duty, tone):
    """A named box."""
    return (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='6' fill='{TONES[tone]}' "
        f"stroke='{FAINT}'/>"
        + text(x + width / 2, y + height / 2 - 3, name, weight="bold")
        + text(x + width / 2, y + height / 2 + 14, duty, size=10, fill="#44525f")
    )


def arrow(x1, y1, x2, y2, label="", *, above=True):
    """A double-headed link with its label."""
    middle = ((x1 + x2) / 2, (y1 + y2) / 2 + (-6 if above else 14))
    return (
        f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{INK}' stroke-width='1.3' "
        "marker-start='url(#tip)' marker-end='url(#tip)'/>" + text(*middle, label, size=10)
    )


def rooms():
    """Who may talk to whom."""
    parts = [text(30, 32, "The rooms", size=18, anchor="start", weight="bold")]
    parts.append(room(30, 120, 150, 64, "PBX of the site", "or appliance exchange", "outside"))
    parts.append(room(300, 60, 210, 184, "", "", "process"))
    parts.append(text(405, 84, "call", weight="bold"))
    parts.append(text(405, 100, "process: one thread, one loop", size=10, fill="#44525f"))
    parts.append(room(315, 112, 85, 50, "sip", "signalling", "core"))
    parts.append(room(410, 112, 85, 50, "rtp", "media", "core"))
    parts.append(room(315, 176, 85, 50, "audio", "codecs", "core"))
    parts.append(room(410, 176, 85, 50, "dialogue", "decides", "core"))
    parts.append(room(640, 60, 190, 120, "", "", "process"))
    parts.append(text(735, 84, "speech", weight="bold"))
    parts.append(text(735, 100, "process: no network", size=10, fill="#44525f"))
    for index, name in enumerate(("VAD", "STT", "TTS")):
        parts.append(room(652 + index * 58, 112, 52, 50, name, "pack", "core"))
    parts.append(room(640, 196, 190, 48, "records", "figures; messages expire", "core"))
    parts.append(room(880, 92, 100, 52, "D-Bus", "state of the line", "words"))
    parts.append(arrow(183, 152, 297, 152, "SIP over TLS, SRTP"))
    parts.append(arrow(513, 130, 637, 130, "Unix socket"))
    parts.append(text(575, 148, "audio, words", size=10))
    parts.append(arrow(513, 220, 637, 220, "SQLite"))
    parts.append(
        f"<path d='M 405 60 C 405 28, 930 28, 930 90' fill='none' stroke='{INK}' "
        "stroke-width='1.3' marker-end='url(#tip)'/>"
    )
    parts.append(text(700, 32, "what the line is doing", size=10))
    return parts


def timeline(call, top):
    """One call: what the caller said, what the box said, and what was decided in between."""
    seconds = call["seconds"]
    left, right = 110, WIDTH - 30
    scale = (right - left) / seconds

    def at(moment):
        return left + moment * scale

    parts = [
        text(30, top, "One call", size=18, anchor="start", weight="bold"),
        text(125, top, call["caption"], size=11, anchor="start", fill="#44525f"),
    ]
    lanes = {"caller": top + 60, "box": top + 150}
    for lane, y in lanes.items():
        parts.append(text(left - 10, y + 5, lane, anchor="end", weight="bold"))
        parts.append(
            f"<line x1='{left}' y1='{y}' x2='{right}' y2='{y}' stroke='{FAINT}' stroke-width='0.6'/>"
        )
    # where the next label of each lane may begin, row by row
    free = {"box": [0.0] * 3, "caller": [0.0] * 2, "marks": [0.0] * 3}

    def row_of(lane, x, words):
        """The first row in which a label fits; the last where none does."""
        rows = free[lane]
        row = next((r for r, used in enumerate(rows) if used <= x), len(rows) - 1)
        rows[row] = x + 6.3 * len(words) + 12
        return row

    for span in call["spans"]:
        y, x = lanes[span["who"]], at(span["start"])
        width = max(2.0, at(span["end"]) - x)
        parts.append(
            f"<rect x='{x:.1f}' y='{y - 12}' width='{width:.1f}' height='24' rx='4' "
            f"fill='{TONES[span['who']]}' fill-opacity='0.8'/>"
        )
        words = span["text"] if len(span["text"]) < 64 else span["text"][:60].rstrip() + " …"
        label_x = min(x, right - 6.3 * len(words))
        row = row_of(span["who"], label_x, words)
        label_y = y + 28 + 14 * row if span["who"] == "box" else y - 18 - 14 * row
        parts.append(text(label_x, label_y, words, size=11, anchor="start"))
    for mark in sorted(call["marks"], key=lambda mark: mark["at"]):
        x = at(mark["at"])
        label_x = min(x + 4, right - 6.3 * len(mark["text"]))
        row = row_of("marks", label_x, mark["text"])
        y = lanes["caller"] + 14
        parts.append(
            f"<line x1='{x:.1f}' y1='{y}' x2='{x:.1f}' y2='{lanes['box'] - 14}' "
            f"stroke='{TONES['mark']}' stroke-dasharray='3 2'/>"
        )
        parts.append(
            text(
                label_x,
                y + 14 + row * 14,
                mark["text"],
                size=11,
                anchor="start",
                fill=TONES["mark"],
            )
        )
    base = top + 222
    parts.append(f"<line x1='{left}' y1='{base}' x2='{right}' y2='{base}' stroke='{INK}'/>")
    step = next(s for s in (1, 2, 5, 10, 20) if seconds / s <= 16)
    for tick in range(0, int(seconds) + 1, step):
        parts.append(
            f"<line x1='{at(tick):.1f}' y1='{base}' x2='{at(tick):.1f}' y2='{base + 5}' stroke='{INK}'/>"
        )
        parts.append(text(at(tick), base + 20, f"{tick} s", size=11))
    return parts


def layers():
    """Imports point down."""
    rows = [
        ("call · speech · exchange", "processes", "process"),
        ("system", "D-Bus, pacing, units", "words"),
        ("dialogue · records", "decisions, what is kept", "core"),
        ("sip · rtp  over  audio", "pure protocol cores", "core"),
        ("contracts · settings", "shared words", "words"),
    ]
    parts = [text(30, 292, "Imports point down", size=18, anchor="start", weight="bold")]
    for index, (names, duty, tone) in enumerate(rows):
        y = 308 + index * 34
        parts.append(
            f"<rect x='110' y='{y}' width='860' height='28' rx='4' fill='{TONES[tone]}' stroke='{FAINT}'/>"
        )
        parts.append(text(124, y + 19, names, anchor="start", weight="bold"))
        parts.append(text(956, y + 19, duty, anchor="end", size=11, fill="#44525f"))
    return parts


def main():
    """Write the picture."""
    call = json.loads((HERE / "call.json").read_text("utf-8"))
    body = "\n".join([*rooms(), *layers(), *timeline(call, 520)])
    (HERE / "attendant.svg").write_text(
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}'>"
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' "
        "markerHeight='7' orient='auto-start-reverse'><path d='M0 0 L8 4 L0 8 z' "
        f"fill='{INK}'/></marker></defs><rect width='{WIDTH}' height='{HEIGHT}' fill='{PAPER}'/>"
        f"\n{body}\n</svg>\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
