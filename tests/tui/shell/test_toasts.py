"""Toasts that are there already are not shown again, and what is remembered of them does not grow."""

from __future__ import annotations

from pipeline_tui.toasts import Toasts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_same_toast_is_admitted_again_when_its_time_is_over() -> None:
    toasts = Toasts(clock := Clock())
    assert toasts.admits("saved", "", 5.0)
    assert toasts.admits("saved", "FILE", 5.0), "under another title it is another one"
    clock.now = 4.9
    assert not toasts.admits("saved", "", 5.0)
    clock.now = 5.0
    assert toasts.admits("saved", "", 5.0)


def test_those_whose_time_is_over_are_forgotten() -> None:
    toasts = Toasts(clock := Clock())
    for number in range(1000):
        clock.now = float(number)
        toasts.admits(f"run {number} was cancelled", "", 5.0)
    assert len(toasts) == 5
