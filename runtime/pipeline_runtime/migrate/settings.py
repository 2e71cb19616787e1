"""What a step's handler options become, from wherever the legacy system took them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline_runtime.errors import HandlerLoadError
from pipeline_runtime.handlers.finding import find_handler
from pipeline_runtime.handlers.loading import load_handler
from pipeline_runtime.handlers.options import OptionError, check_options, options_of
from pipeline_runtime.migrate.contexts import flatten
from pipeline_runtime.migrate.keys import CONFIGS, FLAGS, HANDLER, HANDLERS, OPTS, OPTS_KEYS, HandlerName
from pipeline_runtime.migrate.nodes import Mapping, Scalar, Sequence, resolve
from pipeline_runtime.migrate.options import STAND_IN, Gone, Option, Unmapped, map_option
from pipeline_runtime.migrate.slots import Legacy, legacy_entries
from pipeline_runtime.workflow.scalars import plain

if TYPE_CHECKING:
    from pipeline_runtime.migrate.contexts import Host
    from pipeline_runtime.migrate.nodes import Entry, Node
    from pipeline_runtime.migrate.slots import Decisions

FILE_FALLBACK = '"streams/{run}/{step}.txt"'
"""Where a file handler without a path writes: the legacy one made a new file in the temporary folder."""
_WHOLE = frozenset({"stream_file_path", "stream_file_format", "stream_file_rotation"})
_REQUIRED = {"file": {"path": "file"}, "callback": {"callback": STAND_IN}}
"""What the handler of the defaults has, when a step gives only the rest."""
_DEEPEST = 3
"""No option of a built-in is deeper; aliases of aliases could grow without end."""
_USERS_CODE = frozenset({"callback", "error_callback", "hand_over"})


@dataclass(slots=True)
class Settings:
    """The options of a step's handler today, and which legacy entries they come from."""

    sources: list[Legacy] = field(default_factory=list)
    """In the order of the text; empty: nothing to change."""
    options: list[Option] = field(default_factory=list)
    whole: Entry | None = None
    """The options of somebody's own handler: they are handed on as they are."""
    names_handler: str | None = None
    """No handler was named, and the options can only be for this one."""


def decide_settings(host: Host, decisions: Decisions, inherited: HandlerName | None) -> Settings:
    """What becomes of `stream_handler_opts`, `stream_console_config`, `stream_file_path` and their like.

    Args:
        host: The step.
        decisions: What is decided for its flag and handler; gets the findings.
        inherited: The handler that the defaults name.
    """
    sources = legacy_entries(host, {*OPTS_KEYS, *CONFIGS}, {*OPTS_KEYS, *CONFIGS, OPTS})
    now = host.own(OPTS)
    handler = decisions.handler or inherited
    if now and _is_legacy(host, now[0], handler):
        sources, now = [Legacy(now[0], in_options=False), *sources], []
    if not sources and not _needs_options(decisions, handler, now):
        return Settings()
    if decisions.handler_is_left:
        decisions.leave(sources, "its handler is left alone, and so are its options")
        return Settings()
    if now:
        decisions.leave(sources, f"`{OPTS}` is there already: merge the two")
        return Settings()
    if handler is not None and handler.built_in is None:
        return _own(sources, decisions)
    settings = _built_in(sources, decisions, handler)
    if any(one in decisions.left for one in sources):
        decisions.leave_handler("its options are left alone, and so is it")
    return settings


def _is_legacy(host: Host, entry: Entry, handler: HandlerName | None) -> bool:
    """Whether options under today's key are a legacy handler's: it is named beside them, and they say so."""
    is_beside = bool(host.own(*FLAGS, *HANDLERS, *OPTS_KEYS, *CONFIGS))
    if not is_beside or handler is None or handler.built_in is None:
        return False
    options = [Option(name, one) for name, one in flatten(entry.value).items()]
    return bool(_problem(handler.built_in, options))


def _needs_options(decisions: Decisions, handler: HandlerName | None, now: list[Entry]) -> bool:
    """Whether a handler that is rewritten cannot be made without options, and has none."""
    rewritten = any(one.key == HANDLER for one in decisions.rewrites)
    return rewritten and not now and handler is not None and handler.built_in in ("file", "callback")


def _own(sources: list[Legacy], decisions: Decisions) -> Settings:
    settings = Settings()
    for legacy in sources:
        name = legacy.entry.name or ""
        if name in CONFIGS:
            decisions.remove(legacy, f"it is for the {CONFIGS[name]} handler, and another one is named")
        elif settings.whole is not None:
            decisions.leave([legacy], "the handler's options are given twice: merge the two")
        else:
            settings.sources.append(legacy)
            settings.whole = legacy.entry
            decisions.tell(legacy, f"{OPTS}: ...")
    return settings


