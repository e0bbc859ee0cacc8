"""Command line: `python -m models.train.stt STEP --data DATA --work DIR`.

Steps: texts, pieces, align, held, human, synth, splice, train, blend, export, evaluate, or all.
Every step leaves its result in DIR and is skipped by `all` where that is already there.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from models.train.stt import blend, datasets, evaluate, export, manifest, pieces, texts, train
from models.train.stt.languages import LANGUAGES
from models.train.stt.languages.base import Language

_PACKS = Path(__file__).parents[2] / "packs"
_SEED = 11


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    language: Language
    data: Path
    work: Path
    pack: Path
    hours: float
    seed: int
    until: float
    rank: int
    ranks: int
    port: int
    peak: float
    helper: Path | None
    """Work folder of the English recogniser, for its human speech."""
    begin: Path | None
    """English checkpoint to begin with."""
    checkpoint: Path
    """What becomes the pack."""
    middle: Path | None
    shares: list[float]
    """What of the mean is the beginning, the checkpoint `middle`, and WORK/checkpoint.pt."""


def _train(o: Options) -> None:
    train.run(
        train.Plan(
            o.work,
            o.data,
            o.language,
            o.until,
            peak=o.peak,
            helper=o.helper,
            begin=o.begin,
            rank=o.rank,
            ranks=o.ranks,
            port=o.port,
        )
    )


def _splice(o: Options) -> None:
    if o.begin:
        datasets.spliced(o.data, o.work, o.language, o.begin, 0.4 * o.hours, o.seed)


def _blend(o: Options) -> None:
    """Write WORK/blended.pt, for `--checkpoint`."""
    if o.begin and o.middle:
        trainer = train.Trainer(train.Plan(o.work, o.data, o.language, o.until))
        trainer.begin_with(o.begin, LANGUAGES["en"])
        ends = [o.middle, o.work / "checkpoint.pt"]
        blend.write(trainer.average.state_dict(), ends, o.shares, o.work / "blended.pt")


def _training(o: Options) -> dict[str, float]:
    saved = torch.load(o.checkpoint, weights_only=True)
    return {
        "training_core_seconds": saved["spent_s"],
        "training_steps": saved["steps"],
        "hours_heard": saved["heard_s"] / 3600,
    }


def _export(o: Options) -> None:
    export.pack(o.data, o.work, o.language, o.pack, o.checkpoint)
    manifest.write(o.pack, o.language, _training(o), {})


def _evaluate(o: Options) -> None:
    found = evaluate.figures(o.data, o.work, o.language, o.pack)
    (o.work / "figures.json").write_text(json.dumps(found, indent=1))
    manifest.write(o.pack, o.language, _training(o), found)


_STEPS: dict[str, Callable[[Options], None]] = {
    "texts": lambda o: texts.prepare(o.data, o.work, o.language),
    "pieces": lambda o: pieces.train(o.data, o.work, o.language, _SEED),
    "align": lambda o: datasets.aligned(o.data, o.work, o.language, 1.6, _SEED),
    "held": lambda o: datasets.held_out(o.data, o.work, o.language, 200, 99),
    "human": lambda o: datasets.human(o.data, o.work, _SEED),
    "synth": lambda o: datasets.synthetic(o.data, o.work, o.language, o.hours, o.seed),
    "splice": _splice,
    "train": _train,
    "blend": _blend,
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
    "splice": "shards/spliced*.json",
}
"""By what `all` sees that a step is done."""

_ENGLISH_ONLY = {"align", "human"}
_OTHERS_ONLY = {"splice"}
"""German has no speech with phone times and no people to learn from: it starts from English."""


def main() -> None:
    """Run one step, or all that are not yet done."""
    parser = argparse.ArgumentParser(prog="models.train.stt", description=__doc__)
    parser.add_argument("step", choices=[*_STEPS, "all"])
    parser.add_argument("--data", type=Path, required=True, help="the data folder (text, audio)")
    parser.add_argument("--work", type=Path, required=True, help="a folder that git ignores")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en")
    parser.add_argument("--pack", type=Path, help="where to (default: the language's own)")
    parser.add_argument("--helper", type=Path, help="the English work folder, to learn from too")
    parser.add_argument("--begin", type=Path, help="an English checkpoint to begin with")
    parser.add_argument("--checkpoint", type=Path, help="to export (default: of the work folder)")
    parser.add_argument("--middle", type=Path, help="a checkpoint on the way, to blend")
    parser.add_argument("--shares", type=float, nargs=3, default=[0.2, 0.3, 0.5], help="to blend")
    parser.add_argument("--peak", type=float, default=1.0, help="share of the highest rate")
    parser.add_argument("--port", type=int, default=29519, help="where ranks meet")
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
    language = LANGUAGES[given.language]
    warm = given.begin or (given.work / "checkpoint.pt").exists()
    if given.step in ("train", "all") and language.code != "en" and not warm:
        parser.error(
            "this language has no speech with phone times: say --begin CHECKPOINT (English)"
        )
    options = Options(
        language,
        given.data,
        given.work,
        given.pack or _PACKS / language.facts["pack"],
        given.hours,
        given.seed,
        until,
        given.rank,
        given.ranks,
        given.port,
        given.peak,
        given.helper,
        given.begin,
        given.checkpoint or given.work / "checkpoint.pt",
        given.middle,
        given.shares,
    )
    for step in _STEPS if given.step == "all" else [given.step]:
        leaves = _LEAVES.get(step)
        if given.step == "all" and leaves and next(given.work.glob(leaves), None):
            continue
        foreign = _OTHERS_ONLY if language.code == "en" else _ENGLISH_ONLY
        if given.step == "all" and step in foreign:
            continue
        _STEPS[step](options)


if __name__ == "__main__":
    main()
