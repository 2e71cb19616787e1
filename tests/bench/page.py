"""Fills docs/performance.md: what is measured stands between markers."""

from __future__ import annotations

import re


def fill(page: str, name: str, text: str) -> str:
    """The page with this text between the markers of this name.

    Raises:
        ValueError: It has no such markers.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no markers {begin} and {end}")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"


def filled(page: str) -> dict[str, str]:
    """What stands between each pair of markers."""
    return {
        found[1]: found[2].strip()
        for found in re.finditer(r"<!-- (\w+) -->(.*?)<!-- /\1 -->", page, re.DOTALL)
    }
