"""What the documentation says is true: its commands run, its examples are right, its links lead somewhere."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect as types
from textual.binding import Binding
from textual.dom import DOMNode

import pipeline_tui
from helpers_docs import blocks, json_type, rows, section
from pipeline_runtime import events
from pipeline_runtime.cli import exits
from pipeline_runtime.workflow.loader import examine_text

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
KINDS = {kind.__struct_config__.tag: kind for kind in events.AnyEvent.__args__}
CARRIED = [
    "Response",
    "Timings",
    "StallInfo",
    "Usage",
    "ToolCall",
    "Choice",
    "FallbackInfo",
    "Request",
    "StepSummary",
]
COMMON = ("run", "step", "attempt", "seq", "at")
NOT_RUN = {
    r"uv tool install|pipx install": "installs for the user who runs the tests",
    r"make (run|test|check|screenshots)": "is what runs this test, or opens the UI",
    r"pipeline-tui$": "opens the UI",
    r"pipeline-tui simulate": "goes on until Ctrl-C (tests/runtime/cli/test_simulate.py)",
    r"pipeline-tui tap --port 8081": "goes on until Ctrl-C (tests/runtime/tap)",
    r"pipeline-tui tap --ui": "opens the UI (tests/tui/tap)",
    r"export ANTHROPIC_API_KEY": "needs a key",
}


WALKED = {"migration.md", "streaming-guide.md"}
"""Pages whose commands work one after the other: tests/test_guides.py runs them so."""


def pages_with(pattern: str) -> list[Path]:
    return [page for page in PAGES if re.search(pattern, page.read_text(encoding="utf-8"), re.MULTILINE)]


def commands() -> list[tuple[str, str]]:
    """Page and line, for every command that is shown and can be run."""
    lines = [
        (page.name, line)
        for page in PAGES
        if page.name not in WALKED
        for block in blocks(page.read_text(), "sh")
        for line in block.splitlines()
    ]
    return [(page, line) for page, line in lines if not any(re.search(form, line) for form in NOT_RUN)]


@pytest.fixture
def playground(tmp_path: Path) -> dict[str, str]:
    """A folder as the pages assume it, and an environment where `pipeline-tui` is a command."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "pipeline-tui"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipeline_tui "$@"\n')
    command.chmod(0o755)
    (tmp_path / "workflows").symlink_to(REPOSITORY / "workflows")
    handlers = (REPOSITORY / "docs" / "handlers.md").read_text()
    for language in ("python", "yaml"):
        for block in blocks(handlers, language):
            if name := re.match(r"# (\w+\.\w+)\n", block):
                (tmp_path / name[1]).write_text(block)
    return {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def test_every_exception_is_used():
    shown = "\n".join(block for page in PAGES for block in blocks(page.read_text(), "sh"))
    assert [form for form in NOT_RUN if not re.search(form, shown, re.MULTILINE)] == []


@pytest.mark.streaming
@pytest.mark.parametrize(("page", "line"), commands())
def test_the_command_works(page, line, playground, tmp_path):
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=tmp_path, env=playground, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout or done.stderr
    assert b"Traceback" not in done.stderr


def test_the_handler_of_the_example_counts(playground, tmp_path):
    done = subprocess.run(
        ["pipeline-tui", "run", "counted.yaml", "--json"],
        cwd=tmp_path, env={**playground, "PYTHONPATH": "."}, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    deltas = done.stdout.count(b'"kind":"delta"')
    assert f"counted {{'text': {deltas}}}" in done.stderr.decode()


@pytest.mark.streaming
@pytest.mark.parametrize("page", pages_with(r"^```python\nimport asyncio"), ids=lambda page: page.name)
def test_the_program_runs(page, tmp_path):
    programs = [block for block in blocks(page.read_text(), "python") if block.startswith("import asyncio")]
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=60, check=True
        )
        assert done.stdout.strip()
        assert done.stderr == b""


@pytest.mark.parametrize("page", pages_with(r"^```yaml"), ids=lambda page: page.name)
def test_the_workflows_are_right(page):
    flows = [block for block in blocks(page.read_text(), "yaml") if "steps:" in block]
    assert [problem for flow in flows for problem in examine_text(flow, page.name)[1]] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)", page.read_text(encoding="utf-8")):
        found = page.parent / target if target else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in headings]


@pytest.fixture(scope="module")
def events_page() -> str:
    return (REPOSITORY / "docs" / "events.md").read_text(encoding="utf-8")


def fields(cls: type) -> list[list[str]]:
    info = types.type_info(cls)
    assert isinstance(info, types.StructType)
    return [[f"`{field.name}`", json_type(field.type)] for field in info.fields]


def test_events_page_has_every_kind(events_page):
    kinds = re.findall(r"^### (\w+)$", section(events_page, "## The kinds"), re.MULTILINE)
    assert kinds == list(KINDS)
    assert re.findall(r"^### (\w+)$", section(events_page, "## What events carry"), re.MULTILINE) == CARRIED
    assert [row[0].strip("`") for row in rows(section(events_page, "## In every event"))] == ["kind", *COMMON]


@pytest.mark.parametrize("name", [*KINDS, *CARRIED])
def test_events_page_has_every_field_with_its_type(events_page, name):
    cls = KINDS.get(name) or getattr(events, name)
    shown = rows(section(events_page, f"### {name}"))
    assert [row[:2] for row in shown] == [
        row for row in fields(cls) if name in CARRIED or row[0].strip("`") not in COMMON
    ]
    assert all(meaning for _, _, meaning in shown)


@pytest.mark.parametrize("kind", KINDS)
def test_events_page_shows_a_line_as_it_is_printed(events_page, kind):
    (line,) = blocks(section(events_page, f"### {kind}"), "json")
    event = msgspec.json.decode(line, type=events.AnyEvent)
    assert type(event) is KINDS[kind]
    assert msgspec.json.encode(event).decode() == line.strip()


def test_the_readme_has_every_exit_code():
    told = section((REPOSITORY / "README.md").read_text(), "## Without the UI")
    codes = [value for name, value in vars(exits).items() if name.isupper()]
    assert [code for code in codes if not re.search(rf"\b{code}\b", told)] == []


def bound_keys() -> set[str]:
    """Every key that some screen, widget or the app binds."""
    keys: set[str] = set()
    for module in pkgutil.walk_packages(pipeline_tui.__path__, "pipeline_tui."):
        if module.name.endswith("__main__"):
            continue
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(cls, DOMNode):
                keys |= {binding.key for binding in Binding.make_bindings(vars(cls).get("BINDINGS", ()))}
    return keys


def test_the_keys_of_the_readme_are_keys():
    names = {
        "?": "question_mark",
        "/": "slash",
        "[": "left_square_bracket",
        "]": "right_square_bracket",
        "Enter": "enter",
        "Esc": "escape",
        "Tab": "tab",
        "Space": "space",
        ".": "full_stop",
        ",": "comma",
        ">": "greater_than_sign",
        "+": "plus",
        "-": "minus",
    }
    table = rows(section((REPOSITORY / "README.md").read_text(), "## Keys"))
    told = [names.get(key, key) for row in table for key in re.findall(r"`([^`]+)`", row[0])]
    assert len(told) > 20
    assert set(told) - bound_keys() == set()
