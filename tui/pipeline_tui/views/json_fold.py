"""JSON as a tree, folded: what is nested stands as its size, until it is unfolded."""

from __future__ import annotations

import json
from typing import Any

from pipeline_tui.text.sanitise import reveal
from pipeline_tui.views.format import counted

_FOLDED_TEXT = 80
_FOLDED_DEPTH = 2


def json_text(data: str, *, unfolded: bool = False) -> str:
    """JSON indented, or why it is none.

    Args:
        data: The JSON text as it came.
        unfolded: Show all of it; otherwise what is nested twice, and the end of long texts, is left out.
    """
    try:
        value = json.loads(data)
    except ValueError as error:
        return f"no JSON: {error}"
    except RecursionError:
        return "JSON that is nested too deep to show"
    shown = value if unfolded else _folded(value, _FOLDED_DEPTH)
    return reveal(json.dumps(shown, indent=2, ensure_ascii=False)).replace("␊\n", "\n")


def _folded(value: Any, depth: int) -> Any:
    if isinstance(value, str) and len(value) > _FOLDED_TEXT:
        return f"{value[:_FOLDED_TEXT]}… {counted(len(value), 'character')}"
    if isinstance(value, dict) and value:
        if not depth:
            return "{… " + counted(len(value), "key") + "}"
        return {key: _folded(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list) and value:
        if not depth:
            return "[… " + counted(len(value), "item") + "]"
        return [_folded(one, depth - 1) for one in value]
    return value
