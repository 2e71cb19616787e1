"""`simulate`: a server for other programs."""

from __future__ import annotations

import re
import signal

import httpx
import pytest

from helpers_cli import Session, cli

pytestmark = pytest.mark.streaming
QUESTION = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello?"}]}


def test_it_says_where_it_listens_answers_and_ends_by_ctrl_c(tmp_path):
    (tmp_path / "mine.yaml").write_text("reply: Mine.\ntiming: {first_token: 0, rate: 0}\n")
    with Session("simulate", "--scenarios", tmp_path) as session:
        told = session.read_until("Ctrl-C ends it.")
        base_url = re.search(r"anthropic +(http://127\.0\.0\.1:\d+)", told)
        assert base_url is not None
        answer = httpx.post(f"{base_url[1]}/mine/v1/messages", json=QUESTION, headers={"x-api-key": "any"})
        assert answer.json()["content"][0]["text"] == "Mine."
        taken = cli("simulate", "--port", base_url[1].rpartition(":")[2])
        session.signal(signal.SIGINT)
        ran = session.end()
    assert (ran.code, ran.notes) == (0, "")
    assert taken.code == 2
    assert taken.notes.count("\n") == 1
    assert "port" in taken.notes
