"""What an old step says of its model, its limits and its tools, as today's keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.workflow.origin.words import (
    CLAUDE_MODELS,
    GEMINI_MODEL,
    LEGACY_OPTION_KEYS,
    OPTION_REASONS,
    PRESET_MODELS,
    RETRY_REASONS,
    SONNET,
)
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from pipeline_runtime.workflow.origin.reading import Keys
    from pipeline_runtime.workflow.problems import Loc

MOST_ATTEMPTS = 20
Sourced = dict[str, tuple[Any, "Loc"]]
"""Today's key, its value, and where in the file it comes from."""


def claude_keys(step: Keys, defaults: Keys) -> Sourced:
    """What a Claude step says, in its `claude_options` or those of the defaults."""
    own, shared = step.child("claude_options"), defaults.child("claude_options")
    found: Sourced = {}

    def source(key: str) -> Keys:
        for keys in (own, shared):
            keys.get(key)
        return own if key in own else shared

    for key in ("max_tokens", "temperature"):
        if key in source(key):
            found[key] = (source(key).number(key), source(key).at(key))
    prompts = [
        (source(key).text(key), source(key).at(key)) for key in ("system_prompt", "append_system_prompt")
    ]
    given = [(text, loc) for text, loc in prompts if text]
    if given:
        found["system"] = ("\n\n".join(text for text, _ in given), given[0][1])
    found |= _patience(step, source("timeout_ms"), source("timeout_seconds"))
    found |= _retry(
        step.child("retry_config") if "retry_config" in step else source("retry_config").child("retry_config")
    )
    found["model"] = _claude_model(step, source("model"), defaults)
    for keys in (own, shared):
        keys.tell_rest(OPTION_REASONS, untold=LEGACY_OPTION_KEYS)
    return found


def gemini_keys(step: Keys, defaults: Keys, functions: Keys) -> Sourced:
    """What a Gemini step says: its model, its `token_budget`, its functions."""
    budget = step.child("token_budget")
    if not budget.data:
        budget = (
            step.child("gemini_options")
            if "gemini_options" in step
            else defaults.child("gemini_token_budget")
        )
    found: Sourced = {}
    for old, new in (("max_output_tokens", "max_tokens"), ("temperature", "temperature")):
        if old in budget:
            found[new] = (budget.number(old), budget.at(old))
    sampling = {
        new: budget.number(old) for old, new in (("top_p", "topP"), ("top_k", "topK")) if old in budget
    }
    if sampling:
        found["params"] = ({"generationConfig": sampling}, budget.loc)
    budget.tell_rest(OPTION_REASONS)
    found |= _patience(step, step, step)
    found |= _functions(step, functions)
    source, key = (step, "model") if "model" in step else (defaults, "gemini_model")
    named = source.text(key)
    if named is None:
        _assume(step, f"no `model`: `{GEMINI_MODEL}` is asked")
    found["model"] = (named or GEMINI_MODEL, source.at(key))
    return found


def _claude_model(step: Keys, options: Keys, defaults: Keys) -> tuple[str, Loc]:
    source = options if "model" in options else step
    named = source.text("model")
    presets = step if "preset" in step else defaults
    key = "preset" if presets is step else "claude_preset"
    preset = presets.text(key)
    defaults.get("claude_preset")
    if named is not None:
        if named in CLAUDE_MODELS:
            message = f"the model `{named}` stands for `{CLAUDE_MODELS[named]}`"
            step.notices.add("assumed", message, source.at("model"))
        if preset is not None:
            step.notices.add("ignored", f"`{key}` is ignored: there are no presets", presets.at(key))
        return CLAUDE_MODELS.get(named, named), source.at("model")
    if preset is None:
        _assume(step, f"no `model`: `{SONNET}` is asked")
        return SONNET, step.at("type")
    model = CLAUDE_MODELS[PRESET_MODELS.get(preset, "sonnet")]
    message = f"the preset `{preset}` stands for the model `{model}`, and for nothing else"
    step.notices.add("assumed", message, presets.at(key))
    return model, presets.at(key)


def _assume(step: Keys, message: str) -> None:
    step.notices.add("assumed", message, step.at("type"), "give `model:` to say another")


def _patience(step: Keys, in_ms: Keys, in_seconds: Keys) -> Sourced:
    """How long a step may take in all: what it says itself counts before its options."""
    choices = [(step, "timeout_ms", 1000), (in_ms, "timeout_ms", 1000)]
    choices += [(step, "timeout_seconds", 1), (in_seconds, "timeout_seconds", 1)]
    for keys, key, unit in choices:
        number = keys.number(key) if key in keys else None
        if number is not None and number > 0:
            return {"timeout": ({"total": number / unit}, keys.at(key))}
    return {}


def _retry(config: Keys) -> Sourced:
    found: dict[str, Any] = {}
    tries, delay = config.number("max_retries"), config.number("base_delay_ms")
    if tries is not None and tries >= 0:
        found["attempts"] = min(int(tries) + 1, MOST_ATTEMPTS)
    if delay is not None and delay > 0:
        found["backoff"] = delay / 1000
    config.tell_rest(RETRY_REASONS)
    return {"retry": (found, config.loc)} if found else {}


def _functions(step: Keys, functions: Keys) -> Sourced:
    tools: list[dict[str, Any]] = []
    for index, name in enumerate(step.items("functions")):
        declared = functions.data.get(str(name))
        if not isinstance(declared, dict):
            cure = suggest(str(name), functions.data, otherwise="declare it under `gemini_functions`")
            step.report.add(f"there is no function `{name}`", (*step.at("functions"), index), cure=cure)
            continue
        schema = declared.get("parameters") or {"type": "object", "properties": {}}
        tools.append(
            {"name": str(name), "description": str(declared.get("description") or ""), "input_schema": schema}
        )
    return {"tools": (tools, step.at("functions"))} if tools else {}
