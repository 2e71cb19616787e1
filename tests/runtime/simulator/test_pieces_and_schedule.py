"""Cutting text into pieces, and when each of them comes."""

from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.simulator.pieces import split_pieces
from pipeline_runtime.simulator.scenario import Timing
from pipeline_runtime.simulator.schedule import gaps


def test_words_keep_their_leading_space():
    assert split_pieces("The quick, extraordinary fox.\n\nEnd") == (
        "The", " quick", ",", " extr", "aord", "inary", " fox", ".", "\n\n", "End",
    )  # fmt: skip


@given(st.text())
def test_joined_they_are_the_text(text):
    assert "".join(split_pieces(text)) == text


@given(st.text())
def test_pieces_are_small_and_never_empty(text):
    assert all(1 <= len(piece) <= 7 for piece in split_pieces(text))


@given(st.text(alphabet="日本語한국어中文", min_size=1))
def test_wide_scripts_come_in_twos(text):
    assert all(len(piece) <= 2 for piece in split_pieces(text))


def test_the_first_gap_is_the_time_to_the_first_token():
    assert gaps(Timing(first_token=1.5, rate=10, jitter=0), 4) == [1.5, 0.1, 0.1, 0.1]


def test_the_same_seed_gives_the_same_schedule():
    assert gaps(Timing(jitter=0.8, seed=7), 500) == gaps(Timing(jitter=0.8, seed=7), 500)


def test_another_seed_gives_another_one():
    assert gaps(Timing(jitter=0.8, seed=7), 50) != gaps(Timing(jitter=0.8, seed=8), 50)


@given(jitter=st.floats(0, 1), seed=st.integers())
def test_jitter_stays_within_its_bounds(jitter, seed):
    mean = 1 / 40
    later = gaps(Timing(rate=40, jitter=jitter, seed=seed), 200)[1:]
    assert all(mean * (1 - jitter) - 1e-9 <= gap <= mean * (1 + jitter) + 1e-9 for gap in later)


def test_jitter_keeps_the_rate():
    later = gaps(Timing(rate=40, jitter=1.0, seed=3), 5000)[1:]
    assert abs(statistics.fmean(later) - 1 / 40) < 0.001
    assert statistics.pstdev(later) > 0.005


def test_rate_zero_is_as_fast_as_possible():
    assert gaps(Timing(first_token=0, rate=0), 3) == [0, 0, 0]


def test_no_pieces_no_gaps():
    assert gaps(Timing(), 0) == []
