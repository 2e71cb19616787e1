"""Texts of legacy workflows and what they become, written for these tests."""

from __future__ import annotations

from pipeline_runtime.migrate.yaml_text import migrate


def migrated(text: str) -> str:
    """What a text becomes; a second run must not change it again, and nothing may be left."""
    result = migrate(text, "flow.yaml")
    assert [one for one in result.findings if not one.fixable] == []
    again = migrate(result.after, "flow.yaml")
    assert again.findings == ()
    assert again.after == result.after
    return result.after


def told(text: str) -> list[tuple[int, str, str, str]]:
    """Line, severity, what it becomes and why, of each finding."""
    return [(one.line, one.severity, one.becomes, one.why) for one in migrate(text, "flow.yaml").findings]
