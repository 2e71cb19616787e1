"""Gaps as bars and a rate over time as a line of blocks, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_tui.views.format import short_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MS = 1_000_000
_BLOCKS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NARROWEST = 10 * _MS
_TIMES = 256


class Arrivals:
    """How many deltas came in each span of time; the spans double when there are too many."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._span = _NARROWEST
        self._counts: list[int] = []

    def add(self, at: int) -> None:
        """One came `at` (ns, not before the one before)."""
        if self._first is None:
            self._first = at
        while (place := (at - self._first) // self._span) >= _TIMES:
            self._counts = [sum(self._counts[n : n + 2]) for n in range(0, len(self._counts), 2)]
            self._span *= 2
        self._counts += [0] * (place + 1 - len(self._counts))
        self._counts[place] += 1

    def copied(self) -> Arrivals:
        """The same, to go on apart."""
        other = Arrivals()
        other._first, other._span, other._counts = self._first, self._span, list(self._counts)
        return other

    def rates(self, cells: int, until: int) -> list[float]:
        """Deltas per second in each of at most `cells` equal times, from the first delta to `until` (ns)."""
        if self._first is None or cells < 1:
            return []
        spans = max(len(self._counts), -(-max(until - self._first, 0) // self._span))
        each = -(-spans // cells)
        counts = self._counts + [0] * (spans - len(self._counts))
        sums = [sum(counts[n : n + each]) for n in range(0, spans, each)]
        return [total * 1e9 / (each * self._span) for total in sums]


def sparkline(rates: Sequence[float]) -> str:
    """A cell for each: empty where nothing came, the highest full."""
    top = max(rates, default=0)
    if not top:
        return " " * len(rates)
    return "".join(_BLOCKS[-(-int(1000 * rate / top) * 8 // 1000) if rate else 0] for rate in rates)


def histogram(measured: Iterable[tuple[int, int]], width: int, rows: int) -> list[str]:
    """Bars of how often gaps came, in buckets that double, from the first bucket with one to the last.

    Args:
        measured: Gaps in ns, with how often each came.
        width: Cells of a line.
        rows: Lines at most: beyond them, all shorter ones stand in the first.
    """
    counts: dict[int, int] = {}
    for gap, times in measured:
        bucket = (gap // _MS).bit_length()
        counts[bucket] = counts.get(bucket, 0) + times
    if not counts or rows < 1:
        return []
    last = max(counts)
    first = max(min(counts), last - rows + 1)
    shown = [sum(counts[one] for one in counts if one <= first)]
    shown += [counts.get(bucket, 0) for bucket in range(first + 1, last + 1)]
    room, top = max(1, width - 18), max(shown)
    return [
        f"< {short_duration(_MS << bucket):>7} {_bar(count, top, room)} {count:,}"
        for bucket, count in enumerate(shown, first)
    ]


def _bar(count: int, top: int, room: int) -> str:
    eighths = max(count * room * 8 // top, 1) if count else 0
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + _EIGHTHS[rest].strip()).ljust(room)
