"""The pieces of `models/train/turns`: made recordings, no corpus needed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.features import level_dbfs
from appliance.speech.recognition.scoring import Reading
from appliance.speech.turns.endpointing import Progress
from appliance.speech.turns.turnend import CUES, Moment, TurnModel
from models.train.turns import pauses, spoken, texts

RATE = spoken.RATE


def tone(seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 300 * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets of single digits, of which one speaker may be trained on."""
    for name in ("fsdd_digits_8k", "speech_commands"):
        folder = tmp_path / "audio" / name
        folder.mkdir(parents=True)
        lines = ["file\tspeaker\ttranscript\tduration\tsplit"]
        for speaker, split in (("a", "train"), ("b", "eval")):
            for digit in ("one", "two", "six"):
                file = f"{digit}_{speaker}.wav"
                sound = np.concatenate([quiet(0.1), tone(0.3), quiet(0.2)])
                soundfile.write(folder / file, sound, RATE)
                lines.append(f"{file}\t{name}-{speaker}\t{digit}\t0.6\t{split}")
        (folder / "manifest.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


class Loud:
    """What is loud is voice."""

    def probability(self, _track: object, window: np.ndarray) -> float:
        return 0.95 if level_dbfs(window) > -45 else 0.02


class Deaf:
    """A recogniser that understands how many samples it was given."""

    name, language = "deaf", "en"

    def __init__(self) -> None:
        self.taken = 0

    def utterance(self) -> Deaf:
        return Deaf()

    def accept(self, samples: np.ndarray) -> None:
        self.taken += len(samples)

    def read(self, _expectation: Expectation, _silence: float) -> Reading:
        return Reading(f"after {self.taken / RATE:.1f}", 0.5, Progress.OPEN)


def test_split_is_kept(data: Path) -> None:
    """A split's recordings are those of its speakers only."""
    assert set(spoken.singles(data, "train")) == {"fsdd_digits_8k-a", "speech_commands"}
    assert set(spoken.singles(data, "eval")) == {"fsdd_digits_8k-b", "speech_commands"}


def test_strings(data: Path) -> None:
    """Numbers have 4 to 10 digits, are asked with and without their length, and end with a voice."""
    made = list(spoken.strings(data, "train", 12, random.Random(1)))
    assert len(made) == 24
    for known, unknown in zip(made[::2], made[1::2], strict=True):
        count = len(known.text.split())
        assert 4 <= count <= 10
        assert known.expectation == Expectation(Kind.DIGITS, shortest=count, longest=count)
        assert unknown.expectation == Expectation(Kind.DIGITS)
        assert known.samples is unknown.samples
        end = round(known.end * RATE)
        assert level_dbfs(known.samples[end - 400 : end]) > -40
        assert level_dbfs(known.samples[end + 160 :]) < -50


def test_pauses_of_numbers(data: Path) -> None:
    """Groups lie apart by 0.15 to 0.9 s, digits of a group by less."""
    gaps = []
    for said in list(spoken.strings(data, "train", 12, random.Random(2)))[::2]:
        voiced = pauses.stretches(said, Loud())
        gaps += [b[0] - a[1] for a, b in itertools.pairwise(voiced)]
    longer = [gap for gap in gaps if gap > 0.15]
    assert len(longer) >= 12
    assert max(gaps) < spoken.LONGEST_PAUSE + 0.15


def test_hesitations() -> None:
    """A hesitation is a longer silence at a word boundary; the end moves by its length."""
    words = np.concatenate([tone(0.8), quiet(0.05), tone(0.8), quiet(0.05), tone(0.8)])
    said = spoken.turn("s", "sentences", words, Expectation(), "a b c", random.Random(1))
    boundaries = [spoken.BEFORE + 0.825, spoken.BEFORE + 1.675]
    hesitant = spoken.hesitant(said, boundaries, random.Random(3))
    assert hesitant is not None
    longer = hesitant.end - said.end
    assert longer >= spoken.SHORTEST_PAUSE
    assert len(hesitant.samples) - len(said.samples) == pytest.approx(longer * RATE, abs=2)
    voiced = pauses.stretches(hesitant, Loud())
    assert max(b[0] - a[1] for a, b in itertools.pairwise(voiced)) > 0.14
    end = round(hesitant.end * RATE)
    assert level_dbfs(hesitant.samples[end - 400 : end]) > -40
    assert spoken.hesitant(said, [], random.Random(3)) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yes", Kind.YES_NO),
        ("repeat", Kind.CHOICE),
        ("one five oh", Kind.DIGITS),
        ("june eighteenth nineteen sixty eight", Kind.DATE),
        ("u m n y six", Kind.LETTERS),
        ("we call it bear", None),
    ],
)
def test_what_was_asked(text: str, kind: Kind | None) -> None:
    """An answer tells what the question was."""
    found = spoken.asked(text)
    assert (found[1].kind if found else None) is kind


