"""When a turn is over: who is cut off, and how long everybody else waits; against plain VAD.

    python -m tests.bench.endpoints [share of the set, 0 to 1 [split]]

The turns are human recordings (models/train/turns/spoken.py): single digits joined to numbers of 4
to 10 in groups of 2 to 4 with pauses of 0.15 to 0.9 s (log-normal, median 0.38 s); AN4 and the
learners' numbers with their own pauses; drink orders as people thought of them; sentences, and the
same with one or two hesitations at word boundaries. Time is that of the audio; what decoding costs
is not in it (tests/bench/speech.py has that).

A turn is cut off when it is declared over before its last voice begins. Delay counts from the end
of the last voice, over the turns that were not cut off. "VAD alike" is the fixed silence that cuts
off as many turns as we do.
"""

import itertools
import os
import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Heard
from appliance.speech.engines.table import load_recogniser
from appliance.speech.turns.listening import Listener, Result
from appliance.speech.turns.turnend import TurnModel
from appliance.speech.turns.vad import Detector
from appliance.system.packs.manifest import load_pack
from models.train.turns import spoken
from models.train.turns.pauses import stretches
from tests.bench.figures import machine

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "models" / "packs"
FIXED = (0.2, 0.3, 0.5, 0.7, 1.0)
"""Seconds of silence of plain endpointers."""
FRAME = 160


def turns(data, recogniser, share=1.0, split="eval"):
    """Yield the turns of a split; a share of each set."""
    rng = random.Random(2026)
    train = split == "train"
    human = data / ("audio_train" if train else "audio")
    suffix = "_train" if train else ""
    made = [
        list(spoken.strings(data, split, round(60 * share), rng)),
        list(spoken.answers(human / ("an4" if train else "an4_eval"), split, rng)),
        list(spoken.answers(human / f"speechocean762{suffix}", split, rng)),
        [] if train else orders(data / "audio" / "picovoice_barista", split, rng),
        list(sentences(human / ("common_voice_v1_dev" if train else "common_voice_eval"),
                       split, recogniser, rng, 60 if train else None)),
    ]  # fmt: skip
    for number, found in enumerate(made):
        # All ways of asking for one recording stay together.
        yield from (
            said for said in found if not number or random.Random(said.name).random() < share
        )


def orders(folder, split, rng):
    """Return orders of drinks, which have no transcript."""
    return [
        replace(said, group="orders", name=said.name)
        for said in spoken.sentences(folder, split, rng)
    ]


def sentences(folder, split, recogniser, rng, limit):
    """Yield sentences, the same as one of a list that is known, and the same with hesitations."""
    found = list(itertools.islice(spoken.sentences(folder, split, rng), limit))
    known = Expectation(Kind.FREE, tuple(sorted({said.text for said in found})))
    for said in found:
        yield said
        yield replace(said, group="sentences, known", expectation=known)
        utterance = recogniser.utterance()
        utterance.accept(said.samples)
        aligned = utterance.read(Expectation(Kind.CHOICE, (said.text,)), spoken.AFTER)
        hesitant = spoken.hesitant(said, [word.start for word in aligned.words[1:]], rng)
        if hesitant is not None:
            yield hesitant


def decisions(said, detector, recogniser, model, expectation):
    """Return when (s) our endpointer declared turns over."""
    listener = Listener(detector, recogniser, model)
    listener.expect(expectation)
    decided = []
    for at in range(0, len(said.samples), FRAME):
        listener.feed(said.samples[at : at + FRAME])
        while (job := listener.job()) is not None:
            # Partials decide nothing: they are left out.
            listener.done(job, job.run() if job.decode.final else Result("", None))
        decided += [m.decided for m in listener.messages() if isinstance(m, Heard)]
    return decided


def plain(voiced, silence):
    """Return when an endpointer that waits for a fixed silence would have decided."""
    following = [begin for begin, _ in voiced[1:]] + [float("inf")]
    return [
        end + silence
        for (_, end), begin in zip(voiced, following, strict=True)
        if begin - end > silence
    ]