def _built_in(sources: list[Legacy], decisions: Decisions, handler: HandlerName | None) -> Settings:
    name = handler.built_in if handler and handler.built_in else _inferred(sources)
    settings = Settings(names_handler=None if handler else name)
    used: list[tuple[Legacy, list[Option], list[Gone]]] = []
    for legacy in sources:
        key = legacy.entry.name or ""
        if CONFIGS.get(key, name) != name:
            decisions.remove(legacy, f"it is for the {CONFIGS[key]} handler, and the {name} handler is named")
            continue
        try:
            used.append((legacy, *_mapped(name, legacy.entry)))
        except Unmapped as reason:
            decisions.leave([legacy], str(reason))
            rest = [one for one in sources if one not in decisions.left and one not in decisions.removed]
            decisions.leave(rest, "another option of the handler is left alone")
            return Settings()
    rewrite = next((one for one in decisions.rewrites if one.key == HANDLER), None)
    if not used and rewrite is None:
        return Settings()
    settings.options = [option for _, options, _ in used for option in options]
    if not settings.options:
        settings.names_handler = None
    added = _complete(name, settings.options) if rewrite or settings.names_handler else ""
    problem = _problem(name, settings.options)
    if problem:
        decisions.leave([legacy for legacy, _, _ in used], problem)
        return Settings()
    settings.sources = [legacy for legacy, _, _ in used]
    for legacy, options, gone in used:
        _tell(decisions, legacy, options, gone)
    if added and rewrite is not None:
        decisions.note(rewrite.legacy.entry, added, f"{OPTS}: {{{settings.options[0].name}: ...}}")
    return settings


def _inferred(sources: list[Legacy]) -> str:
    families = {CONFIGS[one.entry.name] for one in sources if one.entry.name in CONFIGS}
    return families.pop() if len(families) == 1 else "console"


def _mapped(handler: str, source: Entry) -> tuple[list[Option], list[Gone]]:
    """What one legacy entry comes to.

    Raises:
        Unmapped: nobody can say.
    """
    today = {one.name for one in options_of(find_handler(handler))}
    if source.name in _WHOLE:
        outcomes = map_option(handler, source)
    else:
        node = resolve(source.value)
        if not isinstance(node, Mapping) and not (
            isinstance(node, Scalar) and node.value in ("", "~", "null")
        ):
            raise Unmapped("a mapping of options was expected")
        entries = list(flatten(node).values())
        pair = _module_and_function(entries) if handler == "callback" else None
        if pair is not None:
            entries = [one for one in entries if one.name not in ("module", "function")]
        outcomes = [outcome for one in entries for outcome in _outcomes(handler, one, today)]
        outcomes += [pair] if pair else []
    return [one for one in outcomes if isinstance(one, Option)], [
        one for one in outcomes if isinstance(one, Gone)
    ]


def _outcomes(handler: str, entry: Entry, today: set[str]) -> list[Option | Gone]:
    try:
        return map_option(handler, entry)
    except Unmapped:
        if entry.name in today:
            return [Option(entry.name, entry)]
        raise


def _module_and_function(entries: list[Entry]) -> Option | None:
    """`module` and `function` of a callback, as one Python path."""
    found = {one.name: resolve(one.value) for one in entries if one.name in ("module", "function")}
    if not found:
        return None
    texts = [
        node.value if isinstance(node, Scalar) else ""
        for node in map(found.get, ("module", "function"))
        if node
    ]
    path = ":".join(texts)
    if len(texts) < 2 or not re.fullmatch(r"[a-z_][\w.]*:\w+", path):  # noqa: PLR2004 - a pair
        raise Unmapped(
            f"`{path}` is no Python function: port it, and write `callback: package.module:function`"
        )
    return Option("callback", None, path)


def _complete(handler: str, options: list[Option]) -> str:
    """Give what today's handler cannot be made without, and say so."""
    names = {one.name for one in options}
    if handler == "file" and "path" not in names:
        options.insert(0, Option("path", None, FILE_FALLBACK))
        return "no path was given: it was a new file in the temporary folder; name yours"
    if handler == "callback" and "callback" not in names:
        options.insert(0, Option("callback", None, STAND_IN))
        return f"a legacy file could not name the function: `{STAND_IN}` stands in; name yours"
    return ""


def _problem(handler: str, options: list[Option]) -> str:
    """Why today's handler would refuse these options; empty if it takes them."""
    names = [one.name for one in options]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        return f"its option `{twice}` is given twice: keep one"
    opts = {**_REQUIRED.get(handler, {}), **{one.name: _value(one) for one in options}}
    code = next((name for name in names if name in _USERS_CODE and not isinstance(opts[name], str)), None)
    if code:
        return f"its option `{code}` names no Python function: write `{code}: package.module:function`"
    try:
        if _USERS_CODE.isdisjoint(names):
            load_handler(handler, opts)
        else:  # whose code may not be importable from here
            check_options(find_handler(handler), opts)
    except (HandlerLoadError, OptionError, ValueError) as error:
        return f"today's {handler} handler would refuse it: {error}"
    return ""


def _value(option: Option) -> Any:
    if option.text is not None:
        return _read(option.text)
    return _data(option.entry.value) if option.entry else None


def _read(text: str) -> Any:
    """The value of a text that the options' table wrote."""
    if text.startswith("["):
        return text[1:-1].split(", ")
    return text[1:-1] if text.startswith('"') else plain(text)


def _data(node: Node, deep: int = 0) -> Any:
    node = resolve(node)
    if deep > _DEEPEST:
        return None
    if isinstance(node, Scalar):
        return plain(node.value) if node.style is None and node.tag is None else node.value
    if isinstance(node, Sequence):
        return [_data(item, deep + 1) for item in node.items]
    return {name: _data(entry.value, deep + 1) for name, entry in flatten(node).items()}


def _tell(decisions: Decisions, legacy: Legacy, options: list[Option], gone: list[Gone]) -> None:
    shown = ", ".join(f"{one.name}: {one.text}" if one.text else one.name for one in options)
    if options:
        decisions.tell(legacy, f"{OPTS}: {{{shown}}}")
    for one in gone:
        decisions.note(one.entry, one.why)
    if not options and not gone:
        decisions.note(legacy.entry, "it says nothing")
