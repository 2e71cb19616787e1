"""Every migrated file loads with today's loader, and its handlers are made with their options."""

from __future__ import annotations

import pytest

from helpers_cli import cli
from helpers_migrate import migrated
from pipeline_runtime.handlers.loading import load_handler
from pipeline_runtime.workflow import load_workflow_text

TODAY = """\
defaults: {{provider: claude, model: m}}
steps:
  - id: a
    prompt: x
    async_stream: true
    async_handler: {name}
"""
ORIGIN = """\
workflow:
  name: flow
  steps:
    - name: a
      type: claude
      prompt: [{{type: static, content: Say hello.}}]
      claude_options:
        async_streaming: true
        stream_handler: "{handler}"
        stream_buffer_size: 10
{options}
        max_turns: 1
"""
OPTIONS = {
    "console": "stream_console_config: {show_timestamps: true, color_output: true, show_progress: true,"
    " clear_on_update: false}",
    "simple": "stream_handler_opts: {show_timestamps: true, show_tool_use: true}",
    "file": "stream_file_path: ./out.jsonl\n        stream_file_format: jsonl\n"
    "        stream_file_rotation: {enabled: true, max_size_mb: 10, max_files: 5}",
    "buffer": "stream_buffer_config: {max_size: 1000, circular: true, deduplication: true, collect_stats: true}",
    "callback": "stream_callback_config: {filter_types: [text, tool_use], rate_limit: 10, async_callback: true,"
    " error_strategy: continue}",
    "debug": "stream_handler_opts: {use_colors: false}",
}  # fmt: skip
MORE = {
    "console": "stream_handler_opts: {show_header: true, show_stats: true, show_errors: true, show_tool_use: true,"
    " show_tool_results: false, show_timestamps: false, show_tokens: true, use_colors: true, indent_size: 2}",
    "file": "stream_handler_opts: {file_path: a.txt, format: text, append: true, buffer_size: 4096,"
    " max_file_size: 104857600, compress_on_rotation: true}",
    "buffer": "stream_handler_opts: {max_buffer_size: 10, circular_buffer: false, deduplicate: true,"
    " memory_limit: 52428800}",
    "callback": "stream_handler_opts: {rate_limit_ms: 100, async_callbacks: false, error_strategy: stop}",
}
OTHERS = {
    "console": "stream_console_config: {color: false, timestamps: true}",
    "file": "stream_file_path: a\n        stream_file_rotation: {max_size_mb: 0.5, max_backups: 2}",
    "buffer": "stream_buffer_config: {dedupe: true, memory_limit_mb: 1}",
    "callback": "stream_callback_config: {filter_types: tool_call, error_policy: ignore}",
}
CASES = [*OPTIONS.items(), *MORE.items(), *OTHERS.items()]


def origin(handler: str, options: str) -> str:
    return ORIGIN.format(handler=handler, options=f"        {options}")


@pytest.mark.parametrize("name", ["Console", "File", "Buffer", "Callback", "Debug", "Simple"])
def test_the_first_dialect_loads(name):
    after = migrated(TODAY.format(name=f"Pipeline.AsyncStreaming.{name}Handler"))
    (step,) = load_workflow_text(after).steps
    assert step.stream
    (handler,) = step.handlers
    assert handler.handler == f"Pipeline.Streaming.{name}Handler"
    assert load_handler(handler.handler, handler.opts).name == name.lower()


@pytest.mark.parametrize(
    ("handler", "options"), CASES, ids=[f"{one}-{n}" for n, (one, _) in enumerate(CASES)]
)
def test_the_second_dialect_loads(handler, options):
    (step,) = load_workflow_text(migrated(origin(handler, options))).steps
    assert step.stream
    (spec,) = step.handlers
    assert spec.handler == handler
    assert spec.opts or handler == "debug"
    assert load_handler(spec.handler, spec.opts).name == handler


def test_handlers_of_the_defaults_load():
    text = origin("file", OPTIONS["file"]).replace(
        "  steps:", "  defaults:\n    claude_options: {async_streaming: true, stream_handler: buffer,"
        " stream_buffer_config: {max_size: 3}}\n  steps:"
    ).replace("    - name: a", "    - name: b\n      type: claude\n      prompt: x\n    - name: a")  # fmt: skip
    first, second = load_workflow_text(migrated(text)).steps
    assert [one.model_dump() for one in first.handlers] == [{"handler": "buffer", "opts": {"max_events": 3}}]
    assert second.handlers[0].handler == "file"
    assert "max_events" not in second.handlers[0].opts


STEP = """\
  - id: {handler}
    needs: []
    prompt: x
    scenario: {{reply: all of it, timing: {{first_token: 0, rate: 0}}}}
    async_stream: true
    async_handler: {handler}
    {options}
"""


def test_what_was_migrated_runs_against_the_simulator(tmp_path):
    head = "defaults: {provider: claude, model: m}\nsteps:\n"
    options = {
        name: text.replace("stream_handler_opts", "async_handler_opts").replace("        ", "    ")
        for name, text in OPTIONS.items()
    }
    flow = tmp_path / "flow.yaml"
    flow.write_text(head + "".join(STEP.format(handler=one, options=text) for one, text in options.items()))
    assert cli("migrate", "--write", flow).code == 0
    assert cli("migrate", "--check", flow).code == 0
    ran = cli("run", "--mode", "mock", flow, cwd=tmp_path)
    assert ran.code == 0, ran.notes
    assert ran.notes.count(": STREAM ·") == len(OPTIONS)
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").count("\n") > 1
    assert ran.out.count("all of it") == len(OPTIONS)


def test_a_workflow_of_the_guides_origin_runs_after_its_migration(tmp_path):
    flow = tmp_path / "flow.yaml"
    flow.write_text(origin("file", OPTIONS["file"]), encoding="utf-8")
    assert cli("migrate", "--write", flow).code == 0
    assert cli("validate", flow).code == 0
    ran = cli("run", "--mode", "mock", flow, cwd=tmp_path)
    assert ran.code == 0, ran.notes
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8").count("\n") > 1
