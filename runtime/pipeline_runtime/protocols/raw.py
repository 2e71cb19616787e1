"""What is known of no protocol: tapped traffic. Frames are kept and shown, and their data is the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError
from pipeline_runtime.protocols.base import WireProtocol
from pipeline_runtime.protocols.decoding import FrameDecoder
from pipeline_runtime.protocols.failures import read_failure
from pipeline_runtime.wire.ndjson import NDJSONParser
from pipeline_runtime.wire.sse import SSEParser

if TYPE_CHECKING:
    from typing import Literal

    from pipeline_runtime.events import AnyEvent, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.base import Decoder, Endpoint, HttpRequest, ModelRequest, WireFailure
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.wire.frames import Frame, Framing


class RawDecoder(FrameDecoder):
    """Gives each frame's data as text. Nothing is expected, so nothing can be missing."""

    def interpret(self, frame: Frame, data: str) -> None:  # noqa: ARG002 - the base's signature
        """The data itself, on lines of its own."""
        self._tell(f"{data}\n")

    def finish(self, at: int) -> tuple[Verdict, list[AnyEvent]]:
        """Every end is a right one."""
        return "complete", self._begin(at)

    def judge(self) -> Verdict:
        """Every end is a right one."""
        return "complete"

    def decode_sync(self, body: bytes, at: int) -> list[AnyEvent]:
        """The whole body as text."""
        out = self._begin(at)
        self.is_sync = True
        self._tell(body.decode("utf-8-sig", "replace"))
        return out

    def interpret_sync(self, message: JsonObject) -> None:
        """Never asked: `decode_sync` does not parse."""
        raise AssertionError(message)

    def _tell(self, text: str) -> None:
        if text:
            self.assembly.choice().text.append(text)
            self.delta(text, "text", 0)


class RawProtocol(WireProtocol):
    """Reads whatever comes; asks for nothing."""

    name = "raw"

    def build(self, request: ModelRequest, endpoint: Endpoint) -> HttpRequest:
        """It cannot.

        Raises:
            InputError: Always.
        """
        raise InputError(
            f"{request.model} at {endpoint.base_url}: raw traffic can be watched, not asked for",
            cure="name a protocol",
        )

    def framing(self) -> Framing:
        """Server-sent events."""
        return SSEParser()

    def framing_of_json(self, head: bytes, content_type: str) -> Framing | Literal["whole"] | None:  # noqa: ARG002 - the base's signature
        """Lines where the content type says so."""
        return NDJSONParser() if "ndjson" in content_type or "jsonl" in content_type else "whole"

    def decoder(self, origin: Origin) -> Decoder:
        """A decoder for one attempt."""
        return RawDecoder(origin)

    def read_failure(self, status: int, body: bytes) -> WireFailure:
        """What an error response says; never raises."""
        return read_failure(status, body)
