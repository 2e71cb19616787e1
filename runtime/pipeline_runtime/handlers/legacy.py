"""Legacy handlers as they are: chunks and a result instead of events."""

from __future__ import annotations

import inspect
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline_runtime.events import Delta, Done

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import CodeType

    from pipeline_runtime.events import Response

CHUNK, COMPLETE = "chunk", "complete"
_PAIR = 2
_told: set[str] = set()
"""The handler classes and functions that somebody was warned of."""


class LegacyResult(dict[str, Any]):
    """What a legacy handler gets at the end: `result["text"]`, `result.get("text")` or `result.text`.

    `text`, `content` (the same), `tokens` (of the answer; `None` if the server did not say), `input_tokens`,
    `output_tokens`, `total_tokens`, `finish_reason`, `model`, and `response`, today's.
    """

    def __getattr__(self, name: str) -> Any:
        """A key as an attribute.

        Raises:
            AttributeError: there is no such key.
        """
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a legacy result has no '{name}'; it has {', '.join(self)}") from None


def legacy_result(response: Response) -> LegacyResult:
    """Today's response as legacy handlers read it."""
    usage = response.usage
    output = usage.output if usage else None
    return LegacyResult(
        text=response.text,
        content=response.text,
        tokens=output,
        input_tokens=usage.input if usage else None,
        output_tokens=output,
        total_tokens=usage.total if usage else None,
        finish_reason=response.finish_reason,
        model=response.model,
        response=response,
    )


class LegacyHandlerAdapter:
    """Runs a legacy handler on today's events.

    Its chunks are the deltas of the lane `text`: the legacy system had no other. A second attempt's text
    comes as chunks again, as it did there.
    """

    kinds = frozenset({"delta", "done"})

    def __init__(self, handler: Any) -> None:
        """Adapt it, and warn once of its class or function.

        Args:
            handler: An object with `on_chunk(text)` and `on_complete(result)`, or one of them; or a function
                of a pair, `("chunk", text)` or `("complete", result)`, or of its two parts. All of them may
                be async.

        Raises:
            TypeError: It is none of these.
        """
        self.handler = handler
        self._on_chunk, self._on_complete = _calls_of(handler)
        for name in ("start", "close"):
            if callable(getattr(handler, name, None)):
                setattr(self, name, getattr(handler, name))
        _warn_once(handler)

    def handle_event(self, event: object) -> Awaitable[Any] | None:
        """Hand on a delta's text, or the response."""
        given: Any = None
        if isinstance(event, Delta):
            if event.lane == "text" and event.content and self._on_chunk is not None:
                given = self._on_chunk(event.content)
        elif isinstance(event, Done) and self._on_complete is not None:
            given = self._on_complete(legacy_result(event.response))
        return given if inspect.isawaitable(given) else None


def is_legacy_object(found: Any) -> bool:
    """Whether an object has a legacy handler's methods, and not today's."""
    return callable(getattr(found, "on_chunk", None)) and not hasattr(found, "handle_event")


def is_legacy_function(found: Any) -> bool:
    """Whether a function tells chunks from the result by these words, and knows no events."""
    code: CodeType | None = getattr(found, "__code__", None)
    if code is None:
        return False
    words = set(_texts(code.co_consts))
    return {CHUNK, COMPLETE} <= words and {"Delta", "Done", "content", "response"}.isdisjoint(code.co_names)


def _texts(constants: Iterable[object]) -> Iterable[str]:
    for one in constants:
        if isinstance(one, str):
            yield one
        elif isinstance(one, (tuple, frozenset)):
            yield from _texts(one)


def _calls_of(handler: Any) -> tuple[Callable[[str], Any] | None, Callable[[LegacyResult], Any] | None]:
    chunk, complete = getattr(handler, "on_chunk", None), getattr(handler, "on_complete", None)
    if not inspect.isclass(handler) and (callable(chunk) or callable(complete)):
        return (chunk if callable(chunk) else None), (complete if callable(complete) else None)
    if not callable(handler) or inspect.isclass(handler):
        raise TypeError(f"{handler!r} is no legacy handler: it has neither on_chunk nor on_complete")
    if _takes(handler, _PAIR):
        return partial(handler, CHUNK), partial(handler, COMPLETE)
    return (lambda text: handler((CHUNK, text))), (lambda result: handler((COMPLETE, result)))


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether it can be called with so many arguments, and not with one."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return False

    def fits(number: int) -> bool:
        try:
            signature.bind(*[None] * number)
        except TypeError:
            return False
        return True

    return fits(count) and not fits(1)


def _warn_once(handler: Any) -> None:
    kind = handler if inspect.isroutine(handler) else type(handler)
    name = f"{getattr(kind, '__module__', None)}.{getattr(kind, '__qualname__', kind)}"
    if name in _told:
        return
    _told.add(name)
    warnings.warn(
        f"{name} is a legacy handler: it is adapted; define handle_event(event), see `pipeline-tui migrate`",
        DeprecationWarning,
        stacklevel=3,
    )
