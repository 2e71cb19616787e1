"""Factories, objects and classes: who makes a handler, and whether a run has one of its own."""

from __future__ import annotations

import asyncio
import functools
import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

from helpers_core import events_of, gather, mocked, of
from helpers_handlers import Script, install
from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.events import AnyEvent, Lint
from pipeline_runtime.handlers import given_before, is_shared, load_handler
from pipeline_runtime.simulator import Simulator

STEP = "steps: [{id: s, prompt: hi, scenario: {reply: one two three four}}]"


class Keep:
    kinds = "all"

    def __init__(self, label: str = "") -> None:
        self.label = label
        self.events: list[AnyEvent] = []

    def handle_event(self, event: AnyEvent) -> None:
        self.events.append(event)


class Slotted(Keep):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def make_keep(*, label: str = "made") -> Keep:
    return Keep(label)


def make_function(**opts: Any) -> Any:
    return [].append if not opts else print


async def make_later() -> Keep:
    return Keep()


def make_nothing() -> None:
    pass


def make_badly(*, path: str) -> Keep:
    raise OSError(f"no {path}")


def takes_two(first: object, second: object) -> None:
    pass


# --- who makes it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "made"),
    [
        (Keep, "class"),
        (make_keep, "factory"),
        (make_function, "factory"),
        (functools.partial(Keep, label="x"), "factory"),
        (functools.partial(takes_two, 1), "function"),
        (Keep(), "object"),
        (Keep().handle_event, "function"),
        (print, "function"),
        (lambda event: None, "function"),
        (lambda *events: None, "function"),
    ],
)
def test_how_what_is_given_is_told_apart(spec: Any, made: str) -> None:
    assert load_handler(spec).made == made


def test_a_factory_gets_the_options_and_all_kinds_can_be_asked_for():
    handler = load_handler(make_keep, {"label": "mine"})
    assert handler.target.label == "mine"
    assert {"delta", "frame", "step_started", "attempt_started"} <= set(handler.kinds)
    assert "run_finished" not in handler.kinds


@pytest.mark.parametrize(
    ("spec", "opts", "message"),
    [
        (make_keep, {"lable": 1}, "option `lable`: there is no such option"),
        (make_nothing, {}, "is taken for a factory; it returned NoneType, which is no handler"),
        (make_later, {}, "it returned coroutine, which is no handler"),
        (make_badly, {"path": "here"}, "cannot be made: OSError: no here"),
        (takes_two, {}, "does not take one event: it is takes_two(first"),
        (lambda: takes_two, {}, "does not take one event"),
    ],
)
def test_factories_that_make_no_handler(spec: Any, opts: dict[str, Any], message: str) -> None:
    with pytest.raises(HandlerLoadError) as caught:
        load_handler(spec, opts)
    assert message in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kinds", {"run_finished"}, "never gets `run_finished`"),
        ("kinds", {"step_finished"}, "never gets `step_finished`"),
        ("start", lambda: None, "does not take the run in `start`"),
        ("close", lambda how: None, "does not take a bare `close`"),
    ],
)
def test_parts_of_the_wrong_shape(name: str, value: object, message: str) -> None:
    handler = Keep()
    setattr(handler, name, value)
    with pytest.raises(HandlerLoadError, match=message.replace("`", ".")):
        load_handler(handler)


# --- installed handlers -----------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_handlers", raising=False)
    install(tmp_path, counting="sample_handlers:Counting", torn="sample_broken:x")


@pytest.mark.usefixtures("installed")
def test_an_installed_handler_is_found_by_its_name():
    handler = load_handler("counting", {"start": 4})
    handler.handle_event(Script().delta("x"))
    assert handler.target.count == 5


@pytest.mark.usefixtures("installed")
def test_a_broken_or_misspelled_one_is_told():
    with pytest.raises(
        HandlerLoadError, match="'torn' of acme-handlers cannot be loaded: RuntimeError: not today"
    ):
        load_handler("torn")
    with pytest.raises(HandlerLoadError) as caught:
        load_handler("countign")
    assert caught.value.cure == "did you mean 'counting'?"


def test_a_legacy_name_says_what_to_run():
    with pytest.raises(HandlerLoadError) as caught:
        load_handler("Pipeline.AsyncStreaming.ConsoleHandler")
    assert "pipeline-tui migrate" in caught.value.cure


# --- fresh for every run ----------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [Keep, make_keep])
async def test_two_runs_at_once_never_share_a_handler(spec: Any, simulator: Simulator) -> None:
    made: list[Keep] = []

    def make() -> Keep:
        made.append(spec())
        return made[-1]

    runs = [mocked(STEP, simulator, handlers=(make,)) for _ in range(5)]
    results = await asyncio.gather(*(gather(run) for run in runs))
    assert len(made) == 5
    assert sorted({event.run for event in keep.events} for keep in made) == sorted({run.id} for run in runs)
    assert [of(events, Lint) for events in results] == [[]] * 5


@pytest.mark.parametrize("whole", [True, False])
async def test_the_same_object_in_two_runs_is_told(whole: bool, simulator: Simulator) -> None:
    shared = Keep()
    given = shared if whole else shared.handle_event
    first = mocked(STEP, simulator, handlers=(given,))
    second = mocked(STEP, simulator, handlers=(given,))
    assert of(await events_of(first), Lint) == []
    (lint,) = of(await events_of(second), Lint)
    assert lint.code == "handler_reused"
    assert first.id in lint.message


async def test_one_object_may_serve_all_steps_of_a_run(simulator: Simulator) -> None:
    text = "steps: [{id: a, prompt: hi, scenario: {reply: x}}, {id: b, prompt: hi, scenario: {reply: y}}]"
    assert of(await events_of(mocked(text, simulator, handlers=(Keep(),))), Lint) == []


def test_functions_and_collecting_methods_are_never_told_of():
    kept: list[AnyEvent] = []
    for given in (kept.append, print, functools.partial(takes_two, 1)):
        handler = load_handler(given)
        assert not is_shared(handler)
        assert [given_before(handler, run) for run in ("one", "two")] == [None, None]


def test_what_doctor_asks():
    assert is_shared(load_handler(Keep()))
    assert is_shared(load_handler(Keep().handle_event))
    assert not is_shared(load_handler(Keep))
    assert not is_shared(load_handler(make_keep))


def test_a_factory_that_gives_one_object_twice_is_found():
    one = Keep()
    runs = ("first", "second", "second", "third")
    assert [given_before(load_handler(lambda: one), run) for run in runs] == [None, "first", None, "second"]


def test_objects_are_told_apart_by_identity_and_forgotten_when_they_are_gone():
    one, other = Slotted(), Slotted()
    assert given_before(load_handler(one), "first") is None
    assert given_before(load_handler(other), "second") is None
    assert given_before(load_handler(one), "second") == "first"
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
