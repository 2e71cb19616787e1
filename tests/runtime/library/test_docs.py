"""What docs/runs.md says of formats, statuses and names is so."""

from __future__ import annotations

from typing import get_args

import pytest

from helpers_docs import rows, section
from pipeline_runtime.cli.commands import runs as command
from pipeline_runtime.library import FORMATS
from pipeline_runtime.runlog.summaries import RunStatus


@pytest.fixture
def page(repository):
    return (repository / "docs" / "runs.md").read_text(encoding="utf-8")


def test_every_format_is_told(page):
    assert [row[0].strip("`") for row in rows(section(page, "## Exporting"))] == list(FORMATS)
    assert command.FORMATS == FORMATS


def test_every_status_can_be_asked_for():
    said = {word for part in get_args(RunStatus) for word in (get_args(part) or (part,))}
    assert set(command.STATUSES) == said
