"""Teach the student until a moment on the clock; picks up where an earlier run stopped."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from models.train.voice.features import WIDTH
from models.train.voice.network import OUTPUTS, Size, Student

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import Tensor

    from models.train.voice.teach import Utterance

PEAK_RATE: Final = 2e-3
BATCH: Final = 16
_WARM_STEPS: Final = 100
_SAVE_EVERY_S: Final = 60.0
_DECIBEL: Final = 10 / math.log(10) * math.sqrt(2)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train, and how large a student."""

    until: float
    """Unix time at which training ends; the learning rate reaches its floor then."""
    size: Size
    seed: int = 1


def batch(chosen: Sequence[Utterance]) -> tuple[Tensor, Tensor, Tensor]:
    """Pad examples to tokens [B, N], frames per token [B, N] and parameters [B, T, 64]."""
    longest = max(len(one.tokens) for one in chosen)
    most = max(len(one.features) for one in chosen)
    tokens = torch.zeros(len(chosen), longest, dtype=torch.long)
    frames = torch.zeros(len(chosen), longest)
    rows = torch.zeros(len(chosen), most, OUTPUTS)
    for i, one in enumerate(chosen):
        tokens[i, : len(one.tokens)] = torch.from_numpy(one.tokens)
        frames[i, : len(one.frames)] = torch.from_numpy(one.frames)
        rows[i, : len(one.features)] = torch.from_numpy(one.features)
    return tokens, frames, rows


def _weights() -> Tensor:
    weights = torch.ones(WIDTH)
    weights[0], weights[1] = 3.0, 2.0
    weights[2:8] = 2.0  # the lower cepstra carry the vowels
    weights[27:] = 0.7
    return weights


_WEIGHTS: Final = _weights()


def losses(
    student: Student, examples: tuple[Tensor, Tensor, Tensor], *, half: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """L1 on normalised parameters, squared error of log durations, and the prediction [B, T, 64].

    Pitch counts only where the teacher is voiced, band strengths mostly there.
    """
    tokens, frames, rows = examples
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        states, timing, token_mask = student.encode(tokens)
        made, mask = student.decode(states, frames, rows.shape[1])
    made, mask, timing = made.float(), mask.float(), timing.float()
    shape = (*rows.shape[:2], 2, WIDTH)
    error = ((made - rows) / student.deviation).abs().reshape(shape)
    voiced = rows.reshape(shape)[..., 1:2]
    weight = torch.cat(
        [_WEIGHTS[:1] * voiced, _WEIGHTS[1:27].expand(*shape[:3], 26),
         _WEIGHTS[27:] * (0.3 + 0.7 * voiced)], 3,
    )  # fmt: skip
    sound = (error * weight * mask[..., None]).sum() / mask.sum() / OUTPUTS
    counted = token_mask[..., 0].float() * student.timed[tokens]
    rhythm = (((timing - torch.log1p(frames)) ** 2) * counted).sum() / counted.sum()
    return sound, rhythm, made


def judge(student: Student, unseen: Sequence[Utterance]) -> dict[str, float]:
    """Figures on unseen lines with the teacher's durations.

    ``mcd_db``: mel-cepstral distortion; ``f0_semitones``: RMS error where voiced; ``voicing_error``
    and ``loss``, ``duration_loss``.
    """
    student.eval()
    sums = np.zeros(5)
    with torch.no_grad():
        for one in unseen:
            examples = batch([one])
            sound, rhythm, made = losses(student, examples, half=False)
            guess, truth = made[0].reshape(-1, WIDTH), examples[2][0].reshape(-1, WIDTH)
            voiced = truth[:, 1] > 0.5
            cepstra = ((guess[:, 3:27] - truth[:, 3:27]) ** 2).sum(1).sqrt().mean() * _DECIBEL
            pitch = ((guess[voiced, 0] - truth[voiced, 0]) ** 2).mean().sqrt() * 12 / math.log(2)
            wrong = ((guess[:, 1] > 0.5) != voiced).float().mean()
            sums += [float(x) for x in (sound, rhythm, cepstra, pitch, wrong)]
    student.train()
    names = ("loss", "duration_loss", "mcd_db", "f0_semitones", "voicing_error")
    return dict(zip(names, (sums / len(unseen)).tolist(), strict=True))


def fit(
    plan: Plan,
    data: tuple[list[Utterance], list[Utterance]],
    checkpoint: Path,
    clock: Callable[[], float] = time.time,
) -> Student:
    """Train on ``data[0]``, judge on ``data[1]``; write `checkpoint` once a minute.

    The checkpoint holds weights, optimiser, seconds spent and the curve of figures, so that the
    same call continues after an interruption.
    """
    torch.manual_seed(plan.seed)
    shuffle = np.random.default_rng(plan.seed)
    train, unseen = sorted(data[0], key=lambda one: len(one.features)), data[1]
    student = Student(plan.size)
    _normalise(student, train)
    optimiser = torch.optim.AdamW(
        student.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01
    )
    step, spent, passes, curve = 0, 0.0, 0.0, []
    if checkpoint.exists():
        held = torch.load(checkpoint, weights_only=True)
        student.load_state_dict(held["student"])
        optimiser.load_state_dict(held["optimiser"])
        step, spent, passes, curve = held["step"], held["spent"], held["passes"], held["curve"]
    whole = sum(len(one.features) for one in train)
    batches = [train[i : i + BATCH] for i in range(0, len(train), BATCH)]
    began = clock() - spent
    length = plan.until - began
    saved, sums = time.process_time(), np.zeros(3)

    def save() -> None:
        curve.append({"step": step, "seconds": clock() - began, "passes": passes})
        curve[-1] |= judge(student, unseen[:60])
        log.info("step %d %s", step, curve[-1])
        torch.save(
            {"student": student.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
             "spent": clock() - began, "passes": passes, "curve": curve,
             "size": asdict(plan.size)},
            checkpoint.with_suffix(".part"),
        )  # fmt: skip
        checkpoint.with_suffix(".part").replace(checkpoint)

    while clock() < plan.until:
        for chosen in shuffle.permutation(len(batches)):
            done = (clock() - began) / length
            if done >= 1:
                break
            rate = PEAK_RATE * min(1.0, (step + 1) / _WARM_STEPS)
            rate *= 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))
            for group in optimiser.param_groups:
                group["lr"] = rate
            sound, rhythm, _ = losses(student, batch(batches[chosen]), half=True)
            optimiser.zero_grad()
            (sound + 0.3 * rhythm).backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimiser.step()
            step += 1
            passes += sum(len(one.features) for one in batches[chosen]) / whole
            sums += [sound.item(), rhythm.item(), 1]
            if step % 100 == 0:
                log.info(
                    "step %d at %.0f s, %.2f passes: loss %.4f duration %.4f",
                    step, clock() - began, passes, sums[0] / sums[2], sums[1] / sums[2],
                )  # fmt: skip
                sums[:] = 0
            # Processor time: on a busy machine judging by the wall clock would eat the training.
            if time.process_time() - saved > _SAVE_EVERY_S * (1 if step < 500 else 2):
                save()
                saved = time.process_time()
    save()
    return student


def _normalise(student: Student, train: Sequence[Utterance]) -> None:
    rows = np.concatenate([one.features for one in train[:: max(1, len(train) // 1500)]])
    student.mean.copy_(torch.from_numpy(rows.mean(0)))
    student.deviation.copy_(torch.from_numpy(rows.std(0) + 1e-3))
