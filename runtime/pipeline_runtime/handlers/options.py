"""A handler's options: what its class or factory takes, and whether what was given fits."""

from __future__ import annotations

import collections.abc
import inspect
import re
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from pipeline_runtime.events import AnyEvent
from pipeline_runtime.workflow.spelling import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNITS = {
    "": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}  # fmt: skip
_OFTEN_UNSEEN = {**vars(collections.abc), "Path": Path, "AnyEvent": AnyEvent}
"""What modules often import for type checkers only."""
_UNKNOWN = object()


class OptionError(ValueError):
    """The value of an option is not right."""

    def __init__(self, option: str, problem: str, *, cure: str) -> None:
        super().__init__(f"option `{option}`: {problem}")
        self.cure = cure


class Option(msgspec.Struct, frozen=True):
    """One option of a handler."""

    name: str
    type: str
    required: bool
    default: Any = None
    says: str = ""
    """What the docstring says of it, if it says anything."""


def options_of(target: Callable[..., Any]) -> tuple[Option, ...]:
    """The options that a class or a factory takes, but for those that only code can give."""
    says = _described(inspect.getdoc(target) or "")
    found = []
    for parameter in _parameters(target).values():
        hint = _hint(target, parameter)
        if parameter.kind is parameter.VAR_KEYWORD or _only_from_code(hint):
            continue
        required = parameter.default is parameter.empty
        default = None if required else parameter.default
        written = _written(hint, parameter)
        found.append(Option(parameter.name, written, required, default, says.get(parameter.name, "")))
    return tuple(found)


def check_options(target: Callable[..., Any], opts: Mapping[str, Any]) -> dict[str, Any]:
    """The options as `target` takes them.

    Raises:
        OptionError: One is unknown, missing or of the wrong type.
    """
    parameters = _parameters(target)
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    named = {name: one for name, one in parameters.items() if one.kind is not one.VAR_KEYWORD}
    for name in opts:
        if name not in named and not takes_any:
            raise OptionError(
                name, "there is no such option", cure=suggest(name, named, otherwise="it takes none")
            )
    for name, parameter in named.items():
        if name not in opts and parameter.default is parameter.empty:
            raise OptionError(name, "it is missing", cure=f"give `{name}` in stream_handler_opts")
    return {
        name: _fitting(name, value, _hint(target, named[name])) if name in named else value
        for name, value in opts.items()
    }


def size_option(option: str, value: float | str) -> int:
    """A size in bytes, from `65536`, `"64KB"` or `"1.5 MiB"`.

    Raises:
        OptionError: It is none, or not positive.
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", str(value))
    unit = UNITS.get(found[2].lower()) if found else None
    size = int(float(found[1]) * unit) if found and unit else 0
    if size < 1:
        raise OptionError(
            option, f"`{value}` is no size", cure="write such as 10MB, 512KiB, or a number of bytes"
        )
    return size


def at_least(option: str, value: float, least: float) -> None:
    """Check a number.

    Raises:
        OptionError: It is smaller.
    """
    if value < least:
        raise OptionError(option, f"{value:g} is too small", cure=f"{least:g} is the least")


def _parameters(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        found = inspect.signature(target).parameters
    except (TypeError, ValueError):  # a class without a readable signature, as of C: let it judge by itself
        return {"opts": inspect.Parameter("opts", inspect.Parameter.VAR_KEYWORD)}
    positional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY)
    return {name: one for name, one in found.items() if one.kind not in positional}


def _hint(target: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """The type that a parameter is annotated with; `_UNKNOWN` if there is none that can be read here."""
    if parameter.annotation is parameter.empty:
        return _UNKNOWN
    module = sys.modules.get(target.__module__)
    holder = types.SimpleNamespace(__annotations__={"it": parameter.annotation})
    try:
        return get_type_hints(holder, {**_OFTEN_UNSEEN, **(vars(module) if module else {})})["it"]
    except (NameError, TypeError, AttributeError, SyntaxError):  # a type that only type checkers see
        return _UNKNOWN


def _only_from_code(hint: Any) -> bool:
    parts = [one for one in _type_infos(hint) if not isinstance(one, msgspec.inspect.NoneType)]
    return bool(parts) and all(isinstance(one, msgspec.inspect.CustomType) for one in parts)


def _can_be_checked(hint: Any) -> bool:
    infos = _type_infos(hint)
    return bool(infos) and not any(isinstance(one, msgspec.inspect.CustomType) for one in infos)


def _type_infos(hint: Any) -> tuple[msgspec.inspect.Type, ...]:
    if hint is _UNKNOWN:
        return ()
    try:
        info = msgspec.inspect.type_info(hint)
    except TypeError:
        return ()
    return info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)


def _fitting(name: str, value: Any, hint: Any) -> Any:
    """The value as the type says, e.g. a list for a set.

    Raises:
        OptionError: It does not fit.
    """
    if not _can_be_checked(hint):
        return value
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        choices = [str(one) for one in _choices(hint)]
        if choices and isinstance(value, str):
            raise OptionError(name, f"`{value}` is not known", cure=suggest(value, choices)) from error
        problem = str(error)
        raise OptionError(name, f"{problem[:1].lower()}{problem[1:]}", cure=f"give {_words(hint)}") from error


def _choices(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(choice for part in get_args(hint) for choice in _choices(part))


def _written(hint: Any, parameter: inspect.Parameter) -> str:
    if hint is not _UNKNOWN:
        return _words(hint)
    return "any" if parameter.annotation is parameter.empty else str(parameter.annotation)


def _words(hint: Any) -> str:
    """A type in words: `true or false`, `ring or stop`, `list of text`."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(str(part) for part in parts)
    if origin in (Union, types.UnionType):
        shown = [part for part in parts if part is not type(None) and not _only_from_code(part)]
        return " or ".join(_words(part) for part in shown)
    if origin is not None and origin is not dict and parts:
        return f"list of {_words(parts[0])}"
    plain = {bool: "true or false", int: "integer", float: "number", str: "text"}
    return plain[hint] if hint in plain else str(getattr(hint, "__name__", hint))


def _described(doc: str) -> dict[str, str]:
    """What the `Args:` of a Google style docstring say of each parameter."""
    block = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", doc, re.MULTILINE | re.DOTALL)
    if block is None:
        return {}
    entries = re.findall(
        r"^ {4}(\w+)(?: \([^)]*\))?: (.*?)(?=^ {4}\w|\Z)", block[1], re.MULTILINE | re.DOTALL
    )
    return {name: " ".join(text.split()) for name, text in entries}
