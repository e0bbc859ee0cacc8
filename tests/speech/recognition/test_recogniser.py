"""The recogniser: packs that fit, sherpa-onnx as judge of its text, people as judges of the rest."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.audiofile import read_audio
from appliance.speech.features import FilterBank, filter_banks, normalise
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.system.packs.manifest import Pack, PackError, load_pack
from models.train.manifest import refresh
from tests.speech import tones

Evaluation = Callable[[str], list[tuple[Path, str]]]


def _bank(samples: np.ndarray) -> FilterBank:
    bank = FilterBank()
    bank.accept(np.concatenate([tones.silence(0.3), samples]))
    return bank


def _sherpa(pack: Pack) -> Callable[[np.ndarray], str]:
    """The independent judge: sherpa-onnx's own features, graph and decoding."""
    sherpa_onnx = pytest.importorskip("sherpa_onnx")
    judge = sherpa_onnx.OfflineRecognizer.from_zipformer_ctc(
        model=str(pack.path("model")), tokens=str(pack.path("tokens")), num_threads=1,
        sample_rate=8000, feature_dim=40,
    )  # fmt: skip

    def transcribe(samples: np.ndarray) -> str:
        stream = judge.create_stream()
        stream.accept_waveform(8000, samples)
        judge.decode_stream(stream)
        return str(stream.result.text).strip().lower()

    return transcribe


@pytest.mark.parametrize("said", ["are you open", "seven zero nine", "yes please", "hours"])
def test_sherpa_reads_tones_alike(
    tone_pack: Pack, tone_recogniser: CtcRecogniser, said: str
) -> None:
    """Our features and decoding give sherpa-onnx's text for the same graph."""
    sound = np.concatenate([tones.silence(0.2), tones.speak(said), tones.silence(0.2)])
    sound = normalise(sound, -23.0)
    found = tone_recogniser.pieces(tone_recogniser.run(filter_banks(sound)))
    assert found == _sherpa(tone_pack)(sound) == said


def test_sherpa_reads_people_alike(
    packs_folder: Path, starter: CtcRecogniser, evaluation: Evaluation
) -> None:
    """So it does for people and the committed recogniser."""
    judge = _sherpa(load_pack(packs_folder / "en-telephone-8k"))
    sounds = [normalise(read_audio(file), -23.0) for file, _ in evaluation("an4_eval")[::5]]
    same = [starter.pieces(starter.run(filter_banks(sound))) == judge(sound) for sound in sounds]
    # Eight-bit weights turn the last digit of a feature into a near tie now and then.
    assert sum(same) >= len(same) - 1


def test_an_utterance_that_goes_on_is_read_by_sherpa(tone_recogniser: CtcRecogniser) -> None:
    """What has been said so far is there as text while the caller goes on."""
    sound = np.concatenate([tones.silence(0.2), tones.speak("are you open")])
    texts = [tone_recogniser.partial(sound[:end]) for end in (800, len(sound))]
    assert texts == ["", "are you open"]


def test_level_does_not_matter(tone_recogniser: CtcRecogniser) -> None:
    """Quiet and loud callers are read alike."""
    texts = {
        tone_recogniser.partial(tones.speak("are you open", level))
        for level in (0.003, 0.03, 0.3, 0.9)
    }
    assert texts == {"are you open"}


def test_human_digits(starter: CtcRecogniser, evaluation: Evaluation) -> None:
    """Digits of people whom no training heard are understood."""
    rows = evaluation("fsdd_digits_8k")[::2]
    expectation = Expectation(Kind.DIGITS, shortest=1, longest=1)
    right = sum(
        starter.read(starter.hear(_bank(read_audio(file))), expectation).text == said
        for file, said in rows
    )
    assert right / len(rows) > 0.93


