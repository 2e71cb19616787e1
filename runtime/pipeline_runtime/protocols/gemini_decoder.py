"""Gemini: frames and sync bodies to events (PROTOCOLS.md of the recorded corpus, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_runtime.protocols.base import WireFailure
from pipeline_runtime.protocols.decoding import FrameDecoder
from pipeline_runtime.protocols.failures import failure_of
from pipeline_runtime.protocols.gemini_calls import CallJoiner
from pipeline_runtime.protocols.gemini_fields import (
    KNOWN_CANDIDATE,
    KNOWN_PARTS,
    KNOWN_RESPONSE,
    PASSING_REASONS,
    has_counts,
    kind_of,
    normalised,
    read_usage,
    sources_of,
)
from pipeline_runtime.protocols.jsontext import as_index, as_list, as_object, as_text, as_word, encode

if TYPE_CHECKING:
    from pipeline_runtime.events import Lane, Verdict
    from pipeline_runtime.origin import Origin
    from pipeline_runtime.protocols.assembly import ChoiceDraft
    from pipeline_runtime.protocols.jsontext import JsonObject
    from pipeline_runtime.wire.frames import Frame


class GeminiDecoder(FrameDecoder):
    """One attempt's decoder (implements `base.Decoder`).

    Parts that are no text and no function call are kept in `blocks` as sent, with their kind as `type`; so
    are thought signatures, which the next turn must send back, and what grounds an answer. The stream has no
    end marker: a finish reason says that it is whole, and more may follow it (older models send one a frame).
    """

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._joiners: dict[int, CallJoiner] = {}
        self._kept: list[JsonObject] = []

    # --- frames ---

    def interpret(self, frame: Frame, data: str) -> None:
        """Takes a GenerateContentResponse or an error."""
        if data.strip() == "[DONE]":
            self.lint("unexpected_done")
            return
        response = self.read_object(frame, data)
        if response is not None:
            self._take(response, is_error=frame.event == "error")

    def _take(self, response: JsonObject, *, is_error: bool = False) -> None:
        wrapped = response.get("response")
        if "candidates" not in response and isinstance(wrapped, dict):
            response = wrapped  # Code Assist wraps each response
        if is_error or response.get("error"):
            self.fail(failure_of(response))
        self.assembly.identify(model=response.get("modelVersion"), response_id=response.get("responseId"))
        self._take_candidates(as_list(response.get("candidates")))
        self._take_feedback(as_object(response.get("promptFeedback")))
        usage = as_object(response.get("usageMetadata"))
        if usage:
            self.assembly.merge_usage(usage, read_usage, fresh=has_counts(usage))
        if self.failure is None:
            for key in response:
                if key not in KNOWN_RESPONSE:
                    self.unknown(key, encode({key: response[key]}))

    def _take_feedback(self, feedback: JsonObject) -> None:
        """A prompt that was blocked has no candidates."""
        reason = as_word(feedback.get("blockReason"))
        if not reason:
            return
        draft = self.assembly.choice()
        self._emit(as_text(feedback.get("blockReasonMessage")), "refusal", 0, draft.refusal)
        draft.finish(reason, "content_filter")

    # --- candidates ---

    def _take_candidates(self, candidates: list[object]) -> None:
        taken: set[int] = set()
        for position, value in enumerate(candidates):
            candidate = as_object(value)
            index = as_index(candidate.get("index"))
            if index is None:
                index = position if 0 in taken else 0
            taken.add(index)
            self._take_candidate(index, candidate)

    def _take_candidate(self, index: int, candidate: JsonObject) -> None:
        draft = self.assembly.choice(index)
        for part in as_list(as_object(candidate.get("content")).get("parts")):
            self._take_part(index, draft, as_object(part))
        for source in sources_of(candidate):
            if source not in self.assembly.citations:
                self.assembly.citations.append(source)
        for name in ("groundingMetadata", "urlContextMetadata"):
            self._keep(name, as_object(candidate.get(name)))
        raw = as_word(candidate.get("finishReason"))
        if raw:
            self._finish(draft, raw, as_text(candidate.get("finishMessage")))
        for key in candidate:
            if key not in KNOWN_CANDIDATE and candidate[key]:
                self.unknown(f"candidate.{key}", encode({key: candidate[key]}))

    def _finish(self, draft: ChoiceDraft, raw: str, message: str) -> None:
        """A call ends with `STOP` like any answer; a reason that is a fault is an error of the stream."""
        reason = normalised(raw)
        draft.finish(raw, "tool_use" if reason == "stop" and draft.tools else reason)
        if reason == "error":
            said = message or f"the model stopped with {raw}"
            self.fail(WireFailure(raw, said, retryable=raw in PASSING_REASONS))

    # --- parts ---

    def _take_part(self, index: int, draft: ChoiceDraft, part: JsonObject) -> None:
        kind = kind_of(part)
        if kind == "text":
            if part.get("thought"):
                self._emit(as_text(part.get("text")), "thinking", index, draft.thinking)
            else:
                self._emit(as_text(part.get("text")), "text", index, draft.text)
        elif kind == "functionCall":
            self._joiner(index).add(as_object(part.get("functionCall")))
        elif kind:
            self.assembly.add_block({"type": kind, **part})
            if kind not in KNOWN_PARTS:
                self.unknown(f"part.{kind}", encode(part))
            return
        self._keep_signature(kind, part)

    def _keep_signature(self, kind: str, part: JsonObject) -> None:
        signature = as_text(part.get("thoughtSignature"))
        if signature:
            signed = {"functionCall": part[kind]} if kind == "functionCall" else {}
            self.assembly.add_block({"type": "thoughtSignature", "thoughtSignature": signature, **signed})

    def _keep(self, name: str, value: JsonObject) -> None:
        """Metadata that later frames repeat is kept once."""
        block = {"type": name, **value}
        if value and block not in self._kept:
            self._kept.append(block)
            self.assembly.add_block(block)

    def _joiner(self, index: int) -> CallJoiner:
        joiner = self._joiners.get(index)
        if joiner is None:
            joiner = self._joiners[index] = CallJoiner(self, index)
        return joiner

    def _emit(self, content: str, lane: Lane, choice: int, into: list[str]) -> None:
        if content:
            into.append(content)
            self.delta(content, lane, 0, choice)

    # --- the end ---

    def judge(self) -> Verdict:
        """Whole is what has a finish reason; the body's end without one is a cut (section 4)."""
        if self.failure is not None:
            return "error"
        reasons = {choice.finish_reason for choice in self.assembly.choices.values()}
        if not reasons or None in reasons:
            if self.data_frames and not self.is_sync:
                self.lint("missing_terminator", terminator="finishReason")
            if not self.is_sync or not self.assembly.has_content:
                return "truncated"
            self.lint("no_finish_reason")
        self.terminated = True
        if "length" in reasons:
            return "cut_by_limit"
        return "refused" if "content_filter" in reasons else "complete"

    def interpret_sync(self, message: JsonObject) -> None:
        """A GenerateContentResponse holds in one piece what frames hold."""
        self._take(message)
