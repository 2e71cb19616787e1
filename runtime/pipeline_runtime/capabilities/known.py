"""The few models that are known not to stream: a hint that saves a round trip. The server's word wins."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from pipeline_runtime.capabilities.shape import Shape


class KnownModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model that does not stream at one host."""

    host: str
    model: str
    reason: str
    source: str
    """Where that is written."""


@cache
def known_models() -> tuple[KnownModel, ...]:
    """The data file, `known.json`."""
    data = files("pipeline_runtime.capabilities").joinpath("known.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[KnownModel, ...])


def known_fact(shape: Shape) -> KnownModel | None:
    """What is known of this request's model at this request's host."""
    host = urlsplit(shape.endpoint).hostname
    return next((fact for fact in known_models() if (fact.host, fact.model) == (host, shape.model)), None)
