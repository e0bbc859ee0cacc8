"""`dialogue train`: what is learnt from the examples, and which of them are confused."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from appliance.commands.preparing import Prepared
from appliance.contracts.errors import UserError
from appliance.dialogue.understanding.classify import Classifier, content
from appliance.dialogue.understanding.examples import Example, of_script
from appliance.dialogue.understanding.linear import NONE, Linear
from appliance.settings import Settings
from appliance.speech.understanding import training
from appliance.speech.understanding.encoder import Encoder
from appliance.speech.understanding.heads import train_heads
from appliance.system.dialogues import versions
from appliance.system.packs.manifest import PackKind, load_kind

FOLDS: Final = 4
"""Parts of the examples, each judged by what was learnt from the others."""
_SECONDS: Final = 15.0
"""Of one such training, at most."""
_SMALL: Final = 1500
"""Sentences up to which the nearest of them helps."""
_SHOWN: Final = 8
"""Confused pairs that are shown."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training yields."""

    understanding: bytes
    files: Mapping[str, bytes]
    """By their paths in the dialogue's folder."""
    classes: int
    sentences: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two intents of which one is taken for the other."""

    meant: str
    taken: str
    times: int
    examples: tuple[str, ...]
    """As the author wrote them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How well examples are understood by what was learnt from the others."""

    examples: int
    right: int
    confusions: tuple[Confusion, ...]


def train(prepared: Prepared, settings: Settings) -> Trained:
    """Train all that is trained for a dialogue. Raises UserError where a pack is missing."""
    begun = time.monotonic()
    examples = of_script(prepared.script)
    understanding = training.train(prepared.script)
    files = {versions.UNDERSTANDING: understanding}
    files.update(_encoder(prepared, settings))
    return Trained(
        understanding, files, sum(1 for name in examples if name),
        sum(map(len, examples.values())), time.monotonic() - begun,
    )  # fmt: skip


def _encoder(prepared: Prepared, settings: Settings) -> Mapping[str, bytes]:
    """Return what the encoder pack learns, where the settings name one. Raises UserError."""
    if not settings.speech.encoder:
        return {}
    pack = load_kind(settings.speech.folders, settings.speech.encoder, PackKind.ENCODER)
    encoder = Encoder(pack, settings.speech.threads)
    return {versions.ENCODER: train_heads(prepared.script, encoder)}


def cross_validate(prepared: Prepared) -> Judged:
    """Learn from three quarters of the templates and judge by the rest, in turn."""
    script = prepared.script
    examples = of_script(script)
    written = _templates(prepared)
    right = counted = 0
    confused: Counter[tuple[str, str]] = Counter()
    seen: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for turn in range(FOLDS):
        learnt, judged = _divided(examples, turn)
        if not learnt or not judged:
            continue
        model = Linear.parse(training.fit(learnt, language=script.language, seconds=_SECONDS))
        near = _nearest(learnt, script.language)
        for name, some in judged.items():
            for example in some:
                likeness = near.scores(example.text) if near is not None else {}
                said = content(example.text, script.language)
                found = model.classify(said, likeness)
                taken = max(found, key=lambda one: found[one], default=NONE)
                counted += 1
                right += taken == name
                if taken != name:
                    confused[name, taken] += 1
                    seen[name, taken][written.get(example.group, example.text)] = None
    pairs = tuple(
        Confusion(meant, taken, times, tuple(seen[meant, taken])[:3])
        for (meant, taken), times in confused.most_common(_SHOWN)
    )
    return Judged(counted, right, pairs)


def _nearest(learnt: Mapping[str, Sequence[Example]], language: str) -> Classifier | None:
    """Return what finds the nearest example, as the box uses it for small dialogues."""
    if sum(map(len, learnt.values())) > _SMALL:
        return None
    return Classifier(
        {name: [example.text for example in some] for name, some in learnt.items()}, language
    )


def _divided(
    examples: Mapping[str, Sequence[Example]], turn: int
) -> tuple[dict[str, list[Example]], dict[str, list[Example]]]:
    """Return what is learnt from and what is judged; of each template one sentence is judged."""
    learnt: dict[str, list[Example]] = {}
    judged: dict[str, list[Example]] = {}
    for name, some in examples.items():
        places = {group: at for at, group in enumerate(dict.fromkeys(one.group for one in some))}
        if len(places) < 2:
            learnt[name] = list(some)
            continue
        learnt[name] = [one for one in some if places[one.group] % FOLDS != turn]
        held: dict[int, Example] = {}
        for one in some:
            if places[one.group] % FOLDS == turn:
                held.setdefault(one.group, one)
        if held:
            judged[name] = list(held.values())
    return learnt, judged


def _templates(prepared: Prepared) -> Mapping[int, str]:
    """Return each group's template as its author wrote it, in the order of `of_script`."""
    script = prepared.script
    written = [text for intent in script.intents.values() for text in intent.examples]
    return dict(enumerate([*written, *script.out_of_scope], 1))


def train_command(
    prepared: Prepared, settings: Settings, console: Console, *, keep: bool, judge: bool
) -> int:
    """Train, keep and judge; returns 0."""
    with console.status("training"):
        trained = train(prepared, settings)
    size = sum(map(len, trained.files.values()))
    console.print(
        f"Trained {trained.classes} intents with {trained.sentences} sentences in "
        f"{trained.seconds:.1f} s ({size / 1000:.0f} kB)."
    )
    if keep:
        try:
            versions.keep_trained(prepared.folder, prepared.files, trained.files)
        except UserError as error:
            console.print(f"Not kept: {escape(str(error))}", style="yellow")
    if judge:
        with console.status("judging"):
            found = cross_validate(prepared)
        show(found, console)
    return 0


def show(judged: Judged, console: Console) -> None:
    """Print how well it understands, and what it confuses."""
    if not judged.examples:
        console.print("Too few examples to judge by: write two or more for each intent.")
        return
    console.print(
        f"Of {judged.examples} examples, {judged.right} "
        f"({100 * judged.right / judged.examples:.0f} %) are understood from the other ones alone."
    )
    if not judged.confusions:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    for title in ("meant", "taken for", "times", "look at these examples"):
        table.add_column(title)
    for one in judged.confusions:
        table.add_row(
            one.meant or "(none of them)", one.taken or "(none of them)", str(one.times),
            escape("; ".join(one.examples)),
        )  # fmt: skip
    console.print(table)
    console.print(
        "An example that is taken for another intent needs more like it in its own.", style="dim"
    )
