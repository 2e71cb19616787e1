"""docs/testing.md does what it says: its tests are collected and pass in a project of their own."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import pipeline_runtime.testing
from helpers_docs import blocks, rows, section
from pipeline_runtime.testing import StreamingRecorder, plugin

pytestmark = pytest.mark.streaming


@pytest.fixture
def page(repository):
    return (repository / "docs" / "testing.md").read_text()


@pytest.fixture
def project(page, repository, tmp_path):
    """The files of the page, and the handler that it speaks of."""
    for text in (page, (repository / "docs" / "handlers.md").read_text()):
        for block in blocks(text, "python"):
            if name := re.match(r"# (\w+\.py)\n", block):
                (tmp_path / name[1]).write_text(block)
    return tmp_path


def pytest_run(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", *words],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_the_page_pass(project, page):
    count = sum(len(re.findall(r"^def test_", block, re.MULTILINE)) for block in blocks(page, "python"))
    assert f"{count} passed" in pytest_run(project, "-o", "pythonpath=.")


def test_the_streaming_suite_is_what_bears_the_marker(project):
    assert "1 passed, 3 deselected" in pytest_run(project, "-o", "pythonpath=.", "-m", "streaming")


def test_the_first_example_has_ten_lines(page):
    lines = blocks(page, "python")[0].strip().splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) <= 10


def test_the_page_names_every_assertion_and_every_fixture(page):
    told = re.findall(r"^\| `(assert_\w+)", page, re.MULTILINE)
    assert set(told) == {name for name in dir(StreamingRecorder) if name.startswith("assert_")}
    fixtures = {
        name
        for name in vars(plugin)
        if name.startswith(("pipeline_", "streaming_")) and name != "pipeline_runtime"
    }
    assert {row[0].strip("`") for row in rows(section(page, "## Fixtures"))} == fixtures
    parts = re.findall(r"^\| `(\w+)\(", section(page, "## Scripted streams"), re.MULTILINE)
    assert set(parts) == {"thinking", "refusal", "tool", "stall", "error", "disconnect", "status"}


@pytest.mark.parametrize("name", pipeline_runtime.testing.__all__)
def test_every_public_name_can_be_had_and_is_documented(name):
    assert getattr(pipeline_runtime.testing, name).__doc__
    assert name in dir(pipeline_runtime.testing)
