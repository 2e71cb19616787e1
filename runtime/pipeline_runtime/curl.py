"""A recorded request as a curl command: the key by reference, never by value. Pure."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.providers import BUILT_IN
from pipeline_runtime.sanitise import sanitise_line
from pipeline_runtime.secrets import MASK

if TYPE_CHECKING:
    from pipeline_runtime.events import Request

UNKNOWN_KEY = "API_KEY"
"""The variable that is named when the provider is not a built-in one."""
_OWN = frozenset({"host", "content-length", "connection", "transfer-encoding"})
"""Headers that curl makes itself."""
_MASKED = re.compile(r"\*{3,}")


def key_variable(provider: str) -> str:
    """The environment variable that holds a provider's key, e.g. `ANTHROPIC_API_KEY` for `claude`."""
    spec = BUILT_IN.get(provider)
    return (spec.api_key_env if spec else None) or UNKNOWN_KEY


def curl_command(request: Request, *, provider: str = "") -> str:
    """The command that sends this request again, for a POSIX shell.

    Args:
        request: As recorded: what was secret is `***`, and becomes a variable of the shell.
        provider: Whose key it was sent with; tells the variable's name.
    """
    variable = key_variable(provider)
    lines = [f"curl -sS -N -X {shlex.quote(request.method)} {_referring(request.url, variable)}"]
    for name, value in request.headers:
        if name.lower() not in _OWN:
            lines.append(f"  -H {_header(name, value, variable)}")
    if request.body is None:
        return " \\\n".join(lines) + "\n"
    # a body may be longer than an argument can be; it is one line, so that no line of it ends the document
    body = msgspec.json.encode(request.body).decode()
    return " \\\n".join([*lines, "  --data-binary @- <<'BODY'"]) + f"\n{_unseen(body)}\nBODY\n"


def _header(name: str, value: str, variable: str) -> str:
    if value != MASK:
        return _referring(f"{name}: {value}", variable)
    lower = name.lower()
    if lower == "authorization":
        return f'"{_escaped(name)}: Bearer ${variable}"'
    if lower in {"x-api-key", "api-key", "x-goog-api-key"}:
        return f'"{_escaped(name)}: ${variable}"'
    own = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    return f'"{_escaped(name)}: ${{{own if own[:1].isalpha() else UNKNOWN_KEY}}}"'


def _referring(text: str, variable: str) -> str:
    """The text quoted for the shell, with the variable where something was masked."""
    text = sanitise_line(text)
    parts = _MASKED.split(text)
    if len(parts) == 1:
        return shlex.quote(text)
    return '"' + f"${{{variable}}}".join(map(_escaped, parts)) + '"'


def _escaped(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", sanitise_line(text))


def _unseen(body: str) -> str:
    r"""JSON with what a terminal would obey written as `\uXXXX`: the same value."""
    return re.sub(r"[\x7f-\x9f\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", body)
