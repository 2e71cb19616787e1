"""HAR 1.2, as Chrome DevTools opens it: an entry for each attempt, its events with their times. Pure.

Source: the HAR 1.2 specification (Jan Odvarko). Fields that begin with `_` are extensions; `_resourceType`
and `_eventSourceMessages` are those of DevTools' own exports.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from pipeline_runtime import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_runtime.events import Request
    from pipeline_runtime.library.details import AttemptDetails, StepDetails
    from pipeline_runtime.library.exporting.recording import RecordedBody, Recording

_MILLISECOND = 1_000_000
_HAS_NOT_HAPPENED = -1


def har_of(recording: Recording) -> dict[str, Any]:
    """The whole archive as JSON values."""
    header = recording.header
    began = datetime.fromisoformat(header.started_at)
    entries = [
        _entry(began, step, attempt, recording.body(step.step, attempt.number))
        for step in recording.details.steps
        for attempt in step.attempts
    ]
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "pipeline-tui", "version": __version__},
            "entries": sorted(entries, key=lambda entry: str(entry["startedDateTime"])),
            "comment": f"run {header.run} of {header.workflow}, mode {header.mode}; secrets are masked",
        }
    }


def _entry(began: datetime, step: StepDetails, attempt: AttemptDetails, body: RecordedBody) -> dict[str, Any]:
    ended = body.ended or (body.chunks[-1].at if body.chunks else attempt.ended)
    opened = attempt.opened.at if attempt.opened else ended
    entry: dict[str, Any] = {
        "startedDateTime": _moment(began, attempt.began).isoformat(timespec="microseconds"),
        "time": _milliseconds(ended - attempt.began),
        "request": _request(attempt.request, attempt.opened.http_version if attempt.opened else "HTTP/1.1"),
        "response": _response(attempt, body),
        "cache": {},
        "timings": {
            "blocked": _HAS_NOT_HAPPENED,
            "dns": _HAS_NOT_HAPPENED,
            "connect": _HAS_NOT_HAPPENED,
            "ssl": _HAS_NOT_HAPPENED,
            "send": 0,
            "wait": _milliseconds(opened - attempt.began),
            "receive": _milliseconds(ended - opened),
        },
        "comment": f"step {step.step}, attempt {attempt.number} ({attempt.why}, asked for {attempt.asked})",
        "_resourceType": "eventsource" if _is_event_stream(attempt) else "fetch",
        "_chunks": [
            {
                "time": _milliseconds(chunk.at - attempt.began),
                "offset": chunk.offset,
                "size": len(chunk.data),
            }
            for chunk in body.chunks
        ],
    }
    if _is_event_stream(attempt):
        entry["_eventSourceMessages"] = [
            {
                "time": _moment(began, frame.at).timestamp(),
                "eventName": frame.event,
                "eventId": frame.id or "",
                "data": frame.data,
            }
            for frame in body.frames
            if frame.data is not None
        ]
    return entry


def _request(request: Request, http_version: str) -> dict[str, Any]:
    body = b"" if request.body is None else msgspec.json.encode(request.body)
    told: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": http_version,
        "cookies": [],
        "headers": _pairs(request.headers),
        "queryString": _pairs(parse_qsl(urlsplit(request.url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(body),
    }
    if body:
        told["postData"] = {"mimeType": "application/json", "text": body.decode()}
    return told


def _response(attempt: AttemptDetails, body: RecordedBody) -> dict[str, Any]:
    opened = attempt.opened
    headers = opened.headers if opened else ()
    data = body.data
    told: dict[str, Any] = {
        "status": opened.status if opened else 0,
        "statusText": _phrase(opened.status) if opened else "",
        "httpVersion": opened.http_version if opened else "",
        "cookies": [],
        "headers": _pairs(headers),
        "content": _content(data, _header(headers, "content-type")),
        "redirectURL": _header(headers, "location"),
        "headersSize": -1,
        "bodySize": len(data),
    }
    if attempt.ending in {"error", "retry"} and attempt.reason:
        told["_error"] = attempt.reason
    return told


def _content(data: bytes, kind: str) -> dict[str, Any]:
    told: dict[str, Any] = {"size": len(data), "mimeType": kind or "application/octet-stream"}
    try:
        return told | {"text": data.decode()}
    except UnicodeDecodeError:
        return told | {"text": b64encode(data).decode(), "encoding": "base64"}


def _is_event_stream(attempt: AttemptDetails) -> bool:
    headers = attempt.opened.headers if attempt.opened else ()
    return _header(headers, "content-type").lower().startswith("text/event-stream")


def _header(headers: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for one, value in headers if one.lower() == name), "")


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _moment(began: datetime, at: int) -> datetime:
    return began + timedelta(microseconds=at / 1000)


def _milliseconds(nanoseconds: int) -> float:
    return round(nanoseconds / _MILLISECOND, 3)
