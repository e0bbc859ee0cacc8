"""Streaming recognisers: one stream, looks at its end, and going on after them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Heard, Partial, SpeechStarted
from appliance.speech.engines.base import HEAD, Recogniser
from appliance.speech.engines.online import StreamingRecogniser, StreamingUtterance
from appliance.speech.engines.rows import FAMILIES
from appliance.speech.engines.table import load_recogniser
from appliance.speech.turns.endpointing import Progress
from appliance.speech.turns.listening import Listener
from tests.speech import tones
from tests.speech.engines import graphs

ENGINES = [engine for engine in graphs.MODELS if FAMILIES[f"sherpa-onnx/{engine}"].streaming]


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streaming")


@pytest.fixture(scope="module")
def transducer(packs: Path) -> StreamingRecogniser:
    return StreamingRecogniser(graphs.make_pack("online-transducer", packs / "shared"))


@pytest.fixture
def slow(transducer: StreamingRecogniser) -> Iterator[StreamingRecogniser]:
    """The same on a box on which nothing can be heard twice."""
    measured, transducer.real_time_factor = transducer.real_time_factor, 99.0
    yield transducer
    transducer.real_time_factor = measured


def say(utterance: StreamingUtterance, text: str, gap: float = 0.3) -> None:
    """Let an utterance hear words in pieces of a fifth of a second."""
    sound = graphs.speak(text, 0.5, gap)
    for at in range(0, len(sound), 1600):
        utterance.accept(sound[at : at + 1600])


def begin(recogniser: StreamingRecogniser) -> StreamingUtterance:
    utterance = recogniser.utterance()
    utterance.accept(graphs.silence(HEAD))
    return utterance


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_hears(engine: str, packs: Path) -> None:
    """Each streaming engine hears words through the protocol, in order and nothing in silence."""
    recogniser: Recogniser = load_recogniser(graphs.make_pack(engine, packs))
    assert isinstance(recogniser, StreamingRecogniser)
    for text in ("yes", "no", "no yes no"):
        utterance = begin(recogniser)
        say(utterance, text)
        reading = utterance.read(Expectation(), 0.3)
        assert (reading.text, [word.text for word in reading.words]) == (text, text.split())
        assert 0.0 <= reading.words[0].start < reading.words[-1].end <= 3.5
    quiet = begin(recogniser)
    quiet.accept(graphs.silence(1.0))
    assert quiet.read(Expectation(), 1.3).progress is Progress.NOTHING


@pytest.mark.parametrize("engine", ENGINES)
def test_partials_grow(engine: str, packs: Path) -> None:
    """What has been said so far is there while the caller goes on."""
    recogniser = StreamingRecogniser(graphs.make_pack(engine, packs / "partials"))
    utterance = begin(recogniser)
    texts = []
    for text in ("no", "yes", "no", "yes"):
        say(utterance, text)
        texts.append(utterance.partial(0.0))
    assert texts[-1].startswith("no yes")
    assert [len(text) for text in texts] == sorted(len(text) for text in texts)


def test_words_have_times(transducer: StreamingRecogniser) -> None:
    """Times count from the first sample accepted, and a confidence is told."""
    utterance = begin(transducer)
    say(utterance, "yes no")
    words = utterance.read(Expectation(), 0.3).words
    assert [word.start for word in words] == pytest.approx([0.3, 1.1], abs=0.08)
    assert all(word.end > word.start and word.confidence > 0.5 for word in words)


def test_a_look_does_not_spoil_what_follows(transducer: StreamingRecogniser) -> None:
    """After a look at the end of an utterance, the rest is heard as if nobody had looked."""
    looked, plain = begin(transducer), begin(transducer)
    for text in ("yes", "no", "yes"):
        for utterance in (looked, plain):
            say(utterance, text, 0.1)
        looked.read(Expectation(), 0.1)
        assert len(looked._gaps) == 1
    reading = looked.read(Expectation(), 0.1)
    assert reading.text == "yes no yes"
    assert reading.words == plain.read(Expectation(), 0.1).words


def test_a_slow_box_lengthens_the_pause(slow: StreamingRecogniser) -> None:
    """Where nothing can be heard twice, later words are still heard, at their true times."""
    utterance, plain = begin(slow), begin(slow)
    for text in ("yes", "no", "yes"):
        for one in (utterance, plain):
            say(one, text)
        utterance.read(Expectation(), 0.1)
    assert len(utterance._gaps) == 3
    reading, judge = (one.read(Expectation(), 0.1) for one in (utterance, plain))
    assert reading.text == judge.text == "yes no yes"
    assert [word.start for word in reading.words] == pytest.approx(
        [word.start for word in judge.words], abs=0.05
    )


def test_two_looks_without_news_are_one(transducer: StreamingRecogniser) -> None:
    """Looking again without new samples gives the same and adds no silence."""
    utterance = begin(transducer)
    say(utterance, "yes", 0.1)
    first = utterance.read(Expectation(), 0.1)
    assert first.text == "yes"
    assert utterance.read(Expectation(), 0.1) == first
    assert len(utterance._gaps) == 1


def test_silence_that_was_heard_is_not_added(transducer: StreamingRecogniser) -> None:
    """A caller who has been quiet long enough is read without any more."""
    utterance = begin(transducer)
    say(utterance, "yes", 1.5)
    assert utterance.read(Expectation(), 1.5).text == "yes"
    assert utterance._gaps == []


def test_hot_words_tip_the_balance(transducer: StreamingRecogniser) -> None:
    """A word that is expected is heard where it would otherwise be too faint, never less."""
    tipped = 0
    for level in np.geomspace(0.028, 0.042, 9):
        heard = []
        for hotwords in ((), ("yes",)):
            utterance = begin(transducer)
            utterance.accept(graphs.speak("yes", level=float(level)))
            heard.append(utterance.read(Expectation(hotwords=hotwords), 0.2).text)
        assert heard[1] == "yes" or heard[0] == ""
        tipped += heard == ["", "yes"]
    assert tipped


def test_expected_words_of_a_ctc_model(packs: Path) -> None:
    """Where the sound is in doubt, what was prepared for is heard; what is clear stays."""
    recogniser = StreamingRecogniser(graphs.make_pack("online-zipformer2-ctc", packs / "graph"))
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


def test_what_was_not_prepared_is_not_heard_twice(packs: Path) -> None:
    """Without a graph of its own, a question needs no new stream."""
    recogniser = StreamingRecogniser(graphs.make_pack("online-zipformer2-ctc", packs / "plain"))
    utterance = begin(recogniser)
    stream = utterance._stream
    say(utterance, "yes")
    assert utterance.read(Expectation(Kind.YES_NO), 0.3).text == "yes"
    assert utterance._stream is stream


def test_an_utterance_that_knows_what_to_expect(transducer: StreamingRecogniser) -> None:
    """Hot words told at the beginning are not heard a second time for."""
    expectation = Expectation(hotwords=("yes",))
    utterance = transducer.utterance(expectation)
    stream = utterance._stream
    say(utterance, "yes")
    utterance.read(expectation, 0.3)
    assert utterance._stream is stream


def test_level(packs: Path) -> None:
    """A pack that names its level hears quiet callers as well as loud ones."""
    pack = graphs.make_pack("online-zipformer2-ctc", packs / "level", stt={"level_dbfs": -20.0})
    recogniser = StreamingRecogniser(pack)
    for level in (0.008, 0.04, 0.6):
        utterance = begin(recogniser)
        utterance.accept(graphs.speak("yes no", level=level))
        assert utterance.read(Expectation(), 0.2).text == "yes no"


def test_a_turn_of_a_call(transducer: StreamingRecogniser) -> None:
    """A listener takes a whole turn through a streaming engine: started, partials, heard."""
    listener = Listener(tones.Energetic(), transducer)  # type: ignore[arg-type]
    listener.expect(Expectation(Kind.CHOICE, ("yes", "no", "no yes")))
    parts = [graphs.silence(0.8), graphs.speak("no yes", 0.5, 0.12), graphs.silence(1.0)]
    sound, messages = np.concatenate(parts), []
    for at in range(0, len(sound), 160):
        listener.feed(sound[at : at + 160])
        while (job := listener.job()) is not None:
            listener.done(job, job.run())
        messages += listener.messages()
    started, *partials, heard = messages
    assert isinstance(started, SpeechStarted)
    assert isinstance(heard, Heard)
    assert heard.text == "no yes"
    assert "no" in {partial.text for partial in partials if isinstance(partial, Partial)}
    assert heard.confidence > 0.7
    assert heard.decided - heard.end < 0.25
    assert [word.start for word in heard.words] == pytest.approx([0.8, 1.42], abs=0.1)


@pytest.mark.parametrize("engine", ENGINES)
def test_several_callers_at_once(engine: str, packs: Path) -> None:
    """Decoded together, each caller is heard as alone, and nothing is left to decode."""
    recogniser = StreamingRecogniser(graphs.make_pack(engine, packs / "many"))
    said = ["yes no", "no", "no yes", "yes"]
    together, alone = ([begin(recogniser) for _ in said] for _ in range(2))
    for utterances in (together, alone):
        for utterance, text in zip(utterances, said, strict=True):
            say(utterance, text)
            utterance.accept(graphs.silence(1.5))
    recogniser.decode_many(together)
    assert not any(one.give().engine.is_ready(one.give().of) for one in together)
    for one, judge, text in zip(together, alone, said, strict=True):
        assert one.partial(1.8) == judge.partial(1.8) == text
        assert one.read(Expectation(), 1.8) == judge.read(Expectation(), 1.8)


def test_silence_is_no_less_than_nothing(transducer: StreamingRecogniser) -> None:
    """A caller of the protocol who counts backwards is told so."""
    with pytest.raises(ValueError, match="no less than 0 s"):
        transducer.utterance().partial(-1.0)


def test_calls_do_not_mix(transducer: StreamingRecogniser) -> None:
    """Utterances of several calls, in several threads, each hear their own words."""

    def hear(text: str) -> str:
        utterance = begin(transducer)
        for word in text.split():
            utterance.accept(graphs.speak(word))
            utterance.partial(0.2)
            utterance.read(Expectation(hotwords=(word,)), 0.2)
        return utterance.read(Expectation(), 0.2).text

    said = ["yes", "no yes", "no", "yes no yes", "no yes no yes", "yes no"] * 3
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(hear, said)) == said
