"""The user is told when the screen lags, in what it lags, and no longer than it does."""

from __future__ import annotations

from pipeline_tui.views.behind import MANY, Behind


def test_what_nobody_notices_is_not_told() -> None:
    behind = Behind()
    behind.late(0.2)
    behind.waiting(MANY)
    assert behind.text() == ""


def test_a_late_frame_is_told_once() -> None:
    behind = Behind()
    behind.late(0.44)
    behind.late(0.1)
    assert behind.text() == "UI behind by 0.4 s"
    assert behind.text() == ""


def test_events_that_wait_are_counted() -> None:
    behind = Behind()
    behind.late(3)
    behind.waiting(12_000)
    behind.waiting(0)
    assert behind.text() == "UI behind by 12,000 events"
    assert behind.text() == ""
