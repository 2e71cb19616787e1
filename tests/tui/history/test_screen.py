"""The History screen by its keys, on real logs."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, OptionList, Static

from helpers_history import names_of, record, run_id
from helpers_shell import Shell, until
from pipeline_runtime.paths import runs_dir, state_dir
from pipeline_tui.debugging import debugging_of
from pipeline_tui.screens.compare import CompareScreen
from pipeline_tui.screens.export_menu import ExportScreen, exports_for
from pipeline_tui.screens.history import HistoryScreen
from pipeline_tui.screens.prune import PruneScreen
from pipeline_tui.screens.replay import ReplayScreen
from pipeline_tui.screens.run import RunScreen
from pipeline_tui.widgets.expression_input import ExpressionInput
from pipeline_tui.widgets.history_table import HistoryHeading
from pipeline_tui.widgets.key_bar import KeyBar
from pipeline_tui.widgets.search_bar import SearchBar

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (120, 30)


async def history(pilot: Pilot[Any]) -> HistoryScreen:
    """Open the screen and wait until the runs are read."""
    await until(pilot, lambda: pilot.app.workflows.has_read)
    await pilot.press("h")
    await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
    screen = pilot.app.screen
    await until(pilot, lambda: screen.has_read)
    return screen


def shown(screen: HistoryScreen) -> list[str]:
    return names_of(screen.table.rows)


def text(screen: HistoryScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


def toasts(pilot: Pilot[Any]) -> list[str]:
    return [notification.message for notification in pilot.app._notifications]


async def test_every_run_is_listed_the_newest_first_also_the_killed_one(
    shell: Shell, logs: dict[str, Path]
) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        assert shown(screen) == ["draft", "review", "stalled", "killed"]
        assert [row.run.status for row in screen.table.rows] == ["ok", "ok", "failed", "cut"]
        size = sum(log.stat().st_size for log in logs.values())
        assert text(screen, "#history-head") == f"History  4 runs · {size / 1000:.1f} kB"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.workflows)


async def test_an_empty_history_says_what_to_do(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        assert "No runs yet" in text(screen, "#history-empty")
        assert not {"slash", "f", "e", "x", "D", "c"} & set(screen.active_bindings)
        await pilot.press("enter", "o", "c", "x", "D", "space", "s")
        await pilot.pause()
        assert pilot.app.screen is screen
        assert not screen.table.display


async def test_sorting_by_keys_and_by_a_click(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("s")
        assert (screen.order.column, shown(screen)[0]) == ("workflow", "draft")
        await pilot.press("S")
        assert shown(screen)[0] == "stalled"
        heading = screen.query_one(HistoryHeading)
        column = heading.render_line(0).text.index("took")
        await pilot.click(HistoryHeading, offset=(column, 0))
        await until(pilot, lambda: screen.order.column == "took")
        assert shown(screen) == ["stalled", "review", "draft", "killed"]
        assert "took▼" in heading.render_line(0).text
        assert screen.table.cursor == 0


async def test_the_cursor_stays_on_its_run_when_others_come_and_go(
    shell: Shell, logs: dict[str, Path]
) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("j")
        assert screen.table.selected is not None
        assert screen.table.selected.name == "review"
        record("new", 1)
        await pilot.press("R")
        await until(pilot, lambda: shown(screen)[0] == "new")
        assert screen.table.selected.name == "review"
        assert "20260314-103000-review" in text(screen, "#detail")


async def test_the_filter_is_taken_as_it_is(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("slash", *"stal", "enter")
        assert shown(screen) == ["stalled"]
        assert text(screen, "#history-head").startswith("History  1 of 4 runs")
        await pilot.press("slash", *"[(", "enter")
        assert shown(screen) == []
        assert "Nothing matches '[('" in text(screen, "#history-empty")
        await pilot.press("escape")
        assert len(shown(screen)) == 4
        assert pilot.app.screen is screen


@pytest.mark.parametrize("query", ["better late", "BETTER"])
async def test_a_search_finds_what_deltas_cut_and_shows_where(
    shell: Shell, logs: dict[str, Path], query: str
) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("f", *query.replace(" ", "_"))
        screen.query_one(SearchBar).value = query
        await pilot.press("enter")
        await until(pilot, lambda: screen.search is not None and not screen.search.going)
        found = ["draft", "stalled", "killed"] if query.islower() else []
        assert shown(screen) == found
        assert f"is in {len(found)} runs" in text(screen, "#history-status")
        if found:
            assert "…Tea is better late than" in text(screen, "#detail")
        await pilot.press("escape")
        assert len(shown(screen)) == 4
        assert screen.search is None


async def test_no_text_is_a_mistake_in_a_search(shell: Shell, logs: dict[str, Path]) -> None:
    record("odd", 1, steps={"draft": r"C:\[x (.* \d+"})
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("f")
        screen.query_one(SearchBar).value = r"\[x (.* \d+"
        await pilot.press("enter")
        await until(pilot, lambda: screen.search is not None and not screen.search.going)
        assert shown(screen) == ["odd"]


async def test_enter_plays_a_run_again_and_keys_change_its_speed(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        record("long", 1, pause=(3, 600_000))
        screen = await history(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))
        replay = pilot.app.screen
        assert isinstance(replay, ReplayScreen)
        assert (replay.replay.speed, replay.source.mode) == (1.0, "replay")
        await until(pilot, lambda: replay.query("RunHeader"))
        assert {"plus", "c"} <= set(replay.active_bindings)
        await pilot.press("plus", "plus")
        assert replay.replay.speed == 4.0
        await pilot.press("minus", "minus", "minus")
        assert replay.replay.speed == 0.5
        assert replay.run_title == "long 0.5x"
        await pilot.press(*["plus"] * 9)
        assert replay.run_title == "long at once"
        await until(pilot, lambda: replay.view.finished is not None)
        await until(pilot, lambda: "Speed" not in replay.query_one(KeyBar).text)
        assert "c" not in replay.active_bindings, "there is nothing to end"
        (pane,) = replay.grid.panes.values()
        assert pane.live.answer() == "Tea is better late than never."
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert len(pilot.app.desk.book) == 0


async def test_o_opens_a_killed_run_at_its_end(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("G", "o")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))
        replay = pilot.app.screen
        assert isinstance(replay, ReplayScreen)
        await until(pilot, lambda: replay.view.finished is not None)
        (pane,) = replay.grid.panes.values()
        assert pane.live.answer() == "Tea is better late than never."
        assert "REPLAY" in replay.view.header(0)
        await pilot.press("r")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, ReplayScreen) and pilot.app.screen is not replay
        )
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_a_replay_that_is_left_ends(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))
        replay = pilot.app.screen
        assert isinstance(replay, ReplayScreen)
        await until(pilot, lambda: replay.view.seen >= 0)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen and replay.replay.finished)


async def test_a_run_of_this_session_that_goes_on_is_shown_as_it_is(shell: Shell) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.workflows.has_read)
        app.workflows.select(shell.folder / "slow.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        going = app.screen
        (entry,) = app.desk.book
        await until(pilot, lambda: entry.run.tally.step == "wait")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.workflows)
        screen = await history(pilot)
        await until(pilot, lambda: [row.run.status for row in screen.table.rows] == ["running"])
        await pilot.press("D")
        await until(pilot, lambda: any("still running" in told for told in toasts(pilot)))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is going)
        entry.run.cancel()
        await until(pilot, lambda: not entry.going)


async def test_a_log_of_a_newer_version_is_told_kindly(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        log = logs["draft"]
        log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema":99', 1))
        await pilot.press("enter")
        await until(pilot, lambda: toasts(pilot))
        assert "newer version" in toasts(pilot)[0]
        assert pilot.app.screen is screen


async def test_delete_and_undo(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        index = logs["review"].with_name(logs["review"].name + ".idx")
        index.write_bytes(b"an index")
        await pilot.press("j", "space", "k", "D")
        await until(pilot, lambda: shown(screen) == ["draft", "stalled", "killed"])
        assert not logs["review"].exists()
        assert not index.exists()
        assert screen.table.marked == []
        assert toasts(pilot) == [f"{run_id('review', 90)} is in the trash; u brings it back"]
        await pilot.press("delete")
        await until(pilot, lambda: len(shown(screen)) == 2)
        await pilot.press("u")
        await until(pilot, lambda: len(shown(screen)) == 3)
        await pilot.press("u")
        await until(pilot, lambda: shown(screen) == ["draft", "review", "stalled", "killed"])
        assert screen.table.selected is not None
        assert screen.table.selected.name == "review"
        await pilot.press("u")
        await until(pilot, lambda: any("trash is empty" in told for told in toasts(pilot)))


@pytest.mark.parametrize("number", range(len(exports_for(["read", "judge"]))))
async def test_each_form_of_export_is_written(shell: Shell, logs: dict[str, Path], number: int) -> None:
    export = exports_for(["read", "judge"])[number]
    async with shell.app().run_test(size=SIZE) as pilot:
        await history(pilot)
        await pilot.press("j", "x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        assert pilot.app.screen.query_one(OptionList).option_count == 7
        await pilot.press(*["j"] * number, "enter")
        path = state_dir() / "saved" / f"{run_id('review', 90)}.{export.ending}"
        await until(pilot, lambda: toasts(pilot) == [f"Written to {path}"])
        data = path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        if export.form == "log":
            assert data == logs["review"].read_bytes()
        elif export.form == "raw":
            assert (b"about" in data) == (export.step == "read")
        else:
            assert data


async def test_an_export_that_cannot_be_says_why_and_leaves_no_file(shell: Shell) -> None:
    record("none", 1, steps={})
    async with shell.app().run_test(size=SIZE) as pilot:
        await history(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        await pilot.press("G", "end", "enter")
        await until(pilot, lambda: toasts(pilot))
        assert "no request" in toasts(pilot)[0]
        assert list((state_dir() / "saved").iterdir()) == []


async def test_two_marks_are_compared_and_three_are_not(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("c")
        assert pilot.app.screen is screen
        await pilot.press("space", "space", "space")
        assert text(screen, "#history-status").startswith("3 runs marked · ")
        assert screen.pair() is None
        await pilot.press("g", "j", "space")
        assert screen.table.marked == [run_id("draft", 3), run_id("stalled", 60 * 30)]
        assert text(screen, "#history-status") == "A draft · B stalled · c compares"
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        compare = pilot.app.screen
        await until(pilot, lambda: compare.compared is not None)
        assert (compare.compared.a.workflow, compare.compared.b.workflow) == ("draft", "stalled")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_marked_runs_are_deleted_and_come_back_together(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("G", "D")
        await until(pilot, lambda: shown(screen) == ["draft", "review", "stalled"])
        await pilot.press("g", "space", "space", "D")
        await until(pilot, lambda: shown(screen) == ["stalled"])
        assert toasts(pilot)[-1] == "2 runs are in the trash; u brings them back"
        assert screen.table.marked == []
        await pilot.press("u")
        await until(pilot, lambda: shown(screen) == ["draft", "review", "stalled"])
        assert toasts(pilot)[-1] == "2 runs are back"
        await pilot.press("u")
        await until(pilot, lambda: len(shown(screen)) == 4)
        assert all(log.exists() for log in logs.values())


async def test_a_marks_what_is_shown_and_again_nothing(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("slash", *"stal", "enter", "a")
        assert screen.table.marked == [logs["stalled"].stem]
        await pilot.press("escape", "a")
        assert set(screen.table.marked) == {log.stem for log in logs.values()}
        await pilot.press("a")
        assert screen.table.marked == []
        assert text(screen, "#history-status") == ""


async def test_marked_runs_are_exported_each_to_its_file(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await history(pilot)
        await pilot.press("a", "x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        assert pilot.app.screen.query_one(OptionList).option_count == 5
        await pilot.press("j", "enter")
        folder = state_dir() / "saved"
        await until(pilot, lambda: toasts(pilot) == [f"4 files written to {folder}"])
        assert {path.name for path in folder.iterdir()} == {f"{log.stem}.har" for log in logs.values()}


async def test_events_are_searched_by_an_expression(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        field = screen.query_one(ExpressionInput)
        await pilot.press("e")
        field.input.value = "type:stal and /x/"
        await pilot.press("enter")
        assert screen.search is None
        assert "^" in str(field.query_one(".says", Static).content)
        field.input.value = "step:judge and "
        await pilot.press("end")
        await pilot.press("slash", *"half", "slash", "enter")
        await until(pilot, lambda: screen.search is not None and not screen.search.going)
        assert shown(screen) == ["review"]
        assert text(screen, "#history-status").startswith("step:judge and /half/ is true in 1 run")
        assert "judge · text #" in text(screen, "#detail")
        assert not field.display
        await pilot.press("e")
        await until(pilot, lambda: field.input.has_focus)
        await pilot.press("up")
        assert field.input.value == "step:judge and /half/"
        await pilot.press("enter")
        await until(pilot, lambda: not field.display)
        await pilot.press("e", "up", "up", "down")
        assert not field.input.value, "it is kept once, however often it was entered"
        await pilot.press("escape")
        assert not field.display
        assert screen.table.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(shown(screen)) == 4)
        assert pilot.app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)
        again = await history(pilot)
        await pilot.press("e", "up")
        assert again.query_one(ExpressionInput).input.value == "step:judge and /half/"


async def pruning(pilot: Pilot[Any]) -> PruneScreen:
    """Open the dialog."""
    await pilot.press("P")
    await until(pilot, lambda: isinstance(pilot.app.screen, PruneScreen))
    dialog = pilot.app.screen
    assert isinstance(dialog, PruneScreen)
    await until(pilot, lambda: text(dialog, "#prune-says"))
    return dialog


async def test_a_rule_says_what_would_go_and_moves_it_to_the_trash(
    shell: Shell, logs: dict[str, Path]
) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        dialog = await pruning(pilot)
        await pilot.press("ctrl+t", "ctrl+g")
        assert pilot.app.screen is dialog, "a rule that says nothing removes nothing"
        dialog.query_one("#prune-older", Input).value = "9 moons"
        await until(pilot, lambda: "✗ '9 moons' is no age" in text(dialog, "#prune-says"))
        dialog.query_one("#prune-older", Input).value = "1s"
        dialog.query_one("#prune-keep", Input).value = "3"
        await until(pilot, lambda: text(dialog, "#prune-says").startswith("1 of 4 runs would go: 10.0 kB."))
        assert logs["killed"].stem in text(dialog, "#prune-says")
        await pilot.press("enter")
        assert dialog.query_one("#trash").has_focus
        await pilot.press("enter")
        await until(pilot, lambda: shown(screen) == ["draft", "review", "stalled"])
        await pilot.press("u")
        await until(pilot, lambda: len(shown(screen)) == 4)


async def test_for_good_takes_the_trash_along(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("G", "D")
        await until(pilot, lambda: len(shown(screen)) == 3)
        dialog = await pruning(pilot)
        assert "In the trash: 1 run, 10.0 kB" in text(dialog, "#prune-says")
        dialog.query_one("#prune-keep", Input).value = "2"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: shown(screen) == ["draft", "review"])
        await until(pilot, lambda: toasts(pilot)[-1] == "1 run and the trash removed: 20.0 kB")
        assert not logs["stalled"].exists()
        await pilot.press("u")
        await until(pilot, lambda: "trash is empty" in toasts(pilot)[-1])


async def test_one_mark_is_compared_with_the_selected(shell: Shell, logs: dict[str, Path]) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await pilot.press("G", "space", "g")
        pair = screen.pair()
        assert pair is not None
        assert (pair[0].name, pair[1].name) == ("killed", "draft")
        await pilot.press("G")
        assert screen.pair() is None


async def test_rows_are_made_only_where_they_are_seen(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    template = record("many", 1).read_bytes()
    first = run_id("many", 1).encode()
    for number in range(3_000):
        run = f"20250101-{number:06d}-many"
        (runs_dir() / f"{run}.jsonl").write_bytes(template.replace(first, run.encode()))
    drawn: list[str] = []
    from pipeline_tui.widgets import history_table

    real = history_table.history_line

    def counted(row: Any, *more: Any) -> Any:
        drawn.append(row.run.run)
        return real(row, *more)

    monkeypatch.setattr(history_table, "history_line", counted)
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        assert len(screen.table.rows) == 3_001
        drawn.clear()
        await pilot.press("G")
        await pilot.pause()
        assert set(drawn) <= {row.run.run for row in screen.table.rows[-30:]} | {screen.table.rows[0].run.run}
        assert screen.table.cursor == 3_000


async def test_a_run_in_another_process_is_running(shell: Shell, logs: dict[str, Path]) -> None:
    with logs["killed"].open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        async with shell.app().run_test(size=SIZE) as pilot:
            screen = await history(pilot)
            assert [row.run.status for row in screen.table.rows][-1] == "running"
            fcntl.flock(held, fcntl.LOCK_UN)
            await pilot.press("R")
            await until(pilot, lambda: screen.table.rows[-1].run.status == "cut")


async def test_breakpoints_stop_a_replay_and_not_what_is_opened_at_its_end(
    shell: Shell, logs: dict[str, Path]
) -> None:
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        selected = screen.table.selected
        assert selected is not None
        workflow = selected.run.path
        debugging_of(app, None if workflow is None else Path(workflow)).breakpoints.add("type:done")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        replay = app.screen
        assert isinstance(replay, ReplayScreen)
        await until(pilot, lambda: replay.source.gate is not None and replay.source.gate.is_held())
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen and replay.replay.finished)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        opened = app.screen
        assert isinstance(opened, ReplayScreen)
        await until(pilot, lambda: opened.view.finished is not None)


async def test_runs_that_are_read_while_the_screen_loses_its_parts_are_not_shown(
    shell: Shell, logs: dict[str, Path]
) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await history(pilot)
        await screen.query_one("#history-status").remove()
        record("new", 1)
        await screen.read_again()
        assert names_of(screen.all_rows)[0] == "new"
        assert shown(screen)[0] == "draft"
