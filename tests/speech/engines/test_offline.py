"""Recognisers that read an utterance as a whole: each engine, its looks, what they may cost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Heard
from appliance.speech.engines.base import HEAD, Recogniser
from appliance.speech.engines.offline import Cost, OfflineRecogniser, OfflineUtterance
from appliance.speech.engines.rows import FAMILIES
from appliance.speech.engines.table import load_recogniser
from appliance.speech.turns.endpointing import Progress
from appliance.speech.turns.listening import Listener
from tests.speech import tones
from tests.speech.engines import graphs

ENGINES = [engine for engine in graphs.MODELS if not FAMILIES[f"sherpa-onnx/{engine}"].streaming]
ONE_WORD = ("offline-paraformer", "whisper", "moonshine", "moonshine-v2", "canary")
"""Engines whose tiny graph says one word for the whole utterance."""


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def shared(packs: Path) -> OfflineRecogniser:
    return OfflineRecogniser(graphs.make_pack("offline-transducer", packs / "shared"))


@pytest.fixture
def recogniser(shared: OfflineRecogniser) -> Iterator[OfflineRecogniser]:
    """One on a box where a look costs nothing."""
    measured, shared.cost = shared.cost, Cost(0.0, 0.0)
    yield shared
    shared.cost = measured


def begin(recogniser: OfflineRecogniser) -> OfflineUtterance:
    utterance = recogniser.utterance()
    utterance.accept(graphs.silence(HEAD))
    return utterance


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_hears(engine: str, packs: Path) -> None:
    """Each engine that is not streaming hears words through the protocol."""
    recogniser: Recogniser = load_recogniser(graphs.make_pack(engine, packs))
    assert isinstance(recogniser, OfflineRecogniser)
    for text in ("yes", "no") if engine in ONE_WORD else ("yes", "no", "no yes no"):
        utterance = begin(recogniser)
        utterance.accept(graphs.speak(text, 0.5))
        reading = utterance.read(Expectation(), 0.25)
        assert (reading.text, [word.text for word in reading.words]) == (text, text.split())
        assert 0.2 <= reading.words[0].start < reading.words[-1].end <= 2.6
        assert utterance.partial(0.25) == text
    quiet = begin(recogniser)
    quiet.accept(graphs.silence(1.0))
    # Canary takes unnormalised features of silence for a signal: its tiny graph answers.
    assert engine == "canary" or quiet.read(Expectation(), 1.3).progress is Progress.NOTHING


def test_an_utterance_grows(recogniser: OfflineRecogniser) -> None:
    """Each look sees all that has been heard; a look changes nothing for the next."""
    utterance = begin(recogniser)
    texts = []
    for text in ("yes", "no", "yes"):
        utterance.accept(graphs.speak(text))
        texts += [utterance.partial(0.2), utterance.read(Expectation(), 0.2).text]
    assert texts == ["yes"] * 2 + ["yes no"] * 2 + ["yes no yes"] * 2


def test_partials_cost_their_share(recogniser: OfflineRecogniser) -> None:
    """Partials wait until their cost is a small share of what was said since the last."""
    recogniser.cost = Cost(0.2, 0.0)
    utterance = begin(recogniser)
    utterance.accept(graphs.speak("yes", 0.3, 0.0))
    assert utterance.partial(0.0) == ""
    utterance.accept(graphs.silence(0.4))
    assert utterance.partial(0.4) == "yes"
    utterance.accept(graphs.speak("no", 0.4, 0.1))
    assert utterance.partial(0.1) == "yes"
    assert utterance.read(Expectation(), 0.1).text == "yes no"


def test_a_slow_model_gives_no_partials_late(recogniser: OfflineRecogniser) -> None:
    """A model slower than its share gives its words at the end only."""
    recogniser.cost = Cost(0.0, 1.0)
    utterance = begin(recogniser)
    for _ in range(3):
        utterance.accept(graphs.speak("yes"))
        assert utterance.partial(0.2) == ""
    assert utterance.read(Expectation(), 0.2).text == "yes"


def test_a_second_look_is_free(
    recogniser: OfflineRecogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the same sound under another expectation does not decode it again."""
    utterance = begin(recogniser)
    utterance.accept(graphs.speak("no"))
    first = utterance.read(Expectation(), 0.2)
    monkeypatch.setattr(recogniser, "decode", None)
    assert utterance.read(Expectation(), 0.2) == first
    assert utterance.read(Expectation(Kind.DIGITS), 0.2).progress is Progress.UNSURE


