"""What a pane's header says at every point of a step's life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from helpers_tui import MS, Script, flatten
from pipeline_runtime.events import Choice, StallInfo, Usage
from pipeline_tui.views.pane_view import PaneView

if TYPE_CHECKING:
    from pipeline_runtime.events import AnyEvent


def view_of(*items: AnyEvent | list[AnyEvent]) -> PaneView:
    view = PaneView("draft")
    for event in flatten(items):
        view.apply(event)
    return view


def begin(script: Script) -> list[AnyEvent]:
    return [script.step(), script.attempt(), script.opened()]


def test_a_step_that_waits_for_its_turn_is_queued() -> None:
    view = PaneView("draft")
    assert (view.state, view.badge, view.elapsed(5), view.metrics(5), view.note(5)) == (
        "queued",
        "",
        None,
        "",
        "",
    )


def test_an_asked_step_waits_without_a_badge_until_a_frame_comes() -> None:
    script = Script()
    view = view_of(begin(script))
    assert (view.state, view.badge, view.target) == ("waiting", "", "claude/sonnet · anthropic")
    view.apply(script.frame())
    assert (view.state, view.badge) == ("streaming", "STREAM")
    assert view.first_delta is None


def test_ttft_is_the_first_delta_with_content_from_the_sending_of_the_request() -> None:
    script = Script()
    view = view_of(script.step(), script.wait(100).attempt(), script.opened())
    view.apply(script.wait(200).delta("", "tool_input", tool="f"))
    assert view.first_delta is None
    view.apply(script.wait(212).delta("x", "tool_input"))
    assert view.first_delta == 412 * MS


def test_the_rate_is_deltas_until_the_server_counts_tokens() -> None:
    script = Script()
    view = view_of(begin(script), script.words("a b c d e", every=20))
    assert view.rate() == "50 deltas/s"
    view.apply(script.done())
    assert view.rate() == "42 tok/s"


def test_a_rate_needs_three_deltas() -> None:
    script = Script()
    assert view_of(begin(script), script.words("a b", every=20)).rate() is None


def test_fallback_is_sync_with_its_reason_before_the_first_character() -> None:
    script = Script()
    view = view_of(begin(script), script.fallback("streaming is not supported"))
    assert (view.badge, view.deltas) == ("SYNC", 0)
    assert view.note(0) == "SYNC: streaming is not supported"
    view.apply(script.attempt(asked="sync", why="fallback"))
    assert (view.badge, view.attempt) == ("SYNC", 2)
    assert view.earlier == ["#1 stream · HTTP 400: fell back to sync: streaming is not supported"]
    for event in (script.opened(), script.delta("all of it"), script.done("all of it", "sync", fallback="x")):
        view.apply(event)
    assert view.badge == "SYNC"
    assert view.rate() is None


def test_a_step_that_asked_for_no_stream_says_so() -> None:
    script = Script()
    view = view_of(script.step(), script.attempt(asked="sync"))
    assert (view.badge, view.note(0)) == ("SYNC", "SYNC: the step did not ask for a stream")


def test_buffered_is_told_when_the_call_is_done() -> None:
    script = Script()
    view = view_of(begin(script), script.words("a b c", every=0), script.done("", "buffered"))
    assert view.badge == "BUFFERED"
    assert "at once" in view.note(0)


def test_a_retry_becomes_a_line_and_the_next_attempt_begins_at_zero() -> None:
    script = Script()
    view = view_of(begin(script), script.retry(), script.wait(1200).attempt(why="retry"))
    assert view.earlier == ["#1 stream · HTTP 529: overloaded_error, again after 1.2 s"]
    assert (view.state, view.badge, view.deltas, view.attempt) == ("waiting", "", 0, 2)
    assert "attempt 2" in view.metrics(script.at)


def test_a_resumed_attempt_keeps_what_has_come() -> None:
    script = Script()
    view = view_of(begin(script), script.words("a b c"), script.resume(7))
    first = view.first_delta
    view.apply(script.wait(500).attempt(why="resume"))
    assert view.earlier == ["#1 stream · disconnected: resumed after sequence 7"]
    assert (view.state, view.badge, view.deltas, view.attempt) == ("waiting", "STREAM", 3, 2)
    for event in script.words("d"):
        view.apply(event)
    assert (view.state, view.deltas, view.first_delta) == ("streaming", 4, first)


def test_a_stall_counts_while_it_lasts_and_is_remembered() -> None:
    script = Script()
    view = view_of(begin(script), script.words("a b c"))
    silent_from = script.at
    view.apply(script.wait(1000).stall("began", 1000, after=3))
    assert view.state == "stalled"
    assert view.note(silent_from + 3200 * MS) == "‖ no event for 3.2 s"
    view.apply(script.wait(2000).stall("ended", 3000, after=3))
    assert (view.state, view.silence(script.at)) == ("streaming", None)
    assert view.note(script.at) == "‖ stalled 3.0 s after delta 3"


def test_a_stall_before_the_first_delta_names_no_delta() -> None:
    script = Script()
    view = view_of(begin(script), script.wait(2000).stall("ended", 2000, after=0))
    assert view.note(0) == "‖ stalled 2.0 s before the first delta"


def test_a_failure_is_told_whole_and_the_partial_answer_counts() -> None:
    script = Script()
    error = script.error("a b c")
    view = view_of(begin(script), script.words("a b c"), error, script.step_end("failed", reason="x"))
    assert view.state == "failed"
    assert view.failure is error
    assert view.note(0) == ""
    assert view.metrics(0).endswith("3 deltas · error")


def test_a_refusal_that_is_remembered_is_sync_before_and_through_the_first_attempt() -> None:
    script = Script()
    view = view_of(script.step(), script.recalled())
    expected = "SYNC: remembered 2026-11-20: the server refused to stream this request"
    assert (view.state, view.badge, view.attempt, view.note(0)) == ("waiting", "SYNC", 0, expected)
    for event in (script.attempt(asked="sync"), script.opened()):
        view.apply(event)
        assert (view.badge, view.attempt, view.earlier, view.note(0)) == ("SYNC", 1, [], expected)
    view.apply(script.delta("all of it"))
    assert (view.state, view.badge) == ("answered", "SYNC")


def test_what_is_known_of_a_model_was_not_asked() -> None:
    script = Script()
    view = view_of(script.step(), script.recalled("known", "the vendor's page"), script.attempt(asked="sync"))
    assert view.note(0) == "SYNC: known, not asked: the server refused to stream this request"


def test_a_memory_without_a_date_is_told_without_one() -> None:
    view = view_of(Script().recalled(evidence="no"))
    assert view.sync_reason == "remembered: the server refused to stream this request"


def test_a_server_that_must_stream_takes_the_reason_for_sync_back() -> None:
    script = Script()
    view = view_of(script.step(), script.recalled(), script.attempt(asked="sync"), script.change("stream"))
    view.apply(script.attempt(why="retry"))
    assert (view.badge, view.sync_reason, view.note(0)) == ("", None, "")
    assert view.earlier == ["#1 sync · HTTP 400: the server wants it so → asked again as a stream"]
    view.apply(script.frame())
    assert view.badge == "STREAM"


def test_an_option_that_is_dropped_is_told_in_the_head_of_its_attempt() -> None:
    script = Script()
    view = view_of(begin(script), script.change("drop_stream_options"))
    assert view.note(0) == ""
    view.apply(script.attempt(why="retry"))
    assert view.earlier == [
        "#1 stream · HTTP 400: the server wants it so → asked again without stream_options"
    ]


def test_the_wait_for_a_retry_is_told_while_it_lasts() -> None:
    script = Script()
    view = view_of(begin(script), script.retry())
    expected = "↻ HTTP 529: overloaded_error, again after 1.2 s · {} left"
    assert view.note(script.at + 200 * MS) == expected.format("1.0 s")
    assert view.note(script.at + 9_000 * MS) == expected.format("0 ms")
    view.apply(script.attempt(why="retry"))
    assert view.note(script.at) == ""


def test_several_choices_are_shown_one_at_a_time() -> None:
    script = Script()
    view = view_of(begin(script), script.delta("a"))
    assert (view.choices, view.choice_text()) == ([0], "")
    view.apply(script.delta("c", choice=2))
    view.apply(script.delta("b", choice=1))
    assert view.choice_text() == "choice 1/3 · [ ] shows another"
    assert [view.turn_choice(1), view.turn_choice(1), view.turn_choice(1)] == [1, 2, 0]
    assert view.turn_choice(-1) == 2
    choices = (Choice(0, finish_reason_raw="stop"), Choice(1), Choice(2, finish_reason="length"))
    view.apply(script.done("a", choices=choices))
    assert view.choice_text() == "choice 3/3 · finish length · [ ] shows another"
    assert view.metrics(0).endswith("in 12 out 60")
    view.turn_choice(-1)
    assert view.choice_text() == "choice 2/3 · finish not told · [ ] shows another"


def test_choices_that_only_the_answer_names_count_and_another_attempt_forgets_them() -> None:
    script = Script()
    view = view_of(begin(script), script.done("", choices=(Choice(0), Choice(1))))
    assert view.choice_text().startswith("choice 1/2")
    view.apply(script.attempt(why="restart"))
    assert (view.choices, view.choice, view.choice_text()) == ([], 0, "")


def test_a_cancelled_step_ends_its_stall() -> None:
    script = Script()
    view = view_of(
        begin(script), script.stall("began", 1000), script.step_end("cancelled", reason="cancelled")
    )
    assert (view.state, view.silence(10**12), view.ended) == ("cancelled", None, True)
    assert view.note(0) == "■ cancelled"


def test_a_cancelled_answer_is_no_failure() -> None:
    script = Script()
    view = view_of(begin(script), script.words("a b c"))
    view.apply(replace(script.error(message="cancelled after 3 deltas"), type="cancelled"))
    view.apply(script.step_end("cancelled"))
    assert view.note(0) == "■ cancelled after 3 deltas"


def test_a_skipped_step_says_why() -> None:
    script = Script()
    view = view_of(script.step_end("skipped", reason="needs draft, which did not succeed"))
    assert view.note(0) == "» needs draft, which did not succeed"


def test_the_metrics_of_a_finished_step() -> None:
    script = Script()
    stall = StallInfo(30, 400 * MS, 3000 * MS)
    view = view_of(
        begin(script), script.words("a b c"), script.lint(), script.done(stalls=(stall,)), script.step_end()
    )
    assert view.metrics(10**12) == (
        "TTFT 412 ms · 42 tok/s · 3.2 s · 3 deltas · in 12 out 60 · end_turn · 1 lint"
    )
    assert view.note(0) == "‖ stalled 3.0 s after delta 30"


def test_what_a_server_says_cannot_write_to_the_terminal() -> None:
    script = Script()
    view = view_of(script.step(model="m\x1b[2J"), script.attempt(), script.fallback("no\x1b]0;t\x07\nway"))
    view.apply(script.attempt(asked="sync", why="fallback"))
    shown = "".join((view.target, view.note(0), view.metrics(0), *view.earlier))
    assert "\x1b" not in shown
    assert "\n" not in shown


def test_usage_leaves_out_what_is_nought_or_unknown() -> None:
    script = Script()
    done = script.done()
    usage = Usage(input=3, output=None, cached=0, reasoning=7)
    view = view_of(begin(script), replace(done, response=replace(done.response, usage=usage)))
    assert "in 3 thinking 7" in view.metrics(0)


def test_an_error_that_is_not_fatal_is_noted_and_the_step_goes_on() -> None:
    script = Script()
    view = view_of(begin(script), script.words("a b c"))
    view.apply(replace(script.error(message="handler X raised"), fatal=False, response=None))
    assert (view.state, view.note(0)) == ("streaming", "! handler X raised")
