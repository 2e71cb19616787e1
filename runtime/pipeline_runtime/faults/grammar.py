"""The fault grammar: what goes wrong, and where, as short strings. Pure.

    NAME [@PLACE] [:PARAMETER]      PLACE: 17 | 10-20 | 10- | -1 | byte:4096

Positions count deltas from 0.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from pipeline_runtime.errors import WrittenWrong
from pipeline_runtime.faults.durations import parse_duration
from pipeline_runtime.faults.model import EVER, Fault, FaultKind
from pipeline_runtime.faults.statuses import read_status

if TYPE_CHECKING:
    from collections.abc import Iterable

Place: TypeAlias = Literal["one", "some", "any", "none"]
"""One position; one or a range; the same or everywhere; no position."""
Parameter: TypeAlias = Literal["none", "time", "error", "parts", "number", "type", "status"]


class Form(Struct, frozen=True):
    """How a kind is written."""

    kind: FaultKind
    place: Place
    parameter: Parameter
    example: str
    bytes: bool = False
    """Its place may be a byte of the body."""


_ALL = (
    Form("stall", "some", "time", "stall@30:3s", bytes=True),
    Form("disconnect", "one", "none", "disconnect@17", bytes=True),
    Form("error", "one", "error", "error@12:overloaded_error"),
    Form("status", "none", "status", "status:529"),
    Form("status", "none", "status", "status:429*2:retry-after=1"),
    Form("malform", "some", "none", "malform@9"),
    Form("unknown", "some", "none", "unknown@5"),
    Form("duplicate", "some", "none", "duplicate@4"),
    Form("no_terminator", "none", "none", "no_terminator"),
    Form("keepalive", "none", "time", "keepalive:0.5s"),
    Form("delay", "any", "time", "delay@10-20:200ms"),
    Form("jitter", "any", "time", "jitter:80ms"),
    Form("coalesce", "some", "none", "coalesce@10-20"),
    Form("split", "some", "parts", "split@5:3", bytes=True),
    Form("split-utf8", "some", "none", "split-utf8@5"),
    Form("drop", "some", "none", "drop@4"),
    Form("reorder", "some", "none", "reorder@4"),
    Form("truncate", "one", "none", "truncate@9", bytes=True),
    Form("endless", "one", "none", "endless@6"),
    Form("slow-headers", "none", "time", "slow-headers:2s"),
    Form("content-type", "none", "type", "content-type:text/plain"),
    Form("seed", "none", "number", "seed:7"),
)
FORMS = tuple(form.example for form in _ALL)
"""One example of each form, for messages and the reference."""
PLACED = frozenset(form.kind for form in _ALL if form.place != "none")
"""The kinds that act at a position."""
_BY_KIND = {form.kind: form for form in _ALL}
_PLACE = re.compile(r"byte:(?P<byte>\d+)|(?P<end>-\d+)|(?P<at>\d+)(?P<range>-(?P<until>\d*))?")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_TYPE = re.compile(r"[\t\x20-\x7e]+")
_ERROR = re.compile(r"\w+")
_LARGEST = 1 << 53
_SHORTEST_KEEPALIVE = 0.01


class FaultSyntaxError(WrittenWrong, ValueError):
    """A text is no fault."""

    def __init__(self, text: str, column: int, hint: str) -> None:
        super().__init__(f"{text!r} is not a fault: column {column}", text=text, column=column, cure=hint)

    def __str__(self) -> str:
        """What and where, and how it is written."""
        return f"{self.message}: {self.cure}"


def parse_faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """Read several.

    Raises:
        FaultSyntaxError: One of them is none.
    """
    return tuple(parse_fault(text) for text in texts)


def parse_fault(text: str) -> Fault:
    """Read one fault.

    Raises:
        FaultSyntaxError: No such fault, or it is written otherwise; the message shows the place and the form.
    """
    return _Reading(text).read()


class _Reading:
    """One text, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.here = 0
        self.form = _ALL[0]

    def read(self) -> Fault:
        self.form = self._name()
        at, until, unit = self._place()
        parameter = self._parameter()
        base = Fault(self.form.kind, at=at, until=until, unit=unit)
        return _READERS[self.form.parameter](self, base, parameter)

    def wrong(self, hint: str) -> NoReturn:
        raise FaultSyntaxError(self.text, self.here + 1, hint)

    def wanted(self) -> NoReturn:
        """What is written is not the form of its kind."""
        forms = [form.example for form in _ALL if form.kind == self.form.kind]
        self.wrong(f"write it like {' or '.join(forms)}")

    def _name(self) -> Form:
        found = _NAME.match(self.text)
        name = found[0] if found else ""
        form = next((form for kind, form in _BY_KIND.items() if kind == name), None)
        if form is None:
            near = difflib.get_close_matches(name, [str(kind) for kind in _BY_KIND], n=1)
            right = [form.example for form in _ALL if form.kind in near]
            self.wrong(f"write it like {' or '.join(right)}" if right else f"known forms: {', '.join(FORMS)}")
        self.here = len(name)
        return form

    def _place(self) -> tuple[int, int | None, Literal["delta", "byte"]]:
        place = self.form.place
        if not self.text.startswith("@", self.here):
            if place in {"one", "some"}:
                self.wanted()
            return 0, EVER if place == "any" else None, "delta"
        if place == "none":
            self.wanted()
        self.here += 1
        found = _PLACE.match(self.text, self.here)
        if found is None or (found["byte"] is not None and not self.form.bytes):
            self.wanted()
        if found["range"] is not None and place == "one":
            self.here += len(found["at"])
            self.wanted()
        at, until = self._numbers(found)
        self.here = found.end()
        return at, until, "byte" if found["byte"] is not None else "delta"

    def _numbers(self, found: re.Match[str]) -> tuple[int, int | None]:
        at = int(found["byte"] or found["end"] or found["at"])
        until = None if found["range"] is None else int(found["until"] or EVER)
        if abs(at) > _LARGEST or (until is not None and until < at) or found["end"] == "-0":
            self.wrong("no such position: ranges go upwards, and the last one is -1")
        return at, until

    def _parameter(self) -> str | None:
        rest = self.text[self.here :]
        if rest and rest[0] != ":":
            self.wanted()
        if not rest:
            return None
        self.here += 1
        return rest[1:]

    # --- parameters ---------------------------------------------------------------------------------------

    def nothing(self, base: Fault, given: str | None) -> Fault:
        if given is not None:
            self.wanted()
        return base

    def time(self, base: Fault, given: str | None) -> Fault:
        if given is None:
            self.wanted()
        try:
            seconds = parse_duration(given)
        except ValueError as error:
            self.wrong(str(error))
        if base.kind == "keepalive" and seconds < _SHORTEST_KEEPALIVE:
            self.wrong(f"a keepalive comes at most every {_SHORTEST_KEEPALIVE:g}s")
        return replace(base, seconds=seconds)

    def error(self, base: Fault, given: str | None) -> Fault:
        if given is not None and not _ERROR.fullmatch(given):
            self.wanted()
        return replace(base, error=given or "overloaded_error")

    def parts(self, base: Fault, given: str | None) -> Fault:
        if given is not None and (not re.fullmatch(r"\d{1,4}", given) or int(given) < 2):  # noqa: PLR2004
            self.wrong("a split has at least 2 parts: write it like split@5:3")
        return replace(base, number=int(given or 2))

    def seed(self, base: Fault, given: str | None) -> Fault:
        if given is None or not re.fullmatch(r"\d{1,15}", given):
            self.wanted()
        return replace(base, number=int(given))

    def content_type(self, base: Fault, given: str | None) -> Fault:
        if given is None or not _TYPE.fullmatch(given):
            self.wanted()
        return replace(base, content_type=given)

    def status(self, base: Fault, given: str | None) -> Fault:  # noqa: ARG002 - as the others
        try:
            found = read_status(given or "")
        except ValueError as error:
            self.wrong(str(error))
        if found is None:
            self.wanted()
        return found


_READERS = {
    "none": _Reading.nothing,
    "time": _Reading.time,
    "error": _Reading.error,
    "parts": _Reading.parts,
    "number": _Reading.seed,
    "type": _Reading.content_type,
    "status": _Reading.status,
}
