"""The sentences around the list of runs: how many, how large, what the selected one was, what is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_runtime.library.quantities import show_size
from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, duration, join
from pipeline_tui.views.history_line import FAINT, MUTED, STYLES
from pipeline_tui.views.history_row import SIGNS
from pipeline_tui.views.history_search import MOST_KEPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_runtime.events import StepSummary
    from pipeline_runtime.library import Hit
    from pipeline_tui.views.history_row import HistoryRow
    from pipeline_tui.views.history_search import Search

MOST_HITS = 20
"""Places of one run that are told."""
ENDINGS = {
    "cut": "did not end in order (killed, or a full disk): all that was written is here",
    "running": "is still being written",
}


def head_text(rows: Sequence[HistoryRow] | None, shown: Sequence[HistoryRow]) -> Content:
    """`History  1,204 runs · 340 MB`, and how many of them are shown."""
    head = Content.styled("History", "bold $text-primary")
    if rows is None:
        return head + Content.styled("  reading runs…", MUTED)
    words = f"{counted(len(rows), 'run')} · {_size(rows)}"
    if len(shown) != len(rows):
        words = f"{len(shown):,} of {words} · shown: {_size(shown)}"
    return head + Content.styled(f"  {words}", MUTED)


def _size(rows: Sequence[HistoryRow]) -> str:
    return show_size(sum(row.run.size for row in rows))


def marks_text(rows: Sequence[HistoryRow], marked: Sequence[str]) -> str:
    """What can be done with the marked runs."""
    known = {row.run.run: row for row in rows}
    chosen = [known[run] for run in marked if run in known]
    if len(chosen) > 2:  # noqa: PLR2004 - so many are compared
        return join(f"{len(chosen):,} runs marked", _size(chosen), "D deletes them, x exports them")
    told = [f"{letter} {row.name}" for row, letter in zip(chosen, "AB", strict=False)]
    if not told:
        return ""
    return join(*told, "c compares" if len(told) > 1 else "space marks another, c compares with the selected")


def search_text_of(search: Search) -> str:
    """How a search stands."""
    looked_for = sanitise_line(search.text)
    quoted = f"“{looked_for}”" if search.expression is None else looked_for
    bad = f"{counted(search.problems, 'run')} could not be read whole" if search.problems else None
    found, done, total = len(search.hits), search.done, search.total
    if search.going:
        return join(f"searching {quoted}: {done:,} of {total:,} runs", f"{found:,} found", bad, "Esc stops")
    part = f" in the first {done:,} of {total:,}" if done < total else ""
    is_in = "is in" if search.expression is None else "is true in"
    return join(f"{quoted} {is_in} {counted(found, 'run')}{part}", bad, "Esc shows all again")


def empty_text(query: str, searched: str, folder: str) -> str:
    """What to do when there is nothing to list."""
    if searched:
        return f"No run has {sanitise_line(searched)!r}.\n\nEsc shows all again."
    if query:
        return (
            f"Nothing matches {sanitise_line(query)!r}.\n\nEsc shows all again; f searches in what runs said,"
            " e among their events."
        )
    return (
        "No runs yet.\n\nEvery run is recorded from its first byte: run a workflow (Esc, then Enter on one),"
        f" and it is here.\n\nThe logs are kept in {sanitise_line(folder)}."
    )


def detail_text(row: HistoryRow | None, hits: Sequence[Hit]) -> Content:
    """What the ends of its log tell of a run, and where the search found something in it."""
    if row is None:
        return Content()
    run = row.run
    head = Content.assemble(
        (f"{SIGNS[run.status]} ", STYLES.get(run.status, "")), (sanitise_line(run.run), "bold"),
        (f"  {join(ENDINGS.get(run.status), run.mode)}", MUTED),
    )  # fmt: skip
    where = join(_local(row), sanitise_line(run.path) if run.path else None)
    lines = [head, Content.styled(where, MUTED)]
    if run.faults:
        broken = sanitise_line(f"FAULTS were injected: {', '.join(run.faults)}")
        lines.append(Content.styled(broken, "$text-warning"))
    lines += [_hit_line(hit) for hit in hits[:MOST_HITS]]
    if len(hits) > MOST_HITS:
        least = "at least " if len(hits) == MOST_KEPT else ""
        lines.append(Content.styled(f"  and {least}{len(hits) - MOST_HITS:,} more places", MUTED))
    lines += [_step_line(step) for step in (run.finished.steps if run.finished is not None else ())]
    if run.inputs:
        lines.append(Content.styled(_inputs(run.inputs), FAINT))
    return Content("\n").join(lines)


def _local(row: HistoryRow) -> str:
    return row.when.strftime("%Y-%m-%d %H:%M:%S") if row.when is not None else row.run.started_at


def _inputs(inputs: dict[str, object]) -> str:
    return sanitise_line("inputs " + " · ".join(f"{name}: {value}" for name, value in inputs.items()))


def _step_line(step: StepSummary) -> Content:
    sign = (f"  {SIGNS[step.status]} ", STYLES.get(step.status, ""))
    facts = join(
        step.delivery.upper() if step.delivery else None,
        duration(step.elapsed),
        f"TTFT {duration(step.first_delta)}" if step.first_delta is not None else None,
        counted(step.deltas, "delta") if step.deltas is not None else None,
        counted(step.stalls, "stall") if step.stalls else None,
        sanitise_line(step.reason) if step.reason else None,
    )
    return Content.assemble(sign, sanitise_line(step.step), "  ", (facts, MUTED))


def _hit_line(hit: Hit) -> Content:
    place = f"  {join(hit.step, hit.where)} #{hit.seq}  "
    return Content.assemble(
        (sanitise_line(place), FAINT),
        (f"…{_shown(hit.before)}", MUTED),
        (_shown(hit.match), "bold $text-accent"),
        (f"{_shown(hit.after)}…", MUTED),
    )


def _shown(text: str) -> str:
    return sanitise_line(text)
