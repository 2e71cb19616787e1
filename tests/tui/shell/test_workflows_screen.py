"""The Workflows screen by its keys, on real files."""

from __future__ import annotations

import os
from threading import Event
from typing import TYPE_CHECKING

import pytest
from textual.events import Key

from helpers_shell import BROKEN, DRAFT, QUICK, Shell, names, read, shown, until
from pipeline_tui.listing.catalog import Catalog
from pipeline_tui.screens.open_place import OpenScreen
from pipeline_tui.widgets.filter_bar import FilterBar
from pipeline_tui.widgets.workflow_list import WorkflowList
from pipeline_tui.widgets.workflow_preview import WorkflowPreview
from pipeline_tui.widgets.yaml_view import YamlView

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_tui.listing.rows import Row

SIZE = (100, 30)


async def test_every_yaml_is_listed_and_the_broken_one_says_where(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        assert names(rows) == ["broken.yaml", "draft", "quick", "slow"]
        line = rows.render_line(0).text
        assert line.startswith("✗ broken.yaml:3: ")
        assert "prompt" in line
        assert "4 workflows, ✗ 1 invalid" in shown(pilot.app, "#head")


async def test_names_are_listed_and_keys_work_before_a_file_is_parsed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()
    load = Catalog.load

    def held(catalog: Catalog) -> list[Row]:
        go_on.wait(20)
        return load(catalog)

    monkeypatch.setattr(Catalog, "load", held)
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = pilot.app.workflows.query_one(WorkflowList)
        await until(pilot, lambda: rows.selected is not None)
        assert names(rows) == ["broken", "draft", "quick", "slow"]
        await pilot.press("j")
        assert rows.selected is not None
        assert rows.selected.name == "draft"
        assert "reading…" in shown(pilot.app, "#status")
        go_on.set()
        await read(pilot)
        assert names(rows) == ["broken.yaml", "draft", "quick", "slow"]
        assert rows.selected.name == "draft"
        assert "reading…" not in shown(pilot.app, "#status")


@pytest.mark.parametrize(
    ("keys", "selected"),
    [
        (["j"], "draft"),
        (["down", "down"], "quick"),
        (["j", "j", "k"], "draft"),
        (["j", "up", "up"], "broken.yaml"),
        (["G"], "slow"),
        (["end", "j"], "slow"),
        (["G", "g"], "broken.yaml"),
        (["end", "home"], "broken.yaml"),
        (["pagedown"], "slow"),
        (["ctrl+d"], "slow"),
        (["G", "pageup"], "broken.yaml"),
        (["G", "ctrl+u"], "broken.yaml"),
    ],
)
async def test_keys_move_the_cursor(shell: Shell, keys: list[str], selected: str) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.press(*keys)
        assert rows.selected is not None
        assert rows.selected.name == selected


async def test_the_mouse_selects_and_a_second_click_runs(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.click(WorkflowList, offset=(5, 1))
        assert rows.selected is not None
        assert rows.selected.name == "draft"
        await pilot.hover(WorkflowList, offset=(5, 2))
        assert rows.hovered == 2
        await pilot.click(WorkflowList, offset=(5, 1), times=2)
        await until(pilot, lambda: pilot.app.screen.query("#inputs"))


async def test_the_preview_follows_the_cursor(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "A first draft" in shown(pilot.app, "#yaml"))
        assert "One streamed step" in shown(pilot.app, "#about")
        assert "inputs: topic, words, tone, title" in shown(pilot.app, "#about")
        assert shown(pilot.app, "#status").startswith("MOCK  ANTHROPIC_API_KEY is not set")


async def test_the_preview_goes_to_the_problem(shell: Shell) -> None:
    long = BROKEN.replace("steps:", "# a comment\n" * 60 + "steps:")
    shell.write({"broken.yaml": long})
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        view = pilot.app.screen.query_one(YamlView)
        await until(pilot, lambda: view.scroll_y <= 62 < view.scroll_y + view.size.height)
        text = shown(pilot.app, "#yaml").splitlines()
        assert text[62].lstrip().startswith("✗")
        assert "prompt" in text[62]


async def test_an_escape_in_a_file_is_shown_and_not_obeyed(shell: Shell) -> None:
    shell.write({"draft.yaml": DRAFT.replace("A first draft", "\x1b]0;title\x07 red")})
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "title" in shown(pilot.app, "#yaml"))
        assert "\x1b" not in shown(pilot.app, "#yaml")
        assert "␛" in shown(pilot.app, "#yaml")


async def test_filter_narrows_while_typing_and_escape_clears(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.press("slash", *"openai")
        assert names(rows) == ["quick", "slow"]
        assert "2 of 4 workflows" in shown(pilot.app, "#head")
        await pilot.press("enter")
        assert rows.has_focus
        assert names(rows) == ["quick", "slow"]
        await pilot.press("slash", "escape")
        assert rows.has_focus
        assert len(rows.rows) == 4
        assert not pilot.app.screen.query_one(FilterBar).display


async def test_keys_that_are_typed_ahead_reach_the_filter(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        for key in ("slash", *"slow"):  # all in the queue before the first is handled
            pilot.app.post_message(Key(key, "/" if key == "slash" else key))
        await until(pilot, lambda: pilot.app.screen.query_one(FilterBar).value == "slow")


async def test_a_new_filter_replaces_the_one_in_force(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("slash", *"slow", "enter", "slash", *"quick")
        assert pilot.app.screen.query_one(FilterBar).value == "quick"


async def test_the_best_match_is_selected_while_typing(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.press("G", "slash", *"quick")
        assert rows.selected is not None
        assert rows.selected.path.stem == "quick"


async def test_escape_in_the_list_clears_the_filter_too(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.press("slash", *"slow", "down", "escape")
        assert len(rows.rows) == 4


async def test_a_filter_that_fits_nothing_says_so(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("slash", *"zzz")
        assert "Nothing matches 'zzz'" in shown(pilot.app, "#empty")
        assert pilot.app.screen.query_one("#empty").display


async def test_a_file_that_changes_is_read_again_and_the_selection_kept(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.press("j", "j")
        shell.write({"broken.yaml": BROKEN.replace("promt", "prompt"), "a_new_one.yaml": QUICK})
        await until(pilot, lambda: names(rows) == ["quick", "broken", "draft", "quick", "slow"])
        assert rows.selected is not None
        assert rows.selected.path.name == "quick.yaml"
        (shell.folder / "a_new_one.yaml").unlink()
        await until(pilot, lambda: len(rows.rows) == 4)


async def test_reload_reads_the_last_results_again(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        assert rows.rows[2].result is None
        shell.log("quick.yaml", 3)
        await pilot.press("R")
        await until(pilot, lambda: rows.rows[2].result is not None)
        assert "STREAM     615ms  3 min ago" in rows.render_line(2).text


async def test_last_results_of_every_kind(shell: Shell) -> None:
    shell.write({f"{name}.yaml": QUICK.replace("quick", name) for name in ("e1", "e2", "e3", "e4")})
    shell.log("draft.yaml", 90, delivery="sync")
    shell.log("quick.yaml", 0.2, delivery="buffered")
    shell.log("e1.yaml", 60 * 24 * 5, status="failed", delivery=None)
    shell.log("e2.yaml", 10, status="cancelled")
    shell.log("e3.yaml", 10, finished=False)
    shell.log("e4.yaml", 10, status="failed", delivery=None)
    shell.log("e4.yaml", 5)
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        text = {row.path.stem: rows.render_line(at).text for at, row in enumerate(rows.rows)}
        assert "SYNC" in text["draft"]
        assert "1 h ago" in text["draft"]
        assert "BUFFERED" in text["quick"]
        assert "just now" in text["quick"]
        assert text["e1"].startswith("! ")
        assert "error" in text["e1"]
        assert "5 d ago" in text["e1"]
        assert "cancelled" in text["e2"]
        assert "cut off" in text["e3"]
        assert text["e4"].startswith("✓ ")
        assert "5 min ago" in text["e4"]
        assert "not run yet" in text["slow"]


async def test_preview_is_hidden_and_shown(shell: Shell) -> None:
    async with shell.app().run_test(size=(80, 24)) as pilot:
        await read(pilot)
        preview = pilot.app.screen.query_one(WorkflowPreview)
        await pilot.press("p")
        assert not preview.display
        await pilot.press("p")
        assert preview.display


@pytest.mark.parametrize(("width", "side_by_side"), [(80, False), (120, True), (300, True)])
async def test_list_and_preview_are_laid_out_by_width(shell: Shell, width: int, side_by_side: bool) -> None:
    async with shell.app().run_test(size=(width, 40)) as pilot:
        rows = await read(pilot)
        preview = pilot.app.screen.query_one(WorkflowPreview)
        assert (rows.region.y == preview.region.y) == side_by_side


async def test_resize_lays_out_anew(shell: Shell) -> None:
    async with shell.app().run_test(size=(80, 24)) as pilot:
        rows = await read(pilot)
        await pilot.resize_terminal(160, 50)
        preview = pilot.app.screen.query_one(WorkflowPreview)
        await until(pilot, lambda: rows.region.y == preview.region.y)
        await pilot.resize_terminal(40, 12)
        await until(pilot, lambda: rows.region.width == 40)
        assert len(rows.render_line(1).text) <= 40


async def test_tab_goes_to_the_preview_and_its_keys_scroll(shell: Shell) -> None:
    shell.write({"broken.yaml": QUICK + "\n# line" * 90})
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await until(pilot, lambda: shown(pilot.app, "#yaml").count("# line") == 90)
        await pilot.press("tab")
        view = pilot.app.screen.query_one(YamlView)
        assert view.has_focus
        await pilot.press("j", "j")
        assert view.scroll_y == 2
        await pilot.press("k")
        assert view.scroll_y == 1
        await pilot.press("G")
        await until(pilot, lambda: view.scroll_y == view.max_scroll_y)
        await pilot.press("g")
        await until(pilot, lambda: view.scroll_y == 0)
        await pilot.press("l")
        await pilot.press("h")
        assert view.scroll_x == 0
        await pilot.press("shift+tab")
        assert rows.has_focus


async def test_only_lines_in_sight_are_made_of_a_long_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    make = YamlView.content_of
    monkeypatch.setattr(
        YamlView, "content_of", lambda view, at, width: made.append(at) or make(view, at, width)
    )
    shell.write({"broken.yaml": QUICK + "\n# line" * 5_000 + "\n# " + "long " * 40_000})
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await until(pilot, lambda: shown(pilot.app, "#yaml").count("# line") == 5_000)
        view = pilot.app.screen.query_one(YamlView)
        await until(pilot, lambda: view.max_scroll_y > 4_000)
        await pilot.press("tab", "G")
        await until(pilot, lambda: view.scroll_y == view.max_scroll_y)
        await until(pilot, lambda: view.line_count - 1 in made)
        assert len(set(made)) <= 3 * view.size.height
        await pilot.press("l")
        await until(pilot, lambda: view.scroll_x > 0)


async def test_the_text_of_a_file_can_be_selected_with_the_mouse(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "A first draft" in shown(pilot.app, "#yaml"))
        lines = shown(pilot.app, "#yaml").splitlines()
        await pilot.mouse_down(YamlView, offset=(5, 0))
        await pilot.hover(YamlView, offset=(9, 1))
        await pilot.mouse_up(YamlView, offset=(9, 1))
        selected = pilot.app.screen.get_selected_text()
        assert selected is not None
        first, second = selected.splitlines()
        assert lines[0].endswith(first)
        assert lines[1].startswith(second)
        assert first
        assert second


async def test_the_preview_stays_where_it_is_when_something_else_changes(shell: Shell) -> None:
    shell.write({"broken.yaml": QUICK + "\n# line" * 90})
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await until(pilot, lambda: shown(pilot.app, "#yaml").count("# line") == 90)
        view = pilot.app.screen.query_one(YamlView)
        await pilot.press("tab", "j", "j")
        shell.write({"another.yaml": QUICK})
        await until(pilot, lambda: len(rows.rows) == 5)
        assert view.scroll_y == 2
        shell.write({"broken.yaml": QUICK + "\n# line" * 80})
        await until(pilot, lambda: shown(pilot.app, "#yaml").count("# line") == 80)
        assert view.scroll_y == 2


async def test_an_empty_folder_says_what_to_do_and_b_opens_the_bundled(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "flows").write({})
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        text = shown(pilot.app, "#empty")
        assert not {"i", "e", "F", "v", "B"} & set(pilot.app.screen.active_bindings), "there is no file"
        assert text.startswith("No workflows in ./flows.")
        assert "\nb " in text
        await pilot.press("b")
        await until(pilot, lambda: "Draft a report" in names(rows))
        assert "bundled workflows" in shown(pilot.app, "#head")
        assert not pilot.app.screen.check_action("bundled", ())


async def test_o_opens_another_place(shell: Shell, tmp_path: Path) -> None:
    other = Shell(tmp_path / "other").write({"one.yaml": QUICK.replace("quick", "another")})
    async with shell.app().run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        await pilot.press("o", *"nowhere", "enter")
        assert isinstance(pilot.app.screen, OpenScreen)
        assert "no file or folder" in str(pilot.app.screen.query_one("#problem").render())
        pilot.app.screen.query_one("Input").value = str(other.folder)
        await pilot.press("enter")
        await until(pilot, lambda: names(rows) == ["another"])
        await pilot.press("o", "escape")
        assert names(rows) == ["another"]


async def test_a_named_file_is_shown_even_when_it_is_no_workflow(shell: Shell) -> None:
    shell.write({"other.yaml": "kind: Deployment\n"})
    app = shell.app()
    async with app.run_test(size=SIZE) as pilot:
        rows = await read(pilot)
        assert "other.yaml" not in names(rows)
        await pilot.press("o")
        app.screen.query_one("Input").value = str(shell.folder / "other.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: names(rows) == ["other.yaml"])


async def test_e_opens_the_editor_at_the_problem(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int | None]] = []
    monkeypatch.setattr(
        "pipeline_tui.screens.workflow_actions.open_in_editor",
        lambda _app, path, *, line: asked.append((os.fspath(path.name), line)),
    )
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        await pilot.press("e", "j", "e")
        assert asked == [("broken.yaml", 3), ("draft.yaml", None)]


async def test_a_broken_one_does_not_run(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE, notifications=True) as pilot:
        await read(pilot)
        await pilot.press("enter", "i")
        assert pilot.app.screen is pilot.app.workflows
        told = [toast.message for toast in pilot.app._notifications]
        assert told == ["broken.yaml has a problem and cannot run: press e to edit it"]
