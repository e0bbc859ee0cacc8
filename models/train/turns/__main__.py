"""One command: human recordings -> pauses -> two networks -> the packs turns-en and turns-de.

    python -m models.train.turns --data DIR --work DIR --packs DIR [--stt NAME] [--share 0.5]

Each step leaves its result in the work directory and is skipped when that exists. Run it again
with a new recogniser: the networks learn how far its words can be trusted.
"""

import argparse
import itertools
import logging
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.engines.base import Recogniser
from appliance.speech.engines.table import load_recogniser
from appliance.speech.turns.turnend import TurnModel
from appliance.speech.turns.vad import Detector
from appliance.system.packs.manifest import load_pack
from models.train import manifest
from models.train.turns import fit, pauses, spoken

log = logging.getLogger("turns")

SOURCES = {
    "en": [
        "sentences of BANKING77, CLINC150, NLU++, RESTAURANTS-8K (CC BY 4.0, CC BY 3.0), SNIPS (CC0), Home Assistant intents (CC BY 4.0)",
    ],
    "de": [
        "sentences of Thorsten-Voice (CC0) and Home Assistant intents (CC BY 4.0)",
    ],
}
HEARD = [
    "Mozilla Common Voice v1 validated dev part (CC0 1.0)",
    "speechocean762, training speakers (free for commercial and other use, Zhang et al. 2021)",
    "CMU AN4 (two-clause CMU licence, (c) 1991-2005 Carnegie Mellon University)",
    "Free Spoken Digit Dataset, training speakers (CC BY-SA 4.0, Zohar Jackson et al.)",
    "Speech Commands, training speakers (CC BY 4.0)",
]


def hesitant(
    said: Iterator[spoken.Turn], recogniser: Recogniser, rng: random.Random
) -> Iterator[spoken.Turn]:
    """Yield sentences with hesitations at word boundaries."""
    for turn in said:
        utterance = recogniser.utterance()
        utterance.accept(turn.samples)
        aligned = utterance.read(Expectation(Kind.CHOICE, (turn.text,)), spoken.AFTER)
        found = spoken.hesitant(turn, [word.start for word in aligned.words[1:]], rng)
        if found is not None:
            yield found


def listen(
    data: Path, work: Path, detector: Detector, recogniser: Recogniser, share: float
) -> None:
    """Write the pauses of all recordings of split=train."""
    train, every = data / "audio_train", max(1, round(1 / share))
    common, ocean = train / "common_voice_v1_dev", train / "speechocean762_train"

    def thinned(said: Iterator[spoken.Turn], step: int) -> Iterator[spoken.Turn]:
        return itertools.islice(said, 0, None, step)

    sets = {
        "an4": lambda: spoken.answers(train / "an4", "train", random.Random(8)),
        "learners": lambda: spoken.answers(ocean, "train", random.Random(7)),
        "strings": lambda: spoken.strings(data, "train", round(220 * share), random.Random(9)),
        "common": lambda: thinned(spoken.sentences(common, "train", random.Random(5)), every),
        "hesitant": lambda: hesitant(
            thinned(spoken.sentences(common, "train", random.Random(6)), 2 * every),
            recogniser, random.Random(6),
        ),
        "words": lambda: itertools.chain(
            thinned(spoken.words(data / "audio" / "speech_commands", "train", random.Random(4)), 1),
            thinned(spoken.words(train / "speech_commands_minali", "train", random.Random(4)), 6),
        ),
        "ocean": lambda: spoken.sentences(ocean, "train", random.Random(5)),
    }  # fmt: skip
    for name, made in sets.items():
        file = work / f"{name}.npz"
        if not file.exists():
            log.info("%s: %d pauses", name, pauses.write(made(), detector, recogniser, file))


def weighed(
    heard: list[tuple[pauses.Pause, np.ndarray]], model: TurnModel, text: Path
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Train the second network on recordings and on requests; return it with its figures."""
    sets = {
        "recordings": fit.table(heard, model),
        "requests": fit.table(list(fit.in_domain(heard, text, "en")), model),
    }
    kept = [[part[~made[3]] for part in made[:3]] for made in sets.values()]
    second = fit.weigh(*(np.concatenate(parts) for parts in zip(*kept, strict=True)))
    figures: dict[str, object] = {}
    for name, (x, final, _, held) in sets.items():
        found = fit.judge(second, x[held], final[held])
        log.info("pauses of unseen %s: %s", name, found)
        figures |= {f"{name}/{metric}": round(value, 3) for metric, value in found.items()}
    return second, figures


def pack(
    folder: Path, language: str, weights: dict[str, np.ndarray], figures: dict[str, object]
) -> None:
    """Write the pack of one language."""
    folder.mkdir(parents=True, exist_ok=True)
    fit.write(weights, folder / "weights.npz")
    manifest.write(
        folder,
        {
            "name": folder.name, "kind": "turn", "engine": "attendant/turn-1", "language": language,
            "version": "2026.11.22", "sample_rate": spoken.RATE, "licence": "GPL-3.0-or-later",
            "summary": "Tells from words and melody whether a caller who pauses has finished.",
            "provenance": {"recipe": "models/train/turns", "data": [*SOURCES[language], *HEARD]},
            "figures": figures,
        },
        {"weights.npz": "weights"},
    )  # fmt: skip


def main() -> None:
    """Run the steps that are still to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "work", "packs"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--stt", default="en-telephone-8k")
    parser.add_argument("--vad", default="silero-vad")
    parser.add_argument("--share", type=float, default=0.5, help="of the sentences that are heard")
    parser.add_argument("--steps", type=int, default=1500)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.work.mkdir(parents=True, exist_ok=True)
    detector = Detector(load_pack(given.packs / given.vad).path("model"))
    recogniser = load_recogniser(load_pack(given.packs / given.stt))
    listen(given.data, given.work, detector, recogniser, given.share)
    heard = [found for file in sorted(given.work.glob("*.npz")) if not file.name.startswith("text")
             for found in pauses.read(file)]  # fmt: skip
    second: dict[str, np.ndarray] = {}
    for language in ("en", "de"):
        file = given.work / f"text-{language}.npz"
        if not file.exists():
            model, right = fit.sentence(given.data / "text", language, given.steps)
            log.info("%s: %.1f %% of sentences judged right", language, 100 * right)
            fit.write(fit.blank(fit.arrays(model)) | {"right": np.float32(right)}, file)
        first = dict(np.load(file))
        right = float(first.pop("right", np.float32(0)))
        figures: dict[str, object] = {"sentences_judged_right_percent": round(100 * right, 1)}
        if language == "en":
            second, found = weighed(heard, TurnModel(file), given.data / "text")
            figures |= found
        # How people sound when they have finished is learned from English; German callers pause
        # alike, and the German sentences are on the same scale.
        pack(given.packs / f"turns-{language}", language, first | second, figures)


if __name__ == "__main__":
    main()
