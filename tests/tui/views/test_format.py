"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, duration, fit, fit_end, join, rate, short_duration

MS = 1_000_000


@pytest.mark.parametrize(
    ("ns", "long", "short"),
    [
        (0, "0 ms", "0.0ms"),
        (400_000, "0 ms", "0.4ms"),
        (412 * MS, "412 ms", "412ms"),
        (999 * MS + 999_999, "999 ms", "999ms"),
        (1000 * MS, "1.0 s", "1.00s"),
        (3_290 * MS, "3.2 s", "3.29s"),
        (59_999 * MS, "59.9 s", "60.00s"),
        (125_000 * MS, "2 min 05 s", "125s"),
    ],
)
def test_durations(ns: int, long: str, short: str) -> None:
    assert duration(ns) == long
    assert short_duration(ns) == short


def test_words() -> None:
    assert (counted(1, "lint"), counted(0, "lint"), counted(2, "lint")) == ("1 lint", "0 lints", "2 lints")
    assert counted(12_345, "row") == "12,345 rows"
    assert (rate(8.44), rate(87.4)) == ("8.4", "87")
    assert join("a", None, "", "b") == "a · b"


@given(st.text(), st.integers(0, 30))
def test_fit_is_exact(text: str, width: int) -> None:
    assert cell_len(fit(sanitise_line(text), width)) == width


@given(st.text(), st.integers(0, 30))
def test_fit_end_keeps_the_end(text: str, width: int) -> None:
    text = sanitise_line(text)
    shown = fit_end(text, width)
    assert cell_len(shown) <= width
    assert shown == text or text.endswith(shown.removeprefix("…"))


def test_fit_cuts_with_an_ellipsis() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("漢字漢字", 4) == "漢 …"
    assert fit("ab", 4) == "ab  "
