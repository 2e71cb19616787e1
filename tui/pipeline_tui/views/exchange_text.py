"""A request exactly as it was sent, and a response's head with what its limits mean."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pipeline_runtime.curl import curl_command
from pipeline_tui.text.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from pipeline_runtime.events import Request, ResponseOpened

_LIMIT = re.compile(r"^(?:anthropic-)?(?:x-)?ratelimit-(.+)$", re.IGNORECASE)
_PARTS = {
    "limit": "allowed in a window",
    "remaining": "left in this window",
    "reset": "when it is full again",
}
_KNOWN = {
    "retry-after": "wait so many seconds, or until this date, before the next try",
    "retry-after-ms": "wait so many milliseconds before the next try",
    "x-should-retry": "whether the server wants another try",
    "request-id": "the id to quote to the provider",
    "x-request-id": "the id to quote to the provider",
    "openai-processing-ms": "how long the server worked before it answered, in ms",
    "anthropic-organization-id": "whose limits these are",
    "cf-ray": "the id of the proxy before the server",
}


def request_text(request: Request, provider: str) -> str:
    """The request, masked, then as a curl command that names the key and does not hold it."""
    headers = [sanitise_line(f"{name}: {value}") for name, value in request.headers]
    body = "" if request.body is None else json.dumps(request.body, indent=2, ensure_ascii=False)
    head = "\n".join([sanitise_line(f"{request.method} {request.url}"), *headers])
    curl = curl_command(request, provider=provider)
    return f"as sent, secrets masked:\n\n{head}\n\n{sanitise(body)}\n\nas curl:\n\n{sanitise(curl)}"


def response_text(opened: ResponseOpened) -> str:
    """The status and the headers; those that limit or identify are explained, and stand first."""
    explained = [(name, value, explain(name)) for name, value in opened.headers]
    told = [f"{name}: {value}\n  → {words}" for name, value, words in explained if words]
    others = [f"{name}: {value}" for name, value, words in explained if not words]
    status = f"{opened.http_version} {opened.status}"
    blocks = ["\n".join(block) for block in ([status], told, others) if block]
    return sanitise("\n\n".join(blocks))


def explain(name: str) -> str:
    """What a header means, in words; empty for one that needs none.

    `x-ratelimit-remaining-tokens` (OpenAI) and `anthropic-ratelimit-tokens-remaining` say the same.
    """
    lower = name.lower()
    if lower in _KNOWN:
        return _KNOWN[lower]
    found = _LIMIT.match(lower)
    if found is None:
        return ""
    words = found[1].split("-")
    part = next((word for word in words if word in _PARTS), None)
    if part is None:
        return ""
    what = " ".join(word for word in words if word != part) or "requests"
    return f"{what}: {_PARTS[part]}"
