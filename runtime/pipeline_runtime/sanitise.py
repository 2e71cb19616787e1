"""Text that cannot write to the terminal: what is invisible or obeyed becomes a visible mark.

A terminal obeys ESC, OSC and C1 bytes in any text (and Textual passes them on), so everything that a model, a
server or a file said goes through `sanitise` before it is shown. The replacement looks at one character at a
time: however a text is split into deltas, the result is the same.
"""

from __future__ import annotations

import re

TAB = "    "
"""Tabs have a fixed width: their column would depend on how the text was split."""

_NAMES = {
    0x85: "NEL",
    0xAD: "SHY",
    0x61C: "ALM",
    0x180E: "MVS",
    0x200B: "ZWSP",
    0x200C: "ZWNJ",
    0x200D: "ZWJ",
    0x200E: "LRM",
    0x200F: "RLM",
    0x2028: "LS",
    0x2029: "PS",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2060: "WJ",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0xFEFF: "BOM",
}

_JOINERS = "\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_SHOWN = re.compile(f"[\t{_HIDDEN}{_JOINERS}]")
_COPIED = re.compile(f"[{_HIDDEN}]")
_REVEALED = re.compile(f"[\t\n{_HIDDEN}{_JOINERS}]")

_JOINER = re.compile(f"[{_JOINERS}]")


def mark(character: str) -> str:
    """The visible mark of a character that is invisible or obeyed, e.g. `␛` for ESC, `⟨RLO⟩` for U+202E.

    A lone surrogate (half of an escaped pair in JSON) becomes U+FFFD: it cannot be encoded at all.
    """
    code = ord(character)
    if character < " ":
        return chr(ord("␀") + code)
    if character == "\x7f":
        return "␡"
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return f"⟨{_NAMES.get(code) or f'U+{code:04X}'}⟩"


def _show(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\t":
        return TAB
    return "" if _JOINER.match(character) else mark(character)


def _mark(match: re.Match[str]) -> str:
    return mark(match.group())


def sanitise(text: str) -> str:
    """`text` for a pane: controls, bidi and zero-width characters as marks, tabs as four spaces.

    Line feeds stay. Zero-width joiners and variation selectors are left out: terminals disagree on the width
    of joined emoji, and one drawn too wide smears into the next pane.
    """
    return _SHOWN.sub(_show, text) if _SHOWN.search(text) else text


def sanitise_line(text: str) -> str:
    """`text` for one row: like `sanitise`, and line feeds are marks too."""
    return sanitise(text).replace("\n", "␊")


def reveal(text: str) -> str:
    """`text` with every invisible character as a mark: tabs, joiners and line feeds too.

    A line feed stays after its mark.
    """
    return _REVEALED.sub(_reveal, text)


def _reveal(match: re.Match[str]) -> str:
    character = match.group()
    return "␊\n" if character == "\n" else mark(character)


def copyable(text: str) -> str:
    """`text` for a clipboard: as it is, but with controls as marks, so that pasting it runs nothing."""
    return _COPIED.sub(_mark, text) if _COPIED.search(text) else text
