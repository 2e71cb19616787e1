"""Keys, and what a run will do without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.findings import ok, problem, warning
from pipeline_runtime.providers import MODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_runtime.doctor.facts import KeyFact
    from pipeline_runtime.doctor.findings import Finding


def check_keys(keys: Sequence[KeyFact], *, mode: str, chosen: bool, for_workflow: bool) -> Iterator[Finding]:
    """What is there, what is missing, what cannot be used. No value is ever named."""
    for key in keys:
        if key.flaw is not None:
            yield problem(
                "keys", "key_flawed", f"{key.found} holds {key.flaw}", f"set it again: export {key.found}=..."
            )
        elif key.found is not None:
            yield ok("keys", "key_set", f"{key.found} is set")
        elif for_workflow:
            yield _missing(key, mode if chosen else None)
    if not for_workflow and not any(key.found for key in keys):
        yield warning(
            "keys",
            "no_keys",
            "no provider's key is set: the built-in simulator answers",
            "nothing is needed to try things out; to go live, export ANTHROPIC_API_KEY=... or another",
        )
    if for_workflow and mode in MODES:
        yield ok("keys", "mode", f"a run would be {mode}{' (chosen)' if chosen else ''}")


def _missing(key: KeyFact, chosen: str | None) -> Finding:
    name = " or ".join(key.variables)
    message = f"{name} is not set, and the provider {key.provider} needs it"
    cure = f"export {key.variables[0]}=..., or run with --mode mock"
    if chosen == "mock":
        return ok("keys", "key_missing", f"{name} is not set, and mode mock needs none")
    if chosen is not None:
        return problem("keys", "key_missing", message, cure)
    return warning("keys", "key_missing", f"{message}: the built-in simulator answers", cure)
