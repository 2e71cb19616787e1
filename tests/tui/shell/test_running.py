"""From the list to a run and back: real runs against the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input, RadioSet

from helpers_shell import DRAFT, Shell, names, read, shown, until
from pipeline_tui.screens.confirm import QuitScreen
from pipeline_tui.screens.inputs import InputsScreen
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.screens.runs_background import RunList, RunsScreen
from pipeline_tui.screens.workflows import WorkflowsScreen
from pipeline_tui.widgets.input_field import InputField
from pipeline_tui.widgets.runs_bar import RunsBar

if TYPE_CHECKING:
    import pytest
    from textual.pilot import Pilot

    from pipeline_tui.app import PipelineApp
    from pipeline_tui.runs import RunEntry

SIZE = (100, 30)


def entry_of(pilot: Pilot[int]) -> RunEntry:
    """The newest run of the session."""
    app: PipelineApp = pilot.app  # type: ignore[assignment]
    return list(app.desk.book)[0]  # noqa: RUF015 - a book is no sequence


async def start(pilot: Pilot[int], name: str) -> RunEntry:
    """Run a workflow of the list and wait for its screen."""
    rows = await read(pilot)
    while rows.selected is None or rows.selected.name != name:
        await pilot.press("j")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
    return entry_of(pilot)


async def test_enter_runs_and_the_row_shows_the_result(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "quick")
        await until(pilot, lambda: not entry.going)
        assert entry.run.tally.badge == "STREAM"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        rows = app.workflows.query_one("#list")
        await until(pilot, lambda: rows.rows[2].result is not None)
        assert rows.rows[2].result.badge == "STREAM"
        assert len(app.desk.book) == 0
        assert not app.workflows.query_one(RunsBar).display


async def test_a_run_goes_on_in_the_background_and_is_opened_again(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "slow")
        screen = app.screen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        assert entry.going
        rows = app.workflows.query_one("#list")
        assert rows.render_line(3).text.startswith("▶ slow")
        await until(pilot, lambda: "▶ slow  running" in shown(app, "#runs-bar"))
        await pilot.press("w")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        await pilot.click(RunsBar)
        await until(pilot, lambda: app.screen is screen)
        entry.run.cancel()
        await until(pilot, lambda: not entry.going)


async def test_several_runs_are_chosen_from_a_list_and_cancelled_there(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(2):
            await start(pilot, "slow")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.workflows)
        newest, oldest = app.desk.book
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        runs = app.screen.query_one(RunList)
        await until(pilot, lambda: runs.option_count == 2)
        await pilot.press("j", "c")
        await until(pilot, lambda: not oldest.going)
        assert newest.going
        await pilot.press("g", "G", "k", "j", "g", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert app.screen.source.id == newest.run.id
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        newest.run.cancel()
        await until(pilot, lambda: not newest.going)
        await until(pilot, lambda: "■ slow  cancelled" in shown(app, "#runs-bar"))


async def test_r_runs_again_and_cancels_the_earlier_run(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        first = await start(pilot, "slow")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and entry_of(pilot) is not first)
        await until(pilot, lambda: first.run.finished)
        second = entry_of(pilot)
        assert second.path == first.path
        assert len(app.desk.book) == 1
        second.run.cancel()
        await until(pilot, lambda: not second.going)


async def test_running_the_file_as_it_is_now(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        entry = await start(pilot, "quick")
        await until(pilot, lambda: not entry.going)
        shell.write({"quick.yaml": "steps: nonsense\n"})
        await pilot.press("r")
        await until(pilot, lambda: len(app._notifications) > 0)
        assert "quick.yaml:1" in next(iter(app._notifications)).message
        assert app.screen.source is entry.run


async def test_the_form_has_a_field_for_each_input(shell: Shell) -> None:
    shell.log("draft.yaml", 5, inputs={"topic": "owls", "tone": "formal"})
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, InputsScreen))
        await until(pilot, lambda: len(app.screen.query(InputField)) == 4)
        given = {field.input_name: field.given for field in app.screen.query(InputField)}
        assert given == {"topic": "owls", "words": "120", "tone": "formal", "title": ""}


async def test_a_wrong_value_is_told_at_its_field(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(app.screen.query(InputField)) == 4)
        topic, words, tone, title = app.screen.query(InputField)
        words.query_one(Input).value = "many"
        await pilot.press("enter")
        assert isinstance(app.screen, InputsScreen)
        assert "✗ must be a whole number, such as 3" in str(words.query_one(".wrong").render())
        assert "✗ is required" in str(title.query_one(".wrong").render())
        assert not topic.has_class("-wrong")
        assert not tone.has_class("-wrong")
        assert words.query_one(Input).has_focus
        await pilot.press("1")
        await until(pilot, lambda: not words.has_class("-wrong"))


async def test_right_values_run_and_are_remembered(shell: Shell) -> None:
    quick = "{reply: quick words, timing: {first_token: 0, rate: 5000, jitter: 0}}"
    shell.write({"draft.yaml": DRAFT + f"    scenario: {quick}\n"})
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(app.screen.query(InputField)) == 4)
        fields = list(app.screen.query(InputField))
        fields[3].query_one(Input).value = "Report"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        entry = entry_of(pilot)
        assert entry.plan.inputs == {"topic": "late trains", "words": 120, "tone": "plain", "title": "Report"}
        await until(pilot, lambda: not entry.going)
        await pilot.press("escape")
        await until(pilot, lambda: app.workflows.query_one("#list").rows[1].result is not None)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(InputField)) == 4)
        assert list(app.screen.query(InputField))[3].given == "Report"


async def test_escape_leaves_the_form_and_nothing_runs(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, InputsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        assert len(app.desk.book) == 0


async def test_i_asks_also_where_there_are_no_inputs_and_the_button_runs(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j", "j", "i")
        await until(pilot, lambda: isinstance(app.screen, InputsScreen))
        assert not app.screen.query(RadioSet)
        await until(pilot, lambda: app.screen.query("#run"))
        await pilot.click("#run")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        entry = entry_of(pilot)
        await until(pilot, lambda: not entry.going)


async def test_with_keys_the_form_offers_both_modes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-a-real-key")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j", "j")
        await until(pilot, lambda: shown(app, "#status").startswith("LIVE  claude, openai"))
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(RadioSet))
        modes = app.screen.query_one(RadioSet)
        assert modes.pressed_index == 0
        await until(pilot, lambda: modes.has_focus)
        await pilot.press("down", "space", "ctrl+j")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        entry = entry_of(pilot)
        assert entry.plan.mode == "mock"
        await until(pilot, lambda: not entry.going)


async def test_the_mode_asked_for_is_kept(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-a-real-key")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    app = shell.app(mode="mock")
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "quick")
        assert entry.plan.mode == "mock"
        await until(pilot, lambda: not entry.going)


async def test_a_wrong_test_mode_is_told_plainly(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_MODE", "maybe")
    app = shell.app()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        rows = await read(pilot)
        await pilot.press("j", "j")
        await until(pilot, lambda: "TEST_MODE is `maybe`" in shown(app, "#status"))
        await pilot.press("enter")
        await until(pilot, lambda: len(app._notifications) > 0)
        assert isinstance(app.screen, WorkflowsScreen)
        assert len(names(rows)) == 4


async def test_ended_runs_nobody_looks_at_are_put_away_in_time(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_tui.run_desk.ENDED_KEPT", 1)
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(3):
            entry = await start(pilot, "slow")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.workflows)
            entry.run.cancel()
            await until(pilot, lambda entry=entry: not entry.going)
        await until(pilot, lambda: len(app.desk.book) == 1)


async def test_news_of_runs_that_come_while_the_app_closes_are_no_crash(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "quick")
        await until(pilot, lambda: not entry.going)
    assert app.screen_stack == []
    app._show_runs()  # the clock's
    app.leaving.leave_when_done()  # a run's, or a request's


async def test_q_quits_at_once_when_nothing_runs(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("q")
    assert app.return_value == 0


async def test_q_asks_while_a_run_goes_and_stay_stays(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "slow")
        for key in ("s", "escape", "n", "enter"):
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, QuitScreen))
            await pilot.press("ctrl+q", key)
            await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert entry.going
        await pilot.press("q", "left", "left", "enter")
        await until(pilot, lambda: app._exit)
    assert app.return_value == 0
    assert entry.run.tally.finished is not None
    assert entry.run.tally.finished.status == "cancelled"


async def test_c_cancels_all_and_quits(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "slow")
        await pilot.press("q", "c")
        await until(pilot, lambda: app._exit)
    assert app.return_value == 0
    assert entry.run.finished


async def test_l_leaves_when_the_runs_are_done(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        entry = await start(pilot, "slow")
        await pilot.press("q", "l")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert not app._exit
        entry.run.cancel()
        await until(pilot, lambda: app._exit)
    assert app.return_value == 0


async def test_the_question_goes_away_when_its_ground_does(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        entry = await start(pilot, "slow")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitScreen))
        entry.run.cancel()
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert not app._exit


async def test_news_that_come_when_the_app_is_gone_harm_nobody(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await read(pilot)
    assert not app.workflows.query("#list")
    app.workflows.show_runs(set(), ["a run"])
    await app.workflows._read(app.workflows._catalog.results)
