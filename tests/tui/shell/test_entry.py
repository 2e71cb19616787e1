"""The command itself: what it decides before anything is drawn."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from helpers_shell import QUICK
from pipeline_tui import __main__ as entry
from pipeline_tui.listing.places import default_place, place_of, short_path
from pipeline_tui.taps import TapOptions
from pipeline_tui.terminal import refusal

if TYPE_CHECKING:
    from pathlib import Path


def call(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline_tui", *arguments],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_terminal_one_line_and_exit_2() -> None:
    done = call()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert "the UI needs a terminal, and standard input is not one" in done.stderr
    assert "pipeline-tui run WORKFLOW" in done.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
@pytest.mark.parametrize(
    ("term", "on_terminal", "told"),
    [
        ("dumb", ("stdin", "stdout", "stderr"), "TERM is dumb"),
        ("xterm", ("stdin", "stderr"), "standard output is not one"),
        ("xterm", ("stdin", "stdout"), "standard error is not one"),
        ("xterm", ("stdout", "stderr"), "standard input is not one"),
    ],
)
def test_half_a_terminal_is_none(term: str, on_terminal: tuple[str, ...], told: str) -> None:
    class Stream:
        closed = False

        def __init__(self, name: str) -> None:
            self.name = name

        def isatty(self) -> bool:
            return self.name in on_terminal

    streams = [Stream(name) for name in ("stdin", "stdout", "stderr")]
    why = refusal(*streams, {"TERM": term})  # type: ignore[arg-type]
    assert why is not None
    assert told in why
    assert "\n" not in why


def test_closed_streams_are_no_terminal() -> None:
    assert refusal(None, None, None, {}) is not None


def test_headless_commands_are_handed_on() -> None:
    listed = call("list")
    assert listed.returncode == 0
    assert "Draft a report" in listed.stdout
    assert call("--version").stdout.startswith("pipeline-tui ")
    assert "simulate" in call("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["vaildate"], "did you mean the command validate?"),
        (["nowhere/at/all"], "name a folder or a workflow file"),
        (["--mode", "replay"], "invalid choice"),
        (["--them", "dark"], "unrecognized arguments"),
    ],
)
def test_wrong_arguments_are_told_in_time(arguments: list[str], told: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_theme_names_a_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline_tui.launch import launch

    assert launch([], mode=None, debug=False, theme="drak") == 2
    assert "there is no theme 'drak': did you mean dark?" in capsys.readouterr().err


def test_arguments_reach_the_ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr("pipeline_tui.terminal.refusal", lambda *_: None)
    monkeypatch.setattr(
        "pipeline_tui.launch.launch", lambda paths, **options: seen.update(paths=paths, **options) or 0
    )
    monkeypatch.setenv("PIPELINE_STREAM_DEBUG", "1")
    assert entry.main([str(tmp_path), "--mode", "mock", "--theme", "light"]) == 0
    given = {"paths": [tmp_path], "mode": "mock", "debug": True, "theme": "light"}
    assert seen == given | {"position": None, "tap": None}
    monkeypatch.setenv("PIPELINE_STREAM_DEBUG", "0")
    assert entry.main([]) == 0
    assert seen["debug"] is False
    assert entry.main(["--debug"]) == 0
    assert seen["debug"] is True


def test_a_tap_in_the_ui(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr("pipeline_tui.terminal.refusal", lambda *_: None)
    monkeypatch.setattr("pipeline_tui.launch.launch", lambda _, **options: seen.update(options) or 0)
    words = ["--port", "8081", "--upstream", "x=http://h", "--upstream", "y=http://i", "--break", "type:done"]
    words += ["--fault", "drop@3"]
    assert entry.main(["tap", "--ui", *words]) == 0
    assert seen["tap"] == TapOptions(8081, ("x=http://h", "y=http://i"), ("type:done",), ("drop@3",))
    for wrong, told in (
        (["--upstream", "nonsense"], "upstream nonsense: this is no base URL"),
        (["--break", "type:"], "type: needs a value"),
        (["--fault", "nonsense"], "nonsense"),
        (["--json"], "--json and --ui (leave one out)"),
        (["--portt", "1"], "did you mean --port?"),
    ):
        assert entry.main(["tap", "--ui", *wrong]) == 2
        error = capsys.readouterr().err
        assert error.startswith("pipeline-tui: ")
        assert (told in error, error.count("\n")) == (True, 1), error


def test_the_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_place(tmp_path).bundled
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    assert default_place(tmp_path).bundled
    (tmp_path / "mine.yml").write_text(QUICK)
    here = default_place(tmp_path)
    assert (here.paths, here.label, here.bundled) == ((tmp_path,), str(tmp_path), False)
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    assert default_place(tmp_path).label == f"~/{tmp_path.name}"
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "draft.yaml").write_text(QUICK)
    assert default_place(tmp_path).label == "./workflows"


def test_named_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert place_of([entry.Path("flows")]).label == "./flows"
    assert place_of([entry.Path("a.yaml"), entry.Path("b.yaml")]).label == "./a.yaml and 1 more"
    assert short_path(tmp_path.parent) == str(tmp_path.parent)
    monkeypatch.chdir(tmp_path.parent)
    assert short_path(tmp_path / "home" / "x").endswith("home/x")
