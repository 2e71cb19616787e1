"""The distribution's own description, and the Makefile that a new user meets first."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pipeline_runtime import __version__
from test_imports import RUNTIME, UI, imports

REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = {"ruamel.yaml": "ruamel", "h2": "httpx", "google-re2": "re2"}
"""What a distribution is imported as, where the names differ; httpx loads h2 by itself."""
NEEDS_MAKE = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_installed_distribution_is_this_one():
    installed = distribution("pipeline-tui")
    assert installed.version == __version__
    assert {entry.group: entry.value for entry in installed.entry_points} == {
        "console_scripts": "pipeline_tui.__main__:main",
        "pytest11": "pipeline_runtime.testing.plugin",
    }


def test_every_dependency_has_a_lower_bound_and_is_used(project):
    used = {
        module.partition(".")[0]
        for root in (RUNTIME, UI)
        for path in root.rglob("*.py")
        for module, _ in imports(path)
    }
    for text in project["project"]["dependencies"]:
        wanted = Requirement(text)
        assert {bound.operator for bound in wanted.specifier} & {">=", "=="}, text
        assert MODULES.get(wanted.name, wanted.name) in used, text


def test_textual_is_pinned(project):
    (pin,) = [text for text in project["project"]["dependencies"] if text.startswith("textual")]
    assert re.fullmatch(r"textual==\d+\.\d+\.\d+", pin)


def test_what_the_sdist_names_is_there(project):
    names = project["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    assert [name for name in names if not (REPOSITORY / name).exists()] == []


def test_ci_is_a_program_that_bash_can_read():
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def make(*words: str | Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *map(str, words)],
        cwd=REPOSITORY, env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@NEEDS_MAKE
def test_make_alone_tells_what_there_is():
    told = make()
    assert told.returncode == 0
    assert "make run" in told.stdout
    assert "make test" in told.stdout


@NEEDS_MAKE
def test_an_old_python_is_told_with_the_cure(tmp_path):
    old = program(tmp_path / "oldpython", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    told = make("run", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert told.returncode != 0
    assert f"needs Python 3.11 or newer, and '{old}' is Python 3.9.2" in told.stderr
    assert "PYTHON=python3.13 make run" in told.stderr
    assert not (tmp_path / "venv").exists()


@NEEDS_MAKE
def test_a_second_call_installs_nothing(tmp_path):
    program(tmp_path / "venv" / "bin" / "python", 'echo "called: $*"')
    for stamp in (".made", ".run", ".test"):
        (tmp_path / "venv" / stamp).touch()
    again = make("run", f"VENV={tmp_path / 'venv'}", "ARGS=--version")
    assert again.stdout == "called: -m pipeline_tui --version\n"
    assert "-m pytest -n " in make("test", f"VENV={tmp_path / 'venv'}").stdout
