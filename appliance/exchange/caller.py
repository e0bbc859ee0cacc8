"""The script of a caller: what is said when, and what must come back.

A script is a tuple of steps; `Performance` walks through them, told each 20 ms what is happening,
and says what to do. Pure: the telephone and the clock are the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ANSWER_WITHIN: Final = 8.0
"""s in which the box must begin to answer."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until the box has spoken and then been quiet for `quiet` seconds."""

    quiet: float = 0.9
    within: float = 30.0


@dataclass(frozen=True, slots=True)
class Say:
    """Say a sentence; `intent` and `slots` are what the box should understand."""

    text: str
    intent: str = ""
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AwaitAnswer:
    """Wait until the box begins to answer what was said last."""

    within: float = ANSWER_WITHIN


@dataclass(frozen=True, slots=True)
class Pause:
    """Go on listening for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AwaitTransfer:
    """Wait until put through to `extension`."""

    extension: str
    within: float = 20.0


Step = Listen | Say | AwaitAnswer | Pause | AwaitTransfer

DEMONSTRATION: Final[tuple[Step, ...]] = (
    Listen(),
    Say("What are your opening hours?", intent="hours"),
    AwaitAnswer(),
    Pause(1.5),
    Say("Could you put me through to radiology please", intent="connect"),
    # The person answers, hears who calls and takes the call.
    AwaitTransfer("201", within=40.0),
    Pause(3.0),
)
"""Asks, interrupts the answer, asks for a department by name, and is put through."""


def sentence(text: str) -> tuple[Step, ...]:
    """Return the script of a call that says one sentence and listens to the answer."""
    return (Listen(), Say(text), AwaitAnswer(), Listen(quiet=1.5))


@dataclass(frozen=True, slots=True)
class Scene:
    """What is happening on the line at one moment."""

    now: float
    """Monotonic seconds."""
    speaking: bool
    """The caller speaks."""
    peer_speaking: bool
    peer_quiet: float
    """Seconds since the peer's last voiced packet; infinite before the first."""
    answered: bool
    """The peer has begun to answer the caller's latest turn."""
    connected_to: str
    """The extension at the other end."""
    over: bool = False
    """The call has ended."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The script is over, for better (`failure` empty) or worse."""

    failure: str = ""


class Performance:
    """One run of a script."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._index = 0
        self._since: float | None = None
        self._saying = False
        self._said = ""
        self.done: HangUp | None = None
        """How it ended, once it has."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every sentence of the script, to be rendered ahead."""
        return tuple(step.text for step in self._steps if isinstance(step, Say))

    def advance(self, scene: Scene) -> Say | HangUp | None:
        """Return what to do now; after HangUp nothing more comes."""
        while self.done is None:
            if self._index == len(self._steps):
                return self._end("")
            if scene.over:
                return self._end(self._cut_short(self._steps[self._index]))
            if self._since is None:
                self._since = scene.now
            step = self._steps[self._index]
            if isinstance(step, Say) and not self._saying:
                self._saying, self._said = True, step.text
                return step
            waited = scene.now - self._since
            if not self._met(step, scene, waited):
                late = not isinstance(step, Say | Pause) and waited > step.within
                return self._end(self._too_late(step, scene)) if late else None
            self._index += 1
            self._since, self._saying = None, False
        return None

    def _met(self, step: Step, scene: Scene, waited: float) -> bool:
        match step:
            case Listen(quiet=quiet):
                return quiet <= scene.peer_quiet < float("inf") and waited >= quiet
            case Say():
                return not scene.speaking
            case AwaitAnswer():
                return scene.answered and scene.peer_speaking
            case Pause(seconds):
                return waited >= seconds
            case AwaitTransfer(extension):
                return scene.connected_to == extension

    def _end(self, failure: str) -> HangUp:
        self.done = HangUp(failure)
        return self.done

    def _cut_short(self, step: Step) -> str:
        if isinstance(step, AwaitTransfer):
            return f"the box ended the call instead of putting it through to {step.extension}"
        return "the call ended before the caller was finished"

    def _too_late(self, step: Step, scene: Scene) -> str:
        if isinstance(step, AwaitTransfer):
            return (
                f"after '{self._said}' the caller was not put through to {step.extension} within "
                f"{step.within:.0f} s"
            )
        if isinstance(step, Listen):
            heard = "the box did not stop speaking" if scene.peer_speaking else "silence was heard"
            return f"{heard} for {step.within:.0f} s after the call was answered"
        return f"the box did not answer '{self._said}'"
