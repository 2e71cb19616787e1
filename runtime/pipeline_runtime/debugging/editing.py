"""A request's body as it may be shown and changed: JSON text, a sign in the place of each secret. Pure."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from pipeline_runtime.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.secrets import Masker

_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_INDENT = "  "


class EditableBody:
    """What is edited in place of a body. Nothing but what the editor changes is changed in what is sent."""

    def __init__(self, text: str, secrets: dict[str, str], sign: str) -> None:
        self.text = text
        """Indented; every number and string as it is in the body, and signs in the place of secrets."""
        self._secrets = secrets
        """What each sign stands for. Never shown."""
        self._sign = sign
        """How all of them begin."""

    def applied(self, edited: str) -> bytes:
        """The body as it was edited, with the secrets back in their places.

        Raises:
            PipelineError: A sign is no longer whole.
        """
        body = re.sub(rf"{re.escape(self._sign)} \d+>", lambda found: self._behind(found[0]), edited)
        if self._sign in body:
            raise PipelineError(
                f"a sign such as {self._sign} 1> was changed",
                cure="it stands for a secret: move it, copy it or delete it whole",
            )
        return body.encode()

    def _behind(self, sign: str) -> str:
        return self._secrets.get(sign, sign)


def editable(body: bytes, masker: Masker) -> EditableBody:
    """What to give an editor for this body.

    Raises:
        PipelineError: It is not JSON.
    """
    try:
        msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise PipelineError(
            "the request's body is not JSON: it cannot be edited", cure="it is sent as it is"
        ) from error
    text = body.decode()
    sign = next(name for name in _signs() if name not in text)
    signs: dict[str, str] = {}

    def hide(secret: str) -> str:
        return signs.setdefault(secret, f"{sign} {len(signs) + 1}>")

    shown = masker.replaced(indented(text), hide)
    return EditableBody(shown, {name: secret for secret, name in signs.items()}, sign)


def indented(text: str) -> str:
    """JSON text with a line for each member: only the white space between its parts is changed."""
    return "".join(_indented(_PARTS.findall(text)))


def _indented(parts: list[str]) -> Iterator[str]:
    depth = 0
    before = ":"
    for part in parts:
        opens, closes = before in "{[", part in "}]"
        depth -= closes
        if opens != closes or before == ",":
            yield "\n" + _INDENT * depth
        elif before == ":" and depth:
            yield " "
        yield part
        depth += part in "{["
        before = part


def _signs() -> Iterator[str]:
    yield "<masked"
    for number in count(2):
        yield f"<masked-{number}"
