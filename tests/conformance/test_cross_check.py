"""Every recording that an official SDK reads must come to the same with us."""

from __future__ import annotations

import pytest

from conformance.table import SDKS, differing, rows_of
from helpers_recordings import recordings_of

pytestmark = [pytest.mark.conformance, pytest.mark.streaming]

OTHERWISE = {
    # The name comes whole in two deltas. We take it once; joined as all strings of deltas are, it doubles.
    "openai-chat/openrouter-tool-variant-a.sse": ["calls"],
}
"""Where the SDK reads another answer, and is wrong."""

RAISES = {
    # Recorded errors, told as such by both.
    "anthropic/error-overloaded-first-event.sse": "APIStatusError",
    "compat/groq-event-error-after-text.sse": "APIError",
    "compat/groq-event-error-mid-stream.sse": "APIError",
    # `data: [DONE]`, which the gateway adds after `message_stop`, is read as JSON.
    "anthropic/gateway-openrouter-done.sse": "JSONDecodeError",
    # The form without `alt=sse` is not read.
    "gemini/json-array-no-alt-sse.json": "UnknownApiResponseError",
    "gemini/json-array-tools.json": "UnknownApiResponseError",
}

HELPER_OTHERWISE = {
    # As above: its own accumulation joins the name with itself.
    "openai-chat/openrouter-tool-variant-a.sse": ["calls"],
    # Each chunk's usage replaces the one before, also where it has none.
    "openai-chat/moderation-field.sse": ["usage"],
    # Chunks whose `object` is not `chat.completion.chunk` are passed over: here the last one.
    "compat/perplexity-crlf.sse": ["finish"],
}
"""The same of `stream()`, the accumulating helper of `openai`."""

HELPER_RAISES = {
    "compat/groq-event-error-after-text.sse": "APIError",
    "compat/groq-event-error-mid-stream.sse": "APIError",
    # A call's index is taken for its place in a list that begins at 0.
    "openai-chat/tool-index-starts-at-1.sse": "IndexError",
    # The same: no chunk of it has an `object`, so that there is no answer.
    "compat/copilot.sse": "AssertionError",
    # By design: it parses what it accumulates, and a cut answer cannot be parsed.
    "compat/llamacpp-toolcall-cut.sse": "LengthFinishReasonError",
    # A resumed leg has no `response.created`.
    "openai-responses/background-resume-after.sse": "RuntimeError",
    # The response's id changes from event to event.
    "openai-responses/copilot-id-rotation.sse": "RuntimeError",
}


@pytest.mark.parametrize("protocol", SDKS)
def test_we_read_what_the_sdk_reads(protocol, wire_corpus, sdk_simulator):
    chosen = [one for one in recordings_of(wire_corpus) if one.protocol == protocol and one.spoken]
    rows = list(rows_of(chosen, sdk_simulator))
    assert rows
    plain = {row.recording.name: (row.theirs, row.ours) for row in rows}
    check(plain, OTHERWISE, RAISES)
    helped = {row.recording.name: (row.helper, row.ours) for row in rows if row.helper is not None}
    check(helped, HELPER_OTHERWISE, HELPER_RAISES)


def check(heard, otherwise, raises):
    """Compares all that was read to its end; the tables tell the truth of every recording they name."""
    errors = {name: theirs.error for name, (theirs, _) in heard.items() if theirs.error is not None}
    others = {
        name: fields
        for name, (theirs, ours) in heard.items()
        if name not in errors and (fields := differing(theirs, ours))
    }
    assert others == {name: fields for name, fields in otherwise.items() if name in heard}
    named = {name: error.partition(":")[0] for name, error in errors.items() if name in raises}
    assert named == {name: kind for name, kind in raises.items() if name in heard}
