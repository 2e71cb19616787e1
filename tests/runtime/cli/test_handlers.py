"""`handlers`: what there is, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from helpers_cli import ESCAPE, cli
from helpers_handlers import install

BUILT_INS = ["console", "simple", "file", "buffer", "callback", "debug"]


def test_every_handler_with_its_options():
    ran = cli("handlers")
    assert (ran.code, ran.notes) == (0, "")
    heads = [line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")]
    assert heads == BUILT_INS
    assert 'path (required), format, mode="append"' in ran.out


def test_one_is_told_whole_by_any_of_its_names():
    by_name, by_guide = cli("handlers", "file"), cli("handlers", "Pipeline.Streaming.FileHandler")
    assert by_name.out == by_guide.out
    assert "  from: built in (pipeline_runtime.handlers.file:FileHandler)" in by_name.out
    assert '  mode="append": append or replace or atomic\n      `append`;' in by_name.out


def test_as_json():
    told = [json.loads(line) for line in cli("handlers", "--json").out.splitlines()]
    assert [one["name"] for one in told] == BUILT_INS
    path = told[2]["options"][0]
    assert (path["name"], path["type"], path["required"]) == ("path", "text", True)
    assert path["says"]


def test_a_name_that_is_none():
    ran = cli("handlers", "filer")
    assert ran.code == 2
    assert "there is no handler 'filer' (did you mean 'file'?)" in ran.notes


def test_one_of_your_own_is_told_by_its_path(tmp_path: Path):
    (tmp_path / "mine.py").write_text(
        'class Counter:\n    """Counts."""\n    def __init__(self, *, label: str = "n"): ...\n'
        "    def handle_event(self, event): ...\n"
    )
    ran = cli("handlers", "mine:Counter", env={"PYTHONPATH": str(tmp_path)})
    assert ran.out == 'mine:Counter: Counts.\n  from: by its path (mine:Counter)\n  label="n": text\n'
    assert "cannot import 'nowhere'" in cli("handlers", "nowhere:Counter").notes


def test_a_broken_package_is_shown_and_cannot_write_to_the_terminal(tmp_path: Path):
    install(tmp_path, torn="acme_torn:Handler")
    (tmp_path / "acme_torn.py").write_text("raise ValueError('red \\x1b[31m')\n")
    env = {"PYTHONPATH": str(tmp_path)}
    ran = cli("handlers", env=env)
    assert ran.code == 0
    assert "torn       acme-handlers 2.5:" in ran.out
    assert "BROKEN: handler 'torn' of acme-handlers cannot be loaded: ValueError: red" in ran.out
    assert ESCAPE not in ran.out
    (told,) = [json.loads(line) for line in cli("handlers", "torn", "--json", env=env).out.splitlines()]
    assert told["error"]
    assert told["cure"]
