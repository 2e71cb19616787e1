"""Who is called, where, and with whose key. Keys are read from the environment when a call needs them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pipeline_runtime.errors import PipelineError, WorkflowError
from pipeline_runtime.protocols.base import Endpoint
from pipeline_runtime.wording import listed

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
    api_key_header: str | None = None
    """The header that carries the key alone; `None`: the protocol's own way."""
    think_tags: bool = False
    """`<think>…</think>` at the beginning of a text is thinking."""
    api_key_env_too: str | None = None
    """A second variable for the key, for when the first is not set."""
    bare_host_port: int | None = None
    """`base_url_env` may hold a host without scheme; this is its port when it names none."""


_ANTHROPIC_URL = "https://api.anthropic.com"
_OPENAI_URL = "https://api.openai.com/v1"
BUILT_IN: dict[str, ProviderSpec] = {
    spec.name: spec
    for spec in (
        ProviderSpec("claude", "anthropic", _ANTHROPIC_URL, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        ProviderSpec("anthropic", "anthropic", _ANTHROPIC_URL, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        ProviderSpec("openai", "openai-chat", _OPENAI_URL, "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ProviderSpec(
            "openai-responses", "openai-responses", _OPENAI_URL, "OPENAI_API_KEY", "OPENAI_BASE_URL"
        ),
        ProviderSpec(
            "gemini",
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            "GEMINI_API_KEY",
            "GEMINI_BASE_URL",
            api_key_env_too="GOOGLE_API_KEY",
        ),
        ProviderSpec("ollama", "ollama", "http://127.0.0.1:11434", None, "OLLAMA_HOST", bare_host_port=11434),
        ProviderSpec("openrouter", "openai-chat", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ProviderSpec("groq", "openai-chat", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        ProviderSpec("deepseek", "openai-chat", "https://api.deepseek.com", "DEEPSEEK_API_KEY"),
        ProviderSpec("xai", "openai-chat", "https://api.x.ai/v1", "XAI_API_KEY"),
        ProviderSpec("mistral", "openai-chat", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        ProviderSpec("together", "openai-chat", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
        ProviderSpec(
            "fireworks", "openai-chat", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"
        ),
        ProviderSpec("perplexity", "openai-chat", "https://api.perplexity.ai", "PERPLEXITY_API_KEY"),
        ProviderSpec("cerebras", "openai-chat", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
        ProviderSpec("vllm", "openai-chat", "http://127.0.0.1:8000/v1"),
        ProviderSpec("llamacpp", "openai-chat", "http://127.0.0.1:8080/v1"),
        ProviderSpec("lmstudio", "openai-chat", "http://127.0.0.1:1234/v1"),
        ProviderSpec("ollama-openai", "openai-chat", "http://127.0.0.1:11434/v1"),
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
            api_key_env_too=None if given.api_key_env else built_in.api_key_env_too,
            headers=tuple(given.headers.items()),
            api_key_header=given.api_key_header or built_in.api_key_header,
            think_tags=given.think_tags or built_in.think_tags,
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
        api_key_header=given.api_key_header,
        think_tags=given.think_tags,
    )


def resolve_endpoint(name: str, workflow: Workflow | None, environ: Mapping[str, str]) -> Endpoint:
    """Where a provider answers, with its key and headers from the environment.

    Raises:
        WorkflowError: the provider is not known, a variable that it needs is not set, or one cannot be used.
            No message shows a value.
    """
    from pipeline_runtime.workflow.values import fill_references, references  # noqa: PLC0415 (loads pydantic)

    spec = provider_spec(name, workflow)
    key = next((_secret(spec, variable, environ) for variable in _key_variables(spec, environ)), None)
    headers: list[tuple[str, str]] = []
    for header, template in spec.headers:
        variables = {variable: _secret(spec, variable, environ) for variable in references(template)}
        headers.append((header, fill_references(template, variables)))
    return Endpoint(
        name,
        spec.protocol,
        _address(spec, environ),
        key,
        tuple(headers),
        api_key_header=spec.api_key_header,
        think_tags=spec.think_tags,
    )


def simulated_endpoint(name: str, workflow: Workflow | None, base_url: str) -> Endpoint:
    """The same provider played by the simulator at `base_url`: no key, no header of the user's goes there."""
    spec = provider_spec(name, workflow)
    return Endpoint(
        name,
        spec.protocol,
        base_url,
        "simulated",
        api_key_header=spec.api_key_header,
        think_tags=spec.think_tags,
    )


def used_providers(workflow: Workflow) -> tuple[str, ...]:
    """The providers of a workflow's steps, each once, in file order."""
    return tuple(dict.fromkeys(step.provider for step in workflow.steps if step.skip is None))


def missing_keys(workflow: Workflow, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Provider and variable, for every variable that a live run needs and the environment does not have."""
    from pipeline_runtime.workflow.values import references  # noqa: PLC0415 (loads pydantic)

    missing: list[tuple[str, str]] = []
    for name in used_providers(workflow):
        spec = provider_spec(name, workflow)
        needed = _key_variables(spec, environ)
        needed += [variable for _, text in spec.headers for variable in references(text)]
        missing += [(name, variable) for variable in dict.fromkeys(needed) if not _value(variable, environ)]
    return missing


def secret_values(workflow: Workflow, environ: Mapping[str, str]) -> list[str]:
    """Every value of the environment that a live run of this workflow would send as a key or in a header."""
    from pipeline_runtime.workflow.values import references  # noqa: PLC0415 (loads pydantic)

    values: list[str] = []
    for name in used_providers(workflow):
        spec = provider_spec(name, workflow)
        variables = _key_variables(spec, environ)
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
    return "mock", f"{listed(variables)} {verb} not set: the built-in simulator answers"


def _mode(word: str, source: str) -> RunMode:
    for mode in MODES:
        if word.strip().lower() == mode:
            return mode
    if word.strip().lower() == "replay":
        raise PipelineError(f"{source} is `{word}`, which wants a cassette", cure="run --cassette FILE")
    raise PipelineError(f"{source} is `{word}`, and there is no such mode", cure="mock or live")


def _value(variable: str, environ: Mapping[str, str]) -> str:
    return environ.get(variable, "").strip()


def _key_variables(spec: ProviderSpec, environ: Mapping[str, str]) -> list[str]:
    """The variable of the key, if there is a key: the second only when it is set and the first is not."""
    if spec.api_key_env is None:
        return []
    too = spec.api_key_env_too
    if too is not None and _value(too, environ) and not _value(spec.api_key_env, environ):
        return [too]
    return [spec.api_key_env]


def _with_scheme(host: str, port: int) -> str:
    """The URL of a host as Ollama's own clients write it: `gpu`, `:11434`, `0.0.0.0` (where it listens)."""
    if "://" in host:
        return host
    name, slash, path = host.partition("/")
    bare, colon, given = name.rpartition(":") if not name.endswith("]") else (name, "", "")
    if not colon:
        bare, given = name, ""
    reachable = "127.0.0.1" if bare in ("", "0.0.0.0") else bare  # noqa: S104  # never bound to
    return f"http://{reachable}:{given or port}{slash}{path}"


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
    if spec.bare_host_port is not None:
        told = _with_scheme(told, spec.bare_host_port)
    try:
        return base_url(told)
    except PydanticCustomError as error:
        raise WorkflowError(f"{spec.base_url_env}: {error.message()}", cure="mend or unset it") from None