@pytest.mark.parametrize("engine", ["offline-transducer", "offline-nemo-transducer"])
def test_hot_words_tip_the_balance(engine: str, packs: Path) -> None:
    """A word that is expected is heard where it would otherwise be too faint, never less."""
    recogniser = OfflineRecogniser(graphs.make_pack(engine, packs / "hot"))
    tipped = 0
    for level in np.geomspace(0.028, 0.042, 9):
        heard = []
        for hotwords in ((), ("yes",)):
            utterance = begin(recogniser)
            utterance.accept(graphs.speak("yes", level=float(level)))
            heard.append(utterance.read(Expectation(hotwords=hotwords), 0.2).text)
        assert heard[1] == "yes" or heard[0] == ""
        tipped += heard == ["", "yes"]
    assert tipped


def test_expected_words_of_a_ctc_model(packs: Path) -> None:
    """Where the sound is in doubt, what was prepared for is heard; what is clear stays."""
    recogniser = OfflineRecogniser(graphs.make_pack("offline-zipformer-ctc", packs / "graph"))
    asked = [Expectation(Kind.FREE, phrases) for phrases in ((), ("yes",), ("no",))]
    for expectation in asked:
        recogniser.prepare(expectation)
    tipped = 0
    for share in (0.0, *np.linspace(0.2, 0.215, 31), 10.0):
        texts = []
        for expectation in asked:
            utterance = begin(recogniser)
            utterance.accept(graphs.speak("yes", 0.3) + float(share) * graphs.speak("no", 0.3))
            texts.append(utterance.read(expectation, 0.2).text)
        plain, yes, no = texts
        assert yes in ("yes", plain)
        assert no in ("no", plain)
        assert len(set(texts)) == 1 or 0.0 < share < 1.0
        tipped += yes != no
    assert tipped


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("samples", [0, 1, 40, 400])
def test_hardly_any_sound(engine: str, samples: int, packs: Path) -> None:
    """A click of a few samples is read without reading beyond its end."""
    recogniser = OfflineRecogniser(graphs.make_pack(engine, packs / f"short-{samples}"))
    utterance = recogniser.utterance()
    utterance.accept(np.full(samples, 0.001, np.float32))
    assert utterance.read(Expectation(), 0.0).confidence <= 1.0


def test_level(packs: Path) -> None:
    """A pack that names its level hears quiet callers as well as loud ones."""
    pack = graphs.make_pack("offline-zipformer-ctc", packs / "level", stt={"level_dbfs": -20.0})
    recogniser = OfflineRecogniser(pack)
    for level in (0.004, 0.03, 0.9):
        utterance = begin(recogniser)
        utterance.accept(graphs.speak("yes no", level=level))
        assert utterance.read(Expectation(), 0.2).text == "yes no"


def test_a_telephone_model(packs: Path) -> None:
    """A model of 8 kHz hears a caller's samples as they come."""
    pack = graphs.make_pack("offline-zipformer-ctc", packs / "8k", sample_rate=8000, bins=40)
    recogniser = OfflineRecogniser(pack)
    utterance = begin(recogniser)
    utterance.accept(graphs.speak("no yes"))
    assert utterance.read(Expectation(), 0.2).text == "no yes"
    assert len(utterance._sound) == len(graphs.speak("no yes")) + round(HEAD * 8000)


def test_a_turn_of_a_call(recogniser: OfflineRecogniser) -> None:
    """A listener takes a whole turn, and a complete answer ends it at once."""
    listener = Listener(tones.Energetic(), recogniser)  # type: ignore[arg-type]
    listener.expect(Expectation(Kind.YES_NO))
    parts = [graphs.silence(0.8), graphs.speak("yes", 0.4, 1.0)]
    sound, messages = np.concatenate(parts), []
    for at in range(0, len(sound), 160):
        listener.feed(sound[at : at + 160])
        while (job := listener.job()) is not None:
            listener.done(job, job.run())
        messages += listener.messages()
    (heard,) = [message for message in messages if isinstance(message, Heard)]
    assert heard.text == "yes"
    assert heard.decided - heard.end < 0.25


def test_cost() -> None:
    """Decoding costs something each time and something for each second."""
    assert Cost(0.1, 0.05).of(4.0) == pytest.approx(0.3)


def test_a_new_recogniser_is_timed(shared: OfflineRecogniser) -> None:
    """Loading measures what a look will cost."""
    assert shared.cost.of(3.0) > 0


def test_calls_do_not_mix(recogniser: OfflineRecogniser) -> None:
    """Utterances of several calls, in several threads, each hear their own words."""

    def hear(text: str) -> str:
        utterance = begin(recogniser)
        for word in text.split():
            utterance.accept(graphs.speak(word))
            utterance.partial(0.2)
            utterance.read(Expectation(hotwords=(word,)), 0.2)
        return utterance.read(Expectation(), 0.2).text

    said = ["yes", "no yes", "no", "yes no yes", "no yes no yes", "yes no"] * 3
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(hear, said)) == said
