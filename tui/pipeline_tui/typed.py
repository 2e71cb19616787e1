"""What was typed into fields, to be called back: of each kind of field, as long as the app lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from textual.app import App

Kind: TypeAlias = Literal["faults", "expressions", "searches"]
TYPED_KEPT = 50
"""Texts that can be called back."""
_typed: WeakKeyDictionary[App[Any], dict[Kind, list[str]]] = WeakKeyDictionary()


def typed_in(app: App[Any], kind: Kind) -> list[str]:
    """What was typed in `app` into fields of this kind, the newest last; all of them share the list."""
    return _typed.setdefault(app, {}).setdefault(kind, [])


def remember(typed: list[str], text: str) -> None:
    """Have `text` once, as the newest one, at the end of `typed`."""
    if text in typed:
        typed.remove(text)
    typed.append(text)
    del typed[:-TYPED_KEPT]
