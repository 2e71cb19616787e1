"""Errors at status 200, as whole bodies where a stream was asked for: an error, and no fallback."""

from __future__ import annotations

import json

import pytest

from helpers_core import InTurn, head, of, only, play
from pipeline_runtime.events import Error, Fallback

pytestmark = pytest.mark.streaming


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
            "insufficient balance",
        ),
        ({"code": 400, "msg": "no such model", "success": False}, "no such model"),
        ({"error_code": 336003, "error_msg": "too long"}, "too long"),
    ],
)
async def test_an_error_in_words_of_its_own_at_200_is_no_answer(body: object, message: str) -> None:
    events = await play(InTurn(head(kind="application/json") + json.dumps(body).encode()))
    error = only(events, Error)
    assert (error.message, error.status, error.fatal) == (message, 200, True)
    assert not of(events, Fallback)


async def test_an_error_in_a_field_of_its_own_keeps_what_had_come() -> None:
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Half"}}]}
    error = {"code": 400, "message": "failed to decode the batch", "type": "server_error"}
    body = f"data: {json.dumps(chunk)}\n\nerror: {json.dumps(error)}\n\n"
    events = await play(InTurn(head() + body.encode()))
    told = only(events, Error)
    assert (told.type, told.message) == ("server_error", "failed to decode the batch")
    assert told.response is not None
    assert (told.response.text, told.response.verdict) == ("Half", "error")
