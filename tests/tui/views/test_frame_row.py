"""Events become rows: what came in a frame joins its row, and nothing is dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from helpers_tui import MS, Script, flatten
from pipeline_runtime.events import AnyEvent, FrameReceived, Unknown
from pipeline_runtime.runlog.index import EventIndex
from pipeline_tui.views.frame_row import BURST, FrameRow, FrameRows, columns_for, header_text, row_cells
from pipeline_tui.views.frame_text import events_text, frame_text
from pipeline_tui.views.hexdump import bytes_text


def rows_of(events: list[AnyEvent]) -> list[FrameRow]:
    index = EventIndex()
    index.add(events)
    return list(FrameRows(index))


def frame(n: int = 0, **more: object) -> FrameReceived:
    fields = {"event": "message", "data": "{}", "offset": 0, "size": 8, "chunks": (n, n)} | more
    return FrameReceived("r", "s", 1, n, n * 50 * MS, n, **fields)  # type: ignore[arg-type]


def test_what_a_frame_means_joins_its_row() -> None:
    script = Script()
    events = flatten([script.start(), script.step(), script.attempt(), script.opened()])
    events += flatten([script.wait(50).frame(), script.delta("a"), script.lint(), script.unknown()])
    events += flatten([script.wait(20).frame(data="x"), script.delta("b"), script.done()])
    rows = rows_of(events)
    assert [row.kind for row in rows] == [
        "run_started",
        "step_started",
        "attempt_started",
        "response_opened",
        "frame",
        "frame",
        "done",
    ]
    first, second = rows[4], rows[5]
    assert [event.__struct_config__.tag for event in first.events] == ["delta", "lint", "unknown"]
    assert (first.gap, second.gap) == (50 * MS, 20 * MS)
    assert first.sign == "!"


def test_steps_and_attempts_keep_apart() -> None:
    script = Script("one", "two")
    events = flatten([script.step("one"), script.attempt("one"), script.step("two"), script.attempt("two")])
    one = [script.wait(10).frame("one"), script.delta("x", step="one")]
    rows = rows_of([*events, *one, script.wait(10).frame("two"), script.delta("y", step="two")])
    assert [row.gap for row in rows[-2:]] == [10 * MS, 20 * MS]
    assert [row.events[0].content for row in rows[-2:]] == ["x", "y"]  # type: ignore[union-attr]


def test_frames_of_one_socket_read_are_a_burst() -> None:
    rows = rows_of([frame(0), frame(1, chunks=(0, 0)), frame(2, chunks=(0, 1))])
    assert [row.gap for row in rows] == [0, BURST, 50 * MS]
    assert rows_of([frame(0), frame(1)])[1].gap == 50 * MS


def test_a_late_lint_and_a_sync_delta_have_rows_of_their_own() -> None:
    script = Script()
    script.attempt()
    events = [script.frame(), script.frame(), script.lint(frame=0)]
    assert [row.kind for row in rows_of(events)] == ["frame", "frame", "lint"]
    sync = Script()
    sync.attempt()
    assert [row.kind for row in rows_of([sync.delta("all")])] == ["delta"]


def test_rows_are_made_when_they_are_asked_for() -> None:
    index = EventIndex()
    index.add([frame(n) for n in range(9)])
    rows = FrameRows(index)
    assert len(rows) == 9
    assert [row.event.seq for row in rows] == list(range(9))
    assert rows[-1].key == rows[8].key == (8, 0)
    assert [row.event.seq for row in rows[2:8:3]] == [2, 5]
    for place in (9, -10):
        with pytest.raises(IndexError):
            rows[place]


def test_a_summary_is_what_the_frame_means_else_its_data() -> None:
    script = Script()
    script.attempt()
    row = FrameRow(script.frame(data='{"a": 1}'), 0)
    assert row.summary == '{"a": 1}'
    row.events += [script.delta("hi\n"), script.unknown()]
    assert row.summary == 'unknown mystery: {} · text "hi\n"'
    row.events[:] = [script.lint()]
    assert row.summary == "split_utf8: A code point is split"


def test_signs() -> None:
    script = Script()
    script.attempt()
    shown = {}
    for event in (script.stall("began", 1000), script.fallback(), script.retry(), script.error()):
        row = FrameRow(event, 0)
        shown[row.kind] = row.sign
    assert shown == {"stall": "‖", "fallback": "↓", "retry": "↻", "error": "✖"}
    assert FrameRow(frame(complete=False), 0).sign == "…"
    assert FrameRow(frame(), 0).sign == ""


def test_of_several_marks_the_gravest_is_shown() -> None:
    script = Script()
    script.attempt()
    row = FrameRow(frame(complete=False), 0)
    row.events += [script.delta("x"), script.unknown()]
    assert row.sign == "?"
    row.events.append(script.lint())
    assert row.sign == "!"
    assert row.summary.startswith("unknown mystery")
    width = 120
    cells = row_cells(row, columns_for(width), width)
    assert cells[0] == ("! ", "warning")


def test_what_the_runtime_did_is_told_in_words() -> None:
    script = Script()
    script.attempt()
    events = (
        script.recalled(),
        script.change("drop_stream_options"),
        script.change("stream"),
        script.failure(type="overloaded_error", message="Overloaded", status=529, request_id="req_7"),
        script.lint(frame=None),
    )
    remembered = "remembered 2026-11-20: the server refused to stream this request"
    assert [FrameRow(event, 0).text for event in events] == [
        f"{remembered} · no (status 400, learned 2026-11-20)",
        "HTTP 400: the server wants it so → asked again without stream_options · its words",
        "HTTP 400: the server wants it so → asked again as a stream · its words",
        "overloaded_error · HTTP 529 · request req_7: Overloaded",
        "split_utf8: A code point is split",
    ]


def test_types_are_the_wires_names_or_ours() -> None:
    named, plain, comment = frame(event="content_block_delta"), frame(), frame(data=None, comment="ping")
    row = FrameRow(plain, 0)
    assert row.type == "message"
    row.events.append(Unknown("r", "s", 1, 1, 0, "x", "{}", 0))
    assert row.type == "unknown"
    assert FrameRow(named, 0).type == "content_block_delta"
    assert (FrameRow(comment, 0).type, FrameRow(comment, 0).text) == ("comment", "ping")


@given(st.text(), st.text(max_size=40), st.integers(66, 200))
def test_cells_fill_the_width_and_hold_no_control(data: str, event: str, width: int) -> None:
    cells = row_cells(FrameRow(frame(data=data, event=event), 5), columns_for(width), width)
    line = "".join(text for text, _ in cells)
    assert cell_len(line) == width
    assert line.isprintable() or "\n" not in line
    assert "\x1b" not in line


@pytest.mark.parametrize("width", [80, 200])
def test_the_header_stands_over_its_columns(width: int) -> None:
    columns = columns_for(width)
    line = "".join(text for text, _ in row_cells(FrameRow(frame(7, data="SUM"), 5 * MS), columns, width))
    header = header_text(columns, width)
    assert header.index("summary") == line.index("SUM")
    assert header.index("bytes") + len("bytes") == line.index("8  SUM") + 1
    assert cell_len(header) == width


def test_bytes_show_what_is_invisible_and_what_is_no_utf8() -> None:
    assert bytes_text(b"data: a\r\n\tb\xff\n\n") == "data: a␍␊\n␉b\\xff␊\n␊\n"
    assert bytes_text(b"x" * 300_000).endswith("… and 100,000 more bytes")


def test_the_detail_of_a_row() -> None:
    row = FrameRow(frame(3, size=12, offset=40), 0)
    assert frame_text(row, b"data: {}\n\n") == "frame 3, 12 bytes at 40, chunks 3-3\n\ndata: {}␊\n␊\n"
    assert "no run log" in frame_text(row, None)
    assert "(no data)" in frame_text(FrameRow(frame(data=None), 0), b"")
    assert "ended inside" in frame_text(FrameRow(frame(complete=False), 0), b"x")
    assert events_text(row).startswith("No event")
    script = Script()
    script.attempt()
    row.events.append(script.delta("héllo"))
    assert '"content": "héllo"' in events_text(row)
    row.events.append(script.lint())
    assert events_text(row).startswith("! split_utf8: A code point is split\n→ Nothing to do\n\n{")
    assert events_text(row).count('"kind"') == 2
    unknown = FrameRow(script.unknown(), 0)
    assert events_text(unknown).startswith("? mystery: no event that this protocol knows; kept as sent\n\n{")
    error = FrameRow(
        script.failure(type="api_error", message="broken\x1b", cure="Run it again", status=200), 0
    )
    assert events_text(error).startswith("✖ api_error · HTTP 200, then it failed\nbroken␛\n→ Run it again\n")
    stall = FrameRow(script.stall("began", 1000), 0)
    assert '"phase": "began"' in events_text(stall)
    assert "runtime" in frame_text(stall, None)
