"""TCP ports, as people write them."""

from __future__ import annotations

import pytest

from pipeline_runtime.ports import port_of


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("1", 1), ("8080", 8080), ("65535", 65_535)])
def test_a_port_is_read(text, port):
    assert port_of(text) == port


@pytest.mark.parametrize("text", ["", "65536", "99999", "-1", "+1", "x", "8_080", " 80", "٨٠", "9" * 5000])
def test_what_is_no_port_is_none(text):
    assert port_of(text) is None
