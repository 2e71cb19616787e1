"""What a scenario file may say: how the simulated model answers, how fast, and what goes wrong."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from pipeline_runtime.simulator.faults import Fault, parse_fault
from pipeline_runtime.simulator.refusals import REFUSALS
from pipeline_runtime.simulator.replay import Replay
from pipeline_runtime.simulator.strict import STRICT
from pipeline_runtime.simulator.templates import check_template

Finish: TypeAlias = Literal["stop", "length", "tool_use", "refusal", "content_filter"]
Delivery: TypeAlias = Literal["stream", "buffered", "one_chunk", "sync_json"]
Count: TypeAlias = Annotated[int, Field(ge=0)] | Literal["auto"]

_OF_REPLAYS = frozenset({"name", "description", "replay", "timing", "delivery", "faults"})
_FAULTS_OF_REPLAYS = (
    "status", "stall", "disconnect", "delay", "jitter", "coalesce", "split", "split-utf8", "duplicate",
    "drop",
    "reorder", "slow-headers", "content-type", "seed",
)  # fmt: skip
PART_KINDS = ("text", "thinking", "tool", "refusal")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_reply(value: object) -> object:
    return ({"text": value},) if isinstance(value, str) else _as_tuple(value)


class _Strict(BaseModel):
    model_config = STRICT


class ToolUse(_Strict):
    """A call of a tool."""

    name: str = Field(min_length=1)
    input: dict[str, Any] = {}
    """Its arguments; strings in it are templates."""

    @field_validator("input")
    @classmethod
    def _templates(cls, value: dict[str, Any]) -> dict[str, Any]:
        for text in _strings(value):
            check_template(text)
        return value


class Part(_Strict):
    """One part of a reply: exactly one of its keys is given."""

    text: str | None = None
    thinking: str | None = None
    tool: ToolUse | None = None
    refusal: str | None = None

    @field_validator("text", "thinking", "refusal")
    @classmethod
    def _template(cls, value: str | None) -> str | None:
        if value is not None:
            check_template(value)
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Part:
        given = [kind for kind in PART_KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a part of a reply has one of the keys {', '.join(PART_KINDS)}; this has {len(given)}"
            )
        return self


Reply: TypeAlias = Annotated[tuple[Part, ...], BeforeValidator(_as_reply), Field(min_length=1)]


class Turn(_Strict):
    """Another reply for some requests: the first turn that fits is taken."""

    when: str | None = None
    """The prompt contains this (case does not count)."""
    after_tool: bool | None = None
    """The request brings a tool's result."""
    reply: Reply
    finish: Finish | None = None

    @model_validator(mode="after")
    def _some_condition(self) -> Turn:
        if self.when is None and self.after_tool is None:
            raise ValueError("a turn says when it is taken: give when or after_tool")
        return self


class UsagePlan(_Strict):
    """The token counts that are reported; `auto` counts the pieces."""

    input: Count = "auto"
    """All input tokens, cached ones among them."""
    output: Count = "auto"
    """All output tokens, reasoning ones among them."""
    cached: int = Field(default=0, ge=0)
    reasoning: Count = "auto"


class Timing(_Strict):
    """When the pieces come."""

    first_token: float = Field(default=0.3, ge=0, le=600)
    """Seconds from the request to the first delta."""
    rate: float = Field(default=50.0, ge=0)
    """Pieces a second after it; 0: as fast as possible."""
    jitter: float = Field(default=0.3, ge=0, le=1)
    """How far a gap may be from the mean, as a part of it."""
    seed: int = 1


class Scenario(_Strict):
    """One way to answer."""

    name: str = Field(min_length=1, max_length=100)
    description: str = ""
    reply: Reply = ()
    replay: Replay | None = None
    """A recorded body to serve in place of a reply."""
    turns: Annotated[tuple[Turn, ...], BeforeValidator(_as_tuple)] = ()
    usage: UsagePlan = UsagePlan()
    finish: Finish | None = None
    """Why the answer ends; by default what the reply shows."""
    timing: Timing = Timing()
    delivery: Delivery = "stream"
    refuse_stream: str | None = None
    """The name of a real refusal to stream."""
    faults: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()

    @field_validator("refuse_stream")
    @classmethod
    def _known_refusal(cls, value: str | None) -> str | None:
        if value is not None and value not in REFUSALS:
            raise ValueError(f"{value!r} is no refusal: known are {', '.join(REFUSALS)}")
        return value

    @field_validator("faults")
    @classmethod
    def _known_faults(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            parse_fault(text)
        return value

    @model_validator(mode="after")
    def _reply_or_replay(self) -> Scenario:
        if self.replay is None:
            if not self.reply:
                raise ValueError("the key 'reply' is missing: give it, or 'replay'")
            return self
        idle = sorted(self.model_fields_set - _OF_REPLAYS)
        if idle:
            raise ValueError(f"a replay serves bytes as they are: {idle[0]!r} has no meaning with it")
        if self.delivery not in {"stream", "buffered"}:
            raise ValueError(f"a replay is delivered as stream or buffered, not as {self.delivery!r}")
        for fault in self.parsed_faults():
            if fault.kind not in _FAULTS_OF_REPLAYS:
                known = ", ".join(_FAULTS_OF_REPLAYS)
                raise ValueError(
                    f"of the faults a replay knows {known};"
                    f" {fault.kind!r} would change its bytes in a protocol's words"
                )
        return self

    def parsed_faults(self) -> tuple[Fault, ...]:
        """The faults, read."""
        return tuple(parse_fault(text) for text in self.faults)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _strings(item)]
