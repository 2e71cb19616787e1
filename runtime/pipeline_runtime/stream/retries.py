"""When to try again, and how long to wait: pure.

Order and bounds follow the official SDKs (`retry-after-ms`, `retry-after`, `x-should-retry`; PROTOCOLS.md,
section 0).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT = 120.0
LONGEST_BACKOFF = 8.0
JITTER = 0.25


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often a step is tried."""

    attempts: int = 3
    """Tries in all, the first one included."""
    backoff: float = 0.5
    """Seconds before the second try; doubled for each further one, up to 8."""
    on_drop: Literal["fail", "restart"] = "fail"
    """When a stream breaks after its first delta: give up, or ask for the answer anew."""


def should_retry(headers: Mapping[str, str], *, retryable: bool) -> bool:
    """Whether another try may help: the server's `x-should-retry`, else what the failure itself says."""
    told = headers.get("x-should-retry", "").lower()
    if told in ("true", "false"):
        return told == "true"
    return retryable


def retry_delay(
    failures: int,
    policy: RetryPolicy,
    headers: Mapping[str, str],
    *,
    chance: float,
    now: datetime | None = None,
    in_body: float | None = None,
) -> float | None:
    """Seconds to wait before the next try; `None` when the server asks for longer than two minutes.

    Args:
        failures: How many tries have failed.
        policy: The step's own.
        headers: Of the failed response, by lower-case name.
        chance: A number in [0, 1) for the jitter.
        now: For `retry-after` dates; the current time when not given.
        in_body: Seconds that the body asks for; the headers win.
    """
    told = _told_delay(headers, now or datetime.now(UTC))
    told = in_body if told is None else told
    if told is not None:
        return told if told <= LONGEST_WAIT else None
    backoff = min(policy.backoff * 2.0 ** (failures - 1), LONGEST_BACKOFF)
    return backoff * (1 - JITTER * chance)


def _told_delay(headers: Mapping[str, str], now: datetime) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, float((moment - now).total_seconds()))


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and value >= 0 else None
