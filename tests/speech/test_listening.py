"""One call's hearing: audio in, messages out, work handed to whoever drives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Heard, Partial, SpeechStarted
from appliance.speech.audiofile import read_audio
from appliance.speech.listening import Job, Listener
from appliance.speech.recogniser import CtcRecogniser
from appliance.speech.vad import Detector
from tests.speech import tones

FRAME = 160


class Ear:
    """Drives a listener; its workers answer at once or when told."""

    def __init__(self, recogniser: CtcRecogniser, detector: object = None) -> None:
        self.listener = Listener(detector or tones.Energetic(), recogniser)  # type: ignore[arg-type]
        self.messages: list[SpeechStarted | Partial | Heard] = []
        self.jobs: list[Job] = []
        self.lazy = False

    def hear(self, samples: np.ndarray, size: int = FRAME) -> None:
        for at in range(0, len(samples), size):
            self.listener.feed(samples[at : at + size])
            self.work()

    def work(self) -> None:
        while (job := self.listener.job()) is not None:
            self.jobs.append(job)
            if self.lazy:
                break
            self.listener.done(job, job.run())
        self.messages += self.listener.messages()

    def finish(self) -> None:
        """Answer the job that is being done, and all that follow."""
        self.lazy = False
        job = self.jobs[-1]
        self.listener.done(job, job.run())
        self.work()

    @property
    def heard(self) -> list[Heard]:
        return [message for message in self.messages if isinstance(message, Heard)]


@pytest.fixture
def ear(tone_recogniser: CtcRecogniser) -> Ear:
    return Ear(tone_recogniser)


def test_utterance(ear: Ear) -> None:
    """An utterance gives its beginning, what is understood on the way, and the whole."""
    said = tones.speak("are you open")
    ear.hear(np.concatenate([tones.silence(1.0), said, tones.silence(1.0)]))
    started, *partials, heard = ear.messages
    assert started == SpeechStarted(pytest.approx(1.0, abs=0.04))
    assert isinstance(heard, Heard)
    assert heard.text == "are you open"
    assert heard.start == started.at
    assert heard.end == pytest.approx(1.0 + len(said) / 8000 - 0.07, abs=0.05)
    assert 0.4 < heard.decided - heard.end < 0.8
    texts = [partial.text for partial in partials if isinstance(partial, Partial)]
    assert len(texts) == len(partials) >= 4
    assert texts[-1] == "are you open"
    assert [len(text) for text in texts] == sorted(len(text) for text in texts)


def test_words_have_stream_times(ear: Ear) -> None:
    """Word times count from the first sample of the connection."""
    ear.hear(np.concatenate([tones.silence(5.0), tones.speak("are you open"), tones.silence(1.0)]))
    (heard,) = ear.heard
    assert [word.text for word in heard.words] == ["are", "you", "open"]
    assert [word.start for word in heard.words] == pytest.approx([5.0, 5.48, 5.96], abs=0.1)


@pytest.mark.parametrize("size", [1, 57, 160, 256, 8000])
def test_any_packets(tone_recogniser: CtcRecogniser, size: int) -> None:
    """How the audio is cut into packets changes nothing in what is heard."""
    ear = Ear(tone_recogniser)
    sound = np.concatenate([tones.silence(0.5), tones.speak("yes"), tones.silence(1.0)])
    ear.hear(sound, size)
    (heard,) = ear.heard
    assert (heard.text, heard.start) == ("yes", pytest.approx(0.5, abs=0.04))


def test_expectation_decides(ear: Ear) -> None:
    """A complete answer to what was asked ends the turn much sooner than free speech."""
    ear.listener.expect(Expectation(Kind.DIGITS, shortest=3, longest=3))
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("one two six"), tones.silence(1.0)]))
    (heard,) = ear.heard
    assert heard.text == "one two six"
    assert heard.confidence > 0.7
    assert heard.decided - heard.end < 0.25


def test_waits_for_the_other_half(ear: Ear) -> None:
    """A number said in two halves with a second between comes as one."""
    ear.listener.expect(Expectation(Kind.DIGITS, shortest=4, longest=4))
    half = [tones.speak("one two"), tones.silence(1.0), tones.speak("nine six")]
    ear.hear(np.concatenate([tones.silence(0.5), *half, tones.silence(1.0)]))
    assert [heard.text for heard in ear.heard] == ["one two nine six"]


def test_click(ear: Ear) -> None:
    """A short noise is told as heard without text: whoever was stopped may go on."""
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("a")[:600], tones.silence(1.0)]))
    started, *_, heard = ear.messages
    assert isinstance(started, SpeechStarted)
    assert isinstance(heard, Heard)
    assert (heard.text, heard.confidence, heard.words) == ("", 0.0, ())


def test_nothing_expected(ear: Ear) -> None:
    """Where nothing is asked, speech is noticed but never decoded."""
    ear.listener.expect(Expectation(Kind.NOTHING))
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("yes please"), tones.silence(1.0)]))
    assert not ear.jobs
    assert [type(message) for message in ear.messages] == [SpeechStarted, Heard]
    assert ear.heard[0].text == ""


def test_every_start_has_an_end(ear: Ear) -> None:
    """Turn after turn: each SpeechStarted is followed by its Heard before the next."""
    sound = [tones.silence(0.5)]
    for word in ("yes", "no", "hours", "open"):
        sound += [tones.speak(word), tones.silence(1.0)]
    ear.hear(np.concatenate(sound))
    kinds = [type(m) for m in ear.messages if not isinstance(m, Partial)]
    assert kinds == [SpeechStarted, Heard] * 4
    assert [heard.text for heard in ear.heard] == ["yes", "no", "hours", "open"]


def test_one_job_at_a_time(ear: Ear) -> None:
    """While a job is being done no other is handed out; then the newest wish is."""
    ear.lazy = True
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("are you open please")]))
    assert len(ear.jobs) == 1
    ear.finish()
    assert len(ear.jobs) == 2
    assert ear.jobs[1].decode.end > ear.jobs[0].decode.end + 0.5


def test_slow_worker(ear: Ear) -> None:
    """A turn that ends while its decoding is late is heard when that is done, whole."""
    ear.lazy = True
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("are you open"), tones.silence(4.0)]))
    assert not ear.heard
    ear.finish()
    assert [heard.text for heard in ear.heard] == ["are you open"]


def test_slow_worker_and_next_turn(ear: Ear) -> None:
    """Turns come out in the order in which they were spoken, however late the workers are."""
    ear.lazy = True
    sound = [tones.silence(0.5)]
    for word in ("yes", "hours"):
        sound += [tones.speak(word), tones.silence(3.0)]
    ear.hear(np.concatenate(sound))
    ear.finish()
    assert [heard.text for heard in ear.heard] == ["yes", "hours"]


def test_expectation_changes_within_the_turn(ear: Ear) -> None:
    """What is expected when the turn ends is what it is scored by."""
    ear.listener.expect(Expectation(Kind.NOTHING))
    said = tones.speak("operator")
    ear.hear(np.concatenate([tones.silence(0.5), said[:2000]]))
    ear.listener.expect(Expectation(Kind.CHOICE, ("operator", "bill")))
    ear.hear(np.concatenate([said[2000:], tones.silence(1.0)]))
    assert [heard.text for heard in ear.heard] == ["operator"]


def test_dropped_audio(ear: Ear) -> None:
    """Audio that was lost on the way is silence; times after it stay right."""
    ear.hear(tones.silence(0.5))
    ear.listener.skip(8000)
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("yes"), tones.silence(1.0)]))
    assert ear.heard[0].start == pytest.approx(2.0, abs=0.04)


def test_end_of_audio(ear: Ear) -> None:
    """Who is still speaking when the audio ends is heard as far as it went."""
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("are you open")]))
    ear.listener.flush()
    ear.work()
    assert [heard.text for heard in ear.heard] == ["are you open"]


def test_memory_is_bounded(ear: Ear) -> None:
    """A quiet line keeps no more audio than the beginning of an utterance needs."""
    ear.hear(tones.silence(60.0), size=800)
    assert len(ear.listener._audio) < 8000
    assert ear.listener.position == pytest.approx(60 * 8000, abs=256)


@pytest.mark.parametrize("amplitude", [0.0, 0.001, 0.02, 0.2])
def test_noise(starter: CtcRecogniser, detector: Detector, amplitude: float) -> None:
    """Neither silence nor hiss is heard as anything."""
    ear = Ear(starter, detector)
    rng = np.random.default_rng(1)
    ear.hear((rng.standard_normal(40_000) * amplitude).astype(np.float32))
    ear.listener.flush()
    ear.work()
    assert not [heard for heard in ear.heard if heard.text]


def test_people(
    starter: CtcRecogniser, detector: Detector, evaluation: Callable[[str], list[tuple[Path, str]]]
) -> None:
    """Digits of strangers, one call, a second apart: nearly all heard, in order, ended early."""
    rows = evaluation("fsdd_digits_8k")[:60:3]
    ear = Ear(starter, detector)
    ear.listener.expect(Expectation(Kind.DIGITS, shortest=1, longest=1))
    sound = [tones.silence(0.5)]
    for file, _ in rows:
        sound += [read_audio(file), tones.silence(1.0)]
    ear.hear(np.concatenate(sound))
    assert abs(len(ear.heard) - len(rows)) <= 2
    said = [text for _, text in rows]
    texts = [heard.text for heard in ear.heard]
    if len(texts) == len(said):
        assert sum(a == b for a, b in zip(texts, said, strict=True)) >= 0.85 * len(said)
    patience = sorted(heard.decided - heard.end for heard in ear.heard)
    assert patience[len(patience) // 2] < 0.3
