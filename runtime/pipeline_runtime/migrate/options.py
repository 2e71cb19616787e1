"""What the options of the legacy handlers are today: one table per handler, and the values that change.

Read from the legacy handlers' own options and from what their documents showed; an option that none of them
knew is an error, because nobody can say what it was meant to do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.migrate.keys import truth
from pipeline_runtime.migrate.nodes import Mapping, Scalar, Sequence, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_runtime.migrate.nodes import Entry

MEBIBYTE = 1 << 20
STAND_IN = "logging:info"
"""A callback logs its events until somebody names a better one: a legacy file could not name any."""
_PYTHON_PATH = re.compile(r"[a-z_]\w*(?:\.\w+)*:[A-Za-z_][\w.]*")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PLACES = {
    **dict.fromkeys(("run", "run_id", "session_id", "execution_id", "timestamp"), "run"),
    **dict.fromkeys(("step", "step_name", "step_id"), "step"),
    **dict.fromkeys(("workflow", "workflow_name", "pipeline_name"), "workflow"),
}
_LANES = {
    **dict.fromkeys(("text", "assistant", "message", "content", "chunk"), "text"),
    **dict.fromkeys(("thinking", "reasoning"), "thinking"),
    **dict.fromkeys(("tool_use", "tool_call"), "tool_input"),
}
_KINDS = {
    **dict.fromkeys(_LANES, "delta"),
    **dict.fromkeys(("result", "complete", "done"), "done"),
    "system": "step_started",
    "error": "error",
}
_NO_KIND = frozenset({"tool_result", "user"})


class Unmapped(Exception):
    """An option that nobody can map; its message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """An option of today's handler: its value is that of `entry`, or `text` if it is written anew."""

    name: str
    entry: Entry | None
    text: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Gone:
    """An option without a meaning today."""

    entry: Entry
    why: str


Outcome: TypeAlias = "Option | Gone"
Rule: TypeAlias = "str | tuple[str] | Callable[[Entry], list[Outcome]]"
"""Today's name; or in a tuple why it goes; or what to make of the entry."""


def map_option(handler: str, entry: Entry) -> list[Outcome]:
    """What an option of a legacy handler becomes.

    Raises:
        Unmapped: nobody can say.
    """
    rule = _RULES[handler].get(entry.name or "")
    if rule is None:
        raise Unmapped(f"the {handler} handler had no option `{entry.name}`")
    if isinstance(rule, str):
        return [Option(rule, entry)]
    return [Gone(entry, rule[0])] if isinstance(rule, tuple) else rule(entry)


def _number(entry: Entry) -> int:
    value = _text(entry)
    if not re.fullmatch(r"[1-9][0-9]{0,11}", value):
        raise Unmapped(f"`{value}` is no positive number")
    return int(value)


def _text(entry: Entry) -> str:
    node = resolve(entry.value)
    if not isinstance(node, Scalar):
        raise Unmapped("a single value was expected")
    return node.value


def _flag(entry: Entry) -> bool:
    value = truth(_text(entry))
    if value is None:
        raise Unmapped(f"`{_text(entry)}` is neither true nor false")
    return value


def _switch(name: str, when_true: str, when_false: str) -> Rule:
    return lambda entry: [Option(name, entry, when_true if _flag(entry) else when_false)]


def _boolean(name: str) -> Rule:
    return _switch(name, "true", "false")


def _size(name: str) -> Rule:
    """A size in mebibytes, whole or not."""

    def rule(entry: Entry) -> list[Outcome]:
        if not re.fullmatch(r"(?=.*[1-9])[0-9]{1,9}(\.[0-9]{1,9})?", _text(entry)):
            raise Unmapped(f"`{_text(entry)}` is no size")
        return [Option(name, entry, f"{_text(entry)}MiB")]

    return rule


def _bytes(entry: Entry) -> list[Outcome]:
    size = _number(entry)
    return [Option("max_size", entry, f"{size // MEBIBYTE}MiB" if size % MEBIBYTE == 0 else str(size))]


def _path(entry: Entry) -> list[Outcome]:
    given = _text(entry)
    unknown = [name for name in _PLACEHOLDER.findall(given) if name not in _PLACES]
    path = _PLACEHOLDER.sub(lambda found: "{" + _PLACES.get(found[1], found[1]) + "}", given)
    if unknown:
        raise Unmapped(f"a file's path takes {{run}}, {{step}} and {{workflow}}, no `{unknown[0]}`")
    return [Option("path", entry, None if path == given else double_quoted(path))]


def _format(entry: Entry) -> list[Outcome]:
    given = _text(entry).lstrip(":")
    if given not in ("text", "json", "jsonl"):
        raise Unmapped(f"there is no format `{given}`: text or jsonl")
    return [Option("format", entry, "jsonl" if given == "json" else None)]


def _rotation(entry: Entry) -> list[Outcome]:
    """`{enabled, max_size_mb, max_files, compress}`."""
    node = resolve(entry.value)
    if isinstance(node, Scalar):
        return [Gone(entry, "a file is rotated if `max_size` is given")] if not _flag(entry) else [
            Option("max_size", entry, "100MiB")
        ]  # fmt: skip
    if not isinstance(node, Mapping):
        raise Unmapped("a mapping was expected: enabled, max_size_mb, max_files")
    found = [outcome for one in node.entries for outcome in map_option("rotation", one)]
    switch = next((one for one in node.entries if one.name == "enabled"), None)
    if switch is not None and not _flag(switch):
        return [Gone(one, "the file is not rotated") for one in node.entries]
    if found and not any(isinstance(one, Option) and one.name == "max_size" for one in found):
        found.insert(0, Option("max_size", None, "100MiB"))
    return found


