"""What the command palette offers: the keys of the screen under it, and what belongs to the whole app."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.screen import Screen

LEFT_OUT = frozenset({"command_palette", "app.command_palette", "help_quit", "quit", "app.quit"})
"""Actions that the palette does not offer again, or that the app itself words."""


def screen_commands(screen: Screen[object]) -> Iterator[SystemCommand]:
    """A command for each action of the screen that is explained: by its description, with its key.

    Moving about is left out: such bindings have no tooltip and are not in the footer.
    """
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        explained = binding.tooltip or (binding.show and binding.description)
        if not explained or not active.enabled or binding.action in seen | LEFT_OUT:
            continue
        seen.add(binding.action)
        words = f"{binding.tooltip or binding.description} ({screen.app.get_key_display(binding)})"
        run = partial(screen.app.run_action, binding.action, default_namespace=active.node)
        yield SystemCommand(binding.description, words, run)
