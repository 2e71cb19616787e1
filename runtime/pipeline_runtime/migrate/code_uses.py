"""One legacy use in source code, and what both languages call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_runtime.migrate.findings import GUIDE_STEPS, Finding
from pipeline_runtime.migrate.keys import (
    CONFIGS,
    FLAG,
    FLAGS,
    GONE,
    HANDLER,
    HANDLERS,
    OPTS,
    STEP_KEYS,
    handler_name,
)

if TYPE_CHECKING:
    from pipeline_runtime.migrate.geometry import Edit, Source

OLD_ROOT = "Pipeline.AsyncStreaming"
OLD_BEHAVIOURS = frozenset({f"{OLD_ROOT}.Handler", "Pipeline.Streaming.AsyncHandler"})
_OLD_PARENTS = (OLD_ROOT, "Pipeline.Streaming.AsyncHandler", "Pipeline.Streaming.Handlers")
LEGACY_KEYS = STEP_KEYS
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Use:
    """A legacy use. Offsets are characters of the text."""

    start: int
    what: str
    becomes: str
    section: str
    why: str = ""
    edits: tuple[Edit, ...] = ()
    """What `--write` changes; nothing: somebody must."""
    names: frozenset[str] = frozenset()
    """What the edits need of `pipeline_runtime`."""

    def finding(self, path: str, source: Source) -> Finding:
        """It, at its line and column."""
        line, column = source.position(self.start)
        fixable = bool(self.edits)
        return Finding(
            path, line, column, shortened(self.what), self.becomes, self.section,
            "warning" if fixable else "error", fixable=fixable, why=self.why,
        )  # fmt: skip


def shortened(text: str) -> str:
    """A piece of code on one line, its beginning if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def key_today(key: str) -> tuple[str, str]:
    """What a legacy key of a step becomes, and why if it does not just change its name."""
    if key in FLAGS:
        return FLAG, ""
    if key in HANDLERS:
        return HANDLER, ""
    if key in CONFIGS:
        return OPTS, f"an option of the handler `{CONFIGS[key]}`"
    return ("", GONE[key]) if key in GONE else (OPTS, "")


def is_old_name(name: str) -> bool:
    """Whether a module's name belongs to the legacy system."""
    return any(name == parent or name.startswith(f"{parent}.") for parent in _OLD_PARENTS)


def module_today(name: str) -> str:
    """What a legacy module is called today."""
    if name in OLD_BEHAVIOURS:
        return "Pipeline.Streaming.Handler"
    if name in _OLD_PARENTS:
        return "Pipeline.Streaming"
    last = name.rpartition(".")[2]
    known = handler_name(last)
    return (
        f"Pipeline.Streaming.{known.built_in.capitalize()}Handler"
        if known and known.built_in
        else (f"Pipeline.Streaming.{last}")
    )


def why_module(name: str) -> str:
    """What a reader must do about a legacy module."""
    if name in OLD_BEHAVIOURS:
        return "implement handle_event/1; in Python, a class or function handle_event(event)"
    return ""


SECTION_OF_MODULES = GUIDE_STEPS
