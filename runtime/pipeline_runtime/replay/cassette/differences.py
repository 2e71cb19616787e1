"""What of a request is not as it was recorded: pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from pipeline_runtime.secrets import SECRET_QUERY_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import Request

HEADERS = ("content-type", "anthropic-version", "anthropic-beta", "openai-beta")
"""The headers that matter: others, keys among them, may differ from run to run."""
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_TOLD = 4
AROUND = 24
LONGEST = 60


def differences(recorded: Request, now: Request) -> list[str]:
    """Where two requests differ, a line each; empty when they match.

    Of requests to this machine (the simulator, a local server) only the end of the path counts: ports and
    scenarios are chance. Key-like query values never count.
    """
    found = [*_line("method", recorded.method, now.method), *_url(recorded.url, now.url)]
    for name in HEADERS:
        found += _line(f"header {name}", _header(recorded, name), _header(now, name))
    found += _values("body", recorded.body, now.body)
    if len(found) > MOST_TOLD:
        found[MOST_TOLD:] = [f"and {len(found) - MOST_TOLD} more"]
    return found


def _url(recorded: str, now: str) -> Iterator[str]:
    then, today = urlsplit(recorded), urlsplit(now)
    paths = (then.path, today.path)
    if not LOCAL.isdisjoint({then.hostname, today.hostname}):
        paths = (then.path.rpartition("/")[2], today.path.rpartition("/")[2])
    yield from _line("path", *paths)
    yield from _line("query", _query(then.query), _query(today.query))


def _query(text: str) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    return "&".join(
        f"{name}={value}" for name, value in sorted(pairs) if name.lower() not in SECRET_QUERY_NAMES
    )


def _header(request: Request, name: str) -> str | None:
    return next((value for key, value in request.headers if key.lower() == name), None)


def _values(where: str, recorded: Any, now: Any) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in [*recorded, *(key for key in now if key not in recorded)]:
            yield from _values(f"{where}.{key}", recorded.get(key, _NOTHING), now.get(key, _NOTHING))
    elif isinstance(recorded, list) and isinstance(now, list):
        for at in range(max(len(recorded), len(now))):
            pair = (one[at] if at < len(one) else _NOTHING for one in (recorded, now))
            yield from _values(f"{where}[{at}]", *pair)
    else:
        yield from _line(where, recorded, now)


def _line(where: str, recorded: Any, now: Any) -> Iterator[str]:
    if recorded == now and isinstance(recorded, bool) == isinstance(now, bool):
        return
    at = _first_difference(recorded, now) if isinstance(recorded, str) and isinstance(now, str) else 0
    yield f"{where}: recorded {_shown(recorded, at)}, now {_shown(now, at)}"


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _shown(value: Any, at: int) -> str:
    """A value as JSON; of a long text what is around its first difference."""
    if value is None or value is _NOTHING:
        return "nothing" if value is _NOTHING else "null"
    if isinstance(value, str):
        start = max(0, at - AROUND) if len(value) > LONGEST else 0
        piece = value[start : start + LONGEST]
        more = "…" if start + LONGEST < len(value) else ""
        return f"{'…' if start else ''}{json.dumps(piece, ensure_ascii=False)}{more}"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


_NOTHING = object()
"""What is not there at all: a null is something."""