def test_answers_and_sentences(tmp_path: Path) -> None:
    """Numbers are asked with and without their length; what is no answer is a sentence."""
    lines = ["file\tspeaker\ttranscript\tduration\tsplit"]
    for number, (text, split) in enumerate(
        [("one five oh", "train"), ("we call it bear", "train"), ("yes", "train"), ("no", "eval")]
    ):
        sound = np.concatenate([quiet(0.2), tone(0.7), quiet(0.3)])
        soundfile.write(tmp_path / f"{number}.wav", sound, RATE)
        lines.append(f"{number}.wav\tx\t{text}\t1.2\t{split}")
    (tmp_path / "manifest.tsv").write_text("\n".join(lines) + "\n")
    answers = list(spoken.answers(tmp_path, "train", random.Random(1)))
    assert [(said.text, said.expectation) for said in answers] == [
        ("one five oh", Expectation(Kind.DIGITS)),
        ("one five oh", Expectation(Kind.DIGITS, shortest=3, longest=3)),
        ("yes", Expectation(Kind.YES_NO)),
    ]
    sentences = list(spoken.sentences(tmp_path, "train", random.Random(1)))
    assert [said.text for said in sentences] == ["we call it bear"]
    words = list(spoken.words(tmp_path, "eval", random.Random(1)))
    assert [(said.text, said.expectation) for said in words] == [("no", Expectation())]
    for said in [*answers, *sentences, *words]:
        assert said.end == pytest.approx(spoken.BEFORE + 0.05 + 0.7, abs=0.03)


def test_pauses_are_heard_as_in_a_call(tmp_path: Path) -> None:
    """Each pause has what was understood up to it; only the last one ends the turn."""
    sound = np.concatenate([tone(0.6), quiet(0.4), tone(0.5), quiet(0.7), tone(0.5)])
    said = spoken.turn("x", "g", sound, Expectation(), "", random.Random(1))
    file = tmp_path / "x.npz"
    assert pauses.write([said], Loud(), Deaf(), file) == 3
    found = pauses.read(file)
    assert [pause.final for pause, _ in found] == [False, False, True]
    assert [pause.seconds for pause, _ in found] == pytest.approx([0.4, 0.7, 0.0], abs=0.07)
    assert found[2][0].earlier == pytest.approx((0.4, 0.7), abs=0.07)
    heard = [float(pause.text.split()[1]) for pause, _ in found]
    assert heard == pytest.approx([1.0, 1.9, 3.1], abs=0.1)
    assert all(sounds.shape[1] == 3 and len(sounds) > 40 for _, sounds in found)


def test_an_unheard_end_teaches_nothing() -> None:
    """A turn whose end the detector misses is left out."""
    sound = np.concatenate([tone(0.6), quiet(0.3), tone(0.6, 0.004)])
    said = spoken.turn("x", "g", sound, Expectation(), "", random.Random(1))
    assert list(pauses.pauses(said, Loud(), Deaf())) == []


def test_plain_words() -> None:
    """Written requests become spoken words, sentence by sentence."""
    assert texts.plain("Book 2 seats. When's that?", "en") == [
        ["book", "two", "seats"], ["when's", "that"],
    ]  # fmt: skip


def test_misheard() -> None:
    """A share of the words is lost or taken for one that begins alike; the rest stays."""
    words = ["please"] * 1000
    heard = texts.misheard(words, 0.3, {"pl": ["plenty"]}, random.Random(1))
    assert 0.6 < heard.count("please") / 1000 < 0.8
    assert 0.18 < heard.count("plenty") / 1000 < 0.3
    assert texts.misheard(words, 0.0, {}, random.Random(1)) == words


