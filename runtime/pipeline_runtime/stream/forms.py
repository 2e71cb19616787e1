"""The forms in which the same thing is asked: what a refusal changes in a request. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import ModelRequest
    from pipeline_runtime.stream.refusals import Change

_GONE = {
    "sync": frozenset({"stream", "stream_options"}),
    "stream": frozenset({"stream"}),
    "drop_stream_options": frozenset({"stream_options"}),
}
"""Params that would undo the change: they win over everything else in a body."""


def in_form(request: ModelRequest, change: Change) -> ModelRequest:
    """The request as a server wants it that refused its form.

    `stream_options` goes with `stream`: without it, OpenAI refuses the option (no-stream.md, section B).
    """
    params = {name: value for name, value in request.params.items() if name not in _GONE[change]}
    if change == "drop_stream_options":
        return replace(request, include_usage=False, params=params)
    return replace(request, stream=change == "stream", params=params)
