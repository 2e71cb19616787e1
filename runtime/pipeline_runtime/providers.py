"""Who is called, where, and with whose key. Keys are read from the environment when a call needs them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pipeline_runtime.errors import PipelineError, WorkflowError
from pipeline_runtime.protocols.base import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.workflow.models import Provider, Workflow

RunMode = Literal["mock", "live"]
MODES: tuple[RunMode, ...] = ("mock", "live")
MODE_VARIABLE = "TEST_MODE"


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider, complete, without its key."""

    name: str
    protocol: str
    base_url: str
    api_key_env: str | None = None
    """The variable that holds the key; `None`: it needs none, as a local server."""
    base_url_env: str | None = None
    """The variable that overrides `base_url`."""
    headers: tuple[tuple[str, str], ...] = ()
    """As written: `${NAME}` not yet filled."""


_ANTHROPIC_URL = "https://api.anthropic.com"
_OPENAI_URL = "https://api.openai.com/v1"
BUILT_IN: dict[str, ProviderSpec] = {
    spec.name: spec
    for spec in (
        ProviderSpec("claude", "anthropic", _ANTHROPIC_URL, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        ProviderSpec("anthropic", "anthropic", _ANTHROPIC_URL, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        ProviderSpec("openai", "openai-chat", _OPENAI_URL, "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    )
}


def provider_spec(name: str, workflow: Workflow | None = None) -> ProviderSpec:
    """A provider by name: the workflow's own, completed by the built-in of that name.

    A provider that gives its own `base_url` gets a key only if it also names it in `api_key_env`: a
    built-in's key goes to no other address by itself.

    Raises:
        WorkflowError: no such provider, or it does not say its protocol and address.
    """
    built_in = BUILT_IN.get(name)
    given = workflow.providers.get(name) if workflow is not None else None
    if given is None:
        if built_in is None:
            raise WorkflowError(
                f"the provider `{name}` is not known", cure=f"known: {', '.join(BUILT_IN)}; or describe it"
            )
        return built_in
    return _completed(name, given, built_in)


def _completed(name: str, given: Provider, built_in: ProviderSpec | None) -> ProviderSpec:
    if built_in is not None and given.base_url is None:
        return replace(
            built_in,
            protocol=given.protocol or built_in.protocol,
            api_key_env=given.api_key_env or built_in.api_key_env,
            headers=tuple(given.headers.items()),
        )
    protocol = given.protocol or (built_in.protocol if built_in else None)
    if protocol is None or given.base_url is None:
        raise WorkflowError(f"the provider `{name}` needs `protocol` and `base_url`", cure="add both to it")
    return ProviderSpec(
        name,
        protocol,
        given.base_url,
        api_key_env=given.api_key_env,
        headers=tuple(given.headers.items()),
    )


def resolve_endpoint(name: str, workflow: Workflow | None, environ: Mapping[str, str]) -> Endpoint:
    """Where a provider answers, with its key and headers from the environment.

    Raises:
        WorkflowError: the provider is not known, a variable that it needs is not set, or one cannot be used.
            No message shows a value.
    """
    from pipeline_runtime.workflow.values import fill_references, references  # noqa: PLC0415 (loads pydantic)

    spec = provider_spec(name, workflow)
    key = _secret(spec, spec.api_key_env, environ) if spec.api_key_env else None
    headers: list[tuple[str, str]] = []
    for header, template in spec.headers:
        variables = {variable: _secret(spec, variable, environ) for variable in references(template)}
        headers.append((header, fill_references(template, variables)))
    return Endpoint(name, spec.protocol, _address(spec, environ), key, tuple(headers))


def simulated_endpoint(name: str, workflow: Workflow | None, base_url: str) -> Endpoint:
    """The same provider played by the simulator at `base_url`: no key, no header of the user's goes there."""
    return Endpoint(name, provider_spec(name, workflow).protocol, base_url, "simulated")


def used_providers(workflow: Workflow) -> tuple[str, ...]:
    """The providers of a workflow's steps, each once, in file order."""
    return tuple(dict.fromkeys(step.provider for step in workflow.steps))


def missing_keys(workflow: Workflow, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Provider and variable, for every variable that a live run needs and the environment does not have."""
    from pipeline_runtime.workflow.values import references  # noqa: PLC0415 (loads pydantic)

    missing: list[tuple[str, str]] = []
    for name in used_providers(workflow):
        spec = provider_spec(name, workflow)
        needed = [spec.api_key_env] if spec.api_key_env else []
        needed += [variable for _, text in spec.headers for variable in references(text)]
        missing += [(name, variable) for variable in dict.fromkeys(needed) if not _value(variable, environ)]
    return missing


def secret_values(workflow: Workflow, environ: Mapping[str, str]) -> list[str]:
    """Every value of the environment that a live run of this workflow would send as a key or in a header."""
    from pipeline_runtime.workflow.values import references  # noqa: PLC0415 (loads pydantic)

    values: list[str] = []
    for name in used_providers(workflow):
        spec = provider_spec(name, workflow)
        variables = [spec.api_key_env] if spec.api_key_env else []
        variables += [variable for _, text in spec.headers for variable in references(text)]
        values += [_value(variable, environ) for variable in variables]
    return values


def choose_mode(
    explicit: str | None, environ: Mapping[str, str], workflow: Workflow
) -> tuple[RunMode, str | None]:
    """The mode of a run, and why, when nobody chose it.

    The order: `explicit` (`--mode`), `TEST_MODE`, then `live` if every provider used has what it needs, else
    `mock` with a note that names what is missing.

    Raises:
        PipelineError: the mode that was asked for is none.
    """
    if explicit is not None:
        return _mode(explicit, "--mode"), None
    told = _value(MODE_VARIABLE, environ)
    if told:
        return _mode(told, MODE_VARIABLE), None
    missing = missing_keys(workflow, environ)
    if not missing:
        return "live", None
    variables = list(dict.fromkeys(variable for _, variable in missing))
    verb = "is" if len(variables) == 1 else "are"
    return "mock", f"{' and '.join(variables)} {verb} not set: the built-in simulator answers"


def _mode(word: str, source: str) -> RunMode:
    for mode in MODES:
        if word.strip().lower() == mode:
            return mode
    raise PipelineError(f"{source} is `{word}`, and there is no such mode", cure="mock or live")


def _value(variable: str, environ: Mapping[str, str]) -> str:
    return environ.get(variable, "").strip()


def _secret(spec: ProviderSpec, variable: str, environ: Mapping[str, str]) -> str:
    value = _value(variable, environ)
    if not value:
        raise WorkflowError(
            f"the provider `{spec.name}` needs {variable}, and it is not set",
            cure=f"export {variable}=..., or run with --mode mock",
        )
    if not value.isascii() or not value.isprintable():
        raise WorkflowError(
            f"{variable} holds a character that no HTTP header can carry",
            cure="set it again, without line breaks",
        )
    return value


def _address(spec: ProviderSpec, environ: Mapping[str, str]) -> str:
    from pydantic_core import PydanticCustomError  # noqa: PLC0415 (loads pydantic)

    from pipeline_runtime.workflow.values import base_url  # noqa: PLC0415 (loads pydantic)

    told = _value(spec.base_url_env, environ) if spec.base_url_env else ""
    if not told:
        return spec.base_url
    try:
        return base_url(told)
    except PydanticCustomError as error:
        raise WorkflowError(f"{spec.base_url_env}: {error.message()}", cure="mend or unset it") from None
