"""What the simulated model says to a request: a pure function of scenario and ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from pipeline_runtime.simulator.pieces import split_pieces
from pipeline_runtime.simulator.scenario import Finish, Timing
from pipeline_runtime.simulator.templates import render, render_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.simulator.ask import Ask
    from pipeline_runtime.simulator.scenario import Count, Part, Reply, Scenario


class Spoken(Struct, frozen=True):
    """One part of an answer, in pieces."""

    lane: Literal["text", "thinking", "tool_input", "refusal"]
    pieces: tuple[str, ...]
    tool: str = ""
    """The tool's name, in lane `tool_input`."""
    arguments: Any = None
    """The tool's whole input, in lane `tool_input`."""
    cut: bool = False
    """The limit of tokens fell inside this part."""

    @property
    def text(self) -> str:
        """The whole part."""
        return "".join(self.pieces)


class Tokens(Struct, frozen=True):
    """The counts to report."""

    input: int
    output: int
    cached: int
    reasoning: int


class Answer(Struct, frozen=True):
    """One answer."""

    parts: tuple[Spoken, ...]
    finish: Finish
    tokens: Tokens
    timing: Timing
    """How fast it is given."""


def answer(scenario: Scenario, ask: Ask, *, choice: int, tool_json: Callable[[Any], str]) -> Answer:
    """Render the reply that fits the request.

    Args:
        scenario: what to say.
        ask: the request.
        choice: the number of this answer, from 0 (`n > 1`).
        tool_json: how the protocol writes the JSON of a tool's input.

    Raises:
        TemplateFailed: the reply's template does not fit this request.
    """
    reply, finish = _choose(scenario, ask)
    variables = {"prompt": ask.prompt, "model": ask.model, "system": ask.system, "choice": choice}
    parts = tuple(_speak(part, variables, tool_json) for part in reply)
    if ask.max_tokens is not None and sum(len(part.pieces) for part in parts) > ask.max_tokens:
        parts, finish = _limit(parts, ask.max_tokens), "length"
    return Answer(parts, finish or _natural_finish(parts), _count(scenario, ask, parts), scenario.timing)


def _choose(scenario: Scenario, ask: Ask) -> tuple[Reply, Finish | None]:
    for turn in scenario.turns:
        said = turn.when is None or turn.when.casefold() in ask.prompt.casefold()
        if said and turn.after_tool in {None, ask.after_tool}:
            return turn.reply, turn.finish
    return scenario.reply, scenario.finish


def _speak(part: Part, variables: dict[str, object], tool_json: Callable[[Any], str]) -> Spoken:
    if part.tool is not None:
        arguments = render_all(part.tool.input, variables)
        return Spoken("tool_input", split_pieces(tool_json(arguments)), part.tool.name, arguments)
    if part.thinking is not None:
        return Spoken("thinking", split_pieces(render(part.thinking, variables)))
    if part.refusal is not None:
        return Spoken("refusal", split_pieces(render(part.refusal, variables)))
    return Spoken("text", split_pieces(render(part.text or "", variables)))


def _limit(parts: tuple[Spoken, ...], most: int) -> tuple[Spoken, ...]:
    """The first `most` pieces: a real model stops at `max_tokens`, be it inside a tool's input."""
    kept: list[Spoken] = []
    for part in parts:
        if most <= 0:
            break
        cut = most < len(part.pieces)
        kept.append(Spoken(part.lane, part.pieces[:most], part.tool, part.arguments, cut))
        most -= len(part.pieces)
    return tuple(kept)


def _natural_finish(parts: tuple[Spoken, ...]) -> Finish:
    lanes = {part.lane for part in parts}
    if "tool_input" in lanes:
        return "tool_use"
    return "refusal" if "refusal" in lanes else "stop"


def _count(scenario: Scenario, ask: Ask, parts: tuple[Spoken, ...]) -> Tokens:
    plan = scenario.usage
    thought = sum(len(part.pieces) for part in parts if part.lane == "thinking")
    return Tokens(
        input=_given(plan.input, len(split_pieces(ask.context))),
        output=_given(plan.output, sum(len(part.pieces) for part in parts)),
        cached=plan.cached,
        reasoning=_given(plan.reasoning, thought),
    )


def _given(plan: Count, counted: int) -> int:
    return counted if plan == "auto" else plan
