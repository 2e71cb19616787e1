"""Asserts on what was captured: the guide's `Pipeline.TestMode.StreamingRecorder`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline_runtime.events import Delta, Done, Stall, Usage
from pipeline_runtime.metrics import SECOND
from pipeline_runtime.testing.capture import Capture, names_of
from pipeline_runtime.testing.differences import list_difference, order_difference, text_difference

if TYPE_CHECKING:
    from typing import Self

    from pipeline_runtime.events import Delivery, FinishReason, Lane

Span: TypeAlias = float | tuple[float, float]
"""Seconds: the most, or the least and the most."""


class StreamingRecorder(Capture):
    """A handler that keeps every event of a step, and asserts on them.

    Give it as `on_event`, feed it a scripted stream, or make it `of` events or `from_log`. It is for one run:
    make another for the next. Each assertion gives the recorder, so that they can be chained.
    """

    def assert_text(self, expected: str, lane: Lane = "text") -> Self:
        """The deltas of a lane make this text.

        Raises:
            AssertionError: They do not; tells where the two part.
        """
        problem = text_difference(f"lane {lane}", expected, self.text_of(lane))
        return self._judged(problem)

    def assert_deltas(self, *expected: str, lane: Lane = "text") -> Self:
        """The deltas of a lane are exactly these.

        Raises:
            AssertionError: They are not; tells which are missing, wrong or too many.
        """
        got = [repr(delta.content) for delta in self.deltas if delta.lane == lane]
        return self._judged(list_difference(f"deltas of lane {lane}", list(map(repr, expected)), got))

    def assert_lanes(self, *expected: Lane) -> Self:
        """The lanes came in this order.

        Raises:
            AssertionError: They did not.
        """
        return self._judged(list_difference("lanes", expected, self.lanes))

    def assert_order(self, *expected: str) -> Self:
        """These kinds came in this order, whatever came between; `delta:thinking` is a delta of that lane.

        Raises:
            AssertionError: One did not come, or not behind the others; tells what came.
        """
        rest = iter(self.events)
        for place, kind in enumerate(expected):
            if not any(kind in names_of(event) for event in rest):
                return self._judged(order_difference(expected, self.kinds_seen(), place))
        return self

    def assert_sound(self) -> Self:
        """What holds for every stream: numbers rise, time does not go back, and nothing follows the end.

        Raises:
            AssertionError: It does not hold; tells for which events.
        """
        for before, after in zip(self.events, self.events[1:], strict=False):
            if after.seq <= before.seq:
                raise AssertionError(f"seq {after.seq} came after seq {before.seq}: {after}")
            if (after.attempt or 0) < (before.attempt or 0) and after.attempt is not None:
                raise AssertionError(f"attempt {after.attempt} came after attempt {before.attempt}: {after}")
        ends = [event for event in self.events if isinstance(event, Done) or event is self.error]
        if len(ends) > 1:
            raise AssertionError(f"the step ended {len(ends)} times: {self.shown()}")
        if ends and any(isinstance(event, Delta) and event.seq > ends[0].seq for event in self.events):
            raise AssertionError(f"deltas came after the end: {self.shown()}")
        return self

    def assert_finish(self, expected: FinishReason) -> Self:
        """The answer ended for this reason (`stop`, `length`, `tool_use`, …).

        Raises:
            AssertionError: It ended otherwise, or not at all.
        """
        got, raw = self.response.finish_reason, self.response.finish_reason_raw
        return self._judged(
            None if got == expected else f"finish reason: expected {expected}, got {got} (sent: {raw!r})"
        )

    def assert_usage(self, **expected: int | None) -> Self:
        """The tokens were counted so: `assert_usage(input=12, output=3)`; what is not named is not looked at.

        Raises:
            AssertionError: They were not, or no usage came.
            AttributeError: There is no such count.
        """
        usage = self.response.usage
        if usage is None:
            return self._judged("usage: the answer told none")
        for name in expected:
            if name not in Usage.__struct_fields__:
                raise AttributeError(f"usage has no `{name}`; it has {', '.join(Usage.__struct_fields__)}")
        want = [f"{name} {value}" for name, value in expected.items()]
        return self._judged(
            list_difference("usage", want, [f"{name} {getattr(usage, name)}" for name in expected])
        )

    def assert_delivery(self, expected: Delivery) -> Self:
        """The answer came as a `stream`, `sync` or `buffered`.

        Raises:
            AssertionError: It came otherwise; tells the fallback, if there was one.
        """
        response = self.response
        why = f" ({response.fallback.reason})" if response.fallback else ""
        return self._judged(
            None
            if response.delivery == expected
            else f"delivery: expected {expected}, got {response.delivery}{why}"
        )

    def assert_timing(
        self, *, first_delta: Span | None = None, longest_gap: Span | None = None, total: Span | None = None
    ) -> Self:
        """The last attempt took so long, in seconds: the most, or `(least, most)`.

        Raises:
            AssertionError: It did not; tells the time that it took.
        """
        timings = self.timings
        checks = (
            ("first delta", first_delta, timings.first_delta),
            ("longest gap", longest_gap, timings.gap_max),
            ("total", total, timings.total),
        )
        problems = [_late(what, span, took) for what, span, took in checks if span is not None]
        return self._judged("\n".join(filter(None, problems)) or None)

    def assert_stalls(self, expected: int) -> Self:
        """The stream stalled so many times.

        Raises:
            AssertionError: It did not; tells each stall.
        """
        stalls = [event for event in self.of_kind(Stall) if event.phase == "began"]
        told = [f"after delta {stall.after}" for stall in stalls]
        return self._judged(
            None
            if len(stalls) == expected
            else f"stalls: expected {expected}, got {len(stalls)} {', '.join(told)}".rstrip()
        )

    def assert_failed(self, expected: str) -> Self:
        """The step failed with an error of this type.

        Raises:
            AssertionError: It did not, or with another.
        """
        error = self.error
        if error is None:
            return self._judged(f"error: expected {expected}, none came; what came: {self.shown()}")
        return self._judged(
            None
            if error.type == expected
            else f"error: expected {expected}, got {error.type}: {error.message}"
        )

    def _judged(self, problem: str | None) -> Self:
        if problem is not None:
            raise AssertionError(problem)
        return self


def _late(what: str, span: Span, took: int | None) -> str | None:
    least, most = span if isinstance(span, tuple) else (0.0, span)
    if took is None:
        return f"{what}: expected within {most:g} s, it never came"
    seconds = took / SECOND
    if least <= seconds <= most:
        return None
    return f"{what}: expected {least:g} to {most:g} s, it took {seconds:.3f} s"
