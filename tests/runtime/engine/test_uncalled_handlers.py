"""A handler that gets no delta is told of, once: the guide's "handler not invoked" at run time."""

from __future__ import annotations

import pytest

from helpers_core import DONE, events_of, head, live, of, piece, play, replying, workflow_for
from helpers_transport import serving
from pipeline_runtime.events import Lint

pytestmark = pytest.mark.streaming

EMPTY = replying(head(), piece(finish="length"), DONE)


def handle_event(event):
    """Takes deltas, and `done`."""


class OnlyDone:
    kinds = ("done",)

    def handle_event(self, event):
        pass


def told(events):
    return [event for event in of(events, Lint) if event.code == "handler_no_delta"]


async def test_an_answer_without_content_is_told_once_for_each_handler():
    (lint,) = told(await play(EMPTY, handlers=(handle_event, OnlyDone)))
    assert "Handler `handle_event` got no delta" in lint.message
    assert "(end: length)" in lint.message
    assert lint.step == "s1"


async def test_without_handlers_nothing_is_told():
    assert told(await play(EMPTY)) == []


async def test_one_delta_is_enough():
    script = replying(head(), piece("a"), piece(finish="stop"), DONE)
    assert told(await play(script, handlers=(handle_event,))) == []


async def test_a_call_that_fails_explains_itself():
    async with serving(replying(head("500 Oops"))) as server:
        assert told(await events_of(live(workflow_for(server), handlers=(handle_event,)))) == []
