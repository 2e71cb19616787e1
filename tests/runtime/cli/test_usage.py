"""Help, version, mistakes: quick, light, one line each."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from helpers_cli import ESCAPE, cli
from pipeline_runtime import __version__
from pipeline_runtime.cli import COMMANDS, exits

MODULES = """
import contextlib, io, json, sys
from pipeline_runtime.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""


def loaded_by(*words: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", MODULES, *words], capture_output=True, check=True)
    code, names = json.loads(done.stdout)
    assert code == 0
    return set(names)


def test_version():
    assert cli("--version").out == f"pipeline-tui {__version__}\n"
    assert cli("some/folder", "--version").out == f"pipeline-tui {__version__}\n"


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("run", "--help")])
def test_nothing_heavy_is_loaded_to_answer_it(words):
    heavy = {"asyncio", "pydantic", "httpx", "ruamel", "jinja2", "starlette", "uvicorn", "rich", "textual"}
    assert heavy & loaded_by(*words) == set()


def test_help_names_the_commands_and_every_exit_code():
    ran = cli("--help")
    assert (ran.code, ran.notes) == (0, "")
    assert all(f"\n    {command} " in ran.out for command in COMMANDS)
    codes = [value for name, value in vars(exits).items() if name.isupper()]
    assert len(codes) == 6
    assert all(f" {code} " in ran.out for code in codes)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_has_help(command):
    ran = cli(command, "--help")
    assert (ran.code, ran.notes) == (0, "")
    assert ran.out.startswith(f"usage: pipeline-tui {command} ")


def test_no_command_shows_the_help_and_is_a_mistake():
    ran = cli()
    assert (ran.code, ran.out) == (2, "")
    assert ran.notes == cli("--help").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bogus"], "see pipeline-tui --help"),
        (["run"], "WORKFLOW"),
        (["run", "draft", "--jsn"], "did you mean --json?"),
        (["run", "draft", "extra"], "extra is not known here"),
        (["run", "draf"], "did you mean `draft`?"),
        (["run", "no/such.yaml"], "no/such.yaml"),
        (["run", "draft", "--mode", "bogus"], "`bogus`"),
        (["run", "draft", "--input", "topic"], "there is no '='"),
        (["run", "draft", "--input", "=tea"], "there is no name"),
        (["run", "draft", "--input", "topik=tea"], "did you mean `topic`?"),
        (["run", "draft", "--input", "words=many"], "a whole number"),
        (["list", "no-such-folder"], "no-such-folder: no such file or folder"),
        (["list", "--version"], "--version is not known here"),
        (["validate"], "PATH"),
        (["simulate", "--port", "70000"], "70000 is no port"),
        (["simulate", "--port", "x"], "x is no port"),
        (["simulate", "--scenarios", "no-such-folder"], "no-such-folder"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_line_with_its_cure(words, told):
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.notes.startswith("pipeline-tui: ")
    assert ran.notes.count("\n") == 1
    assert told in ran.notes


def test_a_wrong_test_mode_is_told():
    ran = cli("run", "draft", env={"TEST_MODE": "fake"})
    assert ran.code == 2
    assert "TEST_MODE" in ran.notes


def test_a_mistake_cannot_write_to_the_terminal():
    ran = cli("run", f"{ESCAPE}[31m")
    assert ran.code == 2
    assert ESCAPE not in ran.notes
    assert "␛[31m" in ran.notes
