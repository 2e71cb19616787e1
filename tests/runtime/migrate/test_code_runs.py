"""Rewritten handlers in real runs: they load, and get what the legacy ones got."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING

import pytest

from helpers_code import CLASS, SHAPES, rewritten
from helpers_core import events_of, mocked, no_task_left, of, simulator
from pipeline_runtime.events import Error, Lint
from pipeline_runtime.handlers import load_handler

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["no_task_left", "simulator"]
pytestmark = pytest.mark.streaming
STEP = "steps: [{{id: s, prompt: hi, stream_handler: '{}', scenario: {{reply: [{{thinking: hm}}, {{text: one two three}}]}}}}]"


@pytest.fixture
def importable(tmp_path: Path, monkeypatch):
    def write(text: str, name: str) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return name

    monkeypatch.syspath_prepend(tmp_path)
    return write


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_function_gets_the_text_and_the_result(importable, simulator, shape):
    name = importable(
        rewritten(SHAPES[shape]),
        f"rewritten_{shape}",
    )
    module = importlib.import_module(name)
    module.OUT = io.StringIO()
    path = f"{name}:{'Handler' if shape == 'indexed' else 'handle'}"
    load_handler(path)
    events = await events_of(mocked(STEP.format(path), simulator))
    assert module.OUT.getvalue() == "one two three|stop"
    assert [*of(events, Error), *of(events, Lint)] == []


async def test_a_class_gets_the_text_and_the_result_and_is_made_anew(importable, simulator):
    kept = "MADE = (lambda: [])()\n\n\n"
    text = rewritten(CLASS.replace("class Printer", f"{kept}class Printer").replace(
        "        self.mark = mark", "        self.mark = mark\n        keep(self)\n"
    ) + "\n\ndef keep(one):\n    MADE.append(one)\n")  # fmt: skip
    name = importable(text, "rewritten_class")
    for _ in range(2):
        events = await events_of(mocked(STEP.format(f"{name}:Printer"), simulator))
        assert [*of(events, Error), *of(events, Lint)] == []
    made = importlib.import_module(name).MADE
    assert len(made) == 2
    for one in made:
        assert "".join(one.seen[:-1]) == "one two three"
        assert (one.seen[-1][0], one.seen[-1][2]) == ("one two three", "stop")
        assert one.seen[-1][1] > 0
