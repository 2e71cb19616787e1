"""What both OpenAI protocols do alike when they build a request: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.errors import InputError

if TYPE_CHECKING:
    from pipeline_runtime.protocols.base import Endpoint


def auth_headers(endpoint: Endpoint) -> list[tuple[str, str]]:
    """The key as a bearer token, or alone in the header that the endpoint names; none without a key."""
    if endpoint.api_key is None:
        return []
    if endpoint.api_key_header is not None:
        return [(endpoint.api_key_header.lower(), endpoint.api_key)]
    return [("authorization", f"Bearer {endpoint.api_key}")]


def effort(thinking: int | str | None, protocol: str) -> str | None:
    """How hard to think, as a word.

    Raises:
        InputError: it is a budget, which these protocols cannot say.
    """
    if isinstance(thinking, int):
        raise InputError(
            f"thinking: {thinking} is a budget in tokens, which protocol {protocol} does not have",
            cure="give a word such as low, medium or high",
        )
    return thinking
