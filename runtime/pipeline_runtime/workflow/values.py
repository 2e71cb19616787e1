"""What single values of a workflow file may be: pure checks that models.py attaches to its fields.

Each raises `PydanticCustomError` with a message and a cure; the loader adds the place.
"""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from pydantic_core import PydanticCustomError

from pipeline_runtime.faults import FaultSyntaxError, parse_run_fault
from pipeline_runtime.protocols import PROTOCOL_NAMES
from pipeline_runtime.workflow.spelling import suggest

InputKind: TypeAlias = Literal["string", "integer", "number", "boolean"]
InputValue: TypeAlias = bool | int | float | str

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_REFERENCE = re.compile(r"\$\{[^}]*\}")
_KEY_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "cookie",
        "x-auth-token",
    }
)
_KEY_FIELDS = re.compile(r"(?i)(^|[-_])((api)?key|token|sig|signature|secret|password|code)$")
_KEY_SHAPE = re.compile(
    r"(?i:\b(bearer|basic)\s+\S{6,})|\b(sk|pk|rk|gsk|xai|hf|ghp|key)[-_][A-Za-z0-9_-]{6,}|AIza[A-Za-z0-9_-]{20,}"
    r"|(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{32,}"
)


def wrong(message: str, cure: str = "") -> PydanticCustomError:
    """An error about a value, with its cure."""
    return PydanticCustomError("workflow", "{message}", {"message": message, "cure": cure})


def duration(value: object) -> object:
    """Seconds from a number, or from text such as `90s`, `1.5m`, `500ms`."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("expected a duration", "write seconds (`90`) or a text such as `90s`, `2m`, `500ms`")
    return float(match[1]) * _UNITS[match[2]]


def input_value(value: object) -> object:
    """A text, a number, true or false."""
    if value is not None and not isinstance(value, str | bool | int | float):
        raise wrong("expected a text, a number, true or false", "lists and mappings cannot be inputs")
    return value


def thinking(value: object) -> object:
    """A budget in tokens, or an effort word."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    if isinstance(value, str) and re.fullmatch(r"[a-z]+", value):
        return value
    raise wrong("expected a budget in tokens or an effort word", "such as `4096` or `high`")


def scenario(value: object) -> object:
    """A scenario's name, or a scenario written out."""
    if value is None or isinstance(value, str | dict):
        return value
    raise wrong("expected a scenario's name or a mapping", "such as `scenario: stall`")


def handlers(value: object) -> object:
    """One handler or a list of them, each a name or `{handler, opts}`; gives a list of mappings."""
    if value is None:
        return ()
    if isinstance(value, str | dict):
        value = [value]
    if not isinstance(value, list | tuple):
        raise wrong("expected a handler's name or a list of them", "such as `stream_handler: console`")
    return [{"handler": item} if isinstance(item, str) else item for item in value]


def faults(value: object) -> object:
    """One fault or a list of them."""
    if value is None:
        return ()
    return [value] if isinstance(value, str) else value


def fault(value: str) -> str:
    """A fault that can be put before whoever answers."""
    try:
        parse_run_fault(value)
    except FaultSyntaxError as error:
        raise wrong(error.message, error.cure) from error
    return value


def inner_path(value: str) -> str:
    """A relative path that leads no way up."""
    parts = value.replace("\\", "/").split("/")
    if not value.strip() or value.startswith(("/", "~")) or ".." in parts or "\0" in value:
        raise wrong(
            f"`{value}` is no path inside of a folder",
            "answers are written below `output_dir`, and that is below the working directory",
        )
    return value


def protocol(value: str) -> str:
    """The name of a protocol that we speak."""
    if value not in PROTOCOL_NAMES:
        raise wrong(f"the protocol `{value}` is not known", suggest(value, PROTOCOL_NAMES))
    return value


def base_url(value: str) -> str:
    """An http(s) URL without credentials or fragment; without its final slash. A query holds no key."""
    try:
        parts = urlsplit(value.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or any(char.isspace() for char in parts.geturl()):
        raise wrong("expected an http:// or https:// URL", "such as `http://localhost:8080/v1`")
    if parts.username is not None or parts.password is not None:
        raise wrong("a URL must not hold a user or a password", "name the key's variable in `api_key_env`")
    if parts.fragment:
        raise wrong("a base URL ends before `#`", "leave it out")
    if any(_is_key(name, text) for name, text in parse_qsl(parts.query, keep_blank_values=True)):
        raise wrong(
            "the base URL's query looks like it holds a key", "name the key's variable in `api_key_env`"
        )
    return parts._replace(path=parts.path.rstrip("/")).geturl()


def _is_key(name: str, text: str) -> bool:
    return bool(_KEY_FIELDS.search(name) or _KEY_SHAPE.search(text))


def variable_name(value: str) -> str:
    """The name of an environment variable. The value is never shown: it may be the key itself."""
    if not _VARIABLE.fullmatch(value):
        raise wrong(
            "expected the name of an environment variable, not a key",
            "such as `api_key_env: MY_PROVIDER_KEY`; keep the key out of the file",
        )
    return value


def headers(value: dict[str, str]) -> dict[str, str]:
    """Headers whose values hold no literal key and no line break. Values are never shown."""
    for name, text in value.items():
        _check_header(name, text)
    return value


def header_name(value: str) -> str:
    """The name of a header."""
    if not _HEADER_NAME.fullmatch(value):
        raise wrong(f"`{value}` cannot be the name of a header", "letters, digits and `-`")
    return value


def _check_header(name: str, text: str) -> None:
    header_name(name)
    if any(char < " " or char == "\x7f" for char in text):
        raise wrong(f"the header `{name}` holds a control character", "leave it out")
    if not all(_VARIABLE.fullmatch(variable) for variable in references(text)):
        raise wrong(f"the header `{name}` names no variable in its `${{...}}`", "write `${NAME}`")
    literal = _REFERENCE.sub("", text)
    names_none = literal == text
    if (name.lower() in _KEY_HEADERS and names_none) or _KEY_SHAPE.search(literal):
        raise wrong(
            f"the header `{name}` looks like it holds a key",
            "put the key in an environment variable and write `${NAME}`",
        )


def references(text: str) -> tuple[str, ...]:
    """The environment variables that a header's value names as `${NAME}`."""
    return tuple(reference[2:-1] for reference in _REFERENCE.findall(text))


def fill_references(text: str, variables: dict[str, str]) -> str:
    """A header's value with each `${NAME}` replaced."""
    return _REFERENCE.sub(lambda match: variables[match[0][2:-1]], text)


def kind_of(value: InputValue) -> InputKind:
    """The type that an input's default speaks for."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "string"


def fits(value: Any, kind: InputKind) -> bool:
    """Whether a value is of an input's type; a whole number is a number too."""
    given = kind_of(value)
    return given == kind or (given == "integer" and kind == "number")
