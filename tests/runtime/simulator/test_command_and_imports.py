"""`simulate`, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request

import pytest

from pipeline_runtime.simulator import serve


def test_serve_says_where_and_ends_when_told():
    lines: list[str] = []
    until, printed = threading.Event(), threading.Event()

    def write(text: str) -> None:
        lines.append(text)
        if "Ctrl-C" in text:
            printed.set()

    thread = threading.Thread(target=serve, kwargs={"write": write, "until": until})
    thread.start()
    assert printed.wait(10)
    url = next(line.split()[1] for line in lines if line.split()[0] == "anthropic")
    with urllib.request.urlopen(url + "/") as answer:
        assert answer.status == 200
    until.set()
    thread.join(10)
    assert not thread.is_alive()
    text = "".join(lines)
    assert "/<scenario>/v1" in text
    assert "overloaded-then-ok" in text


def test_ctrl_c_ends_it_without_a_traceback():
    program = (
        "import signal\n"
        "from pipeline_runtime.simulator import serve\n"
        "import sys\n"
        "def write(text):\n"
        "    sys.stdout.write(text)\n"
        "    if 'Ctrl-C' in text:\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "serve(write=write)\n"
        "sys.stdout.write('after')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\nafter")


HEAVY = ("starlette", "uvicorn", "jinja2", "pydantic", "ruamel.yaml")


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import pipeline_runtime.simulator", set()),
        ("from pipeline_runtime.simulator import Simulator; Simulator()", set()),
        ("from pipeline_runtime.simulator import parse_scenario", {"jinja2", "pydantic", "ruamel.yaml"}),
    ],
)
def test_imports_are_paid_when_used(statement, loaded):
    program = f"{statement}\nimport sys\nprint(','.join(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert set(filter(None, done.stdout.strip().split(","))) == loaded


def test_an_unknown_name_is_an_attribute_error():
    import pipeline_runtime.simulator as package

    with pytest.raises(AttributeError, match="nothing_here"):
        _ = package.nothing_here
