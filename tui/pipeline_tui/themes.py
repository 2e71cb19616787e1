"""The program's own two themes. Any theme of Textual's can be chosen as well."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

DARK, LIGHT = "pipeline-dark", "pipeline-light"
SHORT_NAMES = {"dark": DARK, "light": LIGHT}

OWN_THEMES: Mapping[str, Theme] = {
    DARK: Theme(
        name=DARK,
        primary="#5fa8e8",
        secondary="#8fa3bf",
        accent="#c792ea",
        foreground="#d7dde6",
        background="#10141a",
        surface="#161b22",
        panel="#1f2630",
        success="#7ec98f",
        warning="#e5b567",
        error="#ee7b84",
        dark=True,
    ),
    LIGHT: Theme(
        name=LIGHT,
        primary="#1261a8",
        secondary="#4a5a70",
        accent="#7c3aa8",
        foreground="#1c232c",
        background="#f4f6f8",
        surface="#ffffff",
        panel="#e6eaef",
        success="#1d7a3a",
        warning="#8f5a00",
        error="#b3202c",
        dark=False,
        variables={"footer-key-foreground": "#1261a8"},
    ),
}


def theme_named(name: str) -> str | None:
    """The full name of a theme given by its full or short name; `None` when there is none."""
    full = SHORT_NAMES.get(name, name)
    return full if full in OWN_THEMES or full in BUILTIN_THEMES else None


def nearest_theme(name: str) -> str:
    """What a user may have meant, as the end of an error message."""
    names = [*SHORT_NAMES, *OWN_THEMES, *(theme for theme in BUILTIN_THEMES if not theme.startswith("ansi"))]
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
