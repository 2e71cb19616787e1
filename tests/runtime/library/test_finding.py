"""A run is found by what a user calls it."""

from __future__ import annotations

import pytest

from helpers_library import log_of
from pipeline_runtime.errors import InputError
from pipeline_runtime.library import Library, read_age, read_size, show_size

NEW, MIDDLE, OLD = "20260103T0-draft-cccc", "20260102T0-other-bbbb", "20260101T0-draft-aaaa"


@pytest.fixture
def library():
    for name in (NEW, MIDDLE, OLD):
        log_of(name)
    return Library()


@pytest.mark.parametrize(
    ("word", "run"),
    [
        (NEW, NEW),
        ("last", NEW),
        ("last-0", NEW),
        ("last-1", MIDDLE),
        ("last-2", OLD),
        ("20260102", MIDDLE),
        ("bbbb", MIDDLE),
        ("draft-aaaa", OLD),
        (f"{OLD}.jsonl", OLD),
    ],
)
def test_words_for_a_run(library, word, run):
    assert library.find(word).stem == run


def test_a_run_anywhere_is_found_by_its_path(library, tmp_path, monkeypatch):
    log = log_of("mine", folder=tmp_path / "else")
    assert library.find(str(log)) == log
    monkeypatch.chdir(tmp_path / "else")
    assert library.find("mine.jsonl").samefile(log)
    assert library.find("./mine.jsonl").samefile(log)


@pytest.mark.parametrize(
    ("word", "told", "cure"),
    [
        ("last-3", "3 runs recorded", "see pipeline-tui runs"),
        ("2026", "3 runs begin with '2026'", "give more of it"),
        ("", "there is no run ''", "see pipeline-tui runs"),
        ("cccd", "there is no run 'cccd'", "see pipeline-tui runs"),
        (NEW[:-1] + "d", "there is no run", f"did you mean {NEW}?"),
        ("../runs", "there is no run log ../runs", "see pipeline-tui runs"),
        ("gone.jsonl", "there is no run log gone.jsonl", "see pipeline-tui runs"),
        ("last-99999999999999999999", "there is no run", "see pipeline-tui runs"),
    ],
)
def test_what_is_told_where_there_is_none(library, word, told, cure):
    with pytest.raises(InputError) as raised:
        library.find(word)
    assert told in str(raised.value)
    assert raised.value.cure == cure


def test_of_an_empty_library_no_run_is_last():
    with pytest.raises(InputError, match="no run recorded"):
        Library().find("last")


def test_a_deleted_run_is_said_to_be_in_the_trash(library):
    library.delete([library.find(NEW)])
    with pytest.raises(InputError, match="is in the trash") as raised:
        library.find(NEW)
    assert raised.value.cure == f"pipeline-tui runs restore {NEW}"


@pytest.mark.parametrize(
    ("text", "size"),
    [("12", 12), ("1kB", 1_000), ("1.5 MB", 1_500_000), ("1GB", 10**9), ("1GiB", 1 << 30), ("0", 0)],
)
def test_sizes(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2_592_000), ("12h", 43_200), ("2w", 1_209_600), ("90s", 90), ("1m", 60)]
)
def test_ages(text, seconds):
    assert read_age(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "30", "-1d", "1e9d", "30 days", "9" * 30 + "d", "٣d"])
def test_what_is_no_age(text):
    with pytest.raises(InputError, match="is no age"):
        read_age(text)


@pytest.mark.parametrize("text", ["", "GB", "1XB", "-1", "1,5GB"])
def test_what_is_no_size(text):
    with pytest.raises(InputError, match="is no size"):
        read_size(text)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_960, "1.0 MB"), (5 * 10**15, "5000.0 TB")],
)  # fmt: skip
def test_sizes_are_shown(size, shown):
    assert show_size(size) == shown
