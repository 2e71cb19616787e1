"""A failure in a few lines: its kind, status, words, request id and cure are always among them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from helpers_tui import Script
from pipeline_tui.views.failure_text import LEAST_LINES, failure_head, failure_lines, failure_text

LONG = "word " * 60


def test_all_of_it_where_there_is_room() -> None:
    error = Script().failure(
        type="overloaded_error",
        message="Overloaded",
        cure="Run it again later",
        status=529,
        request_id="req_1",
    )
    assert failure_lines(error, 60, 10) == [
        "  ✖ overloaded_error · HTTP 529 · request req_1",
        "    Overloaded",
        "  → Run it again later",
    ]
    assert (
        failure_text(error) == "overloaded_error · HTTP 529 · request req_1\nOverloaded\nRun it again later"
    )


def test_an_error_in_the_stream_names_the_status_it_came_under() -> None:
    error = Script().failure(type="overloaded_error", message="Overloaded", status=200)
    assert failure_head(error) == "overloaded_error · HTTP 200, then it failed"


def test_what_never_reached_a_server_has_no_status() -> None:
    error = Script().failure(type="connect_failed", message="refused")
    assert failure_lines(error, 60, 10) == ["  ✖ connect_failed", "    refused"]


def test_a_request_id_that_does_not_fit_beside_the_rest_is_wrapped_not_cut() -> None:
    error = Script().failure(type="overloaded_error", message="no", status=529, request_id="req_" + "7" * 20)
    shown = failure_lines(error, 40, 10)
    assert shown[:2] == ["  ✖ overloaded_error · HTTP 529 ·", "    request req_77777777777777777777"]


def test_a_message_that_is_too_long_is_cut_and_says_so_and_the_cure_stays() -> None:
    error = Script().failure(type="api_error", message=LONG, cure="Run it again later")
    lines = failure_lines(error, 60, 4)
    assert len(lines) == 4
    assert lines[2].endswith("… d shows all")
    assert lines[3] == "  → Run it again later"


def test_what_a_server_says_cannot_write_to_the_terminal() -> None:
    error = Script().failure(type="x\x1b[2J", message="no\x1b]0;t\x07\nway", cure="c\x1b", request_id="r\n1")
    shown = failure_lines(error, 60, 10)
    assert shown == ["  ✖ x␛[2J · request r␊1", "    no␛]0;t␇", "    way", "  → c␛"]


@given(
    st.text("ab 漢\n", max_size=300),
    st.text("ab 漢", max_size=200),
    st.integers(20, 100),
    st.integers(0, 12),
)
def test_lines_keep_to_the_room_and_the_width(message: str, cure: str, width: int, room: int) -> None:
    lines = failure_lines(Script().failure(type="api_error", message=message, cure=cure), width, room)
    assert len(lines) <= max(LEAST_LINES, room)
    assert all(cell_len(line) <= width for line in lines)
    assert all("\n" not in line for line in lines)
    assert not cure.strip() or any(line.startswith("  → ") for line in lines)
