"""Measures a run from the raw chunk lines of its run log. It shares no code with what it judges.

`python tests/independent_metrics.py RUN.jsonl` prints what it found, as JSON.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import sys
from pathlib import Path
from typing import Any


def measure(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Every attempt whose body came in pieces, by step and number."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    protocols = {line["step"]: line["protocol"] for line in lines if line["kind"] == "step_started"}
    sent, reads = {}, {}
    for line in lines:
        key = (line.get("step"), line.get("attempt"))
        if line["kind"] == "attempt_started":
            sent[key] = line["at"]
        elif line["kind"] == "chunk":
            data = line["text"].encode() if "text" in line else base64.b64decode(line["base64"])
            reads.setdefault(key, []).append((line["at"], data))
    return {key: _attempt(sent[key], parts, protocols[key[0]]) for key, parts in reads.items()}


def _attempt(sent: int, reads: list[tuple[int, bytes]], protocol: str) -> dict[str, Any]:
    arrivals, tokens, hidden = [], None, 0
    for at, body in _bodies(reads, sse=protocol != "ollama"):
        arrivals += [(at, thinking) for thinking in _contents(body, protocol)]
        counted = _tokens(body, protocol)
        tokens, hidden = counted if counted is not None else (tokens, hidden)
    times = [at for at, _ in arrivals]
    streamed = tokens if tokens is None or any(thinking for _, thinking in arrivals) else tokens - hidden
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    gaps = sorted(pause for pause in pauses if pause)
    first, last = (times[0], times[-1]) if times else (None, None)
    spoken = [at for at, thinking in arrivals if not thinking]
    stalls = _stalls(pauses)
    span = last - first if times else 0
    each = span / (streamed - 1) if streamed and streamed > 1 and span else None
    return {
        "first_byte": reads[0][0] - sent,
        "first_delta": first - sent if times else None,
        "first_text": spoken[0] - sent if spoken else None,
        "last_delta": last - sent if times else None,
        "deltas": len(times),
        "chunks": len(reads),
        "bytes": sum(len(data) for _, data in reads),
        "gap_p50": _rank(gaps, 0.50),
        "gap_p90": _rank(gaps, 0.90),
        "gap_p95": _rank(gaps, 0.95),
        "gap_p99": _rank(gaps, 0.99),
        "gap_max": gaps[-1] if gaps else None,
        "burst_share": pauses.count(0) / len(pauses) if pauses else None,
        "stalls": len(stalls),
        "longest_stall": max(stalls, default=0),
        "stall_share": sum(stalls) / span if span else None,
        "time_per_token": each,
        "tokens_per_second": 1e9 / each if each else None,
    }


def _bodies(reads: list[tuple[int, bytes]], *, sse: bool) -> list[tuple[int, Any]]:
    """What each complete line holds, with the time of the read that ended it."""
    found, rest = [], b""
    for at, data in reads:
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            text = line.decode().strip()
            if sse and text.startswith("data:"):
                text = text[5:].strip()
            elif sse:
                continue
            if text and text != "[DONE]":
                found.append((at, json.loads(text)))
    return found


def _contents(body: Any, protocol: str) -> list[bool]:
    """For each piece of content in it, whether it is thinking."""
    if protocol == "anthropic":
        delta = body.get("delta", {})
        if delta.get("thinking"):
            return [True]
        return [False] if delta.get("text") or delta.get("partial_json") else []
    if protocol == "ollama":
        message = body.get("message", {})
        return [thinking for name, thinking in (("thinking", True), ("content", False)) if message.get(name)]
    if protocol == "openai-chat":
        deltas = [choice.get("delta", {}) for choice in body.get("choices", [])]
        return [
            thinking
            for delta in deltas
            for name, thinking in (("reasoning_content", True), ("content", False))
            if delta.get(name)
        ]
    raise NotImplementedError(protocol)


def _tokens(body: Any, protocol: str) -> tuple[int, int] | None:
    """Output tokens, and how many of them were thinking, where it says so."""
    if protocol == "ollama":
        return (body["eval_count"], 0) if "eval_count" in body else None
    usage = body.get("usage") or {}
    if protocol == "anthropic":
        details = usage.get("output_tokens_details") or {}
        return (
            (usage["output_tokens"], details.get("thinking_tokens", 0)) if "output_tokens" in usage else None
        )
    details = usage.get("completion_tokens_details") or {}
    if "completion_tokens" in usage:
        return usage["completion_tokens"], details.get("reasoning_tokens", 0)
    return None


def _stalls(pauses: list[int]) -> list[int]:
    """Pauses above one second and above five times the median of those before."""
    found: list[int] = []
    for n, pause in enumerate(pauses):
        before = sorted(one for one in pauses[:n] if one)
        if pause > max(1e9, 5 * (_rank(before, 0.5) or 0)):
            found.append(pause)
    return found


def _rank(ordered: list[int], part: float) -> int | None:
    """The nearest-rank percentile."""
    return ordered[math.ceil(part * len(ordered)) - 1] if ordered else None


if __name__ == "__main__":
    for (step, number), numbers in measure(Path(sys.argv[1])).items():
        sys.stdout.write(json.dumps({"step": step, "attempt": number, **numbers}) + "\n")
