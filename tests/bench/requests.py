"""Requests in callers' words, heard and understood: is the intent still the right one?

    python -m tests.bench.requests [--pack en-telephone-8k] [--count 200]

Sentences of a switchboard's callers (the domain that the recogniser's texts are drawn from, not the
dialogue's own examples) in voices that no training heard, through G.711, heard under what the
starter dialogue expects at its first question. Right is what the same understanding finds in the
sentence as it was written; sentences that mean none of its intents are left out.
"""

import argparse
import random
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile

from appliance import dialogue
from appliance.audio.g711 import CODECS
from appliance.dialogue.running.expect import Expectations
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding.understand import Understanding
from appliance.speech.audiofile import RATE, read_audio
from appliance.speech.commands import Ears, HeardFile
from appliance.speech.understanding.training import train
from appliance.system.dialogues import folder
from models.train.stt.languages import LANGUAGES
from models.train.stt.texts import Domain, Sentence
from models.train.stt.voices import CASTS
from tests.bench.ears import word_errors

NOW = datetime.fromisoformat("2026-11-24 10:00")
ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "models" / "packs"
STARTER = ROOT / "appliance" / "dialogue" / "starter"


def by_telephone(path: Path, samples: np.ndarray, rate: int) -> None:
    """Write a sound as it comes through G.711."""
    raw = path.with_name("raw.wav")
    soundfile.write(raw, np.asarray(samples, np.float32), rate)
    codec = CODECS["PCMA"]
    pcm = (np.clip(read_audio(raw), -1, 1) * 32767).astype("<i2").tobytes()
    soundfile.write(path, np.frombuffer(codec.decode(codec.encode(pcm)), "<i2"), RATE)


def as_dialogue(heard: HeardFile) -> dialogue.Heard:
    """Return what the dialogue is told."""
    others = tuple((other.text, other.confidence) for other in heard.alternatives)
    return dialogue.Heard(heard.text, heard.confidence, others)


def main() -> None:
    """Print how many requests are understood."""
    parser = argparse.ArgumentParser(prog="tests.bench.requests", description=__doc__)
    parser.add_argument("--pack", default="en-telephone-8k")
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    language = LANGUAGES["en"]
    script = folder.load(STARTER)
    slots = Slots(script)
    understanding = Understanding(script, slots, train(script))
    expectation = Expectations(script, slots).request
    rng = random.Random(2026)
    domain = Domain(language)
    wanted: list[Sentence] = []
    while len(wanted) < given.count:
        written = language.normalise(domain.sentence(rng))
        meant = understanding.triage(dialogue.Heard(written), NOW).best
        if meant.intent and meant.confidence > 0.6:
            wanted.append(Sentence(written, written))
    ears = Ears(PACKS, stt=given.pack, vad="silero-vad")
    right = unheard = other = errors = words = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "line.wav"
        for spoken in CASTS["en"]([], held_out=True).perform(wanted, rng):
            by_telephone(path, spoken.samples, spoken.rate)
            heard = ears.hear(path, expectation)
            intent = understanding.triage(dialogue.Heard(spoken.written), NOW).best.intent
            found = understanding.triage(as_dialogue(heard), NOW).best.intent
            count += 1
            right += found == intent
            unheard += not found
            other += bool(found) and found != intent
            wrong, said = word_errors(heard.text, spoken.written)
            errors, words = errors + wrong, words + said
    print(
        f"{count} requests: {100 * right / count:.1f} % the right intent, "
        f"{100 * unheard / count:.1f} % none (asked again), {100 * other / count:.1f} % another; "
        f"{100 * errors / words:.1f} % of words wrong"
    )


if __name__ == "__main__":
    main()
