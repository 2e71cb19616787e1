"""What is gathered before anything is judged. No fact holds a key, or any other value of a secret."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct


class KeyFact(Struct, frozen=True):
    """A variable that a provider's key, or a header, is read from."""

    provider: str
    variables: tuple[str, ...]
    """The first that is set counts."""
    found: str | None
    """The one that is set."""
    flaw: str | None = None
    """What is wrong with its value."""


class EndpointFact(Struct, frozen=True):
    """Whether a provider's server answers."""

    providers: tuple[str, ...]
    address: str
    """`host:port`, or the provider's name when it has no address."""
    local: bool = False
    status: int | None = None
    """What it answered, if it did."""
    elapsed: int = 0
    """Nanoseconds."""
    proxy: str | None = None
    """The variable-free `host:port` of the proxy that calls go through."""
    error: str | None = None
    """The word of a `TransportError`, or `address`."""
    message: str = ""
    cure: str = ""


class HandlerFact(Struct, frozen=True):
    """One handler of one step."""

    step: str
    name: str
    stream: bool
    trouble: Literal["missing", "shape"] | None = None
    message: str = ""
    cure: str = ""
    shared: bool = False
    """It is an object: every run gets the same one."""
    legacy: bool = False
    """It takes chunks and a result, as the old system's handlers did."""
    repeats: bool = False
    """Its step asks anew when a stream breaks, and it does not leave out what it had."""
    sink: str | None = None
    """Where it writes: `file PATH`, `terminal`, `callback NAME`, or what is as good as its identity."""
    replaces: bool = False
    """It empties its file first, or moves another into its place."""


class LessonFact(Struct, frozen=True):
    """What is known of an endpoint and a model."""

    name: str | None
    """To forget it by; `None`: it came with the program."""
    model: str
    endpoint: str
    change: str
    """`sync`, `drop_stream_options` or `stream`."""
    reason: str
    evidence: str
    since: datetime | None = None
    step: str | None = None
    """The step whose next request it will change; `None`: no workflow was given."""


class StepHistory(Struct, frozen=True):
    """How a step went in one recorded run."""

    run: str
    started_at: str
    step: str
    handlers: tuple[str, ...] = ()
    delivery: str | None = None
    fallback: tuple[str, str, str] | None = None
    """Reason, source, evidence."""
    repeated: bool = False
    """An attempt that began anew sent deltas after another had."""
    told: tuple[tuple[str, str, str], ...] = ()
    """Code, message and cure of what was told of its handlers."""


class TerminalFacts(Struct, frozen=True):
    """The terminal that the program runs in."""

    is_terminal: bool
    term: str
    colours: Literal["none", "16", "256", "true"]
    encoding: str
    columns: int = 0
    rows: int = 0
    osc52: bool | None = None
    """`None`: not known."""
    tmux_clipboard: str | None = None
    """tmux's `set-clipboard`; `None` outside of it, or when it did not say."""
    inside: str | None = None
    """`tmux` or `screen`."""
    wide: bool | None = None
    """It moved two columns for a wide character; `None`: it was not asked."""


class MachineFacts(Struct, frozen=True):
    """What the program is made of and where it writes."""

    versions: dict[str, str]
    pinned: dict[str, str]
    """What the program asks for exactly."""
    state: str
    state_problem: str | None
    free: int
    """Bytes, where the state is kept."""
    proxies: dict[str, str | None]
    """Variable to `host:port`; `None`: its value is no address."""


class Facts(Struct, frozen=True):
    """Everything that was gathered of the machine and a workflow."""

    mode: str
    mode_chosen: bool
    keys: tuple[KeyFact, ...]
    endpoints: tuple[EndpointFact, ...]
    handlers: tuple[HandlerFact, ...]
    lessons: tuple[LessonFact, ...]
    history: tuple[StepHistory, ...]
    terminal: TerminalFacts
    machine: MachineFacts
