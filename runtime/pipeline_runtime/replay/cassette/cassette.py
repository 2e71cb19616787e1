"""A run log that answers in the network's place: the n-th request of a step gets its n-th answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pipeline_runtime.errors import InputError, NotRecorded
from pipeline_runtime.replay.cassette.answer import answer
from pipeline_runtime.replay.cassette.differences import differences
from pipeline_runtime.replay.cassette.memory import TapedMemory
from pipeline_runtime.replay.cassette.merging import merge
from pipeline_runtime.replay.cassette.tape import read_exchanges
from pipeline_runtime.replay.pace import check_speed
from pipeline_runtime.stream.reporter import shown_request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_runtime.protocols.base import HttpRequest
    from pipeline_runtime.replay.cassette.tape import Exchange
    from pipeline_runtime.secrets import Masker
    from pipeline_runtime.stream.memory import Memory
    from pipeline_runtime.stream.sender import Answer, Sender
    from pipeline_runtime.transport import Timeouts
    from pipeline_runtime.workflow.models import Step

Record: TypeAlias = Literal["none", "missing"]
"""What becomes of a request that is not recorded: it fails, or goes to the real endpoint and is recorded."""
CURE = "mend the request, or record it anew: --record missing"


class Cassette:
    """The recorded answers of one run log. Make one for each run."""

    def __init__(
        self,
        path: Path,
        *,
        record: Record = "none",
        speed: float = 1.0,
        masker: Masker,
        unset: Mapping[str, str] | None = None,
    ) -> None:
        """Read it; with `record="missing"` it need not be there yet.

        Args:
            path: A run log.
            record: What becomes of requests that are not in it.
            speed: 1 as recorded, 2 twice as fast, `INSTANT` without a wait.
            masker: Hides from requests what it has hidden from the recorded ones.
            unset: By provider, the variable that a real call would need and that is not set.

        Raises:
            InputError: There is no such file.
            RunLogError: It cannot be read, is no run log, or was written by a newer version.
            PipelineError: The speed is not above 0.
        """
        check_speed(speed)
        self.path = path
        self.speed = speed
        self.recorded: dict[str, int] = {}
        """By step, how many requests went to the real endpoint."""
        self._record = record
        self._masker = masker
        self._unset = unset or {}
        self._left: dict[str, list[Exchange]] = {}
        if path.exists() or record == "none":
            if not path.exists():
                raise InputError(f"there is no cassette {path}", cure="record one: --record missing")
            self._left = {step: exchanges[::-1] for step, exchanges in read_exchanges(path).items()}
        self._numbers: dict[str, int] = {}

    def layer(self, step: Step, network: Sender) -> Sender:
        """The sender of a step: what `Setting.layers` wants."""
        return _StepSender(self, step, network)

    def recall(self, step: Step) -> Memory:
        """What was known of the step's endpoint then: what `Setting.recall` wants."""
        left = self._left.get(step.id)
        return TapedMemory(left[-1] if left else None)

    def take(self, step: Step, request: HttpRequest) -> Exchange | None:
        """The recorded exchange of this request; `None`: it shall go to the real endpoint.

        Raises:
            NotRecorded: There is none, or it was another request.
        """
        name = step.id
        self._numbers[name] = number = self._numbers.get(name, 0) + 1
        left = self._left.get(name, [])
        which = f"request {number} of step '{name}'"
        if not left:
            problem = f"{which} is not in the cassette {self.path.name}"
        elif found := differences(left[-1].request, shown_request(request, self._masker)):
            problem = f"{which} is not the one in the cassette {self.path.name}: {'; '.join(found)}"
        else:
            return left.pop()
        if self._record == "none":
            raise NotRecorded(problem, cure=CURE)
        if step.provider in self._unset:
            variable = self._unset[step.provider]
            raise NotRecorded(
                f"{problem}, and cannot be recorded: {variable} is not set", cure=f"export {variable}=..."
            )
        self._left.pop(name, None)  # what follows in the recording belongs to another request
        self.recorded[name] = self.recorded.get(name, 0) + 1
        return None

    def save(self, log: Path) -> int:
        """After a run: keep what it recorded, step by step; only of steps that went well.

        The cassette stays a run log of one run. It is replaced whole, or not at all.

        Args:
            log: The run's own log.

        Returns:
            How many requests were recorded into it.

        Raises:
            OSError: It cannot be written.
        """
        kept = merge(self.path, log, set(self.recorded))
        return sum(self.recorded[step] for step in kept)


class _StepSender:
    """Implements `stream.sender.Sender` for one step."""

    def __init__(self, cassette: Cassette, step: Step, network: Sender) -> None:
        self._cassette = cassette
        self._step = step
        self._network = network

    async def send(self, request: HttpRequest, timeouts: Timeouts, epoch: int) -> Answer:
        """Answer from the cassette, or have the network answer."""
        exchange = self._cassette.take(self._step, request)
        if exchange is None:
            return await self._network.send(request, timeouts, epoch)
        return await answer(exchange, speed=self._cassette.speed, timeouts=timeouts, epoch=epoch)
