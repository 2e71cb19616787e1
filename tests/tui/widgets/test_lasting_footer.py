"""The list of workflows stays as long as the app: the keys that its footer has replaced must not stay with it."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

from textual.app import App
from textual.widgets._footer import FooterKey

from helpers_tui import until
from pipeline_tui.widgets.lasting_footer import LastingFooter

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Keys(App[None]):
    BINDINGS = [("a", "bell", "Ring"), ("b", "bell", "Ring too")]  # noqa: RUF012 - as Textual declares it

    def compose(self) -> ComposeResult:
        yield LastingFooter(compact=True)


async def test_keys_that_were_replaced_are_let_go() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        await pilot.pause()
        footer = app.query_one(LastingFooter)
        replaced = [weakref.ref(key) for key in footer.query(FooterKey)]
        assert replaced
        app.refresh_bindings()
        await until(pilot, lambda: gc.collect() >= 0 and not any(key() for key in replaced))
        assert len(footer.query(FooterKey)) == len(replaced)
