"""Lines that handlers print: never cut by what another thread writes."""

from __future__ import annotations

import io
import sys
import threading

from pipeline_runtime.cli.whole_lines import WholeLines, prints_whole_lines


def test_a_line_waits_for_its_end():
    out = io.StringIO()
    lines = WholeLines(out)
    lines.write("heard")
    assert out.getvalue() == ""
    out.write("a note\n")
    lines.write("\nnext\nrest")
    assert out.getvalue() == "a note\nheard\nnext\n"
    lines.finish()
    assert out.getvalue() == "a note\nheard\nnext\nrest"


def test_a_flush_passes_on_what_is_there():
    out = io.StringIO()
    lines = WholeLines(out)
    lines.write("...")
    lines.flush()
    lines.flush()
    assert out.getvalue() == "..."


def test_two_threads_do_not_share_a_line():
    out = io.StringIO()
    lines = WholeLines(out)
    lines.write("of the first, ")
    other = threading.Thread(target=lambda: lines.write("of the second\n"))
    other.start()
    other.join()
    lines.write("in two parts\n")
    assert out.getvalue() == "of the second\nof the first, in two parts\n"


def test_what_was_begun_is_not_lost_when_it_ends():
    out, outside = io.StringIO(), sys.stdout
    with prints_whole_lines(out):
        print("one")
        print("two", end="")
    assert sys.stdout is outside
    assert out.getvalue() == "one\ntwo"


def test_it_passes_for_the_stream_below(tmp_path):
    with (tmp_path / "out").open("w", encoding="utf-8") as below:
        lines = WholeLines(below)
        assert (lines.encoding, lines.fileno(), lines.isatty()) == ("utf-8", below.fileno(), False)
        assert lines.buffer is below.buffer
        assert lines.writable()
