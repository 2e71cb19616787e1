"""The legacy names: keys, handlers, and what each is today."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPTIONS_KEY = "claude_options"
FLAG, HANDLER, OPTS = "stream", "stream_handler", "stream_handler_opts"

FLAGS = frozenset({"async_stream", "async_streaming"})
HANDLERS = frozenset({"async_handler", "async_stream_handler"})
OPTS_KEYS = frozenset({"async_handler_opts", "async_stream_handler_opts"})
CONFIGS = {
    "stream_console_config": "console",
    "stream_file_path": "file",
    "stream_file_format": "file",
    "stream_file_rotation": "file",
    "stream_buffer_config": "buffer",
    "stream_callback_config": "callback",
}
"""Keys that configure one handler, and which."""
GONE = {
    "stream_buffer_size": "it held whole messages back; every delta is handed on as it lands",
}
"""Keys without a meaning today, and why."""

STEP_KEYS = FLAGS | HANDLERS | OPTS_KEYS | CONFIGS.keys() | GONE.keys()
"""Legacy wherever they stand in a step."""
IN_OPTIONS = STEP_KEYS | {HANDLER, OPTS}
"""Legacy inside `claude_options`: the last two belong to the step today."""
WORDS = (*sorted(STEP_KEYS), HANDLER)
"""A text with none of these has nothing to migrate."""

BUILT_IN = ("console", "simple", "file", "buffer", "callback", "debug")
_CLASSES = {
    **{f"{name.capitalize()}Handler": name for name in BUILT_IN},
    "SimpleMessageHandler": "simple",
    "ClaudeTextHandler": "console",
}
_OLD_MODULE = re.compile(
    r"(?:Elixir\.)?(?:Pipeline\.AsyncStreaming\.(?:Handlers\.)?|Pipeline\.Streaming\.Handlers\.)(?P<name>\w+)"
)
_NEW_MODULE = re.compile(r"(?:Elixir\.)?Pipeline\.Streaming\.(?P<name>\w+)")
_PYTHON_PATH = re.compile(r"[a-z_]\w*(?:\.\w+)*(?:[:.]\w+)")

_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off", "", "null", "~"})


@dataclass(frozen=True, slots=True)
class HandlerName:
    """What a legacy handler's name becomes."""

    text: str
    """What to write."""
    built_in: str | None
    """Which built-in it is; `None`: somebody's own."""


def handler_name(given: str) -> HandlerName | None:
    """Today's name of a legacy handler; `None` if nobody can say.

    Short names stay short, module names become the guide's (`Pipeline.Streaming.ConsoleHandler`), and what is
    the path of a Python handler stays as it is.
    """
    name = given.strip().removeprefix(":")
    if name in BUILT_IN:
        return HandlerName(name, name)
    if name in _CLASSES:
        return HandlerName(_CLASSES[name], _CLASSES[name])
    module = _OLD_MODULE.fullmatch(name) or _NEW_MODULE.fullmatch(name)
    if module is not None:
        built_in = _CLASSES.get(module["name"])
        return (
            HandlerName(f"Pipeline.Streaming.{built_in.capitalize()}Handler", built_in) if built_in else None
        )
    return HandlerName(name, None) if _PYTHON_PATH.fullmatch(name) else None


def is_old_module(given: str) -> bool:
    """Whether a handler's name is a legacy module's: it is legacy under today's key too."""
    return _OLD_MODULE.fullmatch(given.strip()) is not None


def truth(given: str) -> bool | None:
    """The truth value that a text was meant to be; `None` if it is none."""
    word = given.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None
