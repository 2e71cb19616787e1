"""Text from outside that UTF-8 may not be able to say: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def encodable(text: str) -> str:
    """The text with `?` for what UTF-8 cannot say: names of files may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def shown(path: Path | None) -> str | None:
    """The path as it can be told."""
    return encodable(str(path)) if path is not None else None


def check_encodable(inputs: dict[str, Any]) -> None:
    """See that every input can be sent.

    Raises:
        InputError: One holds what UTF-8 cannot say.
    """
    wrong = [name for name, value in inputs.items() if isinstance(value, str) and value != encodable(value)]
    if wrong:
        problems = dict.fromkeys(wrong, "is not UTF-8")
        raise InputError(
            f"inputs: {', '.join(f'`{name}`' for name in wrong)}: not UTF-8",
            cure="give the text in UTF-8",
            problems=problems,
        )
