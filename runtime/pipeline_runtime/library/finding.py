"""From what a user calls a run to its log: an id, a part of one, `last`, `last-2`: pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError
from pipeline_runtime.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAST = re.compile(r"last(?:-(\d{1,9}))?")
_SHOWN = 5


def find_id(word: str, ids: Sequence[str]) -> str:
    """The one id that is meant.

    Args:
        word: A whole id, its unique beginning, the end behind its last `-`, `last`, or `last-N`.
        ids: All there are, the newest first.

    Raises:
        InputError: There is none, or more than one.
    """
    last = _LAST.fullmatch(word)
    if last is not None:
        return _nth(int(last[1] or 0), ids)
    if word in ids:
        return word
    found = [one for one in ids if word and (one.startswith(word) or one.endswith(f"-{word}"))]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        raise InputError(f"{counted(len(found), 'run')} begin with {word!r}: {shown}", cure="give more of it")
    raise InputError(f"there is no run {word!r}", cure=_hint(word, ids))


def _nth(back: int, ids: Sequence[str]) -> str:
    if back >= len(ids):
        there = counted(len(ids), "run") if ids else "no run"
        raise InputError(f"there is no such run: {there} recorded", cure="see pipeline-tui runs")
    return ids[back]


def _hint(word: str, ids: Sequence[str]) -> str:
    near = get_close_matches(word, ids, n=1, cutoff=0.8)
    return f"did you mean {near[0]}?" if near else "see pipeline-tui runs"