def outcome(said, voiced, decided):
    """Return whether the turn was cut off, and the delay (s) of its end."""
    inner = [stretch for stretch in voiced if stretch[0] < said.end]
    last = inner[-1][0] if inner else said.end
    after = [at for at in decided if at > last]
    cut = any(at <= last for at in decided) or not after
    return cut, (after[0] - said.end) if after else None


def spread(outcomes):
    """Return the share cut off, and median and p95 of the delays of the others."""
    delays = sorted(delay for cut, delay in outcomes if not cut)
    share = sum(cut for cut, _ in outcomes) / len(outcomes)
    if not delays:
        return share, float("nan"), float("nan")
    return share, statistics.median(delays), delays[min(len(delays) - 1, int(0.95 * len(delays)))]


def alike(rows, share):
    """Return the least fixed silence that cuts off no more than `share`, with its figures.

    Between two silences of the grid the figures are interpolated; none is below 0.16 s.
    """
    before = None
    for step in range(8, 120):
        silence = step * 0.02
        found = spread([outcome(said, voiced, plain(voiced, silence)) for said, voiced in rows])
        if found[0] <= share:
            if before is None or before[1][0] == found[0]:
                return silence, found
            part = (before[1][0] - share) / (before[1][0] - found[0])
            mixed = tuple(a + part * (b - a) for a, b in zip(before[1], found, strict=True))
            return before[0] + part * (silence - before[0]), mixed
        before = (silence, found)
    return silence, found


def measure(every, detector, recogniser, model):
    """Return group → [(turn, voiced, ours, ours without expectation)]."""
    groups = {}
    for said in every:
        voiced = stretches(said, detector)
        ours = decisions(said, detector, recogniser, model, said.expectation)
        blind = ours
        if said.expectation != Expectation():
            blind = decisions(said, detector, recogniser, model, Expectation())
        groups.setdefault(said.group, []).append((said, voiced, ours, blind))
    return groups


def table(groups):
    """Yield (group, endpointer, share cut off, median, p95) of every group and of all."""
    everything = [row for rows in groups.values() for row in rows]
    for name, rows in [*sorted(groups.items()), ("all", everything)]:
        ours = spread([outcome(said, voiced, at) for said, voiced, at, _ in rows])
        yield name, f"ours ({len(rows)} turns)", *ours
        yield (
            name,
            "ours, not told",
            *spread([outcome(said, voiced, at) for said, voiced, _, at in rows]),
        )
        pairs = [(said, voiced) for said, voiced, _, _ in rows]
        for silence in FIXED:
            found = [outcome(said, voiced, plain(voiced, silence)) for said, voiced in pairs]
            yield name, f"VAD {silence:.1f} s", *spread(found)
        silence, found = alike(pairs, ours[0])
        yield name, f"VAD alike, {silence:.2f} s", *found


def main():
    """Print the table."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    split = sys.argv[2] if len(sys.argv) > 2 else "eval"
    data = Path(os.environ.get("ATTENDANT_DATA", ROOT.parent / "shared" / "data"))
    detector = Detector(load_pack(PACKS / "silero-vad").path("model"))
    recogniser = load_recogniser(load_pack(PACKS / "en-telephone-8k"))
    model = TurnModel(load_pack(PACKS / "turns-en").path("weights"))
    print(f"{split} on {machine()}")
    groups = measure(turns(data, recogniser, share, split), detector, recogniser, model)
    print(f"{'':28s}{'':22s}{'cut off':>9s}{'median':>9s}{'p95':>9s}")
    for group, name, cut, median, p95 in table(groups):
        print(f"{group:28s}{name:22s}{cut:9.1%}{1000 * median:7.0f}ms{1000 * p95:7.0f}ms")


if __name__ == "__main__":
    main()