def _rate(entry: Entry) -> list[Outcome]:
    _number(entry)
    return [Option("rate_limit", entry), Option("over_limit", None, "skip")]


def _interval(entry: Entry) -> list[Outcome]:
    return [Option("rate_limit", entry, f"{1000 / _number(entry):g}"), Option("over_limit", None, "skip")]


def _types(entry: Entry) -> list[Outcome]:
    """Message types are lanes of deltas, and kinds of events."""
    node = resolve(entry.value)
    items = [resolve(item) for item in node.items] if isinstance(node, Sequence) else [node]
    names = [item.value.lstrip(":") for item in items if isinstance(item, Scalar)]
    unknown = [name for name in names if name not in _KINDS and name not in _NO_KIND]
    if unknown or len(names) < len(items):
        raise Unmapped(f"there is no message type {' or '.join(f'`{name}`' for name in unknown)}".rstrip())
    lanes = dict.fromkeys(_LANES[name] for name in names if name in _LANES)
    kinds = dict.fromkeys(_KINDS[name] for name in names if name in _KINDS)
    if not kinds:
        return [Gone(entry, "a tool's result is no part of a stream")]
    found: list[Outcome] = [Option("kinds", entry, f"[{', '.join(kinds)}]")]
    return [*found, Option("lanes", None, f"[{', '.join(lanes)}]")] if lanes else found


def _strategy(entry: Entry) -> list[Outcome]:
    given = _text(entry).lstrip(":")
    stops = {"stop": "stop", "fail": "stop", "abort": "stop", "halt": "stop"}
    if given in ("continue", "ignore", "skip", "log"):
        return [Option("on_error", entry, None if given == "continue" else "continue")]
    if given not in stops:
        raise Unmapped(f"after an error a callback goes on or stops; `{given}` is neither")
    return [Option("on_error", entry, None if given == "stop" else "stop")]


def _function(name: str) -> Rule:
    def rule(entry: Entry) -> list[Outcome]:
        if not _PYTHON_PATH.fullmatch(_text(entry)):
            raise Unmapped(
                f"`{_text(entry)}` is no Python function: port it, and write package.module:function"
            )
        return [Option(name, entry)]

    return rule


def double_quoted(text: str) -> str:
    """A text as a YAML scalar in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ALWAYS = ("it is always shown",)
_COLOURS = dict.fromkeys(
    ("color_output", "use_colors", "use_color", "colors", "color", "colour"), _boolean("colour")
)
_TIMES = dict.fromkeys(("show_timestamps", "timestamps"), _boolean("timestamps"))
_LOOKS = {
    "show_progress": ("text shows its progress by itself",),
    "clear_on_update": ("text is never printed twice",),
    "indent_size": ("nothing is indented",),
    "show_errors": _ALWAYS,
    "show_tool_results": ("a tool's result is no part of a stream",),
    "show_tokens": ("the summary tells them",),
}
_RULES: dict[str, dict[str, Rule]] = {
    "console": {
        **_COLOURS, **_TIMES, **_LOOKS,
        "show_header": _boolean("header"), "show_stats": _boolean("summary"),
        "show_tool_use": _boolean("tools"), "show_thinking": _boolean("thinking"),
    },
    "simple": {
        **_TIMES, **_LOOKS, **dict.fromkeys(_COLOURS, ("it prints no colours",)),
        "show_header": ("it has none",), "show_stats": _ALWAYS, "show_tool_use": _ALWAYS,
    },
    "debug": {
        **_COLOURS, **_LOOKS, **dict.fromkeys(_TIMES, _ALWAYS),
        "show_header": _ALWAYS, "show_stats": _ALWAYS, "show_tool_use": _ALWAYS,
    },
    "file": {
        **dict.fromkeys(("file_path", "path", "stream_file_path"), _path),
        **dict.fromkeys(("format", "stream_file_format"), _format),
        **dict.fromkeys(("rotation", "stream_file_rotation"), _rotation),
        "append": _switch("mode", "append", "replace"), "buffer_size": "buffer_size",
        "max_file_size": _bytes, "max_size_mb": _size("max_size"), "max_files": "keep",
        **dict.fromkeys(("compress_on_rotation", "compress"), _boolean("compress")),
    },
    "rotation": {
        "enabled": ("`max_size` says that the file is rotated",), "max_size_mb": _size("max_size"),
        "max_file_size": _bytes, "max_size": "max_size",
        **dict.fromkeys(("max_files", "max_backups", "keep"), "keep"),
        **dict.fromkeys(("compress_on_rotation", "compress"), _boolean("compress")),
    },
    "buffer": {
        **dict.fromkeys(("max_size", "max_buffer_size"), "max_events"),
        **dict.fromkeys(("circular", "circular_buffer"), _switch("when_full", "ring", "stop")),
        **dict.fromkeys(("deduplication", "deduplicate", "dedupe"), _boolean("deduplicate")),
        "collect_stats": ("a buffer always counts",), "memory_limit": "max_bytes",
        "memory_limit_mb": _size("max_bytes"), "rotation_callback": _function("hand_over"),
    },
    "callback": {
        "filter_types": _types, "rate_limit": _rate, "rate_limit_ms": _interval,
        **dict.fromkeys(("async_callback", "async_callbacks"), _boolean("thread")),
        **dict.fromkeys(("error_strategy", "error_policy", "on_error"), _strategy),
        **dict.fromkeys(("callback", "callback_fn"), _function("callback")),
        "error_handler": _function("error_callback"), "initial_state": ("a class keeps its own state",),
    },
}  # fmt: skip
