"""The bytes that the bench's server sends: deltas as the providers send them, with room for a stamp of the time.

Standard library only: the server runs in a process of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

STAMP = "0123456789abcdef"
"""Where the time of sending goes: nanoseconds of the monotonic clock, as 16 hexadecimal digits."""
MARK = "@01234567"
"""Where a mark to look for on the screen goes: `@`, then microseconds of the same clock modulo 2^32, as 8 digits."""
MARK_RANGE = 1 << 32
WORD = " word"
LAST_WORD = " ENDOFTEXT"
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\nx-request-id: bench\r\n"
    b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)
END = b"0\r\n\r\n"


@dataclass(frozen=True)
class Dialect:
    """How one provider's stream is written."""

    content_type: bytes
    opening: bytes
    closing: bytes
    before: bytes
    """Before the text of a delta, from the beginning of its event."""
    after: bytes

    def delta(self, text: str) -> bytes:
        """One event with this text, as an HTTP chunk of its own."""
        return http_chunk(self.before + text.encode() + self.after)


def http_chunk(data: bytes) -> bytes:
    """A chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def stamp_of(now: int) -> bytes:
    """The time of sending (ns), as it is written into a delta."""
    return b"%016x" % now


def mark_of(now: int) -> bytes:
    """The same as a mark on the screen."""
    return b"@%08x" % (now // 1000 % MARK_RANGE)


def _sse(body: dict[str, Any], event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(body, separators=(',', ':'))}\n\n".encode()


def _halves(event: bytes) -> tuple[bytes, bytes]:
    before, _, after = event.partition(b"TEXT")
    return before, after


def _openai() -> Dialect:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _sse(
            {
                "id": "chatcmpl-BenchBenchBenchBenchBenchBe",
                "object": "chat.completion.chunk",
                "created": 1_700_000_000,
                "model": "gpt-4o-mini-2024-07-18",
                "service_tier": "default",
                "system_fingerprint": "fp_0123456789",
                "choices": [choice],
                "usage": None,
                "obfuscation": "a1b2c3d4e5",
            }
        )

    before, after = _halves(chunk({"content": "TEXT"}))
    opening = chunk({"role": "assistant", "content": "", "refusal": None})
    closing = chunk({}, "stop") + b"data: [DONE]\n\n"
    return Dialect(b"text/event-stream; charset=utf-8", opening, closing, before, after)


def _anthropic() -> Dialect:
    usage = {"input_tokens": 10, "output_tokens": 1}
    message = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "TEXT"}}
    ending = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 9},
    }
    before, after = _halves(_sse(delta, "content_block_delta"))
    opening = _sse({"type": "message_start", "message": message}, "message_start")
    opening += _sse(block, "content_block_start")
    closing = _sse({"type": "content_block_stop", "index": 0}, "content_block_stop")
    closing += _sse(ending, "message_delta") + _sse({"type": "message_stop"}, "message_stop")
    return Dialect(b"text/event-stream; charset=utf-8", opening, closing, before, after)


def _ollama() -> Dialect:
    def line(content: str, **more: Any) -> bytes:
        message = {"role": "assistant", "content": content}
        body = {"model": "llama", "created_at": "2026-01-01T00:00:00.0Z", "message": message, "done": False}
        return json.dumps(body | more, separators=(",", ":")).encode() + b"\n"

    before, after = _halves(line("TEXT"))
    counts = {"total_duration": 9, "load_duration": 1, "prompt_eval_count": 5, "prompt_eval_duration": 1}
    counts |= {"eval_count": 9, "eval_duration": 7}
    closing = line("", done=True, done_reason="stop", **counts)
    return Dialect(b"application/x-ndjson", b"", closing, before, after)


DIALECTS = {"openai": _openai(), "anthropic": _anthropic(), "ollama": _ollama()}
