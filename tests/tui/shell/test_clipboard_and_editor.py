"""Copying says only what is true; editors open at the line and do not stop the app."""

from __future__ import annotations

import base64
import os
import stat
from typing import TYPE_CHECKING

import pytest
from textual.app import App

from helpers_shell import until
from pipeline_runtime.paths import state_dir
from pipeline_tui import clipboard
from pipeline_tui.clipboard import OSC52_LIMIT, clipboard_tool, copy_text, osc52
from pipeline_tui.editor import NO_EDITOR, editor_arguments, editor_command, open_in_editor

if TYPE_CHECKING:
    from pathlib import Path

    from textual.driver import Driver


class Terminal:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str) -> None:
        self.written += text


class Copier(App[None]):
    """An app on a terminal that can be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.terminal = Terminal()
        self._driver: Driver = self.terminal  # type: ignore[assignment]

    @property
    def is_headless(self) -> bool:
        return False


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder as PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def tool(folder: Path, name: str, body: str) -> Path:
    """A command that a test can look into."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def decoded(sequence: str) -> str:
    return base64.b64decode(sequence.split(";")[2].rstrip("\x07\x1b\\")).decode()


def test_a_known_terminal_is_believed(no_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    app = Copier()
    result = copy_text(app, "héllo")
    assert (result.ok, result.how, result.detail) == (True, "osc52", "Copied 5 characters")
    assert decoded(app.terminal.written) == "héllo"


def test_an_unknown_terminal_is_not_believed_and_a_file_is_the_way_out(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TERM_PROGRAM", raising=False)
    result = copy_text(Copier(), "a\r\nb")
    assert (result.ok, result.how) == (False, "osc52")
    assert "unconfirmed" in result.detail
    (file,) = (state_dir() / "copied").iterdir()
    assert str(file) in result.detail
    assert file.read_bytes() == b"a\r\nb"
    assert file.stat().st_mode & 0o077 == 0


def test_too_much_for_a_terminal_goes_to_a_file(no_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    app = Copier()
    result = copy_text(app, "x" * (OSC52_LIMIT + 1))
    assert (result.ok, result.how) == (False, "file")
    assert app.terminal.written == ""
    assert osc52("x" * OSC52_LIMIT, {}) is not None


def test_old_files_are_removed(no_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "KEPT_FILES", 2)
    for number in range(4):
        copy_text(Copier(), f"text {number}")
    kept = sorted((state_dir() / "copied").iterdir())
    assert [file.read_text() for file in kept] == ["text 2", "text 3"]


def test_no_file_can_be_written(no_tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PIPELINE_STATE_DIR", str(tmp_path / "file" / "state"))
    result = copy_text(Copier(), "text")
    assert not result.ok
    assert "no file could be written: Not a directory" in result.detail


def test_nothing_to_copy() -> None:
    assert not copy_text(Copier(), "").ok


def test_a_desktop_tool_is_used_and_believed_when_it_succeeds(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    tool(no_tools, "xclip", f'/bin/cat > "{tmp_path}/taken"')
    app = Copier()
    result = copy_text(app, "to the desktop")
    assert (result.ok, result.how) == (True, "tool")
    assert (tmp_path / "taken").read_text() == "to the desktop"
    assert app.terminal.written == ""
    tool(no_tools, "xclip", "exit 1")
    assert not copy_text(Copier(), "again").ok


def test_tools_are_looked_for_by_the_desktop_and_never_over_ssh(no_tools: Path) -> None:
    path = {"PATH": str(no_tools)}
    assert clipboard_tool(path) is None
    for name in ("wl-copy", "xclip", "xsel"):
        tool(no_tools, name, "")
    assert clipboard_tool(path) is None
    assert clipboard_tool(path | {"WAYLAND_DISPLAY": "w"}) == ("wl-copy",)
    assert clipboard_tool(path | {"DISPLAY": ":0"}) == ("xclip", "-selection", "clipboard")
    assert clipboard_tool(path | {"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}) is None
    tool(no_tools, "pbcopy", "")
    assert clipboard_tool(path) == ("pbcopy",)


def test_in_tmux_its_buffer_counts_and_the_sequence_is_passed_through(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMUX", "socket,1,0")
    tool(no_tools, "tmux", f'/bin/cat > "{tmp_path}/buffer"')
    app = Copier()
    result = copy_text(app, "text")
    assert (result.ok, result.how) == (True, "tmux")
    assert (tmp_path / "buffer").read_text() == "text"
    assert app.terminal.written.startswith("\x1bPtmux;\x1b\x1b]52;c;")
    assert app.terminal.written.endswith("\x07\x1b\\")


def test_in_screen_the_sequence_is_wrapped() -> None:
    assert str(osc52("a", {"STY": "1"})).startswith("\x1bP\x1b]52;c;")


@pytest.mark.parametrize(
    ("command", "line", "arguments"),
    [
        (["vim"], 7, ["vim", "+7", "FILE"]),
        (["/usr/bin/nano", "-w"], 7, ["/usr/bin/nano", "-w", "+7", "FILE"]),
        (["hx"], 7, ["hx", "FILE:7"]),
        (["code", "--wait"], 7, ["code", "--wait", "--goto", "FILE:7"]),
        (["unheard-of"], 7, ["unheard-of", "FILE"]),
        (["vim"], None, ["vim", "FILE"]),
    ],
)
def test_the_line_is_given_as_each_editor_takes_it(
    command: list[str], line: int | None, arguments: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "FILE"
    assert [part.replace(str(file), "FILE") for part in editor_arguments(command, file, line)] == arguments


def test_visual_goes_before_editor() -> None:
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vim"}) == ["code", "--wait"]
    assert editor_command({"VISUAL": " ", "EDITOR": "vim -u 'my rc'"}) == ["vim", "-u", "my rc"]
    assert editor_command({"EDITOR": "vim 'unbalanced"}) is None
    assert editor_command({}) is None


async def test_without_an_editor_it_says_what_to_do() -> None:
    app: App[None] = App()
    async with app.run_test():
        result = open_in_editor(app, "text")
        assert (result.ok, result.detail) == (False, NO_EDITOR)
        os.environ["EDITOR"] = "no-such-editor-anywhere"
        try:
            assert "was not found" in open_in_editor(app, "text").detail
        finally:
            del os.environ["EDITOR"]


async def test_a_terminal_that_cannot_be_handed_over_is_told(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(no_tools, "ed", "")
    monkeypatch.setenv("EDITOR", "ed")
    app: App[None] = App()
    async with app.run_test() as pilot:
        assert open_in_editor(app, "text", ".md").ok
        await until(pilot, lambda: len(app._notifications) == 1)
        assert "cannot be handed" in next(iter(app._notifications)).message
    (file,) = (state_dir() / "editor").iterdir()
    assert file.read_text() == "text"
    assert file.suffix == ".md"


async def test_the_editor_runs_while_the_app_goes_on(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool(
        no_tools,
        "ed",
        f'/bin/cat "$1" > "{tmp_path}/seen"; while [ ! -e "{tmp_path}/go" ]; do /bin/sleep 0.02; done; exit 3',
    )
    monkeypatch.setenv("EDITOR", "ed")
    app: App[None] = App()
    async with app.run_test() as pilot:
        calls: list[str] = []
        driver = app._driver
        monkeypatch.setattr(type(driver), "can_suspend", True)
        monkeypatch.setattr(
            driver, "suspend_application_mode", lambda: calls.append("suspended"), raising=False
        )
        monkeypatch.setattr(driver, "resume_application_mode", lambda: calls.append("resumed"), raising=False)
        open_in_editor(app, "some text")
        await until(pilot, lambda: (tmp_path / "seen").exists() and (tmp_path / "seen").read_text())
        assert calls == ["suspended"]
        (tmp_path / "go").touch()
        await until(pilot, lambda: calls == ["suspended", "resumed"])
        await until(pilot, lambda: len(app._notifications) == 1)
        assert "ended with code 3" in next(iter(app._notifications)).message
    assert (tmp_path / "seen").read_text() == "some text"
