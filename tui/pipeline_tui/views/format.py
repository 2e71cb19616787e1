"""Numbers as people read them. All durations come in nanoseconds, all sizes in bytes."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from pipeline_runtime.wording import counted

__all__ = ["counted", "duration", "fit", "fit_end", "join", "rate", "short_duration"]

_MS = 1_000_000
_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND


def duration(ns: int) -> str:
    """`412 ms` below a second, `3.2 s` below a minute, `2 min 05 s` above."""
    if ns < _SECOND:
        return f"{ns // _MS} ms"
    if ns < _MINUTE:
        return f"{ns // (_SECOND // 10) / 10:.1f} s"
    minutes, rest = divmod(ns // _SECOND, 60)
    return f"{minutes} min {rest:02d} s"


def short_duration(ns: int) -> str:
    """A duration for a table column, at most 7 cells: `0.4ms`, `412ms`, `3.20s`, `125s`."""
    if ns < 10 * _MS:
        return f"{ns / _MS:.1f}ms"
    if ns < _SECOND:
        return f"{ns // _MS}ms"
    return f"{ns / _SECOND:.2f}s" if ns < 100 * _SECOND else f"{ns // _SECOND}s"


def rate(value: float) -> str:
    """`8.4` below ten, `87` above."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"  # noqa: PLR2004


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis. It must hold no line feed."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def fit_end(text: str, width: int) -> str:
    """`text` in at most `width` cells; when it is longer, its end, after an ellipsis."""
    if cell_len(text) <= width:
        return text
    end = text
    while end and cell_len(end) >= width:
        end = end[1:]
    return f"…{end}" if width > 0 else ""


def join(*parts: str | None) -> str:
    """The parts that say something, with a middle dot between."""
    return " · ".join(part for part in parts if part)
