"""Panes are readable at every count and size, and each can be reached."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_tui.views.run_layout import MIN_HEIGHT, MIN_WIDTH, PaneLayout, lay_out


@pytest.mark.parametrize(
    ("count", "size", "grid"),
    [
        (1, (80, 22), (1, 1)),
        (2, (80, 22), (1, 2)),
        (3, (80, 22), (1, 3)),
        (4, (80, 22), (2, 2)),
        (2, (200, 58), (2, 1)),
        (4, (200, 58), (2, 2)),
        (16, (200, 58), (4, 4)),
        (3, (120, 38), (1, 3)),
    ],
)
def test_grids(count: int, size: tuple[int, int], grid: tuple[int, int]) -> None:
    layout = lay_out(count, *size, focused=0)
    assert (layout.columns, layout.rows) == grid
    assert (layout.first, layout.last) == (0, count)


def test_what_does_not_fit_goes_on_further_pages() -> None:
    assert lay_out(10, 80, 22, focused=0) == PaneLayout(2, 3, 0, 6)
    assert lay_out(10, 80, 22, focused=9) == PaneLayout(2, 3, 4, 10)


@given(st.integers(1, 40), st.integers(1, 300), st.integers(1, 100), st.data())
def test_the_focused_pane_is_on_the_page_and_the_grid_holds_the_page(
    count: int, width: int, height: int, data: st.DataObject
) -> None:
    focused = data.draw(st.integers(0, count - 1))
    layout = lay_out(count, width, height, focused)
    assert 0 <= layout.first <= focused < layout.last <= count
    assert layout.last - layout.first <= layout.columns * layout.rows
    assert layout.columns == 1 or width // layout.columns >= MIN_WIDTH
    assert layout.rows == 1 or height // layout.rows >= MIN_HEIGHT
