"""What a protocol is to the simulator: how it reads requests and how it writes answers. No I/O."""

from __future__ import annotations

import json
import string
from abc import abstractmethod
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer
    from pipeline_runtime.simulator.ask import Ask, BadRequest

Headers: TypeAlias = list[tuple[str, str]]

_BASE62 = string.ascii_letters + string.digits


class SSEFrame(Struct, frozen=True):
    """One SSE event to send."""

    data: str
    event: str | None = None
    delta: bool = False
    """It carries a piece of the answer: positions of faults count these."""
    last: bool = False
    """It is the terminator."""

    def encode(self) -> bytes:
        """Its bytes, ended by LF as both protocols do."""
        name = f"event: {self.event}\n" if self.event is not None else ""
        return encode(f"{name}data: {self.data}\n\n")

    def encode_malformed(self) -> bytes:
        """Its bytes with the JSON cut in the middle."""
        return SSEFrame(self.data[: len(self.data) // 2], self.event).encode()


class Identity:
    """The random parts of one response (ids, padding), the same for the same seed."""

    def __init__(self, seed: str, created: int) -> None:
        self.random = Random(seed)  # noqa: S311 - ids of a simulator, not secrets
        self.created = created
        """Unix seconds."""

    def token(self, prefix: str, length: int) -> str:
        """An id such as `msg_01AbC`."""
        return prefix + "".join(self.random.choices(_BASE62, k=length))

    def hex(self, length: int) -> str:
        """Hexadecimal digits."""
        return "".join(self.random.choices("0123456789abcdef", k=length))


class Dialect(Protocol):
    """One protocol as a server speaks it."""

    name: str

    @abstractmethod
    def read(self, body: Any) -> Ask:
        """What the parsed request body asks.

        Raises:
            BadRequest: the provider would answer 400.
        """

    @abstractmethod
    def tool_json(self, arguments: Any) -> str:
        """A tool's input as the protocol streams it."""

    @abstractmethod
    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[SSEFrame]:
        """The answer as a stream. `whole`: not piece by piece, but as few frames as the protocol allows."""

    @abstractmethod
    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """The answer as one JSON body."""

    @abstractmethod
    def error_frame(self, error_type: str, ids: Identity) -> SSEFrame:
        """An error inside a stream."""

    @abstractmethod
    def unknown_frame(self, ids: Identity) -> SSEFrame:
        """An event that clients do not know, and should survive."""

    @abstractmethod
    def keepalive(self) -> bytes:
        """What is sent to say that the connection is alive."""

    @abstractmethod
    def headers(self, ids: Identity, *, exhausted: bool) -> Headers:
        """The provider's own headers; `exhausted`: no request is left in the rate limit."""

    @abstractmethod
    def failure(self, status: int, message: str | None, ids: Identity) -> bytes:
        """The body of an HTTP failure; `message` null: what the provider says to this status."""

    @abstractmethod
    def bad_request(self, problem: BadRequest, ids: Identity) -> bytes:
        """The body of a 400."""


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate, which a request's JSON may hold, becomes `?`."""
    return text.encode("utf-8", "replace")


def compact(value: Any) -> str:
    """JSON without spaces, non-ASCII as it is: how both providers write frames."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
