"""Give a robot's speech a person's timbre: frame by frame, learnt where both say the same.

    two teachers read the same lines -> frames paired sound by sound -> small network
    robot's cepstra (with some frames around) -> cepstra and band strengths of the other voice

Learnt on one language and used on another: it knows no phones, only spectra. Durations and the
shape of the pitch stay the robot's; the pitch's height and range become the other voice's.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn

from models.train.voice.features import ORDER, WIDTH
from models.train.voice.loans import Loan, lent
from models.train.voice.teach import Teacher
from models.train.voice.vocoder import Vocoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.train.voice.teach import Utterance

INPUTS: Final = ORDER + 1
OUTPUTS: Final = WIDTH - 2
STEPS: Final = 1500
_PIECE: Final = 400
"""Frames of 5 ms of one training example."""
_BATCH: Final = 8
_LOUDER_MOST: Final = 1.35
log = logging.getLogger(__name__)


class Timbre(nn.Module):
    """Rows of one voice [B, T, 26] (voiced, cepstra) to those of another [B, T, 30]."""

    source: Tensor
    target: Tensor
    spread: Tensor

    def __init__(self, width: int = 160) -> None:
        """Build the untrained network."""
        super().__init__()
        self.straight = nn.Linear(INPUTS, OUTPUTS)
        self.wide = nn.Conv1d(INPUTS, width, 9, padding=4)
        self.deep = nn.Conv1d(width, width, 5, padding=2)
        self.out = nn.Conv1d(width, OUTPUTS, 1)
        self.register_buffer("source", torch.zeros(2, INPUTS))
        self.register_buffer("target", torch.zeros(2, OUTPUTS))
        self.register_buffer("spread", torch.ones(OUTPUTS))

    def forward(self, rows: Tensor) -> Tensor:
        """Change the voice; `spread` undoes the flattening of a least-error guess."""
        x = (rows - self.source[0]) / self.source[1]
        y = nn.functional.gelu(self.wide(x.transpose(1, 2)))
        y = nn.functional.gelu(self.deep(y) + y)
        made = self.straight(x) + self.out(y).transpose(1, 2)
        return made * self.spread * self.target[1] + self.target[0]


def _short(one: Utterance) -> NDArray[np.float32]:
    return one.features.reshape(-1, WIDTH)


def paired(robot: Utterance, person: Utterance) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Frames of both that belong together: robot's rows [T, 32] and the person's [T, 32].

    Each sound's time is stretched evenly; sounds that one of them leaves out are skipped.

    Raises:
        ValueError: the two do not read the same.

    """
    if robot.tokens.tolist() != person.tokens.tolist():
        msg = f"not the same sounds: {robot.line!r} and {person.line!r}"
        raise ValueError(msg)
    ends = np.cumsum(person.frames) - person.frames
    mine, theirs, at = [], [], 0
    for count, other, start in zip(robot.frames, person.frames, ends, strict=True):
        if other:
            places = (np.arange(2 * count) + 0.5) / max(1, 2 * count) * 2 * other
            theirs.append(2 * start + places.astype(np.int64))
            mine.append(np.arange(2 * at, 2 * (at + count)))
        at += count
    return _short(robot)[np.concatenate(mine)], _short(person)[np.concatenate(theirs)]


