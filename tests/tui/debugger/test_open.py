"""`pipeline-tui open RUN#SEQ`: what is right starts the UI there, what is wrong is told without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.paths import runs_dir
from pipeline_tui import __main__ as entry

if TYPE_CHECKING:
    import pytest


def test_a_position_reaches_the_ui(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr("pipeline_tui.terminal.refusal", lambda *_: None)
    monkeypatch.setattr(
        "pipeline_tui.launch.launch", lambda paths, **options: seen.update(paths=paths, **options) or 0
    )
    runs_dir().mkdir(parents=True)
    (runs_dir() / "some-run.jsonl").touch()
    assert entry.main(["open", "some-run#12", "--theme", "light"]) == 0
    assert seen["position"] == "some-run#12"
    assert seen["theme"] == "light"
    assert seen["paths"] == []


def test_what_is_no_position_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (
        (["open"], "'' is no position in a run (give RUN#SEQ"),
        (["open", "some-run"], "'some-run' is no position in a run"),
        (["open", "some-run#12"], "there is no recorded run 'some-run' here"),
        (["open", "../../etc/passwd#1"], "is no position in a run"),
    ):
        assert entry.main(arguments) == 2
        assert told in capsys.readouterr().err
