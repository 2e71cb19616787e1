"""Regular expressions in time linear to the text: a pattern that a user types can never hang a front end.

The engine is RE2. It has no backreferences and no lookaround; everything else is as in Python.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_PATTERN = 1_000


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with a pattern, in words; `None` when it is right."""
    if len(pattern) > LONGEST_PATTERN:
        return f"it is longer than {LONGEST_PATTERN} characters"
    try:
        _compiled(pattern, ignore_case=False)
    except ValueError as error:
        return str(error)
    return None


def literal(text: str) -> str:
    """The pattern that matches just this text."""
    escaped: str = _engine().escape(text)
    return escaped


def searcher(pattern: str, *, ignore_case: bool) -> Callable[[str], bool]:
    """Whether a text holds a match."""
    search = _compiled(pattern, ignore_case=ignore_case).search
    return lambda text: search(_encodable(text)) is not None


def end_searcher(pattern: str, *, ignore_case: bool) -> Callable[[str, str], bool]:
    """Whether a text that grew by `new` behind `tail` holds a match that ends in what is new."""
    finditer = _compiled(pattern, ignore_case=ignore_case).finditer

    def holds(tail: str, new: str) -> bool:
        tail, new = _encodable(tail), _encodable(new)
        return any(match.end() > len(tail) for match in finditer(tail + new))

    return holds


@lru_cache(maxsize=64)
def _compiled(pattern: str, *, ignore_case: bool) -> Any:
    """Raises ValueError with the engine's own words."""
    engine = _engine()
    options = engine.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return engine.compile(pattern, options=options)
    except (engine.error, UnicodeEncodeError) as error:
        told = error.args[0] if error.args else "it cannot be read"
        raise ValueError(told.decode(errors="replace") if isinstance(told, bytes) else str(told)) from error


def _engine() -> Any:
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - most sessions never need it

    return re2


def _encodable(text: str) -> str:
    """The text with `?` for half characters, which UTF-8 has no bytes for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
