"""docs/handlers.md tells of every handler, option and default as they are."""

from __future__ import annotations

import json

import pytest

from helpers_docs import blocks, rows, section
from pipeline_runtime.handlers import list_handlers, load_handler

KNOWN = {one.name: one for one in list_handlers() if one.source == "built in"}


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "handlers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", KNOWN)
def test_every_option_with_its_default_and_meaning(page, name):
    known = KNOWN[name]
    told = section(page, f"### {name}")
    assert known.says in told.replace("\n", " ")
    wanted = []
    for option in known.options:
        plain = option.default if isinstance(option.default, str) else json.dumps(option.default)
        default = "required" if option.required else "" if option.default is None else f"`{plain}`"
        wanted.append([f"`{option.name}`", default, option.says])
    assert rows(told)[: len(wanted)] == wanted


def test_the_snippets_make_handlers(page):
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        if not block.startswith(("import asyncio", "# once.py")):
            exec(block, names)
    assert load_handler(names["handle_event"]).made == "function"
    assert load_handler(names["Counter"], {"label": "x"}).made == "class"
    assert load_handler(names["counter"], {"loud": True}).made == "factory"


def test_the_idempotent_example_takes_the_same_options(page, tmp_path, monkeypatch):
    for block in blocks(page, "python"):
        name, _, code = block.partition("\n")
        if name.startswith("# "):
            (tmp_path / name[2:]).write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    handler = load_handler("once:counter", {"label": "x"})
    assert handler.kinds == {"delta", "stall", "attempt_started"}
