"""The Migrate screen by its keys, on real files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from helpers_migrate_screen import LEGACY, OLD, TODAY, WEEKLY, at_rest, open_migrate, select, stands, told
from helpers_shell import Shell, read, until
from pipeline_tui.app import PipelineApp
from pipeline_tui.listing.places import place_of
from pipeline_tui.screens.migrate import FileList, MigrateScreen
from pipeline_tui.widgets.diff_view import DiffView

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (100, 30)
HANDLER = """\
class PrintReply:
    def on_chunk(self, chunk):
        print(chunk, end="")

    def on_complete(self, result):
        print(result["tokens"])
"""
ELIXIR = """\
def run(ctx) do
  Pipeline.AsyncStreaming.invoke!(prompt: ctx.prompt, handler: Pipeline.AsyncStreaming.ConsoleHandler)
end
"""


def words(screen: MigrateScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


async def test_files_with_findings_are_listed_and_nothing_is_written(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        assert stands(screen) == {
            "broken.yaml": "unreadable",
            "draft.yaml": "legacy",
            "weekly.yaml": "legacy",
        }
        assert "4 files looked at, 2 to migrate, 1 left for you" in words(screen, "#migrate-head")
        for name in stands(screen):
            await select(pilot, screen, name)
        await pilot.press("enter", "j", "G", "escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.workflows)
        assert files(shell.folder) == LEGACY


async def test_the_sheet_tells_the_diff_each_finding_and_its_section(shell: Shell) -> None:
    async with shell.app().run_test(size=(80, 40)) as pilot:
        screen = await open_migrate(pilot)
        text = await select(pilot, screen, "draft.yaml")
        assert "7 -     async_stream: true" in text
        assert "7 +     stream: true" in text
        assert "~ line 7: async_stream: true → stream: true" in text
        assert "guide: 4. YAML Workflow Changes" in text
        assert "│" not in text
        text = await select(pilot, screen, "weekly.yaml")
        assert "! line 20: async_handler: MyApp.StreamHandler" in text
        assert "stream_buffer_size: 100 → removed" in text
        text = await select(pilot, screen, "broken.yaml")
        assert text.startswith("Left alone")


async def test_a_wide_screen_has_both_texts_side_by_side(shell: Shell) -> None:
    async with shell.app().run_test(size=(120, 36)) as pilot:
        screen = await open_migrate(pilot)
        text = await select(pilot, screen, "draft.yaml")
        (line,) = [line for line in text.splitlines() if "async_stream: true" in line and "│" in line]
        left, right = line.split("│")
        assert left.split() == ["7", "-", "async_stream:", "true"]
        assert right.split() == ["7", "+", "stream:", "true"]
        await pilot.resize_terminal(80, 36)
        assert "│" not in await told(pilot, screen)


async def test_one_file_is_accepted_and_undone(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "draft.yaml")
        await pilot.press("a")
        await until(pilot, lambda: stands(screen)["draft.yaml"] == "migrated")
        assert "async" not in (shell.folder / "draft.yaml").read_text()
        assert (shell.folder / "draft.yaml.bak").read_text() == OLD
        assert (shell.folder / "weekly.yaml").read_text() == WEEKLY
        assert screen.selected is not None
        assert screen.selected.path.name == "draft.yaml"
        assert "What was written" in await told(pilot, screen)
        await pilot.press("u")
        await until(pilot, lambda: stands(screen)["draft.yaml"] == "legacy")
        assert files(shell.folder) == LEGACY


async def test_all_are_accepted_and_undone(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        await pilot.press("A")
        await until(pilot, lambda: list(stands(screen).values()) == ["unreadable", "migrated", "migrated"])
        assert "async_stream" not in (shell.folder / "weekly.yaml").read_text()
        assert "2 migrated, 1 left for you" in words(screen, "#migrate-head")
        await pilot.press("U")
        await until(pilot, lambda: "migrated" not in stands(screen).values())
        assert files(shell.folder) == LEGACY


async def test_what_was_written_can_be_undone_after_the_screen_was_left(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "draft.yaml")
        await pilot.press("a")
        await until(pilot, lambda: stands(screen)["draft.yaml"] == "migrated")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.workflows)
        screen = await open_migrate(pilot)
        assert stands(screen)["draft.yaml"] == "migrated"
        await select(pilot, screen, "draft.yaml")
        await pilot.press("u")
        await until(pilot, lambda: stands(screen)["draft.yaml"] == "legacy")
        assert files(shell.folder) == LEGACY


async def test_a_file_that_somebody_changed_is_not_brought_back(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "draft.yaml")
        await pilot.press("a")
        await until(pilot, lambda: stands(screen)["draft.yaml"] == "migrated")
        shell.write({"draft.yaml": TODAY})
        await pilot.press("u")
        await until(pilot, lambda: "has changed since it was written" in words(screen, "#migrate-status"))
        assert (shell.folder / "draft.yaml").read_text() == TODAY
        await pilot.press("R")
        await until(pilot, lambda: "draft.yaml" not in stands(screen))


async def test_a_file_that_changed_since_it_was_read_is_not_written(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE, notifications=True) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "draft.yaml")
        shell.write({"draft.yaml": TODAY})
        await pilot.press("a")
        await until(pilot, lambda: stands(screen)["draft.yaml"] == "failed")
        assert (shell.folder / "draft.yaml").read_text() == TODAY
        (toast,) = pilot.app._notifications
        assert "the file has changed since it was read (run it again)" in toast.message


@pytest.mark.skipif(os.geteuid() != 0, reason="any user: the mode alone is looked at")
async def test_many_errors_are_counted(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "flows").write({f"{at}.yaml": OLD for at in range(5)})
    for path in shell.folder.iterdir():
        path.chmod(0o444)
    async with shell.app().run_test(size=SIZE, notifications=True) as pilot:
        screen = await open_migrate(pilot)
        await pilot.press("A")
        await until(pilot, lambda: set(stands(screen).values()) == {"failed"})
        toasts = [toast.message for toast in pilot.app._notifications]
        assert len(toasts) == 4
        assert "read-only" in toasts[0]
        assert toasts[-1] == "and 2 more files: each says why"


async def test_nothing_legacy_is_said(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "flows").write({"today.yaml": TODAY})
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        assert words(screen, "#nothing").startswith("Nothing legacy in ./flows: 1 file looked at.")
        await pilot.press("a", "A", "u", "U", "e", "j", "enter")
        shell.write({"old.yaml": OLD})
        await pilot.press("R")
        await until(pilot, lambda: stands(screen) == {"old.yaml": "legacy"})
        assert not screen.query_one("#nothing").display


async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "flows").write({})
    async with shell.app().run_test(size=SIZE, notifications=True) as pilot:
        await read(pilot)
        shell.folder.rmdir()
        screen = await open_migrate(pilot)
        assert words(screen, "#nothing").startswith("No file in ./flows")
        (toast,) = pilot.app._notifications
        assert "no such file or folder" in toast.message


async def test_only_what_can_be_done_is_offered(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)

        def offered() -> set[str]:
            actions = {active.binding.action for active in screen.active_bindings.values() if active.enabled}
            return actions & {"accept", "accept_all", "undo", "undo_all", "edit"}

        await select(pilot, screen, "broken.yaml")
        assert offered() == {"accept_all", "edit"}
        await select(pilot, screen, "draft.yaml")
        assert offered() == {"accept", "accept_all", "edit"}
        await pilot.press("A")
        await until(pilot, lambda: stands(screen)["weekly.yaml"] == "migrated")
        assert offered() == {"undo", "undo_all", "edit"}


async def test_the_editor_opens_at_what_is_left(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, int | None]] = []
    monkeypatch.setattr(
        "pipeline_tui.screens.migrate_actions.open_in_editor",
        lambda _app, path, *, line: opened.append((path.name, line)),
    )
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "weekly.yaml")
        await pilot.press("e")
        await select(pilot, screen, "draft.yaml")
        await pilot.press("e")
        assert opened == [("weekly.yaml", 20), ("draft.yaml", 7)]


async def test_the_screen_may_be_left_while_all_are_written(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        await pilot.press("A", "escape")
        await until(pilot, lambda: not screen.is_attached)
        await at_rest(pilot)
        assert "async_stream" not in (shell.folder / "draft.yaml").read_text()
        screen = await open_migrate(pilot)
        await pilot.press("U")
        await until(pilot, lambda: "migrated" not in stands(screen).values())
        assert files(shell.folder) == LEGACY


async def test_tab_goes_between_files_and_sheet(shell: Shell) -> None:
    async with shell.app().run_test(size=(80, 24)) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "weekly.yaml")
        await pilot.press("tab")
        view = screen.query_one(DiffView)
        assert view.has_focus
        await pilot.press("G")
        await until(pilot, lambda: view.scroll_offset.y == view.max_scroll_y > 0)
        await pilot.press("tab")
        assert screen.query_one(FileList).has_focus


async def test_text_in_files_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    evil = OLD.replace("Write a line.", '"\u202eWrite [red]a[/] line."')
    shell = Shell(tmp_path / "flows").write({"[b]ev\u202eil.yaml": evil})
    async with shell.app().run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        text = await told(pilot, screen)
        assert "Write [red]a[/] line." in text
        assert "\u202e" not in text
        assert "\u202e" not in "".join(screen.query_one(FileList).render_line(y).text for y in range(1))


async def test_code_is_listed_too_with_the_section_of_the_guide(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "flows").write({"handlers.py": HANDLER, "step.ex": ELIXIR})
    async with shell.app().run_test(size=(80, 40)) as pilot:
        screen = await open_migrate(pilot)
        assert stands(screen) == {"handlers.py": "legacy", "step.ex": "legacy"}
        text = await select(pilot, screen, "step.ex")
        assert "! line 2: Pipeline.AsyncStreaming.invoke!" in text
        assert "guide: 3. Updating Elixir Steps" in " ".join(text.split())
        text = await select(pilot, screen, "handlers.py")
        assert "guide: 2. Architectural Changes" in text
        await pilot.press("A")
        await until(pilot, lambda: stands(screen)["handlers.py"] == "migrated")
        assert "def handle_event(self, event)" in (shell.folder / "handlers.py").read_text()
        assert (shell.folder / "step.ex").read_text() == ELIXIR
        await pilot.press("U")
        await until(pilot, lambda: files(shell.folder) == {"handlers.py": HANDLER, "step.ex": ELIXIR})


async def test_the_palette_offers_it(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE) as pilot:
        await read(pilot)
        titles = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert "Migrate" in titles


async def test_a_key_that_is_pressed_twice_does_it_once(shell: Shell) -> None:
    async with shell.app().run_test(size=SIZE, notifications=True) as pilot:
        screen = await open_migrate(pilot)
        await select(pilot, screen, "draft.yaml")
        screen.action_accept()
        screen.action_accept_all()
        screen.action_accept()
        await at_rest(pilot)
        assert stands(screen) == {
            "broken.yaml": "unreadable",
            "draft.yaml": "migrated",
            "weekly.yaml": "migrated",
        }
        assert [toast.severity for toast in pilot.app._notifications] == ["information"] * 2
        screen.action_undo_all()
        screen.action_undo_all()
        await at_rest(pilot)
        assert files(shell.folder) == LEGACY


async def test_a_single_file_may_be_the_place(shell: Shell) -> None:
    app = PipelineApp(place_of([shell.folder / "draft.yaml"]), poll=0.02)
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_migrate(pilot)
        assert stands(screen) == {"draft.yaml": "legacy"}
        assert "1 file looked at, 1 to migrate" in words(screen, "#migrate-head")
