"""A scan finds what the filter's own test finds, by columns or by looking, in slices of any size."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers_tui import Script, flatten
from pipeline_runtime.expression import ExpressionError
from pipeline_runtime.runlog.index import EventIndex
from pipeline_runtime.runlog.index import blocks as blocks_module
from pipeline_runtime.runlog.index import rows as rows_module
from pipeline_tui.views import frame_scan
from pipeline_tui.views.frame_filter import parse_filter
from pipeline_tui.views.frame_row import FrameRow, FrameRows
from pipeline_tui.views.frame_scan import FrameScan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_runtime.events import AnyEvent

FILTERS = (
    "type:delta",
    "type:lint",
    "type:ping",
    "type:comment",
    "type:frame",
    "type:run_*",
    "lane:thinking or type:ping",
    "not type:frame",
    "/T.a/",
    "chars>3 not lane:thinking",
    "tea or type:stall",
    "lane:thinking",
    "lane:text step:two",
    "step:one",
    "n:7",
    "n>20 gap>15ms",
    "gap<=20ms",
    "bytes>60",
    "bytes<1",
    "Tea",
    "tea",
    "older bytes>40",
    "ping",
    "delta",
    '"stalled"',
    "after",
    "overloaded",
    "nowhere",
    "ÜBER",
    "über",
    "type:delta word-7 step:one",
)

EMPTY = {"type:comment", "nowhere", "lane:text step:two", "ÜBER", '"stalled"'}


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK", 16)
    monkeypatch.setattr(frame_scan, "BY_COLUMNS", 13)
    monkeypatch.setattr(frame_scan, "BY_LOOKING", 7)


def story() -> list[AnyEvent]:
    """Two steps with everything that can come."""
    script = Script("one", "two")
    items: list[AnyEvent | list[AnyEvent]] = [script.start()]
    for step in ("one", "two"):
        items += [script.step(step), script.attempt(step), script.opened(step)]
    for n in range(30):
        items += script.words(f"Tea is older than word-{n} Über", step="one", every=n)
        items += script.words("thinking it over", step="two", lane="thinking")
        items += [script.frame("one", event="ping"), script.lint("one", frame=None)]
        items += [script.frame("two", event="message"), script.unknown("two", frame=9_999)]
    items += [script.stall("began", 1000, step="one"), script.retry("two"), script.fallback(step="one")]
    items += [
        script.error("part", "two"),
        script.done("all", step="one"),
        script.step_end(step="one"),
        script.end(),
    ]
    return flatten(items)


@pytest.fixture(scope="module")
def index() -> Iterator[EventIndex]:
    patch = pytest.MonkeyPatch()
    patch.setattr(blocks_module, "BLOCK", 16)
    made = EventIndex()
    made.add(story())
    patch.undo()
    yield made
    made.close()


def through(scan: FrameScan) -> list[int]:
    while not scan.done:
        before = scan._high - scan._low
        scan.step()
        assert scan._high - scan._low > before
    assert scan.searched == 1
    return [scan[place] for place in range(len(scan))]


@pytest.mark.parametrize("text", FILTERS)
def test_a_scan_finds_what_the_filter_finds(
    text: str, index: EventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    test = parse_filter(text)
    expected = [number for number, row in enumerate(FrameRows(index)) if test(row)]
    assert through(FrameScan(index, test)) == expected
    assert bool(expected) != (text in EMPTY)


@pytest.mark.parametrize("text", FILTERS)
def test_rows_without_traits_are_looked_at(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    monkeypatch.setattr(rows_module, "_MOST_TRAITS", 4)
    index = EventIndex()
    index.add(story())
    test = parse_filter(text)
    expected = [number for number, row in enumerate(FrameRows(index)) if test(row)]
    assert through(FrameScan(index, test)) == expected
    index.close()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(FILTERS), min_size=1, max_size=3), st.data())
def test_narrowing_finds_the_same(index: EventIndex, texts: list[str], data: st.DataObject) -> None:
    grouped = [f"({text})" for text in texts]
    wider = FrameScan(index, parse_filter(" ".join(grouped[:-1])))
    for _ in range(data.draw(st.integers(0, 40))):
        if not wider.done:
            wider.step()
    narrow = parse_filter(" ".join(grouped))
    assert narrow.narrows(wider.test)
    found = through(FrameScan(index, narrow, wider=wider))
    assert found == through(FrameScan(index, narrow))


@pytest.mark.parametrize(
    "typed", ["Tea is", "ping step:one", 'gap>5ms "older tha', "lane:thinking", "word-12"]
)
def test_typing_on_narrows_or_says_that_it_does_not(typed: str, index: EventIndex) -> None:
    def parsed(text: str) -> object:
        try:
            return parse_filter(text)
        except ExpressionError:
            return None

    filters = [one for end in range(1, len(typed) + 1) if (one := parsed(typed[:end])) is not None]
    for before, after in pairwise(filters):
        if after.narrows(before):
            assert set(through(FrameScan(index, after))) <= set(through(FrameScan(index, before)))


@pytest.mark.parametrize(
    ("narrow", "wide", "does"),
    [
        ("tea", "te", True),
        ("Tea", "te", True),
        ("tea", "Te", False),
        ("te", "tea", False),
        ("type:delta", "type:del", False),
        ("gap>5ms tea", "gap>5ms", True),
        ("gap>6ms", "gap>5ms", False),
        ("n:5", "tea", False),
        ("anything", "", True),
    ],
)
def test_what_narrows(narrow: str, wide: str, does: bool) -> None:
    assert parse_filter(narrow).narrows(parse_filter(wide)) == does


def test_narrowing_looks_only_at_what_was_found(index: EventIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = FrameScan(index, parse_filter("step:one word-"))
    found = through(wide)
    looked: list[int] = []
    test = parse_filter("step:one word-12")
    pick = type(test.terms[0]).pick
    monkeypatch.setattr(
        type(test.terms[0]),
        "pick",
        lambda self, columns, rows: (looked.extend(rows), pick(self, columns, rows))[1],
    )
    through(FrameScan(index, test, wider=wide))
    assert sorted(looked) == found


def test_a_block_without_the_text_is_not_unpacked(index: EventIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FrameRow] = []
    monkeypatch.setattr(frame_scan, "FrameRow", lambda *parts: made.append(FrameRow(*parts)) or made[-1])
    (place, *_) = through(FrameScan(index, parse_filter("word-23")))
    assert "word-23" in FrameRows(index)[place].text
    assert len(made) < len(index) / 3


def test_the_newest_are_found_first_and_all_stay_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    script = Script()
    script.attempt()
    index = EventIndex()
    index.add([script.frame(data=f"row {n}") for n in range(100)])
    scan = FrameScan(index, parse_filter("row"))
    scan.step()
    assert [scan[place] for place in range(len(scan))] == list(range(93, 100))
    index.add([script.frame(data="row new")])
    scan.step()
    assert scan[len(scan) - 1] == 100
    assert scan.older == 7
    assert scan.searched == pytest.approx(8 / 101)
    assert through(scan) == list(range(101))
    index.close()


def test_new_rows_are_matched_as_they_come() -> None:
    script = Script()
    index = EventIndex()
    index.add(flatten([script.start(), script.step(), script.attempt()]))
    scan = FrameScan(index, parse_filter("two"))
    assert through(scan) == []
    for _ in range(5):
        before = len(index)
        index.add(script.words("one two three"))
        assert not scan.done
        assert through(scan)[-1] == before + 1
    assert len(scan) == 5
    index.close()
