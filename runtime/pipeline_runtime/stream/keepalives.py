"""Watches how a server keeps a silent stream alive. No clock of its own: times are ns since the run began."""

from __future__ import annotations

from statistics import median

from msgspec import Struct

from pipeline_runtime.metrics import SECOND

USUAL_LIMIT = 60.0
"""Seconds after which proxies commonly cut a silent stream (nginx, AWS ALB and HAProxy by default)."""
LATE_SHARE = 0.5
MISSING_FLOOR = 5 * SECOND
MISSING_FACTOR = 3
LEAST_SEEN = 2


class KeepaliveFinding(Struct, frozen=True):
    """A lint about keepalives, with its facts."""

    code: str
    facts: dict[str, str]


class KeepaliveWatch:
    """Takes the time of every read that brought frames; each finding is given once.

    A keepalive is a read of frames that bring nothing of the answer; its silence is the time since the read
    before it. `docs/lint.md` says what the findings go by.
    """

    def __init__(self, idle_limit: float | None) -> None:
        """`idle_limit`: seconds of silence that this client itself takes for the end."""
        self._limit = USUAL_LIMIT if idle_limit is None else min(idle_limit, USUAL_LIMIT)
        self._last: int | None = None
        self._silences: list[int] = []
        self._told: set[str] = set()

    def begin(self, at: int) -> None:
        """The body begins, or is read on after it was held from here: silence counts from now."""
        self._last = at

    def feed(self, at: int, *, progressed: bool) -> KeepaliveFinding | None:
        """A read brought frames; `progressed`: something of the answer among them."""
        silence = at - (at if self._last is None else self._last)
        self._last = at
        found = self._missing(silence)
        if progressed or silence <= 0:
            return found
        self._silences.append(silence)
        if found is None and silence > LATE_SHARE * self._limit * SECOND:
            facts = {"gap": _seconds(silence), "limit": f"{self._limit:g}"}
            return self._once(KeepaliveFinding("keepalive_slow", facts))
        return found

    def end(self, at: int) -> KeepaliveFinding | None:
        """The body has ended, in order or not."""
        return None if self._last is None else self._missing(at - self._last)

    def _missing(self, silence: int) -> KeepaliveFinding | None:
        if silence <= MISSING_FLOOR or len(self._silences) < LEAST_SEEN:
            return None
        usual = int(median(self._silences))
        if silence <= MISSING_FACTOR * usual:
            return None
        facts = {"usual": _seconds(usual), "gap": _seconds(silence)}
        return self._once(KeepaliveFinding("keepalive_missing", facts))

    def _once(self, finding: KeepaliveFinding) -> KeepaliveFinding | None:
        if finding.code in self._told:
            return None
        self._told.add(finding.code)
        return finding


def _seconds(ns: int) -> str:
    return f"{ns / SECOND:.1f}"
