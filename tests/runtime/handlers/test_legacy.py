"""Legacy handlers, as they are, on today's events and in real runs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from helpers_core import events_of, mocked, of, text_of
from helpers_handlers import Script
from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.events import Done, Lint, Response, Timings, Usage
from pipeline_runtime.handlers import LegacyHandlerAdapter, LegacyResult, load_handler
from pipeline_runtime.handlers import legacy as module

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.streaming
STEP = "steps: [{{id: s, prompt: hi, stream_handler: '{}', scenario: {{reply: one two three}}}}]"
SOURCE = """
seen = []


class Handler:
    def __init__(self, mark=""):
        self.mark = mark

    def on_chunk(self, chunk):
        seen.append(chunk)

    async def on_complete(self, result):
        seen.append((result["text"], result.finish_reason, result.get("tokens")))


def pairs(event):
    kind, data = event
    if kind == "chunk":
        seen.append(data)
    elif kind == "complete":
        seen.append(data.text)


def parts(kind, data):
    match kind:
        case "chunk":
            seen.append(data)
        case "complete":
            seen.append(data["text"])


def today(event):
    seen.append("chunk" if event.kind == "complete" else event.content)
"""


@pytest.fixture(autouse=True)
def nobody_told(monkeypatch):
    monkeypatch.setattr(module, "_told", set())


@pytest.fixture
def source(tmp_path: Path, monkeypatch) -> str:
    name = f"legacy_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


class Both:
    def __init__(self):
        self.seen: list[Any] = []

    def on_chunk(self, chunk):
        self.seen.append(chunk)

    def on_complete(self, result):
        self.seen.append(result)


def finished(**more: Any) -> Done:
    response = Response("one two", "stream", Timings(total=1), finish_reason="stop", **more)
    return Done("r", "s", 1, 9, 9, response)


def adapted(handler: Any) -> LegacyHandlerAdapter:
    with pytest.warns(DeprecationWarning, match="is a legacy handler"):
        return LegacyHandlerAdapter(handler)


def test_chunks_are_the_text_alone_and_the_result_tells_tokens_and_finish_reason():
    handler = Both()
    adapter, script = adapted(handler), Script()
    for event in (
        script.delta("hm", "thinking"),
        script.delta("one "),
        script.delta(""),
        script.delta("two"),
    ):
        assert adapter.handle_event(event) is None
    adapter.handle_event(finished(usage=Usage(input=3, output=5, total=8), model="m-1"))
    assert handler.seen[:-1] == ["one ", "two"]
    result = handler.seen[-1]
    assert isinstance(result, LegacyResult)
    assert (result["text"], result.text, result.get("content")) == ("one two",) * 3
    assert (result.tokens, result.input_tokens, result.total_tokens) == (5, 3, 8)
    assert (result.finish_reason, result["model"]) == ("stop", "m-1")
    with pytest.raises(AttributeError, match="has no 'cost'; it has text"):
        _ = result.cost


def test_tokens_that_nobody_told_are_none_and_not_0():
    handler = Both()
    adapted(handler).handle_event(finished())
    assert handler.seen[0].tokens is None


def test_one_warning_for_a_class_however_many_objects_and_events():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3):
            adapter = LegacyHandlerAdapter(Both())
            adapter.handle_event(Script().delta("x"))
    assert [one.category for one in told] == [DeprecationWarning]


def test_what_is_no_legacy_handler_is_refused():
    for wrong in (3, Both):
        with pytest.raises(TypeError, match="neither on_chunk nor on_complete"):
            LegacyHandlerAdapter(wrong)


def test_only_one_of_the_methods_is_enough():
    class Ends:
        def on_complete(self, result):
            seen.append(result.text)

    seen: list[str] = []
    adapter = adapted(Ends())
    adapter.handle_event(Script().delta("x"))
    adapter.handle_event(finished())
    assert seen == ["one two"]


@pytest.mark.parametrize(
    ("name", "last"),
    [("Handler", ("one two three", "stop")), ("pairs", "one two three"), ("parts", "one two three")],
)
async def test_named_in_yaml_it_runs_as_it_is_and_the_run_tells(source, simulator, name, last):
    with pytest.warns(DeprecationWarning, match=f"{source}.{name} is a legacy handler"):
        events = await events_of(mocked(STEP.format(f"{source}:{name}"), simulator))
    seen = __import__(source).seen
    assert "".join(seen[:-1]) == text_of(events)
    assert seen[-1] == last if isinstance(last, str) else seen[-1][:2] == last
    (lint,) = of(events, Lint)
    assert (lint.code, f"{source}:{name}" in lint.message) == ("handler_legacy", True)


def test_options_go_to_the_legacy_class_and_todays_functions_are_not_adapted(source):
    with pytest.warns(DeprecationWarning, match="is a legacy handler"):
        loaded = load_handler(f"{source}:Handler", {"mark": ">"})
    assert (loaded.target.handler.mark, loaded.made) == (">", "class")
    assert not isinstance(load_handler(f"{source}:today").target, LegacyHandlerAdapter)
    with pytest.raises(HandlerLoadError, match="marc"):
        load_handler(f"{source}:Handler", {"marc": 1})


def test_close_and_start_of_a_legacy_handler_are_kept():
    class Closing(Both):
        def close(self):
            self.seen.append("closed")

    handler = Closing()
    with pytest.warns(DeprecationWarning, match="is a legacy handler"):
        loaded = load_handler(handler)
    assert loaded.close is not None
    loaded.close()
    assert (handler.seen, loaded.start) == (["closed"], None)
