"""One old step as one of today's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline_runtime.workflow.models import Step
from pipeline_runtime.workflow.origin.expressions import Found, translate_path, translate_text
from pipeline_runtime.workflow.origin.options import claude_keys, gemini_keys
from pipeline_runtime.workflow.origin.reading import Keys
from pipeline_runtime.workflow.origin.words import (
    CLAUDE_TYPES,
    GEMINI_TYPES,
    LEGACY_STEP_KEYS,
    PLAIN_FORMATS,
    STEP_REASONS,
    WITHOUT_EFFECT,
)
from pipeline_runtime.workflow.spelling import shorten

if TYPE_CHECKING:
    from pipeline_runtime.workflow.origin.options import Sourced
    from pipeline_runtime.workflow.origin.prompt import Prompt
    from pipeline_runtime.workflow.origin.state import FileState

NOT_YET = "not supported yet"
_CONDITION = re.compile(r"(?:\{\{)?\s*([\w-]+)(?:\.success)?(?:\s*==\s*true)?\s*(?:\}\})?")
_TODAY = tuple(
    name
    for name in Step.model_fields
    if name
    not in ("id", "type", "model", "prompt", "output_to_file", "files", "skip", "timeout", "retry", "tools")
)
"""Keys that mean today what they mean in today's format."""


def translate_step(given: Any, index: int, state: FileState) -> None:
    """Add the step to `state`; what is wrong with it is reported."""
    loc = (*state.root, "steps", index)
    if not isinstance(given, dict):
        state.report.add(
            "a step must be a mapping", loc, cure="such as `- {name: draft, type: claude, prompt: ...}`"
        )
        return
    step = Keys(given, loc, state.report, state.notices)
    name, kind = step.text("name"), step.text("type")
    if not name:
        state.report.add("a step needs the key `name`", step.loc, cure="give it a name of its own")
    if not kind:
        state.report.add("a step needs the key `type`", step.loc, cure="such as `type: claude`")
    step_id = state.id_for(name or "", index, step.at("name"))
    out: Sourced = {"id": (step_id, step.at("name"))}
    needs: list[str] = []
    reason = _unsupported_type(step, kind or "", state)
    if reason:
        out["provider"] = (_family(kind or ""), step.at("type"))
    else:
        reason = _model_call(step, kind or "", out, needs, state)
    if reason:
        _skip(step, step_id, reason, out)
    state.add(step, step_id, out, needs, skipped=bool(reason))


def _model_call(step: Keys, kind: str, out: Sourced, needs: list[str], state: FileState) -> str:
    """Fill in a call to a model; what in it is not supported yet, or nothing."""
    if kind in GEMINI_TYPES:
        out |= gemini_keys(step, state.defaults, state.functions)
    else:
        out |= claude_keys(step, state.defaults)
    out["provider"] = (_family(kind), step.at("type"))
    out |= {key: (value, step.at(key)) for key, value in step.passed(_TODAY).items()}
    out |= {key: (value, step.at(key)) for key, value in step.passed(("timeout", "retry", "tools")).items()}
    prompt = _prompt(step, out, state)
    reason = prompt.unsupported or _condition(step, needs, state)
    _system(out, prompt.found, state)
    _output(step, out, state)
    needs += prompt.found.steps
    for step_id, path in prompt.found.fields:
        state.fields.setdefault(step_id, []).append(path)
    state.ask_for(prompt.found.inputs, step.at("prompt"), needed=False)
    state.ask_for(prompt.path_inputs, step.at("prompt"), needed=True)
    step.tell_rest(STEP_REASONS, untold=LEGACY_STEP_KEYS | WITHOUT_EFFECT)
    return reason


def _prompt(step: Keys, out: Sourced, state: FileState) -> Prompt:
    if "prompt" not in step:
        state.report.add("a step needs the key `prompt`", step.loc, cure="give it a `prompt:`")
    prompt = state.prompts.read(step.get("prompt") or "", step.at("prompt"))
    out["prompt"] = (prompt.text, step.at("prompt"))
    if prompt.lines is not None:
        state.lines["steps", len(state.steps), "prompt"] = prompt.lines
    if prompt.files:
        out["files"] = (prompt.files, step.at("prompt"))
        for name, loc in prompt.file_locs.items():
            state.alias(("steps", len(state.steps), "files", name), loc)
    return prompt


def _system(out: Sourced, found: Found, state: FileState) -> None:
    if "system" in out and isinstance(out["system"][0], str):
        text, loc = out["system"]
        out["system"] = (translate_text(text, state.ids, state.variables, found), loc)


def _output(step: Keys, out: Sourced, state: FileState) -> None:
    path = step.text("output_to_file")
    if path is None:
        return
    found = Found()
    template = translate_path(path, found, state.variables, stamped=True)
    out["output_to_file"] = (template, step.at("output_to_file"))
    state.ask_for(found.inputs, step.at("output_to_file"), needed=True)
    for written in found.unknown:
        message = f"`{shorten(written)}` stays in the file's name as it stands"
        state.notices.add("ignored", message, step.at("output_to_file"))


def _condition(step: Keys, needs: list[str], state: FileState) -> str:
    """A condition that only asks for another step's success is a need."""
    given = step.get("condition")
    if given is None:
        return ""
    match = _CONDITION.fullmatch(given) if isinstance(given, str) else None
    if match is None or match[1] not in state.ids:
        shown = f" `{shorten(given)}`" if isinstance(given, str) else ""
        return f"its condition{shown}"
    needs.append(state.ids[match[1]])
    return ""


def _unsupported_type(step: Keys, kind: str, state: FileState) -> str:
    """Why a step is no plain call to a model; empty when it is."""
    if kind not in CLAUDE_TYPES | GEMINI_TYPES:
        return f"the type `{shorten(kind)}`" if kind else ""
    if kind == "claude_session":
        return _session(step, state)
    if kind == "claude_extract":
        config = step.data.get("extraction_config") or {}
        plain = isinstance(config, dict) and config.get("format") in PLAIN_FORMATS
        step.get("extraction_config")
        if not plain or config.get("post_processing") or "schema" in step:
            return "the extraction of a `claude_extract`"
    return ""


def _session(step: Keys, state: FileState) -> str:
    config = step.data.get("session_config")
    given = config.get("session_name") if isinstance(config, dict) else None
    session = str(given or step.data.get("name"))
    first = state.sessions.setdefault(session, str(step.data.get("name")))
    if first != step.data.get("name"):
        return f"to go on with the session `{shorten(session)}` of `{shorten(first)}`"
    return "a `conversation`" if "conversation" in step and "prompt" not in step else ""


def _family(kind: str) -> str:
    """Who is called, or would be."""
    return next((family for family in ("claude", "gemini") if family in kind), kind or "claude")


def _skip(step: Keys, step_id: str, reason: str, out: Sourced) -> None:
    out.setdefault("model", ("none", step.at("type")))
    out.setdefault("prompt", ("", step.at("name")))
    out["skip"] = (f"{NOT_YET}: {reason}", step.at("type"))
    message = f"step `{step_id}` is {NOT_YET}: {reason}"
    step.notices.add("unsupported", message, step.loc, "it and the steps that need its answer are skipped")
