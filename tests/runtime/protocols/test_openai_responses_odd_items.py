"""Responses' items that stray from the usual: inputs told field by field, parts numbered otherwise."""

from __future__ import annotations

import pytest

from helpers_responses import (
    added,
    codes,
    decode,
    deltas,
    done,
    ended,
    message,
    part_done,
    unknowns,
    whole_text,
)

pytestmark = pytest.mark.streaming


def command(phase, words, number=0):
    field = "delta" if phase == "delta" else "command"
    kind = f"response.shell_call_command.{phase}"
    return {"type": kind, "output_index": 0, "command_index": number, field: words}


def test_the_commands_of_a_shell_call_are_input_one_after_the_other():
    begun = {"type": "shell_call", "id": "sh", "status": "in_progress", "action": {"commands": []}}
    whole = {**begun, "status": "completed", "action": {"commands": ["ls -a", "pwd"], "timeout_ms": None}}
    _, events, response = decode(
        added(begun),
        command("added", ""),
        command("delta", "ls"),
        command("delta", " -a"),
        command("done", "ls -a"),
        command("added", "", 1),
        command("delta", "pw", 1),
        command("done", "pwd", 1),
        done(whole),
        ended(whole),
    )
    assert "".join(content for _, content, _ in deltas(events)) == "ls -a\npwd"
    assert response.blocks == (whole,)
    assert (codes(events), unknowns(events)) == (["done_differs"], [])


def test_the_diff_of_a_patch_is_input_and_the_whole_operation_no_other_one():
    operation = {"type": "create_file", "path": "a.md", "diff": ""}
    begun = {"type": "apply_patch_call", "id": "ap", "status": "in_progress", "operation": operation}
    whole = {**begun, "status": "completed", "operation": {**operation, "diff": "+# Shopping\n"}}
    place = {"output_index": 0}
    kind = "response.apply_patch_call_operation_diff"
    _, events, response = decode(
        added(begun),
        {"type": f"{kind}.delta", **place, "delta": "+# Shop"},
        {"type": f"{kind}.delta", **place, "delta": "ping\n"},
        {"type": f"{kind}.done", **place, "diff": "+# Shopping\n"},
        done(whole),
        ended(whole),
    )
    assert deltas(events) == [
        ("tool_input", "", 0),
        ("tool_input", "+# Shop", 0),
        ("tool_input", "ping\n", 0),
    ]
    assert (response.blocks, codes(events), unknowns(events)) == ((whole,), [], [])


def test_a_call_whose_input_only_its_end_tells_is_shown_then():
    whole = {"type": "shell_call", "id": "sh", "status": "completed", "action": {"commands": ["pwd"]}}
    _, events, response = decode(added({**whole, "action": {"commands": []}}), done(whole), ended(whole))
    assert deltas(events) == [("tool_input", "", 0), ("tool_input", '{"commands":["pwd"]}', 0)]
    assert (response.blocks, codes(events)) == ((whole,), [])


def vllm_text(kind, words, index, number, **more):
    place = {"output_index": index, "content_index": number}
    return {"type": kind, **place, "delta" if kind.endswith(".delta") else "text": words, **more}


def test_a_part_that_is_numbered_on_from_the_item_before_counts_once():
    reasoning = {"type": "reasoning", "id": "rs", "summary": [], "status": "completed"}
    thought = {"type": "reasoning_text", "text": "Count."}
    spoken = whole_text("1, 2", {"type": "url_citation", "url": "u"})
    part = {"output_index": 0, "content_index": 0, "part": {**thought, "text": ""}}
    _, events, response = decode(
        added(reasoning),
        {"type": "response.reasoning_part.added", **part},
        vllm_text("response.reasoning_text.delta", "Count.", 0, 0),
        vllm_text("response.reasoning_text.done", "Count.", 0, 0),
        {"type": "response.reasoning_part.done", **part, "part": thought},
        done({**reasoning, "content": [thought]}),
        added(message(), 1),
        vllm_text("response.output_text.delta", "1, 2", 1, 1),
        vllm_text("response.output_text.done", "1, 2", 1, 1),
        part_done(spoken, 1, 1),
        done(message(spoken), 1),
        ended({**reasoning, "content": [thought]}, message(spoken)),
    )
    assert (response.text, response.thinking) == ("1, 2", "Count.")
    assert response.citations == ({"type": "url_citation", "url": "u"},)
    assert (codes(events), unknowns(events)) == ([], [])


def test_a_part_that_no_event_told_is_taken_from_its_whole_item():
    whole = message(whole_text("lost "), whole_text("kept"))
    _, events, response = decode(
        added(message()),
        vllm_text("response.output_text.delta", "kept", 0, 1),
        done(whole),
        ended(whole),
    )
    assert [content for _, content, _ in deltas(events)] == ["kept", "lost "]
    assert response.text == "keptlost "


@pytest.mark.parametrize("last", [3, 4])
def test_deltas_that_are_each_numbered_anew_are_one_part(last):
    spoken = whole_text("one two three")
    _, events, response = decode(
        added(message()),
        vllm_text("response.output_text.delta", "one", 0, 1),
        vllm_text("response.output_text.delta", " two", 0, 2),
        vllm_text("response.output_text.delta", " three", 0, 3),
        vllm_text("response.output_text.done", "one two three", 0, last),
        part_done(spoken, 0, last),
        done(message(spoken)),
        ended(message(spoken)),
    )
    assert [content for _, content, _ in deltas(events)] == ["one", " two", " three"]
    assert (response.text, codes(events)) == ("one two three", [])


def test_deltas_numbered_anew_are_one_part_when_only_the_item_tells_its_end():
    _, events, response = decode(
        added(message()),
        vllm_text("response.output_text.delta", "one", 0, 1),
        vllm_text("response.output_text.delta", " two", 0, 2),
        done(message(whole_text("one two"))),
        ended(message(whole_text("one two"))),
    )
    assert (response.text, codes(events)) == ("one two", [])


def test_an_item_that_ends_under_the_next_one_s_index_is_known_by_its_id():
    reasoning = {"type": "reasoning", "id": "rs", "summary": [], "status": "in_progress"}
    thought = {"type": "reasoning_text", "text": "Count."}
    ending = {"item_id": "rs"}
    _, events, response = decode(
        added(reasoning, 7),
        vllm_text("response.reasoning_text.delta", "Count.", 7, 4, **ending),
        vllm_text("response.reasoning_text.done", "Count.", 8, 4, **ending),
        done({**reasoning, "content": [thought]}, 8),
        added(message(), 8),
        vllm_text("response.output_text.delta", "1, 2", 8, 5, item_id="msg"),
        done(message(whole_text("1, 2")), 8),
        ended({**reasoning, "content": [thought]}, message(whole_text("1, 2"))),
    )
    assert (response.thinking, response.text, codes(events)) == ("Count.", "1, 2", [])


def test_an_id_that_several_items_have_tells_none_apart():
    one, two = message(whole_text("a")), message(whole_text("b"))
    _, events, response = decode(
        added(message(), 0),
        added(message(), 1),
        vllm_text("response.output_text.delta", "a", 0, 0, item_id="msg"),
        vllm_text("response.output_text.delta", "b", 1, 0, item_id="msg"),
        done(one, 0),
        done(two, 1),
        ended(one, two),
    )
    assert [(content, index) for _, content, index in deltas(events)] == [("a", 0), ("b", 1)]
    assert (response.text, codes(events)) == ("ab", [])
