"""Textual's footer for screens that stay: the keys that it has replaced are let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Footer

if TYPE_CHECKING:
    from textual.app import ComposeResult


class LastingFooter(Footer):
    """The keys that work now.

    The footer makes its keys anew whenever one of them changes. Each is bound to `compact`, and Textual 8.2.8
    drops what was bound and is gone only when that one changes, which it never does.
    """

    def compose(self) -> ComposeResult:
        """The keys; those before them are closed by now."""
        self.mutate_reactive(Footer.compact)
        yield from super().compose()
