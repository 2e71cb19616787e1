"""What a workflow file may say, as frozen pydantic models. `docs/workflows.md` documents every key.

`defaults` are merged into the steps when a file is read, so a `Step` is complete: nothing else needs asking.
"""

from __future__ import annotations

from operator import is_
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    Strict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from pipeline_runtime.workflow import values
from pipeline_runtime.workflow.lines import TextLines
from pipeline_runtime.workflow.notices import Notice
from pipeline_runtime.workflow.problems import Loc
from pipeline_runtime.workflow.templates import Where
from pipeline_runtime.workflow.values import InputKind, InputValue

Flag: TypeAlias = Annotated[bool, Strict()]
Number: TypeAlias = Annotated[float, Strict()]
Tokens: TypeAlias = Annotated[int, Strict(), Field(ge=1)]
Temperature: TypeAlias = Annotated[Number, Field(ge=0, le=2)]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=64)]
Seconds: TypeAlias = Annotated[float, BeforeValidator(values.duration), Field(gt=0)]
LongSeconds: TypeAlias = Annotated[float | None, BeforeValidator(values.duration), Field(gt=0)]
InnerPath: TypeAlias = Annotated[str, AfterValidator(values.inner_path)]
Faults: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(values.fault)], ...], BeforeValidator(values.faults)
]
Default: TypeAlias = Annotated[InputValue | None, BeforeValidator(values.input_value)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class Input(_Model):
    """What a run is asked for before it begins. In a file, a bare value is short for its `default`."""

    default: Default = None
    required: Flag | None = None
    """Unset: required when there is no default."""
    description: str = ""
    type: InputKind | None = None
    """Unset: that of the default, or of the first choice, else `string`."""
    choices: tuple[Default, ...] = ()

    @property
    def kind(self) -> InputKind:
        """The type, said or inferred."""
        if self.type is not None:
            return self.type
        sample = self.default if self.default is not None else next(iter(self.choices), None)
        return "string" if sample is None else values.kind_of(sample)

    @property
    def needed(self) -> bool:
        """Whether a run cannot begin without it."""
        return self.default is None and self.required is not False

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        return {"default": data} if isinstance(data, str | bool | int | float) else data

    @model_validator(mode="after")
    def _agrees(self) -> Input:
        for value in self.choices:
            if value is None or not values.fits(value, self.kind):
                raise values.wrong(
                    f"the choice `{value}` is no {self.kind}", f"the input's type is {self.kind}"
                )
        if self.default is None:
            return self
        if not values.fits(self.default, self.kind):
            raise values.wrong(f"the default `{self.default}` is no {self.kind}", "mend `type` or `default`")
        if self.choices and self.default not in self.choices:
            raise values.wrong(
                f"the default `{self.default}` is not among the choices", "add it, or choose another"
            )
        return self


class HandlerSpec(_Model):
    """One handler of a step's events."""

    handler: Name
    opts: dict[str, Any] = {}


OnHandlerError: TypeAlias = Literal["continue", "fail"]
OnDrop: TypeAlias = Literal["fail", "restart"]
Handlers: TypeAlias = Annotated[tuple[HandlerSpec, ...], BeforeValidator(values.handlers)]


class Timeout(_Model):
    """How long to wait, in seconds; in a file also `90s`, `2m`, `500ms`."""

    connect: Seconds = 10.0
    first_byte: Seconds = 120.0
    """From the request sent to the response's head."""
    idle: Seconds = 60.0
    """Between two reads of the body."""
    total: LongSeconds = None
    """For one attempt in all; `None`: no limit."""


class Retry(_Model):
    """How often a step is tried. Only what has delivered nothing yet is tried again."""

    attempts: Annotated[int, Strict(), Field(ge=1, le=20)] = 3
    """Tries in all, the first one included: 1 means no retry."""
    backoff: Seconds = 0.5
    """Before the second try; doubled for each further one. What the server says wins."""


class Tool(_Model):
    """A tool that the model may call."""

    name: Name
    description: str = ""
    input_schema: dict[str, Any] = {"type": "object", "properties": {}}
    """A JSON Schema, sent as it is."""


class Defaults(_Model):
    """What steps share: each key counts for every step that does not give its own."""

    provider: Name | None = None
    model: Name | None = None
    system: str | None = None
    stream: Flag = False
    stream_handler: Handlers = ()
    on_handler_error: OnHandlerError = "continue"
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    on_drop: OnDrop = "fail"


class Provider(_Model):
    """Who is called. A built-in name (`claude`, `openai`, `groq`, …) may be given in part."""

    protocol: Annotated[str, AfterValidator(values.protocol)] | None = None
    base_url: Annotated[str, AfterValidator(values.base_url)] | None = None
    api_key_env: Annotated[str, AfterValidator(values.variable_name)] | None = None
    """The environment variable that holds the key; the key itself is never in a file."""
    api_key_header: Annotated[str, AfterValidator(values.header_name)] | None = None
    """The header that carries the key alone, as Azure's `api-key`."""
    headers: Annotated[dict[str, str], AfterValidator(values.headers)] = {}
    """Sent with every request; `${NAME}` is read from the environment."""
    think_tags: Flag = False
    """`openai-chat`: `<think>…</think>` at the beginning of a text is thinking."""


class Step(_Model):
    """One call to a model, complete: what `defaults` give is already here."""

    id: Identifier
    type: Literal["llm"] = "llm"
    provider: Name
    model: Name
    prompt: str
    system: str | None = None
    stream: Flag = False
    stream_handler: Handlers = ()
    stream_handler_opts: dict[str, Any] = {}
    """Options of the one handler that `stream_handler` names."""
    on_handler_error: OnHandlerError = "continue"
    """When a handler raises: go on without it, or stop and fail the step."""
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    tools: tuple[Tool, ...] = ()
    thinking: Annotated[int | str | None, BeforeValidator(values.thinking)] = None
    """A budget in tokens (`anthropic`) or an effort word (`openai-chat`, `openai-responses`)."""
    params: dict[str, Any] = {}
    """Further fields of the request's body, sent as they are."""
    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    on_drop: OnDrop = "fail"
    """When a stream breaks after its first delta: fail with what came, or ask anew from the beginning."""
    needs: tuple[Name, ...] | None = None
    """The steps it waits for; `None`: the step before it."""
    scenario: Annotated[str | dict[str, Any] | None, BeforeValidator(values.scenario)] = None
    """What the simulator plays in mode `mock`."""
    faults: Faults = ()
    """What goes wrong on purpose, whoever answers, live providers too; each as in `docs/faults.md`."""
    files: dict[Name, Name] = {}
    """Files that its templates read as `files["name"]`: name to path."""
    output_to_file: InnerPath | None = None
    """Where its answer is written, below the workflow's `output_dir`."""
    skip: Name | None = None
    """Why it is not run: those that wait for it are skipped too."""

    @property
    def handlers(self) -> tuple[HandlerSpec, ...]:
        """Its handlers, each with its options."""
        if not self.stream_handler_opts:
            return self.stream_handler
        (one,) = self.stream_handler
        return (HandlerSpec(handler=one.handler, opts={**one.opts, **self.stream_handler_opts}),)

    @model_validator(mode="after")
    def _has_one_handler_for_its_opts(self) -> Step:
        if self.stream_handler_opts and len(self.stream_handler) != 1:
            raise values.wrong(
                f"`stream_handler_opts` needs one stream_handler, and there are {len(self.stream_handler)}",
                "give each handler its own: `- {handler: file, opts: {...}}`",
            )
        return self


class Workflow(_Model):
    """A workflow file."""

    name: str = ""
    """Unset in a file: the file's name."""
    description: str = ""
    inputs: dict[Name, Input] = {}
    defaults: Defaults = Defaults()
    providers: dict[Name, Provider] = {}
    output_dir: InnerPath = "outputs"
    """The folder of `output_to_file`, in the working directory."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    _path: Path | None = PrivateAttr(default=None)
    _lines: dict[Loc, TextLines] = PrivateAttr(default_factory=dict)
    _notices: tuple[Notice, ...] = PrivateAttr(default=())
    _read: tuple[object, ...] = PrivateAttr(default=())
    _places: tuple[object, dict[str, int]] = PrivateAttr(default=(None, {}))
    """The steps for which they were counted, and by id where each stands."""

    @property
    def is_as_read(self) -> bool:
        """Whether steps, inputs and providers are those of a text that was read, and checked then."""
        parts = (self.steps, self.inputs, self.providers)
        return len(self._read) == len(parts) and all(map(is_, self._read, parts))

    @property
    def path(self) -> Path | None:
        """Its file; `None` for one made in code."""
        return self._path

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What of its file is read otherwise than it says, or not at all; only old files have any."""
        return self._notices

    @property
    def faults(self) -> tuple[str, ...]:
        """What goes wrong on purpose, as `STEP: FAULT`."""
        return tuple(f"{step.id}: {fault}" for step in self.steps for fault in step.faults)

    def where(self, step: Step, *loc: str) -> Where:
        """Where a template of a step stands, for errors: `where(step, "prompt")`."""
        path, known = self._path, self._lines  # pydantic looks long for what is private
        lines = known.get(("steps", self._place(step), *loc)) or known.get(("defaults", *loc))
        return Where(step.id, loc[0], str(path) if path else None, lines)

    def _place(self, step: Step) -> int:
        """Every template of a run asks: looking through all steps each time would be quadratic."""
        steps, places = self._places
        if steps is not self.steps:
            places = {one.id: place for place, one in reversed(list(enumerate(self.steps)))}
            self._places = (self.steps, places)
        return places[step.id]

    def step(self, step_id: str) -> Step:
        """The step of that id.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def at(self, path: Path) -> Workflow:
        """The same workflow, as read from `path`; named after the file if it has no name."""
        placed = self.model_copy(update={} if self.name else {"name": path.stem})
        placed._path = path  # noqa: SLF001 (its own class)
        return placed

    def read_from(self, lines: dict[Loc, TextLines], notices: tuple[Notice, ...]) -> Workflow:
        """The same workflow, with what is known of the text that it was read from."""
        placed = self.model_copy()
        placed._lines, placed._notices = lines, notices  # noqa: SLF001 (its own class)
        placed._read = (placed.steps, placed.inputs, placed.providers)  # noqa: SLF001
        return placed

    @model_validator(mode="before")
    @classmethod
    def _merge_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("steps"), list | tuple):
            return data
        defaults = _sound_defaults(data.get("defaults"))
        steps = [with_defaults(step, defaults) if isinstance(step, dict) else step for step in data["steps"]]
        return {**data, "steps": steps}


def with_defaults(step: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """A step's own keys, and the defaults for the others; `timeout` and `retry` merge key by key."""
    merged = {**defaults, **step}
    for key in ("timeout", "retry"):
        own, shared = step.get(key), defaults.get(key)
        if isinstance(own, dict) and isinstance(shared, dict):
            merged[key] = {**shared, **own}
    return merged


def _sound_defaults(given: Any) -> dict[str, Any]:
    """The defaults that are right: the wrong ones are reported once, at `defaults`, not at every step."""
    if isinstance(given, Defaults):
        given = given.model_dump(exclude_unset=True)
    if not isinstance(given, dict):
        return {}
    try:
        Defaults.model_validate(given)
    except ValidationError as error:
        bad = {problem["loc"][0] for problem in error.errors(include_url=False)}
        return {key: value for key, value in given.items() if key not in bad}
    return given
