"""Which keys there are. Their values are looked at and never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.doctor.facts import KeyFact
from pipeline_runtime.providers import BUILT_IN, provider_spec, used_providers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_runtime.providers import ProviderSpec
    from pipeline_runtime.workflow.models import Workflow

QUOTES = "\"'`"


def gather_keys(workflow: Workflow | None, environ: Mapping[str, str]) -> tuple[KeyFact, ...]:
    """The variables that a workflow's providers read; without a workflow, those of the built-in ones."""
    specs = (
        [provider_spec(name, workflow) for name in used_providers(workflow)]
        if workflow is not None
        else list(BUILT_IN.values())
    )
    seen: dict[tuple[str, ...], KeyFact] = {}
    for spec in specs:
        for variables in _needed(spec):
            if variables not in seen:
                seen[variables] = _looked_up(spec.name, variables, environ)
    return tuple(seen.values())


def _needed(spec: ProviderSpec) -> Iterator[tuple[str, ...]]:
    from pipeline_runtime.workflow.values import references  # noqa: PLC0415 (loads pydantic)

    if spec.api_key_env is not None:
        yield tuple(name for name in (spec.api_key_env, spec.api_key_env_too) if name is not None)
    for _, text in spec.headers:
        for name in references(text):
            yield (name,)


def _looked_up(provider: str, variables: tuple[str, ...], environ: Mapping[str, str]) -> KeyFact:
    found = next((name for name in variables if environ.get(name, "").strip()), None)
    return KeyFact(provider, variables, found, _flaw(environ[found].strip()) if found else None)


def _flaw(value: str) -> str | None:
    if not value.isascii() or not value.isprintable():
        return "a character that no HTTP header can carry"
    if value[0] in QUOTES or value[-1] in QUOTES:
        return "quotes, which then belong to the key"
    return "a blank" if " " in value else None