def test_human_choice(starter: CtcRecogniser, evaluation: Evaluation) -> None:
    """One sentence among many is picked out although free text would be mostly wrong."""
    rows = evaluation("vctk_bits")
    spoken = ["".join(c for c in said if c in "abcdefghijklmnopqrstuvwxyz '") for _, said in rows]
    expectation = Expectation(Kind.CHOICE, tuple(dict.fromkeys(spoken)))
    right = sum(
        starter.read(starter.hear(_bank(read_audio(file))), expectation).text == said
        for (file, _), said in zip(rows, spoken, strict=True)
    )
    assert right / len(rows) > 0.8


def test_not_a_recogniser(packs_folder: Path) -> None:
    """A pack of another kind is refused."""
    with pytest.raises(PackError, match="is not a recogniser"):
        CtcRecogniser(load_pack(packs_folder / "silero-vad"))


@pytest.mark.parametrize(
    ("old", "new"),
    [("blank = 27", "blank = 26"), ("phone_blank = 26", "phone_blank = 25"),
     (', "Z"]', "]")],
)  # fmt: skip
def test_columns_must_fit(tone_pack: Pack, tmp_path: Path, old: str, new: str) -> None:
    """A manifest that counts columns otherwise than the graph is refused, not misread."""
    copy = tmp_path / "tones"
    shutil.copytree(tone_pack.folder, copy)
    text = (copy / "manifest.toml").read_text()
    assert old in text
    (copy / "manifest.toml").write_text(text.replace(old, new, 1))
    if new == "]":
        lexicon = (copy / "lexicon.txt").read_text().splitlines()
        kept = (line for line in lexicon if "Z" not in line)
        (copy / "lexicon.txt").write_text("".join(f"{line}\n" for line in kept))
        refresh(copy)
    with pytest.raises(PackError, match="other columns"):
        CtcRecogniser(load_pack(copy))


def test_another_graph(tone_pack: Pack, packs_folder: Path) -> None:
    """A graph with other inputs is refused."""
    vad = load_pack(packs_folder / "silero-vad")
    wrong = replace(
        tone_pack,
        files=(
            *(file for file in tone_pack.files if file.role != "model"),
            *(file for file in vad.files if file.role == "model"),
        ),
    )
    with pytest.raises(PackError, match="does not have the inputs"):
        CtcRecogniser(wrong)


def test_without_phone_head(tone_pack: Pack) -> None:
    """A pack without phones scores phrases and digits by its pieces."""
    facts = replace(tone_pack.stt, phones=())  # type: ignore[type-var]
    recogniser = CtcRecogniser(replace(tone_pack, stt=facts, files=tone_pack.files))
    bank = _bank(tones.speak("nine two six"))
    assert recogniser.read(recogniser.hear(bank), Expectation(Kind.DIGITS)).text == "nine two six"
    choice = Expectation(Kind.CHOICE, ("bill", "hours"))
    bank = _bank(tones.speak("hours"))
    assert recogniser.read(recogniser.hear(bank), choice).text == "hours"


def test_human_sentences(starter: CtcRecogniser, evaluation: Evaluation) -> None:
    """Spelling, digits and dates of people are mostly read as said, whatever is expected."""
    rows = evaluation("an4_eval")[::3]
    wrong = words = 0
    for file, said in rows:
        reading = starter.read(starter.hear(_bank(read_audio(file))), Expectation())
        heard, spoken = reading.text.split(), said.split()
        matched = difflib.SequenceMatcher(None, heard, spoken, autojunk=False)
        right = sum(block.size for block in matched.get_matching_blocks())
        wrong += max(len(heard), len(spoken)) - right
        words += len(spoken)
        assert all(0 <= word.confidence <= 1 for word in reading.words)
    assert wrong / words < 0.3


def test_names_of_a_long_list(starter: CtcRecogniser) -> None:
    """A question may bring hundreds of names that no dictionary has."""
    names = tuple(f"doctor {a}{b}{c}" for a in "bdfgkl" for b in ("o", "ei", "ua")
                  for c in ("wak", "rner", "lbert", "ski", "nhof", "tsch"))  # fmt: skip
    expectation = Expectation(hotwords=names)
    starter.prepare(expectation)
    nothing = starter.read(starter.hear(_bank(tones.silence(1.0))), expectation)
    assert nothing.text == ""
