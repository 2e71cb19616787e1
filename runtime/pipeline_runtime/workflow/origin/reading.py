"""Reads one mapping of an old file key by key, and tells which keys nobody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_runtime.workflow.origin.words import NO_MEANING, WITHOUT_EFFECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_runtime.workflow.notices import Notices
    from pipeline_runtime.workflow.problems import Loc, Report


class Keys:
    """A mapping of the file, its place, and which of its keys have been read."""

    def __init__(self, data: Any, loc: Loc, report: Report, notices: Notices) -> None:
        """Take it; anything but a mapping is a problem, and read as an empty one."""
        self.loc = loc
        self.report = report
        self.notices = notices
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        self._read: set[str] = set()
        if data is not None and not isinstance(data, dict):
            self.wrong("a mapping (`key: value`)", loc)

    def __contains__(self, key: str) -> bool:
        return self.data.get(key) is not None

    def at(self, key: str) -> Loc:
        """Where a key is."""
        return (*self.loc, key)

    def get(self, key: str) -> Any:
        """Its value, of whatever kind; `None` where there is none."""
        self._read.add(key)
        return self.data.get(key)

    def text(self, key: str) -> str | None:
        """Its text; another single value is written out, anything else is a problem."""
        value = self.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            return str(value).lower() if isinstance(value, bool) else str(value)
        self.wrong("a text", self.at(key))
        return None

    def number(self, key: str) -> float | None:
        """Its number; anything else is a problem."""
        value = self.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self.wrong("a number", self.at(key))
        return None

    def items(self, key: str) -> list[Any]:
        """Its list; anything else is a problem, and an empty one."""
        value = self.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.wrong("a list (lines that begin with `- `)", self.at(key))
        return []

    def child(self, key: str) -> Keys:
        """The mapping in it; an empty one where there is none."""
        return Keys(self.get(key), self.at(key), self.report, self.notices)

    def wrong(self, expected: str, loc: Loc) -> None:
        """Report a value of the wrong kind."""
        self.report.add(f"`{loc[-1]}` must be {expected}", loc)

    def passed(self, names: Iterable[str]) -> dict[str, Any]:
        """Those of `names` that are here, as they are: keys that today's format has too."""
        return {name: self.get(name) for name in names if name in self.data}

    def tell_rest(self, reasons: Mapping[str, str], *, untold: frozenset[str] = WITHOUT_EFFECT) -> None:
        """A notice for every key that was not read, but those in `untold`."""
        prefix = (
            f"{self.loc[-1]}."
            if self.loc and str(self.loc[-1]).endswith(("options", "budget", "config"))
            else ""
        )
        for key in self.data:
            if key not in self._read and key not in untold:
                why = reasons.get(key, NO_MEANING)
                self.notices.add("ignored", f"`{prefix}{key}` is ignored: {why}", self.at(key))
