"""Every row of the bench runs, with tiny amounts; no time is asserted. The peers are measured on purpose only.

What measures is marked `bench` and runs on purpose: `make test ARGS="-m bench"`.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from bench import curves
from bench.lab import Unmeasured, environment
from bench.main import ROWS, main
from bench.peers import environments
from bench.rows import OURS, SMOKE
from bench.server import Plan, path_of

if TYPE_CHECKING:
    from pathlib import Path

    from bench.lab import Lab

HERE = [(row, name) for row in ROWS for name in row.contestants if name in {OURS, "raw"}]
HERE += [(row, "Log") for row in ROWS if row.name == "panes16"]


@pytest.mark.bench
@pytest.mark.parametrize(("row", "name"), HERE, ids=[f"{row.name}-{name}" for row, name in HERE])
def test_the_row_gives_its_figures(row, name, lab: Lab):
    figures = row.run(lab, SMOKE, name)
    assert all(math.isfinite(value) and value >= 0 for value in figures.values()), figures
    if name == OURS:
        assert {measure.key for measure in row.measures} <= set(figures)
        assert figures.get("lost", 0) == 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_row_is_whole(row):
    keys = {measure.key for measure in row.measures}
    assert {goal.measure for goal in row.goals} | {goal.of for goal in row.goals if goal.of} <= keys
    assert {goal.peer for goal in row.goals if goal.peer} <= set(row.contestants)
    assert row.contestants[0] == OURS
    assert row.floor


@pytest.mark.bench
@pytest.mark.parametrize("name", ["streams", "deltas"])
def test_a_curve_has_a_cost_for_each_amount(name, lab: Lab):
    points = curves.measure(lab, SMOKE, name, pytest.fail, most=1_000 if name == "deltas" else 10)
    assert [amount for amount, _ in points] == ([1_000] if name == "deltas" else [1, 10])
    assert all(cost > 0 for _, cost in points)
    assert "last / cheapest" in curves.as_text({name: points})


@pytest.mark.bench
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "ollama"])
@pytest.mark.parametrize("client", ["raw", OURS])
def test_clients_read_every_delta_and_its_time(client, dialect, lab: Lab):
    told = lab.read(client, Plan(40, streams=3, marks=1), dialect, stamped=True)
    assert told["deltas"] == 120
    assert len(told["delays"]) == 120
    assert min(told["delays"]) > 0
    assert told["cpu"] > 0


def test_a_client_that_misses_a_delta_is_no_measurement(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bench.lab.path_of", lambda plan: path_of(Plan(3, name=plan.name)))
    with pytest.raises(Unmeasured, match=r"raw read \d+ deltas of 40"):
        lab.read("raw", Plan(40))


def test_a_peer_that_is_not_there_is_told_with_the_reason(lab: Lab):
    with pytest.raises(Unmeasured, match="not asked for"):
        lab.read("openai", Plan(10))


def test_a_peer_that_cannot_be_installed_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setattr("bench.peers.ROOM", tmp_path / "file")
    monkeypatch.setattr("bench.peers.PEERS", {"nobody": "nobody"})
    said: list[str] = []
    (why,) = environments(["nobody", "raw"], said.append).values()
    assert isinstance(why, str)
    assert "cannot be installed" in why
    assert len(said) == 1


@pytest.mark.bench
def test_the_command_measures_prints_and_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("bench.main.ROOM", tmp_path)
    monkeypatch.setattr("bench.lab.ROOM", tmp_path)
    assert main(["--smoke", "--rows", "log-write,commands", "--rounds", "1", "--peers", "none"]) == 0
    told = capsys.readouterr().out
    assert "log-write: Run log: writing a chunk of one delta" in told
    assert "CPU per chunk ≤ 1.5 µs" in told
    assert "Versions: textual" in told
    kept = json.loads((tmp_path / "last.json").read_text())
    assert set(kept["rows"]) == {"log-write", "commands"}


def test_rows_that_are_not_there_are_told():
    with pytest.raises(SystemExit, match="there are: runtime-openai"):
        main(["--rows", "nothing"])


def test_no_key_or_proxy_of_the_user_is_in_a_measurement(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-user")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert {"OPENAI_API_KEY", "HTTPS_PROXY"}.isdisjoint(environment())