def learn(
    pairs: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]], seed: int = 1
) -> Timbre:
    """Fit a network on pairs of `paired`; the last twentieth of them is held out for `spread`."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    held = max(1, len(pairs) // 20)
    known, unknown = pairs[:-held], pairs[-held:]
    source = torch.from_numpy(np.concatenate([robot[:, 1 : INPUTS + 1] for robot, _ in known]))
    target = torch.from_numpy(np.concatenate([person[:, 2:] for _, person in known]))
    model = Timbre()
    model.source.copy_(torch.stack([source.mean(0), source.std(0) + 1e-3]))
    model.target.copy_(torch.stack([target.mean(0), target.std(0) + 1e-3]))
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=STEPS)
    for step in range(STEPS):
        starts = chance.integers(0, len(source) - _PIECE, _BATCH)
        places = torch.from_numpy(starts[:, None] + np.arange(_PIECE))
        error = ((model(source[places]) - target[places]) / model.target[1]).abs().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        schedule.step()
        if step % 250 == 0:
            log.info("timbre: step %d, error %.3f", step, error.item())
    model.eval()
    with torch.no_grad():
        guesses = torch.cat([model(_inputs(robot))[0] for robot, _ in unknown])
        truth = torch.from_numpy(np.concatenate([person[:, 2:] for _, person in unknown]))
        ratio = truth.std(0) / guesses.std(0)
        model.spread.copy_(ratio.clamp(1.0, _LOUDER_MOST))
        model.spread[0] = 1.0  # loudness needs no contrast
        model.spread[ORDER:] = 1.0
        distance = ((guesses[:, 1:ORDER] - truth[:, 1:ORDER]) ** 2).sum(1).sqrt().mean()
    log.info("timbre: %.2f dB mel-cepstral distortion on held-out lines", 6.142 * distance)
    return model


def _inputs(rows: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(rows[None, :, 1 : INPUTS + 1].copy())


@dataclass(frozen=True, slots=True)
class Range:
    """Mean and deviation of log F0 where voiced."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, rows: NDArray[np.float32]) -> Range:
        """Measure rows [T, 32]."""
        pitch = rows[rows[:, 1] > 0.5, 0]
        return cls(float(pitch.mean()), float(pitch.std()))


def dressed(one: Utterance, model: Timbre, pitch: tuple[Range, Range]) -> Utterance:
    """`one` in the other voice; `pitch` is the robot's range and the person's."""
    rows = _short(one).copy()
    with torch.no_grad():
        rows[:, 2:] = model(_inputs(rows))[0].numpy()
    rows[:, 2 + ORDER :] = rows[:, 2 + ORDER :].clip(0.0, 1.0)
    robot, person = pitch
    rows[:, 0] = (rows[:, 0] - robot.mean) / robot.deviation * person.deviation + person.mean
    return replace(one, features=rows.reshape(len(one.features), 2 * WIDTH))


def sounded(one: Utterance, vocoder: Vocoder) -> Utterance:
    """`one` with the audio that its rows make."""
    with torch.no_grad():
        loud = vocoder(torch.from_numpy(_short(one))[None])[0].numpy()
    return replace(one, wave=np.round(loud * 32767).clip(-32768, 32767).astype(np.int16))


@dataclass(frozen=True, slots=True)
class Dressed:
    """A teacher whose words come from one voice and whose timbre comes from another."""

    robot: Teacher
    """Speaks the language that is wanted."""
    twin: Teacher
    """The same robot in a language that the person speaks too."""
    person: Teacher
    lines: Sequence[str]
    """What both read to be compared, in their common language."""

    def filters(self, work: Path) -> NDArray[np.float64]:
        """Band filters of the person. Raises TeacherError."""
        return self.person.filters(work)

    def read(
        self, lines: Sequence[str], work: Path, *, waves: bool
    ) -> tuple[list[Utterance], dict[str, int]]:
        """See `teach.Teacher`; the audio, where wanted, is the vocoder's of the changed rows."""
        model, pitch = self._learnt(work)
        spoken, dropped = self.robot.read(lines, work, waves=waves)
        changed = [dressed(one, model, pitch) for one in spoken]
        loan = Loan.of(changed)
        made = [lent(one, loan) for one in changed]
        if waves:
            vocoder = Vocoder(self.filters(work))
            made = [sounded(one, vocoder) for one in made]
        return made, dropped

    def _learnt(self, work: Path) -> tuple[Timbre, tuple[Range, Range]]:
        known = work / "timbre.pt"
        if not known.exists():
            theirs = {one.line: one for one in self.person.read(self.lines, work, waves=False)[0]}
            mine = {
                one.line: one
                for one in self.twin.read(list(theirs), work, waves=False)[0]
                if one.tokens.tolist() == theirs[one.line].tokens.tolist()
            }
            model = learn([paired(mine[line], theirs[line]) for line in mine])
            ranges = [
                Range.of(np.concatenate([_short(one) for one in side.values()]))
                for side in (mine, theirs)
            ]
            held = {"model": model.state_dict(), "pitch": [asdict(one) for one in ranges]}
            torch.save(held, known.with_suffix(".part"))
            known.with_suffix(".part").replace(known)
        held = torch.load(known, weights_only=True)
        model = Timbre()
        model.load_state_dict(held["model"])
        model.eval()
        robot, person = (Range(**one) for one in held["pitch"])
        return model, (robot, person)
