"""Ollama as its server speaks it: JSON lines, streamed by default, calls whole, with clocks and durations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pipeline_runtime.simulator.ask import Ask, BadRequest, read_messages
from pipeline_runtime.simulator.frames import Frame, compact, encode
from pipeline_runtime.simulator.ollama_lines import Line, closing, endpoint_line, lines, stamp, whole_line
from pipeline_runtime.simulator.schedule import gaps

if TYPE_CHECKING:
    from pipeline_runtime.simulator.answer import Answer
    from pipeline_runtime.simulator.dialect import Failure, Headers, Identity

_FAILURES = {
    400: "invalid request",
    401: "unauthorized",
    403: "forbidden",
    404: "model not found, try pulling it first",
    429: "too many requests",
    503: "server busy, please try again.  maximum pending requests exceeded",
}
_INTERNAL = "llama runner process has terminated: signal: killed"
_GO_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


class OllamaDialect:
    """`POST /api/chat` and `/api/generate`.

    Args:
        endpoint: which of the two.
    """

    name = "ollama"
    stream_headers: Headers = (("content-type", "application/x-ndjson"),)
    json_type = "application/json; charset=utf-8"
    failure_type = "application/json; charset=utf-8"

    def __init__(self, endpoint: Literal["chat", "generate"]) -> None:
        self._endpoint = endpoint

    def read(self, body: Any) -> Ask:
        """See `Dialect.read`. A stream is what is sent unless `stream` is false."""
        if not isinstance(body, dict):
            raise BadRequest("json: cannot unmarshal into Go value of type api.ChatRequest")
        model, options = body.get("model"), body.get("options")
        if not isinstance(model, str) or not model:
            raise BadRequest("model is required")
        most = options.get("num_predict") if isinstance(options, dict) else None
        limited = isinstance(most, int) and not isinstance(most, bool) and most > 0
        talk = read_messages(self._messages(body))
        return Ask(
            model=model,
            prompt=talk.prompt,
            system=talk.system,
            context=talk.context,
            stream=body.get("stream") is not False,
            after_tool=talk.after_tool,
            max_tokens=most if limited else None,
            stream_options="stream_options" in body,
        )

    def tool_json(self, arguments: Any) -> str:
        """See `Dialect.tool_json`: calls are sent whole; this counts their pieces."""
        return compact(arguments or {})

    def frames(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity, *, whole: bool) -> list[Frame]:
        """See `Dialect.frames`. The protocol knows one answer only."""
        answer = answers[0]
        said = [whole_line(answer, ids)] if whole else lines(answer, ids)
        clock, frames = 0.0, []
        for gap, line in zip(gaps(answer.timing, len(said)), said, strict=True):
            clock += gap
            frames.append(Frame(self._line(line, clock, ask, ids, {"done": False}), delta=True))
        end = closing(answer, ask, ids, clock, context=self._endpoint == "generate")
        frames.append(Frame(self._line(Line(), clock, ask, ids, end), last=True))
        return frames

    def message(self, answers: tuple[Answer, ...], ask: Ask, ids: Identity) -> bytes:
        """See `Dialect.message`."""
        answer = answers[0]
        clock = sum(gaps(answer.timing, sum(len(part.pieces) for part in answer.parts)))
        end = closing(answer, ask, ids, clock, context=self._endpoint == "generate")
        return encode(self._line(whole_line(answer, ids), clock, ask, ids, end))

    def error_frames(self, error_type: str, ask: Ask, ids: Identity) -> list[Frame]:  # noqa: ARG002 - as Dialect
        """See `Dialect.error_frames`: a line that says nothing else."""
        return [Frame(_go_json({"error": error_type}))]

    def unknown_frame(self, ids: Identity) -> Frame:  # noqa: ARG002 - as Dialect
        """See `Dialect.unknown_frame`."""
        return Frame(_go_json({"simulated_notice": "of no known kind"}))

    def keepalive(self) -> bytes:
        """See `Dialect.keepalive`: none."""
        return b""

    def headers(self, ids: Identity, *, exhausted: bool) -> Headers:  # noqa: ARG002 - Ollama sends none
        """See `Dialect.headers`: none."""
        return ()

    def advice(self, status: int, given: Headers) -> Headers:  # noqa: ARG002 - as Dialect
        """See `Dialect.advice`: what is given, as a proxy in front of it would."""
        return given

    def failure(self, failure: Failure, ids: Identity) -> bytes:  # noqa: ARG002 - as Dialect
        """See `Dialect.failure`."""
        return encode(_go_json({"error": failure.message or _FAILURES.get(failure.status, _INTERNAL)}))

    def _messages(self, body: dict[str, Any]) -> list[Any]:
        if self._endpoint == "generate":
            system, prompt = body.get("system"), body.get("prompt")
            return [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
        messages = body.get("messages")
        if messages is not None and not isinstance(messages, list):
            raise BadRequest("json: cannot unmarshal into Go struct field ChatRequest.messages")
        return messages or []

    def _line(self, line: Line, clock: float, ask: Ask, ids: Identity, more: dict[str, Any]) -> str:
        head = {"model": ask.model, "created_at": stamp(ids.created, clock)}
        return _go_json(head | endpoint_line(line, self._endpoint) | more)


def _go_json(value: Any) -> str:
    """JSON as Go writes it: `<`, `>` and `&` are escaped."""
    return compact(value).translate(_GO_ESCAPES)
