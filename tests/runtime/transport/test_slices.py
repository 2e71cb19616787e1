"""No read keeps the event loop to itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_runtime.transport.settings import READ_BUFFER
from pipeline_runtime.transport.slices import AT_ONCE, is_light, slices_of


@given(st.binary(max_size=50), st.integers(1, 3000))
def test_slices_are_the_bytes_in_order(seed, times):
    data = seed * times
    slices = list(slices_of(data))
    assert b"".join(slices) == data
    assert all(slices) or not data


@pytest.mark.parametrize(
    ("tiny", "most"), [(b"\n", 512), (b"{}\n", 512), (b"1,", 2048), (b"data: a\n\n", 512), (b"x" * 99, 1000)]
)
def test_a_slice_holds_few_frames_and_is_no_larger_than_a_read(tiny, most):
    for size in (READ_BUFFER, 20 * READ_BUFFER):
        slices = list(slices_of(tiny * (size // len(tiny))))
        assert max(map(len, slices)) <= READ_BUFFER
        assert max(part.count(b"\n") + part.count(b",") for part in slices) <= most + 1


FRAME = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":" w"},"finish_reason":null}]}\n\n'


def test_a_usual_read_is_one_chunk():
    data = FRAME * (READ_BUFFER // len(FRAME))
    assert list(slices_of(data)) == [data]


def test_a_read_is_light_by_its_size_and_its_frames():
    assert is_light(FRAME * 40)
    assert not is_light(b"x" * (AT_ONCE + 1))
    assert not is_light(b"1," * (AT_ONCE // 2))
    assert not is_light(b"\n" * AT_ONCE)
