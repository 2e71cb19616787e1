"""What is known of terminals by their environment."""

from __future__ import annotations

import pytest

from pipeline_runtime.terminals import OSC52_PROGRAMS, OSC52_TERMS, takes_osc52


@pytest.mark.parametrize(
    ("environ", "taken"),
    [
        *(({"TERM": f"{name}-256color"}, True) for name in OSC52_TERMS),
        *(({"TERM": "xterm-256color", "TERM_PROGRAM": name}, True) for name in sorted(OSC52_PROGRAMS)),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, True),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, True),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, None),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-kitty", "TMUX": "/x"}, None),
        ({"TERM": "xterm-kitty", "STY": "1"}, None),
        ({}, None),
    ],
)
def test_only_known_terminals_take_osc52(environ, taken):
    assert takes_osc52(environ) is taken
