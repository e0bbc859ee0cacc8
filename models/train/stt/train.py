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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional

from models.train.stt import align, lexicon, mask, pool, shards
from models.train.stt.encoder import SPACE, Encoder
from models.train.stt.languages import LANGUAGES
from models.train.stt.languages.base import Language
from models.train.stt.muon import Muon
from models.train.stt.network import PIECES, Recogniser
from models.train.stt.score import edits, greedy, word_errors

log = logging.getLogger(__name__)

_RATE = 2e-3
"""AdamW's highest learning rate; Muon's is ten times that."""
_PHONE_SHARE = 0.3
_AVERAGE_EVERY = 6
_SAVE_EVERY_S = 300.0
_ROUND_S = 7200.0
_JUDGE_EVERY_S = 900.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and with whom to train."""

    work: Path
    data: Path
    language: Language
    until: float
    """End, seconds since 1970."""
    peak: float = 1.0
    """Share of the highest learning rate to begin with: less where the encoder is warm."""
    helper: Path | None = None
    """Work folder of English: speech to learn phones from."""
    begin: Path | None = None
    """English checkpoint whose encoder to start from, where there is no checkpoint yet."""
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
        self.lexicon = plan.language.lexicon(plan.data, plan.work)
        self.model = Recogniser(plan.language.blank)
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

    def begin_with(self, path: Path, english: Language) -> None:
        """Take the average of an English checkpoint; phones of its own begin like neighbours."""
        theirs = torch.load(path, weights_only=True)["average"]
        blank, known = self.plan.language.blank, english.phones
        rows = [neighbours(phone, known) for phone in self.plan.language.phones]
        rows.append([english.blank])
        for name in ("phone_head.weight", "phone_head.bias"):
            old = theirs[name]
            theirs[name] = torch.stack([old[some].mean(0) for some in rows])
        theirs["phone_head.bias"][english.blank : blank] -= 1.0
        # The pieces are other ones: only the blank keeps its meaning.
        fresh = self.model.state_dict()
        for name in ("piece_head.weight", "piece_head.bias"):
            fresh[name][PIECES] = theirs[name][PIECES]
            theirs[name] = fresh[name]
        self.model.load_state_dict(theirs)
        self.average.load_state_dict(theirs)
        self.booted = True

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
            phones, pieces = torch.full(shape, self.plan.language.blank), torch.full(shape, PIECES)
            for at, (_, phone_ids, piece_ids) in enumerate(some):
                phones[at, : len(phone_ids)] = phone_ids
                pieces[at, : len(piece_ids)] = piece_ids
            with torch.autocast("cpu", dtype=torch.bfloat16):
                piece_logits, phone_logits = self.model(self.model.shape(mask.warp(x)))
            loss_phones = functional.cross_entropy(phone_logits.float().mT, phones)
            loss_pieces = functional.cross_entropy(piece_logits.float().mT, pieces)
            self.step(0.5 * loss_phones + 0.5 * loss_pieces, min(1.0, (self.steps + 5) / 60))
            if self.steps % 40 == 0:
                right = (
                    (phone_logits.argmax(-1) == phones)[phones != self.plan.language.blank]
                    .float()
                    .mean()
                )
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
        words, blank = sum(e.words for e in batch), self.plan.language.blank
        with torch.autocast("cpu", dtype=torch.bfloat16):
            pieces, phones = self.model(shape)
        main = _ctc(pieces, [e.pieces for e in batch], lengths, PIECES) / words
        loss = main / 4
        spoken = [at for at, e in enumerate(batch) if e.phones is not None]
        if spoken:
            meant = [e.phones for e in batch if e.phones is not None]
            side = _ctc(phones[spoken], meant, lengths[spoken], blank) / words
            loss = (1 - _PHONE_SHARE) * loss + _PHONE_SHARE * side / 3.2
        return loss, main.item()

    def scale(self) -> float:
        """Return the learning rate's share of its highest value now: a cosine to the end."""
        done = (time.time() - self.started) / max(1.0, self.plan.until - self.started)
        return self.plan.peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

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
        """Return the errors of the averaged model on the held-out shards: words, and phones."""
        parts: list[str] = []
        self.average.eval()
        for index in sorted((self.plan.work / "held").glob("*.json")):
            rows = list(shards.read(index))[:60]
            errors = words = missed = spoken = 0
            for start in range(0, len(rows), 20):
                some = rows[start : start + 20]
                x, lengths = pool.stack([row.frames for row in some])
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    logits, phones = self.average(self.average.shape(x))
                said = greedy(phones, lengths, self.plan.language.blank)
                for row, ids, heard in zip(some, greedy(logits, lengths), said, strict=True):
                    wrong, count = word_errors(self.encoder.decode(ids), row.written)
                    errors, words = errors + wrong, words + count
                    meant = self.plan.language.pronounce(row.written, self.lexicon) or []
                    if meant:
                        missed, spoken = missed + edits(heard, meant), spoken + len(meant)
            name = index.stem.removesuffix("-000")
            phone_error = 100 * missed / max(1, spoken)
            parts.append(f"{name} {100 * errors / words:.1f} (phones {phone_error:.1f})")
        return ", ".join(parts)


