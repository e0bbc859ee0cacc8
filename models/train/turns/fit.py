"""Train both networks and write them as the arrays that `appliance.speech.turns.turnend` reads."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from appliance.contracts.expectation import Kind
from appliance.speech.turns.turnend import BUCKETS, CUES, WIDTH, Moment, TurnModel, cues, grams
from models.train.turns import pauses, texts

HIDDEN = 24
WHOLE_YET_MORE = 0.12
"""Share of the pauses after which a caller goes on that follow a whole sentence."""
HELD_OUT = 0.1
"""Share of the recordings that the second network is judged by."""


def batch(spoken: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of several texts and where each begins."""
    rows = [grams(text) for text in spoken]
    starts = [0, *itertools.accumulate(len(row) for row in rows)][:-1]
    return torch.tensor([key for row in rows for key in row]), torch.tensor(starts)


class Sentence(nn.Module):
    """The first network: whether a text is a whole sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(BUCKETS, WIDTH, mode="sum")
        nn.init.normal_(self.table.weight, std=0.05)
        self.inside = nn.Linear(WIDTH, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)

    def forward(self, rows: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        return self.out(functional.relu(self.inside(self.table(rows, starts))))[:, 0]


def sentence(text: Path, language: str, steps: int, seed: int = 1) -> tuple[Sentence, float]:
    """Train the first network; return it and its share of right judgements of unseen draws."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    model = Sentence()
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, total_steps=steps)
    source = texts.examples(text, language, seed)
    for _ in range(steps):
        drawn = list(itertools.islice(source, 256))
        found = model(*batch([words for words, _ in drawn]))
        wanted = torch.tensor([float(whole) for _, whole in drawn])
        loss = functional.binary_cross_entropy_with_logits(found, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    drawn = list(itertools.islice(texts.examples(text, language, seed + 1), 4000))
    with torch.no_grad():
        found = model(*batch([words for words, _ in drawn])) > 0
    right = np.mean([bool(f) == whole for f, (_, whole) in zip(found, drawn, strict=True)])
    return model, float(right)


def arrays(model: Sentence) -> dict[str, np.ndarray]:
    """Return the first network with its table in 8 bits."""
    table = model.table.weight.detach().numpy()
    scale = np.abs(table).max(0) / 127
    held = {name: value.detach().numpy() for name, value in model.named_parameters()}
    return {
        "table": np.round(table / scale).astype(np.int8), "scale": scale.astype(np.float32),
        "text_in": held["inside.weight"].T.copy(), "text_in_bias": held["inside.bias"],
        "text_out": held["out.weight"][0], "text_out_bias": np.float32(held["out.bias"][0]),
    }  # fmt: skip


def blank(first: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return `first` with a second network that trusts the sentence alone."""
    number = len(CUES)
    inside, out = np.zeros((number, HIDDEN), np.float32), np.zeros(HIDDEN, np.float32)
    inside[0, :2], out[:2] = (1, -1), (1, -1)
    return first | {
        "mean": np.zeros(number, np.float32), "spread": np.ones(number, np.float32),
        "in": inside, "in_bias": np.zeros(HIDDEN, np.float32), "out": out,
        "out_bias": np.float32(0),
    }  # fmt: skip


def write(held: dict[str, np.ndarray], file: Path) -> None:
    """Write the arrays; the same arrays give the same bytes."""
    np.savez_compressed(file, **held)


def table(heard: list[tuple[pauses.Pause, np.ndarray]], model: TurnModel) -> tuple[np.ndarray, ...]:
    """Return cues [N, C], whether each pause was the last, weights, and which are held out."""
    rows, final, weights, held = [], [], [], []
    for pause, tracks in heard:
        moment = Moment(
            Kind(pause.kind), pause.text, pause.confidence, pause.spoken, pause.earlier, tracks
        )
        rows.append(cues(moment, model.sentence(pause.text) if pause.text else 0.0))
        final.append(pause.final)
        # A pause that is shorter than any patience costs nothing, a longer one cuts somebody off.
        weights.append(1.0 if pause.final else min(max((pause.seconds - 0.1) / 0.25, 0.1), 1.5))
        held.append(hash_of(pause.name) < HELD_OUT)
    return np.stack(rows), np.array(final), np.array(weights, np.float32), np.array(held)


def in_domain(
    heard: list[tuple[pauses.Pause, np.ndarray]], text: Path, language: str, seed: int = 3
) -> Iterator[tuple[pauses.Pause, np.ndarray]]:
    """Yield the pauses of free speech with what a caller could have said, understood well.

    The recordings are stories, read, and half misheard; callers ask for things. So the sound of a
    last pause is put to a whole request, that of another mostly to a broken one.
    """
    rng = random.Random(seed)
    source = texts.examples(text, language, seed)
    held: dict[bool, list[str]] = {True: [], False: []}
    for pause, tracks in heard:
        if pause.kind != Kind.FREE.value:
            continue
        whole = pause.final or rng.random() < WHOLE_YET_MORE
        while not held[whole]:
            words, complete = next(source)
            held[complete].append(words)
        yield replace(pause, text=held[whole].pop(), confidence=rng.uniform(0.5, 0.95)), tracks


def hash_of(name: str) -> float:
    """Return a number within 0 to 1 that hangs on nothing but the name."""
    return sum(ord(c) * 31**at for at, c in enumerate(name)) % 10_007 / 10_007


def weigh(
    x: np.ndarray, final: np.ndarray, weights: np.ndarray, steps: int = 1500, seed: int = 1
) -> dict[str, np.ndarray]:
    """Train the second network on cues [N, C]; return its arrays."""
    torch.manual_seed(seed)
    mean, spread = x.mean(0), x.std(0) + 1e-3
    spread = np.where(spread < 0.02, 1.0, spread)
    scaled = torch.tensor(np.clip((x - mean) / spread, -4, 4), dtype=torch.float32)
    wanted, weight = torch.tensor(final, dtype=torch.float32), torch.tensor(weights)
    inside, out = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
    parameters = [*inside.parameters(), *out.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
    draw = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        at = torch.randint(len(scaled), (512,), generator=draw)
        # Now and then a cue is missing: no one of them may be leaned on alone.
        kept = (torch.rand(512, x.shape[1], generator=draw) > 0.1).float()
        hidden = functional.relu(inside(scaled[at] * kept))
        loss = functional.binary_cross_entropy_with_logits(
            out(hidden)[:, 0], wanted[at], weight[at]
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return {
        "mean": mean.astype(np.float32), "spread": spread.astype(np.float32),
        "in": inside.weight.detach().numpy().T.copy(), "in_bias": inside.bias.detach().numpy(),
        "out": out.weight.detach().numpy()[0], "out_bias": np.float32(out.bias.detach().numpy()[0]),
    }  # fmt: skip


def judge(held: dict[str, np.ndarray], x: np.ndarray, final: np.ndarray) -> dict[str, float]:
    """Return the area under the curve and the log loss of the second network."""
    scaled = np.clip((x - held["mean"]) / held["spread"], -4, 4)
    logit = np.maximum(scaled @ held["in"] + held["in_bias"], 0) @ held["out"] + held["out_bias"]
    return {"area": area(logit, final), "log_loss": log_loss(logit, final), "pauses": len(final)}


def area(logit: np.ndarray, final: np.ndarray) -> float:
    """Return the chance that a last pause is ranked above another."""
    ranks = np.empty(len(logit))
    ranks[np.argsort(logit)] = np.arange(1, len(logit) + 1)
    last = int(final.sum())
    others = len(final) - last
    return float((ranks[final].sum() - last * (last + 1) / 2) / max(last * others, 1))


def log_loss(logit: np.ndarray, final: np.ndarray) -> float:
    """Return the mean negative natural logarithm of the probability of what happened."""
    return float(np.logaddexp(0, np.where(final, -logit, logit)).mean())