def test_examples(tmp_path: Path) -> None:
    """Whole sentences and broken ones come about as often, numbers and fillers among them."""
    folder = tmp_path / "home_assistant_intents"
    folder.mkdir()
    (folder / "de.tsv").write_text("a\tb\n" + "x\tmach bitte das licht an\n" * 5)
    (tmp_path / "thorsten_de").mkdir()
    (tmp_path / "thorsten_de" / "sentences.txt").write_text("Das Haus steht leer.\n" * 5)
    (tmp_path / "names").mkdir()
    for name in ("first_all.txt", "last_de.txt"):
        (tmp_path / "names" / name).write_text("Anna\nMeier\n")
    source = texts.examples(tmp_path, "de", 1)
    drawn = [next(source) for _ in range(800)]
    assert 0.35 < sum(whole for _, whole in drawn) / 800 < 0.65
    found = dict(drawn)
    assert found["mach bitte das licht an"]
    assert not found["mach bitte das"]
    assert any(words.endswith("ähm") and not whole for words, whole in drawn)


def _moments(count: int) -> Iterator[tuple[pauses.Pause, np.ndarray]]:
    """Yield pauses of which those after a falling voice are the last."""
    rng = np.random.default_rng(1)
    for number in range(count):
        final = bool(number % 2)
        pitch = np.geomspace(150, 110 if final else 160, 100) + rng.normal(0, 1, 100)
        sounds = np.stack([pitch, np.full(100, -26.0), rng.uniform(0, 2, 100)], 1)
        pause = pauses.Pause(f"p{number}", "g", "free", final, 0.4, (), 1.0, "", 0.0, "nothing")
        yield pause, sounds.astype(np.float32)


def test_networks(tmp_path: Path) -> None:
    """What is trained is what the product computes; the same weights give the same bytes."""
    pytest.importorskip("torch")
    from models.train.turns import fit

    first = fit.blank(fit.arrays(fit.Sentence()))
    for name in ("a.npz", "b.npz"):
        fit.write(first, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    model = TurnModel(tmp_path / "a.npz")
    heard = list(_moments(120))
    x, final, weights, _ = fit.table(heard, model)
    assert x.shape == (120, len(CUES))
    second = fit.weigh(x, final, weights, steps=150)
    assert fit.judge(second, x, final)["area"] > 0.95
    fit.write(first | second, tmp_path / "c.npz")
    product = TurnModel(tmp_path / "c.npz")
    judged = [
        product.probability(Moment(Kind.FREE, "", 0.0, p.spoken, p.earlier, sounds))
        for p, sounds in heard
    ]
    logit = np.log(np.array(judged)) - np.log1p(-np.array(judged))
    assert fit.area(logit, final) == pytest.approx(fit.judge(second, x, final)["area"], abs=1e-3)


def test_requests_are_put_to_the_sound(tmp_path: Path) -> None:
    """A last pause follows a whole request, another mostly a broken one, understood well."""
    pytest.importorskip("torch")
    from models.train.turns import fit

    for name in ("home_assistant_intents", "thorsten_de", "names"):
        (tmp_path / name).mkdir()
    (tmp_path / "home_assistant_intents" / "de.tsv").write_text("a\tb\nx\tmach das licht an\n")
    (tmp_path / "thorsten_de" / "sentences.txt").write_text("Das Haus steht leer.\n")
    for name in ("first_all.txt", "last_de.txt"):
        (tmp_path / "names" / name).write_text("Anna\nMeier\n")
    heard = list(_moments(200))
    made = list(fit.in_domain(heard, tmp_path, "de"))
    assert [pause.final for pause, _ in made] == [pause.final for pause, _ in heard]
    assert all(0.5 <= pause.confidence <= 0.95 for pause, _ in made)
    fillers = {f.split()[-1] for f in texts.FILLERS["de"]}
    ends = {
        final: sum(p.text.split()[-1] in fillers for p, _ in made if p.final is final)
        for final in (True, False)
    }
    assert ends[False] > 2 * ends[True]


def test_area_and_loss() -> None:
    """The figures are those of the textbook."""
    pytest.importorskip("torch")
    from models.train.turns import fit

    final = np.array([True, True, False, False])
    assert fit.area(np.array([2.0, 1.0, 0.5, -1.0]), final) == 1.0
    assert fit.area(np.array([2.0, 0.0, 0.5, -1.0]), final) == 0.75
    assert fit.log_loss(np.zeros(4), final) == pytest.approx(np.log(2))


def test_held_out_is_by_recording() -> None:
    """All pauses of a recording are on the same side, and about a tenth is held out."""
    pytest.importorskip("torch")
    from models.train.turns import fit

    shares = [fit.hash_of(f"cvdev-{number:06d}.ogg") for number in range(2000)]
    assert 0.05 < np.mean([share < fit.HELD_OUT for share in shares]) < 0.15
