"""Command line: `python -m models.train.stt STEP --data DATA --work DIR`.

Steps: texts, synth, human, align, held, pieces, train, export, evaluate, or all. Every step
leaves its result in DIR and is skipped by `all` where that is already there.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from models.train.stt import datasets, evaluate, export, lexicon, manifest, pieces, texts, train

_PACK = Path(__file__).parents[2] / "packs" / "en-telephone-8k"
_SEED = 11


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    data: Path
    work: Path
    pack: Path
    hours: float
    seed: int
    until: float
    rank: int
    ranks: int

    @property
    def cmudict(self) -> Path:
        """The pronunciation dictionary."""
        return self.data / "text" / "cmudict" / "cmudict.dict"


def _texts(o: Options) -> None:
    texts.prepare(o.data, o.work, lexicon.read_cmudict(o.cmudict))


def _train(o: Options) -> None:
    train.run(train.Plan(o.work, o.cmudict, o.until, rank=o.rank, ranks=o.ranks))


def _training(o: Options) -> dict[str, float]:
    saved = torch.load(o.work / "checkpoint.pt", weights_only=True)
    return {
        "training_core_seconds": saved["spent_s"],
        "training_steps": saved["steps"],
        "hours_heard": saved["heard_s"] / 3600,
    }


def _export(o: Options) -> None:
    export.pack(o.data, o.work, o.pack)
    manifest.write(o.pack, _training(o), {})


def _evaluate(o: Options) -> None:
    found = evaluate.figures(o.data, o.work, o.pack)
    (o.work / "figures.json").write_text(json.dumps(found, indent=1))
    manifest.write(o.pack, _training(o), found)


_STEPS: dict[str, Callable[[Options], None]] = {
    "texts": _texts,
    "pieces": lambda o: pieces.train(o.data, o.work, _SEED),
    "align": lambda o: datasets.aligned(o.data, o.work, 1.6, _SEED),
    "held": lambda o: datasets.held_out(o.data, o.work, 200, 99),
    "human": lambda o: datasets.human(o.data, o.work, _SEED),
    "synth": lambda o: datasets.synthetic(o.data, o.work, o.hours, o.seed),
    "train": _train,
    "export": _export,
    "evaluate": _evaluate,
}

_LEAVES = {
    "texts": "texts.json",
    "pieces": "bpe.txt",
    "align": "shards/aligned-*.json",
    "held": "held/*.json",
    "human": "shards/human_words2-*.json",
    "synth": "shards/synth*.json",
}
"""By what `all` sees that a step is done."""


def main() -> None:
    """Run one step, or all that are not yet done."""
    parser = argparse.ArgumentParser(prog="models.train.stt", description=__doc__)
    parser.add_argument("step", choices=[*_STEPS, "all"])
    parser.add_argument("--data", type=Path, required=True, help="the data folder (text, audio)")
    parser.add_argument("--work", type=Path, required=True, help="a folder that git ignores")
    parser.add_argument("--pack", type=Path, default=_PACK)
    parser.add_argument("--hours", type=float, default=40.0, help="of synthetic speech")
    parser.add_argument("--seed", type=int, default=1, help="of synthetic speech")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--hours-wall", type=float, default=1.6, help="train so long from now")
    end.add_argument("--until", help="train until HH:MM of today (local time)")
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--ranks", type=int, default=1)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    until = time.time() + given.hours_wall * 3600
    if given.until:
        today = time.strftime("%Y-%m-%d ")
        until = time.mktime(time.strptime(today + given.until, "%Y-%m-%d %H:%M"))
    for name in ("shards", "held"):
        (given.work / name).mkdir(parents=True, exist_ok=True)
    options = Options(
        given.data, given.work, given.pack, given.hours, given.seed, until, given.rank, given.ranks
    )
    for step in _STEPS if given.step == "all" else [given.step]:
        leaves = _LEAVES.get(step)
        if given.step == "all" and leaves and next(given.work.glob(leaves), None):
            continue
        _STEPS[step](options)


if __name__ == "__main__":
    main()
