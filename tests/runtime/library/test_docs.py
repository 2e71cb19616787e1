"""What docs/runs.md says of formats, statuses and names is so."""

from __future__ import annotations

import pytest

from helpers_docs import rows, section
from pipeline_runtime.cli.commands import runs as command
from pipeline_runtime.library import FORMATS


@pytest.fixture
def page(repository):
    return (repository / "docs" / "runs.md").read_text(encoding="utf-8")


def test_every_format_is_told(page):
    assert [row[0].strip("`") for row in rows(section(page, "## Exporting"))] == list(FORMATS)
    assert command.FORMATS == FORMATS
