"""One command: texts -> teacher -> student -> pack -> figures. Start it again to go on.

    python -m models.train.voice --voice en-slt --texts DIR --work DIR --minutes 50 [--pack DIR]

Each step leaves its result in the work directory and is skipped when that exists; training goes on
from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import time
from pathlib import Path

import numpy as np
import torch

from models.train.voice import corpus, fit, graph, measure, pack, teach
from models.train.voice.network import Size
from models.train.voice.symbols import COUNTS
from models.train.voice.voices import VOICES, Voice

log = logging.getLogger("voice")


def teach_all(voice: Voice, texts: Path, work: Path) -> None:
    """Have the teacher read both splits."""
    lines = corpus.build(texts, voice.language)
    teacher = voice.teacher(texts)
    np.save(work / "filters.npy", teacher.filters(work))
    for split, wanted in (("test", lines.test), ("train", lines.train[: voice.lines])):
        began = time.time()
        made, dropped = teacher.read(wanted, work, waves=split == "test")
        teach.store(work / f"{split}.npz", made, waves=split == "test")
        hours = sum(len(one.features) for one in made) / 360_000
        log.info("%s: %d utterances, %.2f h in %.0f s, dropped %s",
                 split, len(made), hours, time.time() - began, dropped)  # fmt: skip


def packed(voice: Voice, work: Path, folder: Path, *, figures: bool) -> None:
    """Export the last checkpoint into a pack, measure it, and write the figures beside it."""
    checkpoint = work / "student.pt"
    held = torch.load(checkpoint, weights_only=True)
    last = held["curve"][-1]
    train = teach.load(work / "train.npz")
    speech = graph.restored(checkpoint, np.load(work / "filters.npy"), train[:400])
    small = work / "model.int8.onnx"
    graph.write(speech, work / "model.onnx", small, voice.accent)
    unseen = teach.load(work / "test.npz")
    hours = sum(len(one.features) for one in train) / 360_000
    provenance = {
        "teacher_hours": round(hours, 2),
        "training_seconds": round(last["seconds"]),
        "durations_times": round(speech.lengthen, 3),
        "passes": round(last["passes"], 2),
        "steps": last["step"],
        "machine": f"one shared {platform.machine()} core, torch {torch.__version__}, bf16",
    }
    close = fit.judge(speech.student, unseen)
    found = {
        "unseen/mel_cepstral_distortion_db": round(close["mcd_db"], 2),
        "unseen/pitch_error_semitones": round(close["f0_semitones"], 2),
    }
    pack.write_pack(folder, voice, small, provenance, found)
    if figures:
        teacher = work / "teacher.json"
        if not teacher.exists():
            teacher.write_text(json.dumps(measure.teacher_figures(unseen, voice.language, work)))
        found |= measure.pack_figures(
            (folder / "model.int8.onnx", folder / "tokens.txt"),
            (voice.language, voice.accent),
            unseen,
            work,
        )
        found |= json.loads(teacher.read_text())
        pack.write_pack(folder, voice, small, provenance, found)
    for name, value in found.items():
        log.info("%s = %s", name, value)


def main() -> None:
    """Run the steps that are still to do."""
    parser = argparse.ArgumentParser(prog="python -m models.train.voice")
    parser.add_argument("--voice", choices=sorted(VOICES), default="en-rms")
    parser.add_argument("--texts", type=Path, required=True, help="folder of the text sets")
    parser.add_argument("--work", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--minutes", type=float, default=50.0, help="of training, from now")
    parser.add_argument("--until", type=float, help="Unix time to end training instead")
    parser.add_argument("--pack", type=Path, help="folder of the pack (models/packs/...)")
    parser.add_argument("--skip-training", action="store_true", help="pack the last checkpoint")
    parser.add_argument("--skip-figures", action="store_true", help="do not run the slow judge")
    chosen = parser.parse_args()
    voice = VOICES[chosen.voice]
    chosen.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[logging.StreamHandler(), logging.FileHandler(chosen.work / "log.txt")],
    )
    torch.set_num_threads(1)
    if not (chosen.work / "train.npz").exists():
        teach_all(voice, chosen.texts, chosen.work)
    checkpoint = chosen.work / "student.pt"
    if not chosen.skip_training:
        data = teach.load(chosen.work / "train.npz"), teach.load(chosen.work / "test.npz")
        until = chosen.until or time.time() + 60 * chosen.minutes
        fit.fit(fit.Plan(until=until, size=Size(symbols=COUNTS[voice.language])), data, checkpoint)
    folder = chosen.pack or Path("models/packs") / voice.pack
    packed(voice, chosen.work, folder, figures=not chosen.skip_figures)


if __name__ == "__main__":
    main()
