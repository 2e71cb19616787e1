"""Fixtures of the wire tests."""

from __future__ import annotations

from contextlib import contextmanager

import pytest


@pytest.fixture
def subtests_failures():
    """Names the case that an assertion belongs to, and goes on to the next: all failures are told at the end."""
    failures: list[str] = []

    @contextmanager
    def case(name: str):
        try:
            yield
        except AssertionError as error:
            failures.append(f"{name}: {error}")

    yield case
    assert not failures, "\n".join(failures)
