"""What the simulator answers where a later step takes a field out of the answer: JSON that has it. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARTS = re.compile(r"[^.\[\]]+|\[\d+\]")
_VALUE = "simulated"


def simulated_answer(paths: Iterable[str]) -> dict[str, Any]:
    """A scenario whose answer has a field at each of these paths."""
    answer: dict[str, Any] = {}
    for path in paths:
        parts = _PARTS.findall(path)
        _put(answer, parts)
    return {"reply": json.dumps(answer, ensure_ascii=False)}


def _put(at: dict[str, Any], parts: list[str]) -> None:
    """Make a way along `parts`; an index is a list with as many of the same as it needs."""
    name, indices, rest = parts[0], 1, parts[1:]
    while rest and rest[0].startswith("["):
        indices, rest = int(rest[0].strip("[]")) + 1, rest[1:]
    is_list = len(parts) > 1 and parts[1].startswith("[")
    inner = at.get(name)
    if isinstance(inner, list):
        inner, indices = inner[0], max(indices, len(inner))
    if rest:
        inner = inner if isinstance(inner, dict) else {}
        _put(inner, rest)
    elif inner is None:
        inner = _VALUE
    at[name] = [inner] * min(indices, _MOST) if is_list else inner


_MOST = 100
"""Items that a simulated list may have."""