_ALIKE = {
    "A": "AA AH", "AX": "AH", "CX": "SH HH", "KH": "HH K", "OE": "EY OW", "OEH": "ER EH",
    "RX": "R", "UE": "IY UW", "YH": "IH UH",
}  # fmt: skip
"""English phones that German ones begin like."""


def neighbours(phone: str, known: Sequence[str]) -> list[int]:
    """Return the ids among `known` phones of those that `phone` sounds like."""
    return [known.index(name) for name in _ALIKE.get(phone, phone).split()]


def _parts(plan: Plan, trainer: Trainer) -> list[pool.Part]:
    """Return what to learn from: the language's own shards, and English ones as it hears them."""
    language, known, encode = plan.language, trainer.lexicon, trainer.encoder.encode
    parts = [
        pool.Part(
            plan.work / "shards",
            language.facts["shares"],
            lambda text: (encode(text), language.pronounce(text, known)),
        )
    ]
    if plan.helper:
        english = LANGUAGES["en"]
        words = english.lexicon(plan.data, plan.helper)

        def adopted(text: str) -> tuple[list[int], list[int] | None]:
            said = lexicon.said(text, words)
            if said is None:
                return [], None
            phones, letters = zip(*map(language.adopt, said), strict=True)
            ids = [language.phones.index(phone) for word in phones for phone in word]
            return encode(" ".join(letters)), ids

        parts.append(pool.Part(plan.helper / "shards", language.facts["help"], adopted))
    return parts


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
    warm = plan.begin is not None
    if not trainer.booted and plan.begin:
        trainer.begin_with(plan.begin, LANGUAGES["en"])
    if not trainer.booted:
        trainer.bootstrap()
        trainer.save(checkpoint)
    examples = pool.Pool(_parts(plan, trainer))
    now = dt.datetime.now(dt.UTC)
    log.info("%.1f h of examples at %s", examples.hours, now.isoformat(timespec="seconds"))
    resumed = saved = told = judged = time.time()
    before_s, losses, done = trainer.spent_s, [0.0], False
    while not done:
        early = trainer.heard_s < 1.5 * 3600 and not warm
        drawn = examples.draw(600.0 if early else _ROUND_S, 4.0 if early else 20.0, trainer.rng)
        batch_s = plan.batch_s * (0.6 if early else 1.0)
        for batch in pool.batches(drawn, batch_s, trainer.rng):
            rise = min(1.0, (trainer.heard_s / 360 + 0.1)) if trainer.heard_s < 360 else 1.0
            loss, main = trainer.loss(batch, masked=not early)
            trainer.step(loss, trainer.scale() * rise)
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
                saved = time.time()
                if done or saved - judged > _JUDGE_EVERY_S:
                    heard_h, judged = trainer.heard_s / 3600, saved
                    log.info("%.1f h heard; %% of words: %s", heard_h, trainer.judge())
            if done:
                break
        examples.refresh()
        log.info("%.1f h of examples", examples.hours)
