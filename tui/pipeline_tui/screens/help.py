"""Every key of a screen, made from its bindings: there is no second list to forget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from pipeline_tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textual.app import ComposeResult
    from textual.widget import Widget

OURS = "pipeline_tui."
KEYS = 16
"""Cells of the column of keys."""
WORDS = 50
"""Cells of the column of words: both fit a dialog at 80 columns."""
LEGEND = (
    ("STREAM", "the answer came delta by delta"),
    ("SYNC", "one whole answer: asked for so, or the model would not stream"),
    ("BUFFERED", "asked to stream, and all came at once at the end"),
    ("MOCK", "answered by the simulator on this machine: no key, no network"),
)


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """The keys of one place: a widget, the screen, the whole app."""

    title: str
    keys: tuple[tuple[str, str], ...]
    """Pairs of keys as shown and what they do."""


def key_groups(screen: Screen[object], display: Callable[[Binding], str]) -> list[KeyGroup]:
    """The keys that work on a screen: in the focused widget, on the screen, everywhere, in other widgets.

    Keys that widgets have from Textual are told last, and only for the focused one.
    """
    focused = screen.focused
    others = dict.fromkeys(type(widget) for widget in screen.query("*") if widget.focusable)
    active = [(item.node, item.binding) for item in screen.active_bindings.values()]
    groups: list[tuple[str, Iterable[Binding]]] = [
        ("This screen", [binding for node, binding in active if isinstance(node, Screen)]),
        ("Everywhere", [binding for node, binding in active if isinstance(node, App)]),
        *((_words(kind.__name__), _own_bindings(kind)) for kind in others if kind is not type(focused)),
    ]
    if focused is not None:
        own = list(_own_bindings(type(focused)))
        keys = {binding.key for binding in own}
        rest = [binding for node, binding in active if node is focused and binding.key not in keys]
        groups.insert(0, (_words(type(focused).__name__), own))
        groups.append((f"Also in the {_words(type(focused).__name__).lower()}", rest))
    made = [_group(title, bindings, display) for title, bindings in groups]
    return [group for group in made if group.keys]


def _own_bindings(kind: type[Widget]) -> Iterator[Binding]:
    """What a widget class of ours declares, itself before its bases; a key counts once."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith(OURS):
            continue
        for binding in Binding.make_bindings(vars(base).get("BINDINGS", ())):
            if binding.key not in seen:
                seen.add(binding.key)
                yield binding


def _group(title: str, bindings: Iterable[Binding], display: Callable[[Binding], str]) -> KeyGroup:
    """One entry for each action, its keys together."""
    keys: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for binding in bindings:
        text = binding.tooltip or binding.description
        if text and not binding.system:
            keys.setdefault(binding.action, []).append(display(binding))
            words.setdefault(binding.action, text)
    return KeyGroup(title, tuple((" ".join(dict.fromkeys(keys[action])), words[action]) for action in keys))


def _words(name: str) -> str:
    """`WorkflowList` is `Workflow list`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


class HelpScreen(Dialog[None]):
    """The keys, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,q", "close", "Close", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, groups: Iterable[KeyGroup]) -> None:
        super().__init__()
        self._groups = tuple(groups)

    def compose(self) -> ComposeResult:
        """A frame with the text in it."""
        with VerticalScroll(id="help", classes="dialog") as frame:
            frame.border_title = "Keys"
            frame.border_subtitle = "Esc closes"
            yield Static(help_text(self._groups), markup=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def help_text(groups: Iterable[KeyGroup]) -> Content:
    """The groups and the words that badges use."""
    lines: list[Content] = []
    for group in groups:
        lines += [Content.styled(group.title, "bold $text-primary"), *_lines(group.keys), Content()]
    lines += [Content.styled("Words", "bold $text-primary"), *_lines(LEGEND)]
    return Content("\n").join(lines)


def _lines(pairs: Iterable[tuple[str, str]]) -> Iterator[Content]:
    for keys, words in pairs:
        first, *rest = wrap(words, WORDS)
        gap = " " * max(1, KEYS - len(keys))
        yield Content.assemble("  ", (keys, "$text-accent"), gap, first)
        yield from (Content(" " * (KEYS + 2) + line) for line in rest)
