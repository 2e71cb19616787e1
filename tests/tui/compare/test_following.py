"""Runs compared while they go on: logs that grow, two models, two steps of one run."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, OptionList, Select, Static

from helpers_compare import LONG, OTHER, CompareApp, GrowingLog, compared
from helpers_history import record
from helpers_shell import Shell, read, until
from pipeline_tui.app import PipelineApp
from pipeline_tui.screens.compare import CompareScreen
from pipeline_tui.screens.compare_with import CompareWithScreen
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.screens.versus import VersusScreen
from pipeline_tui.views.comparing import Comparing

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

SIZE = (120, 36)
PAIR = """\
name: pair
steps:
  - {id: one, type: llm, provider: claude, model: m, stream: true, needs: [], prompt: hi, scenario: ONE}
  - {id: two, type: llm, provider: openai, model: m, stream: true, needs: [], prompt: hi, scenario: TWO}
""".replace("ONE", "{reply: late again, timing: {first_token: 0, rate: 5000, jitter: 0}}").replace(
    "TWO", "{reply: never late, timing: {first_token: 0, rate: 5000, jitter: 0}}"
)


def text(screen: Any, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


def said(screen: CompareScreen, side: str) -> str:
    return "".join(getattr(row, side).text for row in screen.rows if getattr(row, side) is not None)


async def compare(pilot: Pilot[Any]) -> CompareScreen:
    """Wait until runs that end by themselves have been compared to their ends."""
    await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await until(pilot, lambda: screen.compared is not None and not screen.compared.going)
    await until(pilot, lambda: screen.rows)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_comes_is_shown_and_only_what_has_parted_differs(growing: GrowingLog, size: Any) -> None:
    other = record("draft", 3, steps={"draft": OTHER}, first=900)
    app = CompareApp(growing.path, other)
    async with app.run_test(size=size) as pilot:
        screen = app.compare
        await until(pilot, lambda: screen.compared is not None)
        assert screen.compared.going
        assert screen.compared.a.status == "running"
        growing.write(60)
        await until(pilot, lambda: "Paragraph one" in said(screen, "a"))
        await until(pilot, lambda: "no difference in text so far" in text(screen, "#compare-status"))
        assert screen.places == []
        assert "1 text =" in text(screen, "#compare-head")
        growing.write(160)
        await until(pilot, lambda: "fifteen" in said(screen, "a"))
        await until(pilot, lambda: "text parts at character" in text(screen, "#compare-status"))
        first, second = screen.panes
        assert first.scroll_y == second.scroll_y > 0
        seen = screen.rows[round(first.scroll_y) :][: first.size.height]
        newest = max(at for at, row in enumerate(screen.rows) if row.a is not None)
        assert screen.rows[newest] in seen, "it goes along with the one that is behind"
        await pilot.press("g")
        growing.write()
        growing.let_go()
        await until(pilot, lambda: not screen.compared.going)
        await until(pilot, lambda: said(screen, "a").endswith("Friday."))
        assert first.scroll_y == 0, "who reads is left where they are"
        assert text(screen, "#compare-status").startswith("3 places · ")
        await pilot.press("n")
        assert screen.at == 0


async def test_at_the_end_it_is_as_if_both_had_been_there_at_once(growing: GrowingLog) -> None:
    other = record("draft", 3, steps={"draft": OTHER})
    app = CompareApp(growing.path, other)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.compare
        for _ in range(6):
            growing.write(60)
            before = len(said(screen, "a"))
            await until(pilot, lambda before=before: len(said(screen, "a")) > before)
        growing.write()
        growing.let_go()
        await until(pilot, lambda: screen.compared is not None and not screen.compared.going)
        await until(pilot, lambda: said(screen, "a").endswith("Friday."))
        whole = Comparing(growing.path, other)
        while not whole.over:
            whole.read()
        width = min(pane.text_width for pane in screen.panes)
        await until(pilot, lambda: screen.rows == whole.text_rows(("draft", "draft"), width))
        assert screen.compared == whole.compared()


async def test_figures_grow_too_and_a_log_that_is_let_go_of_has_no_end(growing: GrowingLog) -> None:
    app = CompareApp(growing.path, record("draft", 3, steps={"draft": LONG}))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.compare
        growing.write(40)
        await compared(pilot)
        await pilot.press("3")
        await until(pilot, lambda: "can change no more" in text(screen, "#metrics-table"))
        before = text(screen, "#metrics-table")
        growing.write(40)
        await until(pilot, lambda: text(screen, "#metrics-table") != before)
        growing.let_go()
        await until(pilot, lambda: screen.compared is not None and not screen.compared.going)
        await until(pilot, lambda: "without an end" in text(screen, "#title-a"))
        assert "the run: without an end against ok" in text(screen, "#compare-status")


async def test_the_time_of_a_run_that_goes_on_moves_with_the_clock(growing: GrowingLog) -> None:
    app = CompareApp(growing.path, record("draft", 3, steps={"draft": LONG}))
    async with app.run_test(size=SIZE) as pilot:
        screen = app.compare
        growing.write(60)
        await compared(pilot)
        await until(pilot, lambda: "  running for " in text(screen, "#title-a"))
        other = text(screen, "#title-b")
        app.clock.value += 60_000_000_000
        await until(pilot, lambda: "  running for 1 min" in text(screen, "#title-a"))
        assert text(screen, "#title-b") == other, "that one is over"
        growing.write()
        growing.let_go()
        await until(pilot, lambda: "  ok in " in text(screen, "#title-a"))
        assert " ok in 1 min" not in text(screen, "#title-a"), "the log says how long it went"


async def test_the_key_of_what_is_looked_at_does_nothing(growing: GrowingLog) -> None:
    app = CompareApp(growing.path, record("draft", 3, steps={"draft": LONG}))
    async with app.run_test(size=SIZE) as pilot:
        growing.write(60)
        screen = await compared(pilot)
        keys = "1", "2", "3"
        assert [screen.active_bindings[key].enabled for key in keys] == [False, True, True]
        await pilot.press("3")
        assert [screen.active_bindings[key].enabled for key in keys] == [True, True, False]


async def asked_which(pilot: Pilot[Any], shell: Shell) -> VersusScreen:
    """The form that asks which other model, opened on the list."""
    app = pilot.app
    assert isinstance(app, PipelineApp)
    await read(pilot)
    app.workflows.select(shell.folder / "quick.yaml")
    await pilot.press("v")
    await until(pilot, lambda: isinstance(app.screen, VersusScreen))
    form = app.screen
    assert isinstance(form, VersusScreen)
    return form


async def test_two_models_are_asked_the_same_from_the_list(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        form = await asked_which(pilot, shell)
        form.query_one("#versus-provider", Select).value = "openai"
        await until(pilot, lambda: form.query_one(Input).value == "m")
        form.query_one("#versus-provider", Select).value = "groq"
        await until(pilot, lambda: not form.query_one(Input).value)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "a provider and a model are needed" in text(form, ".wrong"))
        form.query_one(Input).focus()
        await pilot.press(*"llama", "enter")
        screen = await compare(pilot)
        assert "/m  ok in" in text(screen, "#title-a")
        assert text(screen, "#title-b").startswith("B groq/llama  ok in")
        assert said(screen, "a") == said(screen, "b") == "quick words"
        assert sorted(entry.title for entry in app.desk.book) == ["quick", "quick · groq/llama"]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.desk.book) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)


async def test_a_run_is_set_against_one_of_its_steps_and_against_another_model(shell: Shell) -> None:
    app = shell.write({"pair.yaml": PAIR}).app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        app.workflows.select(shell.folder / "pair.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        run = app.screen
        await until(pilot, lambda: run.view.finished is not None)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, CompareWithScreen))
        lines = [str(option.prompt) for option in app.screen.query_one(OptionList).options]
        assert lines == ["another model  the same prompts, asked once more", "step  one against two"]
        await pilot.press("j", "enter")
        screen = await compare(pilot)
        assert "one against two" in text(screen, "#compare-head")
        assert (said(screen, "a"), said(screen, "b")) == ("late again", "never late")
        assert text(screen, "#compare-status") == "place 1 of 1 · text parts at character 0"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is run)
        await pilot.press("v", "enter")
        await until(pilot, lambda: isinstance(app.screen, VersusScreen))
        form = app.screen
        await until(pilot, lambda: form.query("#versus-step"))
        assert form.query_one("#versus-step", Select).value == "one"
        form.query_one("#versus-provider", Select).value = "ollama"
        form.query_one(Input).value = "qwen"
        await pilot.press("ctrl+j")
        screen = await compare(pilot)
        assert {step.names[0]: step.who for step in screen.compared.steps} == {
            "one": ("claude/m", "ollama/qwen"),
            "two": ("openai/m", "openai/m"),
        }
        again = app.desk.book.of(screen.compared.b.run)
        assert again is not None
        assert again.title == "pair · ollama/qwen in one"


async def test_two_runs_that_go_on_are_compared(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        app.workflows.select(shell.folder / "slow.yaml")
        for number in (1, 2):
            await pilot.press("enter")
            await until(pilot, lambda number=number: len(app.desk.book) == number)
            await until(pilot, lambda: isinstance(app.screen, RunScreen))
            run = app.screen
            await until(pilot, lambda run=run: "wait" in run.view.panes)
            if number == 1:
                await pilot.press("escape")
                await until(pilot, lambda: app.screen is app.workflows)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, CompareWithScreen))
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        screen = app.screen
        await until(pilot, lambda: screen.compared is not None and screen.compared.steps)
        assert screen.compared.going
        for entry in list(app.desk.book):
            entry.run.cancel()
        await until(pilot, lambda: not screen.compared.going)
        await until(pilot, lambda: "cancelled in" in text(screen, "#title-b"))


async def test_without_a_key_a_live_run_is_not_begun(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-a-key")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        form = await asked_which(pilot, shell)
        form.query_one("#versus-provider", Select).value = "groq"
        form.query_one(Input).value = "llama"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "GROQ_API_KEY is not set" in text(form, ".wrong"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        assert len(app.desk.book) == 0


async def test_a_log_is_read_to_its_end_before_it_is_judged(tmp_path: Path) -> None:
    a, b = record("draft", 9, steps={"draft": LONG}), record("draft", 3, steps={"draft": OTHER})
    comparing = Comparing(a, b)
    assert comparing.share == 0
    assert comparing.read(budget=0) == (True, False)
    assert not comparing.over
    while not comparing.over:
        comparing.read()
    assert comparing.share == 1


async def test_a_comparison_that_is_left_while_it_is_made_is_no_mistake(
    growing: GrowingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()
    compared_now = Comparing.compared

    def slow(self: Comparing) -> Any:
        begun.set()
        go_on.wait()
        return compared_now(self)

    monkeypatch.setattr(Comparing, "compared", slow)
    app = CompareApp(growing.path, record("draft", 3, steps={"draft": OTHER}))
    async with app.run_test(size=SIZE) as pilot:
        try:
            await until(pilot, begun.is_set)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is not app.compare)
        finally:
            go_on.set()
        await until(pilot, lambda: not app.compare.workers)
    assert app.compare.compared is None


async def test_one_that_loses_its_parts_is_shown_no_more(growing: GrowingLog) -> None:
    app = CompareApp(growing.path, record("draft", 3, steps={"draft": OTHER}))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.compare.compared is not None)
        await app.compare.query_one("#title-a").remove()
        growing.write(80)
        await until(pilot, lambda: not any(worker.is_running for worker in app.workers))
        assert app.is_running
