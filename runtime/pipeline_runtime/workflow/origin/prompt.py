"""A prompt of the guide's origin (a text, or a list of parts) as one template of today."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline_runtime.workflow.extracting import FIELD_PATH
from pipeline_runtime.workflow.lines import Segment, TextLines, segment_of
from pipeline_runtime.workflow.origin.expressions import (
    Found,
    quoted,
    refer,
    translate_path,
    translate_text,
)
from pipeline_runtime.workflow.origin.reading import Keys
from pipeline_runtime.workflow.origin.words import PART_REASONS
from pipeline_runtime.workflow.spelling import shorten, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_runtime.workflow.notices import Notices
    from pipeline_runtime.workflow.problems import Loc, Report


EXAMPLE = "such as `- {type: static, content: ...}`"


@dataclass(slots=True)
class Prompt:
    """What became of a prompt."""

    texts: list[str] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    file_locs: dict[str, Loc] = field(default_factory=dict)
    found: Found = field(default_factory=Found)
    path_inputs: list[str] = field(default_factory=list)
    """Inputs that name files: nothing can stand for them."""
    unsupported: str = ""
    """What in it is not supported yet."""

    @property
    def text(self) -> str:
        """The whole template."""
        return "\n".join(self.texts)

    @property
    def lines(self) -> TextLines | None:
        """Where its lines stand in the file."""
        return TextLines(tuple(self.segments)) if self.segments else None


class PromptReader:
    """Reads the prompts of one file."""

    def __init__(
        self, ids: Mapping[str, str], variables: Mapping[str, object], report: Report, notices: Notices
    ) -> None:
        self._ids = ids
        """The steps above, by name: grows while the file is read."""
        self._variables = variables
        self._report = report
        self._notices = notices

    def read(self, given: Any, loc: Loc) -> Prompt:
        """The template of a prompt; what is wrong with it is reported."""
        prompt = Prompt()
        if isinstance(given, str):
            self._add_text(prompt, given, loc)
        elif isinstance(given, list):
            for index, part in enumerate(given):
                self._part(prompt, part, (*loc, index))
        else:
            self._report.add(
                "the prompt must be a text or a list of parts",
                loc,
                cure=EXAMPLE,
            )
        for written in prompt.found.unknown:
            message = f"`{shorten(written)}` is sent as it stands: such an expression is not supported yet"
            self._notices.add("ignored", message, loc)
        return prompt

    def _part(self, prompt: Prompt, part: Any, loc: Loc) -> None:
        if isinstance(part, str):
            self._add_text(prompt, part, loc)
            return
        if not isinstance(part, dict):
            self._report.add("a part of a prompt must be a mapping", loc, cure=EXAMPLE)
            return
        keys = Keys(part, loc, self._report, self._notices)
        kind = keys.text("type")
        if "condition" in keys:
            prompt.unsupported = "the `condition` of a prompt's part"
        match kind:
            case "static":
                self._add_text(prompt, keys.text("content") or "", keys.at("content"))
            case "file":
                self._file(prompt, keys)
            case "previous_response":
                self._answer(prompt, keys)
            case None:
                self._report.add(
                    "a part of a prompt needs the key `type`", loc, cure="such as `type: static`"
                )
            case _:
                prompt.unsupported = f"the prompt's part `{shorten(kind)}`"
                return
        keys.tell_rest(PART_REASONS)

    def _add_text(self, prompt: Prompt, text: str, loc: Loc) -> None:
        self._add(prompt, translate_text(text, self._ids, self._variables, prompt.found), loc)

    def _add(self, prompt: Prompt, template: str, loc: Loc) -> None:
        place = self._report.place(loc)
        if place is not None:
            line = 1 + sum(text.count("\n") + 1 for text in prompt.texts)
            prompt.segments.append(segment_of(place, line))
        prompt.texts.append(template)

    def _file(self, prompt: Prompt, keys: Keys) -> None:
        path = keys.text("path")
        if not path:
            self._report.add("a `file` part needs the key `path`", keys.loc, cure="such as `path: notes.md`")
            return
        found = Found()
        template = translate_path(path, found, self._variables)
        prompt.path_inputs += found.inputs
        prompt.found.unknown += found.unknown
        name = path.replace("{{", "").replace("}}", "").strip()
        prompt.files[name] = template
        prompt.file_locs[name] = keys.at("path")
        self._add(prompt, f"{{{{ files[{quoted(name)}] }}}}", keys.at("path"))

    def _answer(self, prompt: Prompt, keys: Keys) -> None:
        name = keys.text("step") or ""
        if name not in self._ids:
            cure = suggest(name, self._ids, otherwise="there is no step above it")
            message = f"`previous_response` names `{name}`, and no step above has that name"
            self._report.add(message, keys.at("step"), cure=cure)
            return
        step_id = self._ids[name]
        strict = keys.get("strict") is not False
        path = (keys.text("extract") or "").removeprefix("$.")
        if not path or FIELD_PATH.fullmatch(path):
            where = keys.at("extract") if path else keys.at("step")
            self._add(prompt, refer(step_id, path, prompt.found, strict=strict), where)
        else:
            prompt.unsupported = f"`extract: {shorten(path)}`"
