"""What can be wrong with a stream that goes on all the same: a catalogue of codes, and the events made of it.

`docs/lint.md` lists the same codes for people; a test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pipeline_runtime.events import Lint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.origin import Origin


class LintRule(Struct, frozen=True):
    """One kind of finding."""

    title: str
    sentence: str
    """What was seen, as a `str.format` template over the rule's facts."""
    cure: str


CATALOGUE: Mapping[str, LintRule] = {
    # --- bytes and framing ---
    "invalid_utf8": LintRule(
        "Bytes that are not UTF-8",
        "The frame holds bytes that are not UTF-8; they are shown as U+FFFD.",
        "Look at the raw bytes: a proxy or the server re-encoded the text, or cut it inside a character.",
    ),
    "split_utf8": LintRule(
        "A character split between chunks",
        "A chunk ended inside a character of this frame; it was joined and read right.",
        "Nothing is wrong on the wire; a client that decodes chunk by chunk would show U+FFFD here.",
    ),
    "unknown_field": LintRule(
        "A line that is no SSE field",
        "A line of this frame is neither data, event, id, retry nor a comment; an SSE client ignores it.",
        "Look at the raw bytes for a stray space before `data:`, a second byte order mark, or no SSE at all.",
    ),
    "incomplete_frame": LintRule(
        "The body ended inside a frame",
        "The body ended before the blank line or line end that closes this frame; what there is was used.",
        "An SSE client drops such a frame: look for a proxy that cuts, or a server that forgets blank lines.",
    ),
    "block_without_data": LintRule(
        "An SSE block without data",
        "The block has {fields} and no data; it is legal, and says nothing of the answer.",
        "openai-python fails on it with a JSONDecodeError (its issue 2722): the gateway should leave it out.",
    ),
    # --- JSON ---
    "malformed_json": LintRule(
        "Data that is not JSON",
        "The data of this frame is not JSON; nothing could be read from it.",
        "Look at the raw bytes of the frame: it may be cut, doubled, or a message of a proxy.",
    ),
    "lenient_json": LintRule(
        "Data that is almost JSON",
        "The data is no strict JSON; NaN, Infinity and numbers out of range were read as null, and half a "
        "surrogate pair as U+FFFD.",
        "A strict client fails here: the server should escape such values.",
    ),
    # --- protocol ---
    "unnamed_event": LintRule(
        "An event without a name",
        "The frame has no `event:` line although its data is of type `{type}`; the official SDK drops it.",
        "The gateway must pass `event:` lines through.",
    ),
    "event_name_mismatch": LintRule(
        "Event name and type differ",
        "The frame is named `{event}` and its data is of type `{type}`; the data's type was used.",
        "Ask the gateway in between which of the two it rewrote.",
    ),
    "second_message_start": LintRule(
        "Two answers in one stream",
        "A second message_start came in the same stream: a retry was spliced in; both halves were kept.",
        "Run the step again, and turn retries off in the gateway.",
    ),
    "delta_without_start": LintRule(
        "A delta for a block that never began",
        "A delta came for block {index}, which no content_block_start opened; it was kept.",
        "An event was lost before this one: compare with the frames in front of it.",
    ),
    "delta_of_another_block": LintRule(
        "A delta for a block of another kind",
        "A {delta} came for block {index}, which is of type {kind}; it was taken for what it is itself.",
        "Strict clients stop here (Claude Code does): the gateway mixes reasoning and text in one block.",
    ),
    "block_index_reused": LintRule(
        "One index for two blocks",
        "A second block began under index {index}; what comes for that index now was kept apart.",
        "An event came twice, or blocks are numbered wrongly: a client that joins by index mixes the two.",
    ),
    "tool_index_reused": LintRule(
        "One index for two tool calls",
        "Tool call `{id}` came under index {index}, which another call holds; it was kept apart.",
        "The server numbers parallel tool calls wrongly; a client that joins by index would mix them.",
    ),
    "cut_tool_input": LintRule(
        "Tool arguments that are cut",
        "The arguments of tool `{tool}` are not whole JSON.",
        "Do not run this call; raise max_tokens, or ask again.",
    ),
    "lenient_tool_input": LintRule(
        "Tool arguments that are almost JSON",
        "The arguments of tool `{tool}` are no strict JSON; what has no JSON value was read as null.",
        "Look at the call's own text (`arguments`) before it is run: NaN, Infinity or half a character.",
    ),
    "tool_input_revisited": LintRule(
        "Tool arguments out of order",
        "Tool `{tool}` got an argument at `{path}`, a place that was closed; its JSON text holds it twice.",
        "A JSON reader keeps the last of the two: compare the frames of this call with its arguments.",
    ),
    "unexpected_done": LintRule(
        "[DONE] in a protocol without it",
        "A gateway added `[DONE]`, which this protocol does not have; it was passed over.",
        "Some official SDKs fail on it: the gateway should drop it.",
    ),
    "sequence_gap": LintRule(
        "Events are missing",
        "The event has sequence_number {number}, and the last one had {last}: those between are lost.",
        "Look for a proxy that drops frames; compare the text with that of the `.done` events.",
    ),
    "sequence_start": LintRule(
        "The first events are missing",
        "The stream begins with sequence_number {number}: what came before it is not here.",
        "A resumed stream begins so; in any other a proxy dropped frames, and the text lacks its beginning.",
    ),
    "sequence_repeat": LintRule(
        "An event out of order or twice",
        "The event has sequence_number {number} although {last} has come before it.",
        "A retry or a resumed stream was spliced in; an event that is the same in every byte counts once.",
    ),
    "done_differs": LintRule(
        "The whole is not the sum of its deltas",
        "The `{type}` event holds another text than the deltas before it; the deltas were kept.",
        "A delta was lost or came twice: compare the deltas with the text of this frame.",
    ),
    "cumulative_deltas": LintRule(
        "Deltas that repeat the text",
        "Each delta holds all of the text before it; they were added up as they came, as deltas are.",
        "Ask for increments (DashScope: `incremental_output`; MiniMax: without `reasoning_split`).",
    ),
    "stop_with_tool_call": LintRule(
        "A tool call that ends as an answer",
        "The finish reason is `{reason}` although the model called a tool; it was read as a tool call.",
        "A client that goes by the reason misses it; OpenAI does so when `tool_choice` names the tool.",
    ),
    "after_end": LintRule(
        "Data after the end",
        "A frame with content came after the stream's own end.",
        "Look at the frames after the end: two streams may have been joined.",
    ),
    "no_finish_reason": LintRule(
        "No finish reason",
        "The stream ended properly and never said why the model stopped.",
        "Gateways often leave it out; whether the answer was cut by a limit cannot be told.",
    ),
    "usage_missing": LintRule(
        "No token counts",
        "The stream ended properly and never told the usage, {why}.",
        "Token counts and rates of this answer cannot be known: ask the gateway to pass usage through.",
    ),
    "usage_refused": LintRule(
        "No token counts, as asking for them is refused",
        "The server refuses `stream_options`, so this stream was not asked for its usage and told none.",
        "`pipeline-tui capabilities` shows the refusal, and can forget it once the server knows the option.",
    ),
    "missing_terminator": LintRule(
        "No end marker",
        "The body ended without `{terminator}`.",
        "With a finish reason the answer is whole; without one it was cut: check timeouts of proxies.",
    ),
    "body_not_ended": LintRule(
        "A body that stays open",
        "The stream's own end has come and the server kept the body open; it was closed from here.",
        "The answer is whole; a client that waits for the body's end would hang.",
    ),
    "dropped_after_end": LintRule(
        "A connection dropped after the end",
        "The stream's own end has come, then the connection broke: {error}",
        "The answer is whole; the server should end the body properly.",
    ),
    "resumed_whole": LintRule(
        "A rest that is no stream",
        "The rest of the broken stream came as one JSON body; what it holds beyond the deltas was taken.",
        "Nothing is lost: the server had finished, or does not stream the rest.",
    ),
    # --- keepalives ---
    "keepalive_slow": LintRule(
        "Keepalives far apart",
        "A keepalive came after {gap} s of silence, more than half of what ends an idle stream ({limit} s).",
        "Proxies cut silent streams, commonly after 60 s: have the server send keepalives every 15 s or so.",
    ),
    "keepalive_missing": LintRule(
        "Keepalives that stopped",
        "Keepalives had come after {usual} s of silence each; then {gap} s passed without any.",
        "The server hung, or something in between held them back: such a silence is what proxies cut.",
    ),
    # --- the body's end ---
    "empty_stream": LintRule(
        "A stream without events",
        "The body ended and no event was in it.",
        "Try the same request without streaming, and look at the body's first bytes.",
    ),
    # --- handlers ---
    "handler_blocks": LintRule(
        "A handler that blocks",
        "Handler `{handler}` held up everything for {longest} in one call ({calls} so far, {total} in all).",
        "Make it `async def` and await what takes long, or use the callback handler with `thread: true`.",
    ),
    "handler_reused": LintRule(
        "One handler object in two runs",
        "Handler `{handler}` is the same object that run {run} had: what it keeps and prints is mixed.",
        "Give the class or a factory, not an object: then every run makes its own.",
    ),
    "handler_no_delta": LintRule(
        "A handler without a delta",
        "Handler `{handler}` got no delta: the answer is whole and has nothing to stream (end: {reason}).",
        "Look at the raw frames: the model may have spent max_tokens unseen, or a gateway dropped the text.",
    ),
    "handler_legacy": LintRule(
        "A legacy handler",
        "Handler `{handler}` takes chunks and a result: it is adapted, and gets the text alone.",
        "Run `pipeline-tui migrate` on its source, or define handle_event(event).",
    ),
}


def lint_event(origin: Origin, at: int, code: str, frame: int | None, **facts: object) -> Lint:
    """The event for a finding; takes the next `seq`.

    Args:
        origin: where in the run it was found.
        at: when, in ns since the run began.
        code: a key of `CATALOGUE`.
        frame: the frame that it is about, if it is about one.
        facts: the values that the rule's sentence names.

    Raises:
        KeyError: the code, or a fact that its sentence names, is missing.
    """
    rule = CATALOGUE[code]
    return Lint(
        run=origin.run,
        step=origin.step,
        attempt=origin.attempt,
        seq=origin.next_seq(),
        at=at,
        code=code,
        message=rule.sentence.format(**facts),
        cure=rule.cure,
        frame=frame,
    )
