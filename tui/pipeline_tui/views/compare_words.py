"""The words of the Compare screen: which two runs, in what they differ, and the table of their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from textual.content import Content

from pipeline_tui.text.sanitise import sanitise_line
from pipeline_tui.views.format import counted, duration, fit, join

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pipeline_runtime.compare import Aspect, MetricRow
    from pipeline_tui.views.compared import Compared, Side, StepPair

View: TypeAlias = Literal["text", "order", "metrics"]
VIEWS: Sequence[tuple[View, Aspect]] = (("text", "text"), ("order", "order"), ("metrics", "timing"))
"""What can be looked at, and the aspect that it shows."""
MUTED, FAINT = "$foreground 70%", "$foreground 45%"
NAME, FIGURE = 14, 14
"""Cells of the columns of the table."""


def side_text(side: Side, who: str) -> Content:
    """`A claude/sonnet  ok in 3.2 s · draft · mock · 20261121-…`; `who`: provider and model of the step."""
    links = "for" if side.going else "in"
    names = [sanitise_line(name) for name in (who, side.workflow) if name]
    facts = join(
        f"{side.status} {links} {duration(side.elapsed)}", *names[1:], side.mode, sanitise_line(side.run)
    )
    style = "$text-error" if side.letter == "A" else "$text-success"
    return Content.assemble((f"{side.letter} ", f"bold {style}"), (names[0], "bold"), (f"  {facts}", MUTED))


def head_text(compared: Compared, step: int, view: View) -> Content:
    """Which step, and in what the runs differ there; what is looked at stands out."""
    parts = [Content.styled("Compare", "bold $text-primary")]
    steps = compared.steps
    if steps:
        of = f" ({step + 1}/{len(steps)})" if len(steps) > 1 else ""
        parts.append(Content.styled(f"  {sanitise_line(steps[step].name)}{of}", MUTED))
        differs = differing(steps[step], going=compared.going)
        for number, (name, aspect) in enumerate(VIEWS, start=1):
            sign = "≠" if aspect in differs else "="
            style = "reverse" if name == view else "$text-warning" if sign == "≠" else MUTED
            parts += [Content("  "), Content.styled(f" {number} {name} {sign} ", style)]
    return Content("").join(parts)


def differing(step: StepPair, *, going: bool) -> Collection[str]:
    """In what a step differs: in all, when only one of the runs has it and the other will not."""
    if step.comparison is None:
        return () if going else ("status", "text", "order", "timing")
    return step.comparison.differs


def status_text(compared: Compared, step: int, view: View, places: int, at: int | None) -> str:
    """What differs in what is looked at, in a sentence; how many places there are, and at which one."""
    if not compared.steps:
        return "Neither run has come to a step" + (" yet" if compared.going else "")
    shown = compared.steps[step]
    far = " so far" if compared.going else ""
    where = None
    if places:
        where = counted(places, "place") + far if at is None else f"place {at + 1} of {places}"
    if shown.comparison is None:
        which = "A" if shown.who[0] or not shown.who[1] else "B"
        return join(f"only {which} has this step{far}", where)
    told = dict(zip(shown.comparison.differs, shown.comparison.reasons, strict=True))
    if len(compared.steps) == 1 and compared.comparison.reasons:
        told.pop("status", None)  # it is the run's
    reasons = [told[aspect] for aspect in ("status", dict(VIEWS)[view]) if aspect in told]
    words = sanitise_line("; ".join((*compared.comparison.reasons, *reasons)))
    return join(where, words or f"no difference in {view}{far}")


def metrics_table(step: StepPair, *, going: bool) -> Content:
    """The figures of both runs, as far as they have come, and what lies between them."""
    if step.comparison is None:
        far = "so far has" if going else "has"
        return Content.styled(f"Only one of the runs {far} this step: there is nothing to compare.", MUTED)
    head = f"  {fit('', NAME)} {'A':>{FIGURE}} {'B':>{FIGURE}}  difference"
    lines = [Content.styled(head, "bold $text-primary")]
    lines += [_metric_line(row) for row in step.comparison.metrics]
    judged = ", judged when they can change no more" if going else ""
    lines.append(Content.styled(f"\n≠ times further apart than 20 % (and 10 ms){judged}", FAINT))
    return Content("\n").join(lines)


def _metric_line(row: MetricRow) -> Content:
    figures = f"{fit(row.name, NAME)} {row.a:>{FIGURE}} {row.b:>{FIGURE}}  "
    same = row.a == row.b
    sign = "≠ " if row.differs else "  "
    style = "$text-warning" if row.differs else FAINT if same else ""
    return Content.assemble((sign, "bold $text-warning"), (figures, style), (_apart(row.a, row.b), MUTED))


def _apart(a: str, b: str) -> str:
    """`+12 %`: how much larger the second is; empty where there is no telling."""
    first, second = _value(a), _value(b)
    if first is None or second is None or first == second:
        return ""
    return f"{second - first:+,.0f}" if not first else f"{(second - first) / first:+.0%}"


def _value(text: str) -> float | None:
    try:
        return float(text.removesuffix(" ms").replace(",", ""))
    except ValueError:
        return None
