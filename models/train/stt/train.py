"""Training: a minute of framewise bootstrap, then CTC until an appointed time.

    aligned shards ─► bootstrap (cross-entropy per 40 ms, phones and pieces)
    all shards ─► CTC on pieces + 0.3 CTC on phones ─► checkpoint.pt (model, average, optimisers)

One process is one thread. Several processes ("ranks") train on their own batches and average
their parameters every few steps.
"""

import copy
import datetime as dt
import logging
import math
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional

from models.train.stt import align, mask, pool, shards
from models.train.stt.encoder import SPACE, Encoder
from models.train.stt.lexicon import PHONE_BLANK, read_cmudict
from models.train.stt.muon import Muon
from models.train.stt.network import PIECES, Recogniser
from models.train.stt.score import greedy, word_errors

log = logging.getLogger(__name__)

_RATE = 2e-3
"""AdamW's highest learning rate; Muon's is ten times that."""
_PHONE_SHARE = 0.3
_AVERAGE_EVERY = 6
_SAVE_EVERY_S = 300.0
_ROUND_S = 7200.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and with whom to train."""

    work: Path
    cmudict: Path
    until: float
    """End, seconds since 1970."""
    bootstrap_s: float = 100.0
    batch_s: float = 60.0
    rank: int = 0
    ranks: int = 1
    port: int = 29519


class Trainer:
    """Model, average and optimisers of one rank."""

    def __init__(self, plan: Plan) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(plan.rank * 77 + int(time.time()) % 1000)
        self.plan = plan
        self.rng = random.Random(plan.rank * 77 + int(time.time()))
        self.encoder = Encoder(plan.work / "tokens.txt", plan.work / "bpe.txt")
        self.lexicon = read_cmudict(plan.cmudict)
        self.model = Recogniser()
        self.average = copy.deepcopy(self.model)
        matrices: list[Tensor] = [
            p for n, p in self.model.named_parameters() if p.ndim == 2 and "head" not in n
        ]
        ids = {id(p) for p in matrices}
        rest = [p for p in self.model.parameters() if id(p) not in ids]
        self.adam = torch.optim.AdamW(rest, lr=_RATE, betas=(0.9, 0.98), weight_decay=0.0)
        self.muon = Muon(matrices)
        self.steps, self.heard_s, self.spent_s = 0, 0.0, 0.0
        self.started = time.time()
        self.booted = False
        self.stop = False

    def load(self, path: Path) -> None:
        """Continue from the checkpoint `path`."""
        saved = torch.load(path, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        self.adam.load_state_dict(saved["adam"])
        self.muon.load(saved["muon"])
        self.steps, self.heard_s, self.spent_s = saved["steps"], saved["heard_s"], saved["spent_s"]
        self.started, self.booted = saved["started"], True

    def save(self, path: Path) -> None:
        """Write a checkpoint to `path`."""
        content = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "adam": self.adam.state_dict(),
            "muon": self.muon.state(),
            "steps": self.steps,
            "heard_s": self.heard_s,
            "spent_s": self.spent_s,
            "started": self.started,
        }
        torch.save(content, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def step(self, loss: Tensor, scale: float) -> None:
        """Move the parameters by the gradient of `loss` at `scale` times the highest rate."""
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        parameters = [p for p in self.model.parameters() if p.grad is not None]
        torch.nn.utils.clip_grad_norm_(parameters, 2.0)
        self.adam.param_groups[0]["lr"] = _RATE * scale
        self.adam.step()
        self.muon.step(10 * _RATE * scale)
        self.steps += 1
        decay = min(0.998, self.steps / (self.steps + 15))
        with torch.no_grad():
            mine: list[Tensor] = list(self.average.parameters())
            theirs: list[Tensor] = list(self.model.parameters())
            torch._foreach_mul_(mine, decay)
            torch._foreach_add_(mine, theirs, alpha=1 - decay)

    def fit_shape(self, frames: list[shards.Features]) -> None:
        """Set the model's mean and deviation of spectral shape from `frames`."""
        x = np.concatenate(frames).astype(np.float32)
        x = x - x.mean(1, keepdims=True)
        for model in (self.model, self.average):
            model.mean.copy_(torch.from_numpy(x.mean(0)))
            model.std.copy_(torch.from_numpy(x.std(0)))

    def bootstrap(self) -> None:
        """Learn phones and pieces frame by frame from the aligned shards."""
        lengths = [max(1, len(p.replace(SPACE, ""))) for p in self.encoder.pieces]
        rows: list[tuple[shards.Features, Tensor, Tensor]] = []
        for index in sorted((self.plan.work / "shards").glob("aligned-*.json")):
            for row in shards.read(index):
                if row.labels is None:
                    continue
                spread = align.piece_labels(
                    row.written, row.labels, self.lexicon, self.encoder.encode, lengths, PIECES
                )
                if spread is not None:
                    phone_ids = torch.from_numpy(row.labels.astype(np.int64))
                    piece_ids = torch.from_numpy(spread.astype(np.int64))
                    rows.append((row.frames, phone_ids, piece_ids))
        log.info("bootstrap: %d aligned utterances", len(rows))
        self.fit_shape([frames for frames, _, _ in rows[:400]])
        started = time.time()
        while time.time() - started < self.plan.bootstrap_s:
            some = sorted(self.rng.sample(rows, 16), key=lambda r: len(r[0]))
            x, _ = pool.stack([frames for frames, _, _ in some])
            shape = (len(some), x.shape[1] // 4)
            phones, pieces = torch.full(shape, PHONE_BLANK), torch.full(shape, PIECES)
            for at, (_, phone_ids, piece_ids) in enumerate(some):
                phones[at, : len(phone_ids)] = phone_ids
                pieces[at, : len(piece_ids)] = piece_ids
            with torch.autocast("cpu", dtype=torch.bfloat16):
                piece_logits, phone_logits = self.model(self.model.shape(mask.warp(x)))
            loss_phones = functional.cross_entropy(phone_logits.float().mT, phones)
            loss_pieces = functional.cross_entropy(piece_logits.float().mT, pieces)
            self.step(0.5 * loss_phones + 0.5 * loss_pieces, min(1.0, (self.steps + 5) / 60))
            if self.steps % 40 == 0:
                right = (phone_logits.argmax(-1) == phones)[phones != PHONE_BLANK].float().mean()
                log.info(
                    "bootstrap %d: phones %.2f pieces %.2f, %.0f %% of phone frames",
                    self.steps, loss_phones.item(), loss_pieces.item(), 100 * right.item(),
                )  # fmt: skip
        self.average.load_state_dict(self.model.state_dict())
        self.started = time.time()
        self.booted = True

    def loss(self, batch: list[pool.Example], *, masked: bool) -> tuple[Tensor, float]:
        """Return the training loss of `batch` and the pieces' part of it, per word."""
        x, lengths = pool.stack([e.frames for e in batch])
        shape = self.model.shape(mask.warp(x))
        if masked:
            shape = mask.hide(shape)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            pieces, phones = self.model(shape)
        words = sum(e.words for e in batch)
        main = _ctc(pieces, [e.pieces for e in batch], lengths, PIECES) / words
        loss = main / 4
        spoken = [at for at, e in enumerate(batch) if e.phones is not None]
        if spoken:
            targets = [e.phones for e in batch if e.phones is not None]
            side = _ctc(phones[spoken], targets, lengths[spoken], PHONE_BLANK) / words
            loss = (1 - _PHONE_SHARE) * loss + _PHONE_SHARE * side / 3.2
        return loss, main.item()

    def scale(self) -> float:
        """Return the learning rate's share of its highest value now: a cosine to the end."""
        done = (time.time() - self.started) / max(1.0, self.plan.until - self.started)
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def agree(self, *, last: bool) -> bool:
        """Average the parameters of all ranks; return whether any rank has reached its end."""
        if self.plan.ranks == 1:
            return last
        with torch.no_grad():
            parameters = list(self.model.parameters())
            flat = torch.cat([p.reshape(-1) for p in parameters] + [torch.tensor([float(last)])])
            dist.all_reduce(flat)
            flat /= self.plan.ranks
            at = 0
            for p in parameters:
                p.copy_(flat[at : at + p.numel()].view_as(p))
                at += p.numel()
        return flat[-1].item() > 0

    def judge(self) -> str:
        """Return the word errors of the averaged model on the held-out shards."""
        parts: list[str] = []
        self.average.eval()
        for index in sorted((self.plan.work / "held").glob("*.json")):
            rows = list(shards.read(index))[:60]
            errors = words = 0
            for start in range(0, len(rows), 20):
                some = rows[start : start + 20]
                x, lengths = pool.stack([row.frames for row in some])
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    logits, _ = self.average(self.average.shape(x))
                for row, ids in zip(some, greedy(logits, lengths), strict=True):
                    wrong, count = word_errors(self.encoder.decode(ids), row.written)
                    errors, words = errors + wrong, words + count
            parts.append(f"{index.stem.removesuffix('-000')} {100 * errors / words:.1f}")
        return ", ".join(parts)


def _ctc(logits: Tensor, targets: list[list[int]], lengths: Tensor, blank: int) -> Tensor:
    return functional.ctc_loss(
        logits.float().log_softmax(-1).transpose(0, 1),
        torch.tensor([number for target in targets for number in target]),
        lengths,
        torch.tensor([len(target) for target in targets]),
        blank=blank,
        reduction="sum",
        zero_infinity=True,
    )


def run(plan: Plan) -> None:
    """Train until `plan.until` or SIGTERM, continuing from WORK/checkpoint.pt where it exists."""
    trainer = Trainer(plan)
    checkpoint = plan.work / "checkpoint.pt"

    def asked_to_stop(number: int, frame: FrameType | None) -> None:
        trainer.stop = True

    signal.signal(signal.SIGTERM, asked_to_stop)
    if checkpoint.exists():
        trainer.load(checkpoint)
    if plan.ranks > 1:
        address = f"tcp://127.0.0.1:{plan.port}"
        dist.init_process_group("gloo", address, rank=plan.rank, world_size=plan.ranks)
    if not trainer.booted:
        trainer.bootstrap()
        trainer.save(checkpoint)
    examples = pool.Pool(plan.work / "shards", trainer.encoder, trainer.lexicon)
    now = dt.datetime.now(dt.UTC)
    log.info("%.1f h of examples at %s", examples.hours, now.isoformat(timespec="seconds"))
    resumed = saved = told = time.time()
    before_s, losses, done = trainer.spent_s, [0.0], False
    while not done:
        early = trainer.heard_s < 1.5 * 3600
        drawn = examples.draw(600.0 if early else _ROUND_S, 4.0 if early else 20.0, trainer.rng)
        for batch in pool.batches(drawn, plan.batch_s * (0.6 if early else 1.0), trainer.rng):
            warm = min(1.0, (trainer.heard_s / 360 + 0.1)) if trainer.heard_s < 360 else 1.0
            loss, main = trainer.loss(batch, masked=not early)
            trainer.step(loss, trainer.scale() * warm)
            losses.append(main)
            trainer.heard_s += plan.ranks * sum(len(e.frames) for e in batch) / 100
            now_s = time.time()
            trainer.spent_s = before_s + plan.ranks * (now_s - resumed)
            if trainer.steps % _AVERAGE_EVERY == 0:
                done = trainer.agree(last=trainer.stop or now_s > plan.until)
            if now_s - told > 30:
                told = now_s
                log.info(
                    "step %d, %.2f h heard, %.0f x real time, loss/word %.3f, rate %.3f",
                    trainer.steps, trainer.heard_s / 3600, trainer.heard_s / trainer.spent_s,
                    float(np.mean(losses[-60:])), trainer.scale(),
                )  # fmt: skip
            if plan.rank == 0 and (done or now_s - saved > _SAVE_EVERY_S):
                trainer.save(checkpoint)
                log.info("%.1f h heard; %% of words: %s", trainer.heard_s / 3600, trainer.judge())
                saved = time.time()
            if done:
                break
        examples.refresh()
        log.info("%.1f h of examples", examples.hours)
