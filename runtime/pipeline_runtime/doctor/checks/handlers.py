"""The guide's "handler not invoked" and "duplicate output", as far as a workflow's file shows them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.doctor.facts import HandlerFact
    from pipeline_runtime.doctor.findings import Finding


def check_handlers(handlers: Sequence[HandlerFact]) -> Iterator[Finding]:
    """Whether every handler will be called, and none will print what another prints."""
    for one in handlers:
        yield from _called(one)
    yield from _duplicates(handlers)


def _called(one: HandlerFact) -> Iterator[Finding]:
    if one.trouble == "missing":
        message = f"handler never invoked: {one.message}"
        yield problem("handlers", "handler_not_found", message, one.cure, place=one.step)
    elif one.trouble == "shape":
        message = f"handler never invoked: {one.message}"
        yield problem("handlers", "handler_shape", message, one.cure, place=one.step)
    elif not one.stream:
        yield warning(
            "handlers",
            "handler_without_stream",
            f"handler '{one.name}' gets no stream: the step does not ask for one, so the answer comes whole",
            "set stream: true on the step, or in defaults",
            place=one.step,
        )
    elif one.legacy:
        yield warning(
            "handlers",
            "handler_legacy",
            f"handler '{one.name}' takes chunks and a result, as old ones did: it gets the text alone",
            "run `pipeline-tui migrate` on its source, or define handle_event(event)",
            place=one.step,
        )
    else:
        yield ok("handlers", "handler_ready", f"handler '{one.name}' can be called", place=one.step)


def _duplicates(handlers: Sequence[HandlerFact]) -> Iterator[Finding]:
    for one in handlers:
        if one.shared:
            yield warning(
                "handlers",
                "handler_shared",
                f"duplicate output: handler '{one.name}' is one object, which every step and run shares",
                "name its class, or a factory: then each run makes its own",
                place=one.step,
            )
        if one.repeats:
            yield warning(
                "handlers",
                "restart_repeats",
                f"duplicate output: the step asks anew when a stream breaks (on_drop: restart), and handler"
                f" '{one.name}' then gets the text again",
                "wrap it in `idempotent` (docs/handlers.md, Once and only once), or set on_drop: fail",
                place=one.step,
            )
    told: set[tuple[str | None, str]] = set()
    for one, other in combinations([one for one in handlers if one.sink is not None], 2):
        found = _same_sink(one, other) if one.sink == other.sink else None
        if found is not None and (one.sink, found.code) not in told:
            told.add((one.sink, found.code))
            yield found


def _same_sink(one: HandlerFact, other: HandlerFact) -> Finding | None:
    """What is wrong with two handlers that write to the same place; in different steps often nothing."""
    sink = one.sink or ""
    if one.step == other.step:
        what = "the terminal" if sink == "terminal" else sink.removeprefix("handler ")
        return warning(
            "handlers",
            "two_on_one_sink",
            f"duplicate output: '{one.name}' and '{other.name}' both write to {what}",
            "leave one of them out, or give them different places",
            place=one.step,
        )
    if not sink.startswith("file "):
        return None
    if one.replaces or other.replaces:
        return problem(
            "handlers",
            "file_replaced",
            f"the steps {one.step} and {other.step} write to {sink}, and one of them empties it",
            "put {step} into the path",
            place=other.step,
        )
    return warning(
        "handlers",
        "file_shared",
        f"the steps {one.step} and {other.step} append to {sink}: their texts follow each other in it",
        "put {step} into the path, if each should have its own",
        place=other.step,
    )
