"""The sentences around the list: which place, how many, how the selected one would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_tui.listing.places import Place
    from pipeline_tui.listing.rows import Row


def head_text(place: Place, rows: Sequence[Row] | None, shown: int | None) -> Content:
    """`pipeline-tui  ./workflows  11 workflows, 1 invalid`, and how many a filter lets through."""
    head = Content.assemble(("pipeline-tui", "bold $text-primary"), "  ", sanitise_line(place.label))
    if rows is None:
        return head
    invalid = sum(row.problem is not None for row in rows)
    words = counted(len(rows), "workflow")
    if shown is not None and shown != len(rows):
        words = f"{shown} of {words}"
    parts = [head, Content.styled(f"  {words}", "$foreground 70%")]
    if invalid:
        parts.append(Content.styled(f", ✗ {invalid} invalid", "$text-error"))
    return Content("").join(parts)


def status_text(row: Row | None) -> Content:
    """How a run of this row would be answered, said plainly."""
    if row is None:
        return Content()
    if row.problem is not None:
        cure = (
            "m migrates it, e opens it at the problem" if row.found.is_legacy else "e opens it at the problem"
        )
        return Content.styled(f"✗ cannot run: {cure}", "$text-error")
    if row.is_glimpsed:
        return Content.styled(row.note, "$foreground 70%")
    legacy = "legacy keys: m migrates them · " if row.found.is_legacy else ""
    if row.mode == "mock":
        return _mode("MOCK", "$text-warning", legacy + (row.note or "the built-in simulator answers"))
    if row.mode == "live":
        return _mode("LIVE", "$text-success", f"{legacy}{', '.join(row.providers)} will be called")
    return Content.styled(sanitise_line(f"✗ {row.note}"), "$text-error")


def empty_text(place: Place, query: str) -> str:
    """What to do when there is nothing to list."""
    if query:
        return f"Nothing matches {query!r}.\n\nEsc shows all again."
    lines = [f"No workflows in {sanitise_line(place.label)}.", ""]
    if not place.bundled:
        lines.append("b   show the bundled workflows: they need no key and no network")
    lines += [
        "o   open another folder or file",
        "",
        "A workflow is a YAML file with `steps:`; one saved here appears at once.",
    ]
    return "\n".join(lines)


def _mode(word: str, style: str, text: str) -> Content:
    return Content.assemble((f"{word}  ", f"bold {style}"), sanitise_line(text))
