"""The app on a folder of workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers_shell import FILES, Shell

if TYPE_CHECKING:
    from pathlib import Path

WORDS = """\
name: words
steps:
  - id: say
    type: llm
    provider: openai
    model: m
    stream: true
    prompt: Say it.
    retry: {attempts: 1}
    scenario: {reply: zero one two three, timing: {first_token: 0, rate: 0}}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with workflows, one of them called words."""
    return Shell(tmp_path / "flows").write({**FILES, "words.yaml": WORDS})
