"""`capabilities`: what was learned is shown, explained and forgotten."""

from __future__ import annotations

import json

import pytest

from helpers_cli import cli
from pipeline_runtime.capabilities.lessons import LessonBook
from pipeline_runtime.capabilities.shape import Shape
from pipeline_runtime.stream.refusals import Refusal

WORDS = "'stream' does not support true with this model"


@pytest.fixture
def lesson():
    shape = Shape("https://api.example.test/v1", "openai-chat", "o1", tools=True)
    return LessonBook().learn(shape, Refusal("sync", "the server refused to stream", WORDS), 400)


def test_nothing_learned_is_said():
    ran = cli("capabilities")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing was learned yet" in ran.notes


def test_lessons_are_listed(lesson):
    ran = cli("capabilities")
    assert ran.code == 0
    (line,) = ran.out.splitlines()
    for fact in (lesson.id, "https://api.example.test/v1", "o1", "with tools", "without a stream"):
        assert fact in line


def test_lessons_as_json(lesson):
    (line,) = cli("capabilities", "--json").out.splitlines()
    told = json.loads(line)
    assert (told["id"], told["change"], told["evidence"]) == (lesson.id, "sync", WORDS)


def test_a_lesson_is_explained_by_its_name_or_its_models(lesson):
    by_id, by_model = cli("capabilities", "explain", lesson.id), cli("capabilities", "explain", "o1")
    assert by_id.code == 0
    assert by_id.out == by_model.out
    assert f"{WORDS} (status 400)" in by_id.out
    assert f"capabilities forget {lesson.id}" in by_id.out


def test_a_lesson_is_forgotten(lesson):
    ran = cli("capabilities", "forget", lesson.id)
    assert (ran.code, ran.notes) == (0, "1 lesson forgotten\n")
    assert LessonBook().lessons() == []


def test_all_are_forgotten(lesson):
    assert cli("capabilities", "forget", "--all").code == 0
    assert LessonBook().lessons() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "o3"), "there is no lesson 'o3' (known: "),
        (("explain",), "explain takes the name of one lesson"),
        (("forget",), "nothing to forget was named (give a lesson's name, or --all)"),
        (("forget", "o3"), "there is no lesson 'o3'"),
    ],
)
def test_mistakes_are_told(lesson, words, said):
    ran = cli("capabilities", *words)
    assert ran.code == 2
    assert said in ran.notes
    assert len(LessonBook().lessons()) == 1


def test_hints_name_their_source():
    lines = cli("capabilities", "known").out.splitlines()
    assert any("o1-pro" in line and "supports_native_streaming" in line for line in lines)
