"""What a scenario may say of a recorded body: where it is, how it is announced, how it is cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, field_validator, model_validator

from pipeline_runtime.simulator.strict import STRICT

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
FRAMING = ("content-length", "transfer-encoding", "connection", "content-encoding", "content-type")
"""Headers that the simulator gives itself."""


class Chunks(BaseModel):
    """How a body is cut into writes: exactly one of its keys is given."""

    model_config = STRICT

    size: Annotated[int, Field(ge=1)] | None = None
    frames: bool | None = None
    seed: int | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Chunks:
        given = [key for key in ("size", "frames", "seed") if getattr(self, key) is not None]
        if len(given) != 1 or self.frames is False:
            raise ValueError("chunks are given as `size: 64`, `frames: true` or `seed: 7`")
        return self


class Replay(BaseModel):
    """A recorded body to serve byte for byte: a file, or an attempt in a run log."""

    model_config = STRICT

    file: str | None = None
    log: str | None = None
    step: str | None = None
    attempt: int | None = Field(default=None, ge=1)
    status: int | None = Field(default=None, ge=200, le=599)
    content_type: str | None = None
    headers: dict[str, str] = {}
    chunks: Chunks | None = None

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(text):
                raise ValueError(f"{name!r} with this value is no HTTP header")
            if name.lower() in FRAMING:
                raise ValueError(f"the header {name!r} is given by the simulator; see `content_type`")
        return value

    @field_validator("content_type")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER_VALUE.fullmatch(value):
            raise ValueError("a content type is one line, such as text/event-stream")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Replay:
        if (self.file is None) == (self.log is None):
            raise ValueError("a replay has one source: give `file`, or `log` (with `step` and `attempt`)")
        if self.file is not None and (self.step is not None or self.attempt is not None):
            raise ValueError("`step` and `attempt` belong to `log`; a file has none")
        return self

    @property
    def path(self) -> str:
        """The file or log."""
        return self.file or self.log or ""

    def inside(self, folder: Path) -> Replay:
        """The same, its path taken as relative to a folder."""
        key = "file" if self.file is not None else "log"
        return self.model_copy(update={key: str(folder / self.path)})
