"""The guides can be followed: every file, command and table row of them is tried."""

from __future__ import annotations

import re

import pytest
from ruamel.yaml import YAML

from helpers_docs import blocks, rows, section
from helpers_guides import Session
from pipeline_runtime.migrate import code_elixir, keys
from pipeline_runtime.migrate.options import _RULES
from pipeline_runtime.migrate.yaml_text import migrate

QUOTED = re.compile(r"`([^`]+)`")
STEP = "steps:\n  - id: a\n    type: llm\n    provider: claude\n    model: m\n    prompt: p\n"


@pytest.fixture
def page(request, repository):
    return (repository / "docs" / f"{request.param}.md").read_text()


migration = pytest.mark.parametrize("page", ["migration"], indirect=True)
quick_start = pytest.mark.parametrize("page", ["streaming-guide"], indirect=True)


@pytest.mark.streaming
@migration
def test_the_migration_page_can_be_followed(page, tmp_path):
    session = Session(tmp_path)
    session.follow(page)
    first, *rest = session.typed.items()
    assert "2 to migrate (4 changes)" in first[1]
    said = dict(rest)
    assert "2 migrated" in said["pipeline-tui migrate . --write"]
    assert "nothing legacy" in said["pipeline-tui migrate . --check"]
    assert (
        "Tides lean to the moon. stop"
        in said["PYTHONPATH=. pipeline-tui run flows/own.yaml --json > events.jsonl"]
    )
    assert "1 passed" in said["pytest -m streaming"]
    assert (tmp_path / "flows" / "report.yaml.bak").is_file()
    handlers = (tmp_path / "my_handlers.py").read_text()
    assert "def handle_event(self, event)" in handlers
    assert "# at once" in handlers


@pytest.mark.streaming
@quick_start
def test_the_streaming_guide_can_be_followed(page, tmp_path):
    session = Session(tmp_path)
    session.follow(page)
    assert re.search(r"\d+ pieces, stop\n", session.typed["PYTHONPATH=. pipeline-tui run counted.yaml"])
    assert '"kind":"delta"' in session.typed["cat streams/draft.jsonl"]
    assert "1 passed" in session.typed["pytest -m streaming"]


@migration
def test_the_yaml_of_section_four_becomes_what_the_page_says(page):
    (before,) = [block for block in blocks(page, "yaml old") if block.startswith("# BEFORE")]
    (after,) = [block for block in blocks(page, "yaml") if block.startswith("# AFTER")]
    result = migrate(f"steps:\n{before}", "flow.yaml").after
    assert result == f"steps:\n{after}".replace("# AFTER", "# BEFORE")


@migration
def test_the_elixir_of_section_three_is_found(page):
    (text,) = blocks(page, "elixir")
    found = code_elixir.migrate(text, "step.ex").findings
    assert {one.what for one in found} == {
        "Pipeline.AsyncStreaming.invoke!",
        "Pipeline.AsyncStreaming.ConsoleHandler",
    }
    assert {one.section for one in found} == {"3. Updating Elixir Steps"}
    assert max(one.line for one in found) < text.splitlines().index("# AFTER")


@migration
def test_every_legacy_key_is_told(page):
    told = {
        name: today for names, today in rows(section(page, "### Every key")) for name in QUOTED.findall(names)
    }
    assert keys.STEP_KEYS | {keys.HANDLER, keys.OPTS} == told.keys() - {keys.OPTIONS_KEY}
    for name, built_in in keys.CONFIGS.items():
        assert told[name].startswith(f"`stream_handler_opts` of `{built_in}`")
    for name, why in keys.GONE.items():
        assert told[name] == f"removed: {why}"


@migration
def test_every_handler_name_becomes_what_the_page_says(page):
    same, async_name, old_name, path, other = rows(section(page, "### Every handler"))
    assert [keys.handler_name(name).text for name in QUOTED.findall(same[0])] == list(keys.BUILT_IN)
    for name, today in (async_name, old_name):
        (legacy,), (now,) = QUOTED.findall(name), QUOTED.findall(today)
        for built_in in keys.BUILT_IN:
            word = f"{built_in.capitalize()}Handler"
            assert keys.handler_name(legacy.replace("ConsoleHandler", word)).text == now.replace(
                "ConsoleHandler", word
            )
    (own,) = QUOTED.findall(path[0])
    assert keys.handler_name(own).text == own
    assert other[1].startswith("left for you")
    assert keys.handler_name("MyApp.StreamHandler") is None


def today_of(handler: str, option: str, value: str) -> tuple[dict[str, object], set[str]]:
    """What an option becomes, and what is said of it; without what a handler gets because it was given none."""
    old = {
        "async_streaming": "true",
        "stream_handler": handler,
        "stream_handler_opts": f"{{{option}: {value}}}",
    }
    options = "".join(f"      {name}: {text}\n" for name, text in old.items())
    result = migrate(f"{STEP}    claude_options:\n{options}", "flow.yaml")
    assert all(one.fixable for one in result.findings), (handler, option)
    now = dict(YAML(typ="safe").load(result.after)["steps"][0].get("stream_handler_opts") or {})
    if handler == "file" and str(now.get("path", "")).startswith("streams/{run}"):
        del now["path"]
    if now.get("callback") == "logging:info":
        del now["callback"]
    return now, {one.why for one in result.findings}


@migration
def test_every_option_becomes_what_the_page_says(page):
    tried = set()
    for handlers, options, value, today in rows(section(page, "### Every option")):
        for handler in QUOTED.findall(handlers):
            for option in QUOTED.findall(options):
                now, why = today_of(handler, option, QUOTED.findall(value)[0])
                tried.add((handler, option))
                if today.startswith("removed: "):
                    assert now == {}, (handler, option)
                    assert today.removeprefix("removed: ") in why, (handler, option)
                else:
                    said = "\n".join(QUOTED.findall(today))
                    assert now == YAML(typ="safe").load(said), (handler, option)
    known = {(handler, option) for handler in keys.BUILT_IN for option in _RULES[handler]}
    assert tried == known


@migration
def test_the_sections_are_the_guides(page):
    assert re.findall(r"^## (\d)\. (.+)$", page, re.MULTILINE) == [
        ("1", "Migration checklist"),
        ("2", "Architectural changes"),
        ("3", "Updating steps"),
        ("4", "YAML workflow changes"),
        ("5", "Testing strategy"),
        ("6", "Common issues"),
        ("7", "Further reading"),
    ]
