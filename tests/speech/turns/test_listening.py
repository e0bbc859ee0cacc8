"""One call's hearing: audio in, messages out, work handed to whoever drives it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import Heard, Manner, Noticed, Partial, Sound, SpeechStarted
from appliance.speech.audiofile import read_audio
from appliance.speech.features import normalise
from appliance.speech.recognition.recogniser import CtcRecogniser
from appliance.speech.recognition.scoring import Reading
from appliance.speech.turns.endpointing import Progress
from appliance.speech.turns.listening import Job, Listener
from appliance.speech.turns.prosody import SECONDS
from appliance.speech.turns.turnend import Moment
from appliance.speech.turns.vad import Detector
from models.train.turns.pauses import stretches
from models.train.turns.spoken import strings
from tests.bench.endpoints import alike, decisions, outcome, plain, spread
from tests.speech import tones

FRAME = 160
RATE = 8000


class Ear:
    """Drives a listener; its workers answer at once or when told."""

    def __init__(
        self, recogniser: CtcRecogniser, detector: object = None, turns: object = None
    ) -> None:
        self.listener = Listener(detector or tones.Energetic(), recogniser, turns)  # type: ignore[arg-type]
        self.messages: list[SpeechStarted | Partial | Heard | Noticed] = []
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


class Judge:
    """A turn model that says what it is told to, and keeps what it was asked."""

    def __init__(self, likely: float) -> None:
        self.likely = likely
        self.moments: list[Moment] = []

    def probability(self, moment: Moment) -> float:
        self.moments.append(moment)
        return self.likely


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


@pytest.mark.parametrize(("likely", "least", "most"), [(0.99, 0.1, 0.25), (0.01, 1.4, 1.7)])
def test_turn_model_decides(
    tone_recogniser: CtcRecogniser, likely: float, least: float, most: float
) -> None:
    """How long an open answer is waited for hangs on how finished it sounds."""
    ear = Ear(tone_recogniser, turns=Judge(likely))
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("are you open"), tones.silence(2.0)]))
    (heard,) = ear.heard
    assert heard.text == "are you open"
    assert least < heard.decided - heard.end < most


def test_turn_model_is_told(tone_recogniser: CtcRecogniser) -> None:
    """The model sees the words so far, what was asked, the pauses, and the sound before this one."""
    judge = Judge(0.05)
    ear = Ear(tone_recogniser, turns=judge)
    ear.listener.expect(Expectation(Kind.DIGITS))
    said = [tones.speak("one two"), tones.silence(0.6), tones.speak("nine six")]
    ear.hear(np.concatenate([tones.silence(0.5), *said, tones.silence(2.0)]))
    first, second = judge.moments
    assert (first.kind, first.text, first.pauses) == (Kind.DIGITS, "one two", ())
    assert second.text == "one two nine six"
    assert second.pauses == pytest.approx((0.67,), abs=0.05)
    assert second.voice > first.voice + 0.5
    assert len(first.tracks) < len(second.tracks) <= 100 * SECONDS
    # The sound ends where the voice does: its last frames are loud.
    assert second.tracks[-6:, 1].max() > second.tracks[:, 1].max() - 6


def test_turn_model_is_not_asked(tone_recogniser: CtcRecogniser) -> None:
    """Where the words settle it nothing is judged."""
    judge = Judge(0.01)
    ear = Ear(tone_recogniser, turns=judge)
    ear.listener.expect(Expectation(Kind.DIGITS, shortest=3, longest=3))
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("one two six"), tones.silence(1.0)]))
    assert [heard.text for heard in ear.heard] == ["one two six"]
    assert judge.moments == []


@pytest.mark.parametrize("level", [0.008, 0.03, 0.6])
def test_quiet_and_loud(ear: Ear, level: float) -> None:
    """A caller far below or above the usual level is heard as any other."""
    said = tones.speak("are you open", level)
    for _ in range(2):
        ear.hear(np.concatenate([tones.silence(0.5), said, tones.silence(1.0)]))
    assert [heard.text for heard in ear.heard] == ["are you open"] * 2
    patience = [heard.decided - heard.end for heard in ear.heard]
    assert max(patience) < 0.8


def test_steady_noise_does_not_hold_the_turn(ear: Ear) -> None:
    """A hum that the detector takes for a voice ends with the turn, not the turn with the hum."""
    at = np.arange(8000 * 8) / 8000
    hum = (0.05 * np.sin(2 * np.pi * 1000 * at)).astype(np.float32)
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("yes"), hum]))
    assert len(ear.heard) == 1
    assert ear.heard[0].decided < 5.0


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


class Deaf:
    """A recogniser that is never sure of anything."""

    name, language = "deaf", "en"

    def utterance(self, _expectation: object = None) -> Deaf:
        return self

    def accept(self, samples: np.ndarray) -> None:
        pass

    def partial(self, silence: float) -> str:
        return ""

    def read(self, expectation: Expectation, silence: float) -> Reading:
        return Reading("something", 0.5, Progress.UNSURE)


@pytest.mark.parametrize("level", [-45.0, -26.0, -12.0])
def test_noise_behind_the_caller(
    level: float,
    detector: Detector,
    evaluation: Callable[[str], list[tuple[Path, str]]],
) -> None:
    """A turn in a kitchen, in rain, before a fan begins and ends as it does in a quiet room."""
    file, _ = evaluation("common_voice_eval")[2]
    folder = file.parents[1] / "noise_rir"
    said = np.concatenate(
        [tones.silence(1.0), normalise(read_audio(file), level), tones.silence(3)]
    )
    quiet = _turns(said, detector)
    assert len(quiet) == 1
    rng = np.random.default_rng(1)
    for name in ("kitchen", "rain", "air_conditioner", "exercise_bike", "running_tap", "wind"):
        (found,) = folder.glob(f"*_{name}.flac")
        noise = np.resize(read_audio(found), len(said))
        behind = normalise(noise, level - 18) + rng.standard_normal(len(said)) * 1e-4
        heard = _turns((said + behind).astype(np.float32), detector)
        assert len(heard) == 1, name
        assert heard[0].start == pytest.approx(quiet[0].start, abs=0.25), name
        assert heard[0].end == pytest.approx(quiet[0].end, abs=0.4), name


def _turns(samples: np.ndarray, detector: Detector) -> list[Heard]:
    ear = Ear(Deaf(), detector)  # type: ignore[arg-type]
    ear.hear(samples)
    return [heard for heard in ear.heard if heard.text]


def test_numbers_against_plain_silence(
    starter: CtcRecogniser,
    detector: Detector,
    evaluation: Callable[[str], list[tuple[Path, str]]],
) -> None:
    """Numbers said in groups are cut off less, and end sooner, than by any fixed silence."""
    file, _ = evaluation("fsdd_digits_8k")[0]
    rows = []
    for said in list(strings(file.parents[2], "eval", 8, random.Random(5)))[::2]:
        voiced = stretches(said, detector)
        ours = decisions(said, detector, starter, None, said.expectation)
        rows.append((said, voiced, ours))
    cut, median, _ = spread([outcome(said, voiced, at) for said, voiced, at in rows])
    half = spread([outcome(said, voiced, plain(voiced, 0.5)) for said, voiced, _ in rows])
    assert cut < half[0]
    silence, fixed = alike([(said, voiced) for said, voiced, _ in rows], cut)
    assert median < 0.7 * fixed[1]
    assert silence > 0.5


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


def test_what_is_heard_is_also_written(ear: Ear) -> None:
    """Numbers come as one would write them, beside the words."""
    ear.listener.expect(Expectation(Kind.DIGITS))
    ear.hear(np.concatenate([tones.silence(0.5), tones.speak("seven zero nine"), tones.silence(2)]))
    assert [(heard.text, heard.written) for heard in ear.heard] == [("seven zero nine", "709")]


def test_the_manner_of_an_utterance_is_told(ear: Ear) -> None:
    """A listener's "right" is told from the same word where yes or no is asked."""
    said = np.concatenate([tones.silence(0.5), tones.speak("right"), tones.silence(1.5)])
    ear.hear(said)
    ear.listener.expect(Expectation(Kind.YES_NO))
    ear.hear(said)
    assert [heard.manner for heard in ear.heard] == [Manner.BACKCHANNEL, Manner.SPEECH]


def test_somebody_farther_away_is_told(ear: Ear) -> None:
    """After two turns of the caller a voice much quieter is not the caller's."""
    for level in (0.6, 0.6, 0.1, 0.6):
        sound = tones.speak("are you open the bill operator", level)
        ear.hear(np.concatenate([tones.silence(0.5), sound, tones.silence(1.5)]))
    assert [heard.manner for heard in ear.heard] == [
        Manner.SPEECH, Manner.SPEECH, Manner.BACKGROUND, Manner.SPEECH,
    ]  # fmt: skip


def test_a_machine_on_the_line_is_told(ear: Ear) -> None:
    """A fax's calling tone is noticed, whatever the recogniser makes of it."""
    at = np.arange(RATE // 2) / RATE
    tone = (0.2 * np.sin(2 * np.pi * 1100 * at)).astype(np.float32)
    ear.hear(np.concatenate([tones.silence(1.0), tone, tones.silence(1.0)]))
    noticed = [message for message in ear.messages if isinstance(message, Noticed)]
    assert [message.sound for message in noticed] == [Sound.FAX]
    assert noticed[0].since == pytest.approx(1.0, abs=0.064)
