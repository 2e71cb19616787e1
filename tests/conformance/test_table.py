"""The conformance table, over a handful of recordings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conformance.table import lines_of, main, rows_of
from helpers_recordings import recordings_of

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

SAME = "same text, calls, finish, usage"
CELLS = [
    ("anthropic/basic-text.sse", "10", "4", "complete", "end_turn", "-", SAME),
    (
        "anthropic/gateway-openrouter-done.sse", "10", "4", "cut_by_limit", "max_tokens", "unexpected_done",
        "raises JSONDecodeError: Expecting value: line 1 column 2 (char 1) [83 of 83 characters of text]",
    ),
    (
        "openai-chat/openrouter-tool-variant-a.sse", "6", "2", "complete", "-", "no_finish_reason",
        "other calls: [('llm_versionllm_version', {})], not [('llm_version', {})]",
    ),
    (
        "openai-chat/tool-index-starts-at-1.sse", "9", "5", "complete", "tool_calls", "incomplete_frame, usage_missing",
        f"{SAME}; stream(): raises IndexError: list index out of range [11 of 11 characters of text]",
    ),
    (
        "openai-responses/incomplete-max-output-tokens.sse", "5", "0", "cut_by_limit", "max_output_tokens", "-", SAME,
    ),
    ("gemini/tool-call.sse", "1", "2", "complete", "STOP", "-", SAME),
    ("ollama/done-reason-length.ndjson", "65", "64", "cut_by_limit", "length", "-", SAME),
]  # fmt: skip
BEDROCK = "compat/bedrock-converse-stream.bin"


@pytest.fixture(scope="module")
def rows(wire_corpus, sdk_simulator):
    names = {cells[0] for cells in CELLS} | {BEDROCK}
    return list(rows_of([one for one in recordings_of(wire_corpus) if one.name in names], sdk_simulator))


def test_what_the_table_says_of_them(rows):
    cells = {row.recording.name: row.cells() for row in rows if row.recording.spoken}
    assert cells == {expected[0]: expected for expected in CELLS}


def test_what_is_not_spoken_is_named(rows):
    lines = list(lines_of(rows))
    (told,) = [line for line in lines if BEDROCK in line]
    assert lines.index("not spoken:") == lines.index(told) - 1
    assert "AWS binary event stream. Read as openai-chat: not_a_stream: an AWS binary event stream" in told


def test_the_sums(rows):
    assert list(lines_of(rows))[-2] == "7 recordings: the SDK reads 5 as we do, 1 otherwise, and raises on 1"


def test_the_command(repository, wire_corpus):
    done = subprocess.run(
        [sys.executable, "-m", "conformance.table", "basic-text"],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": "tests", "PIPELINE_WIRE_CORPUS": str(wire_corpus)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    heading, row, *_ = done.stdout.splitlines()
    assert heading.startswith("recording ")
    assert row.split()[:4] == ["anthropic/basic-text.sse", "10", "4", "complete"]


def test_without_the_corpus(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PIPELINE_WIRE_CORPUS", str(tmp_path))
    assert main([]) == 0
    assert "set PIPELINE_WIRE_CORPUS" in capsys.readouterr().out


def test_a_name_that_no_recording_has(wire_corpus, monkeypatch, capsys):
    monkeypatch.setenv("PIPELINE_WIRE_CORPUS", str(wire_corpus))
    assert main(["nowhere"]) == 2
    assert "no recording's name holds nowhere" in capsys.readouterr().err
