"""Turn-taking in virtual time: when speech begins, when to decode, when the turn is over."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.turns.endpointing import (
    FLOOR_DBFS,
    JUDGE_WITHIN,
    LONGEST,
    SHORTEST,
    Curve,
    Decode,
    Endpointer,
    Output,
    Over,
    Progress,
    Started,
    Window,
    is_weighed,
    longest_patience,
    patience,
)

STEP = 0.032


class Caller:
    """Feeds windows and answers decodes at once with a progress."""

    def __init__(self, expectation: Expectation | None = None) -> None:
        self.endpointer = Endpointer()
        self.expectation = expectation or Expectation()
        self.endpointer.expect(self.expectation)
        self.now = 0.0
        self.outputs: list[Output] = []
        self.judge: Callable[[Decode], Progress | None] = lambda _: Progress.UNSURE
        self.likely: float | None = None

    def _window(self, probability: float, level: float) -> None:
        start, self.now = self.now, self.now + STEP
        self._take(self.endpointer.window(Window(start, self.now, probability, level)))

    def _take(self, outputs: list[Output]) -> None:
        for output in outputs:
            self.outputs.append(output)
            if isinstance(output, Decode) and output.final:
                progress = self.judge(output)
                if progress is not None:
                    self._take(
                        self.endpointer.judged(
                            output.voiced_end, self.expectation, progress, self.likely
                        )
                    )

    def talk(self, seconds: float, level: float = -20.0) -> float:
        """Speak; return the stream time of the end."""
        for _ in range(round(seconds / STEP)):
            self._window(0.95, level)
        return self.now

    def rest(self, seconds: float, level: float = -80.0, probability: float = 0.05) -> None:
        for _ in range(round(seconds / STEP)):
            self._window(probability, level)

    def of(self, kind: type[Output]) -> list[Output]:
        return [output for output in self.outputs if isinstance(output, kind)]

    @property
    def over(self) -> Over:
        (over,) = self.of(Over)
        assert isinstance(over, Over)
        return over


def test_start_is_quick() -> None:
    """Speech is told within 100 ms of its first sound, with the time of that sound."""
    caller = Caller(Expectation(Kind.NOTHING))
    caller.rest(0.64)
    begin = caller.now
    while not caller.outputs:
        caller.talk(STEP)
    assert caller.outputs == [Started(pytest.approx(begin))]
    assert caller.now - begin <= 0.1


def test_one_window_is_no_speech() -> None:
    """A single loud window among quiet ones starts nothing."""
    caller = Caller()
    for _ in range(10):
        caller.talk(STEP)
        caller.rest(3 * STEP)
    assert caller.outputs == []


def test_two_of_three() -> None:
    """A gap of one window does not hide the beginning."""
    caller = Caller()
    caller.talk(STEP)
    caller.rest(STEP)
    caller.talk(STEP)
    assert caller.of(Started) == [Started(0.0)]


def test_quiet_is_no_speech() -> None:
    """What lies under the floor is not speech whatever the network says."""
    caller = Caller()
    caller.talk(2.0, level=FLOOR_DBFS - 5)
    assert caller.outputs == []


def test_room_behind_the_voice() -> None:
    """Noise far below the voice does not keep the turn open, though the network takes it so."""
    caller = Caller()
    caller.judge = lambda _: Progress.COMPLETE
    end = caller.talk(1.0, level=-15)
    caller.rest(1.0, level=-53, probability=0.6)
    assert caller.over.end == pytest.approx(end)


@pytest.mark.parametrize(
    ("kind", "progress", "least", "most"),
    [
        (Kind.YES_NO, Progress.COMPLETE, 0.14, 0.2),
        (Kind.CHOICE, Progress.COMPLETE, 0.16, 0.21),
        (Kind.FREE, Progress.COMPLETE, 0.18, 0.23),
        (Kind.FREE, Progress.OPEN, 0.38, 0.48),
        (Kind.FREE, Progress.UNSURE, 0.55, 0.65),
        (Kind.FREE, Progress.NOTHING, 0.6, 0.75),
        (Kind.DIGITS, Progress.COMPLETE, 0.17, 0.22),
        (Kind.DIGITS, Progress.OPEN, 0.9, 1.05),
        (Kind.DIGITS, Progress.INCOMPLETE, 1.7, 1.9),
        (Kind.LETTERS, Progress.COMPLETE, 0.25, 0.32),
        (Kind.LETTERS, Progress.INCOMPLETE, 1.7, 1.9),
    ],
)
def test_patience(kind: Kind, progress: Progress, least: float, most: float) -> None:
    """The silence that ends a turn depends on what was asked and what has been understood."""
    phrases = ("x",) if kind is Kind.CHOICE else ()
    caller = Caller(Expectation(kind, phrases))
    caller.judge = lambda _: progress
    caller.rest(0.3)
    end = caller.talk(1.0)
    caller.rest(3.0)
    assert caller.over.end == pytest.approx(end)
    assert caller.over.spoken
    assert least <= caller.over.decided - end <= most


def _asked(kind: Kind) -> list[Expectation]:
    """Return every shape in which a kind may be asked for."""
    if kind in (Kind.DIGITS, Kind.LETTERS):
        ranges = ((0, 0), (6, 6), (6, 8), (4, 0))
        return [Expectation(kind, shortest=low, longest=high) for low, high in ranges]
    return [Expectation(kind, ("x",) if kind is Kind.CHOICE else ())]


EVERY = [expectation for kind in Kind for expectation in _asked(kind)]
JUDGEMENTS = (None, 0.0, 0.01, 0.5, 0.99, 1.0)


def test_patience_is_bounded() -> None:
    """However an answer stands and is judged, its turn ends: within two seconds of silence."""
    for expectation in EVERY:
        for progress in Progress:
            for likely in JUDGEMENTS:
                for pause in (0.0, 0.4, 5.0):
                    needed = patience(expectation, progress, likely, pause)
                    assert 0.1 <= needed <= longest_patience(expectation.kind) <= 1.8


def test_complete_ends_at_once() -> None:
    """A complete answer ends the turn after 200 ms where nothing can follow, 300 ms elsewhere."""
    for expectation in EVERY:
        if expectation.kind is Kind.NOTHING:
            continue
        quick = expectation.kind in (Kind.YES_NO, Kind.CHOICE, Kind.FREE, Kind.DIGITS)
        for likely in JUDGEMENTS:
            needed = patience(expectation, Progress.COMPLETE, likely)
            assert needed <= (0.2 if quick else 0.3)


def test_complete_ends_sooner_than_anything_else() -> None:
    """A complete answer is never waited on longer than one that may go on, unless judged over."""
    for expectation in EVERY:
        if expectation.kind is Kind.NOTHING:
            continue
        complete = patience(expectation, Progress.COMPLETE)
        for progress in set(Progress) - {Progress.COMPLETE}:
            for likely in (None, 0.0, 0.3, 0.5):
                assert complete < patience(expectation, progress, likely)


def test_patience_falls_smoothly() -> None:
    """The likelier the end of an open answer, the shorter the patience; no step in between."""
    for expectation in EVERY:
        if not is_weighed(expectation, Progress.OPEN):
            continue
        needed = [patience(expectation, Progress.OPEN, at / 200) for at in range(2, 199)]
        assert needed == sorted(needed, reverse=True)
        assert max(a - b for a, b in itertools.pairwise(needed)) < 0.13
        assert needed[-1] < 0.4
        assert needed[0] > 1.1


def test_curve_costs_least() -> None:
    """The curve's patience is the cheapest one, for the pauses and the price that it assumes."""
    curve = Curve(0.7, 0.25, 0.0, 10.0)
    price = curve.pace * math.exp(curve.even / curve.pace)
    for likely in (0.2, 0.5, 0.8):

        def cost(wait: float, p: float = likely) -> float:
            return p * wait + (1 - p) * price * math.exp(-wait / curve.pace)

        best = min(range(200), key=lambda step: cost(step / 100)) / 100
        assert curve(likely) == pytest.approx(best, abs=0.02)


def test_known_length() -> None:
    """However finished the voice sounded, half a number of known length is waited for."""
    six = Expectation(Kind.DIGITS, shortest=6, longest=6)
    for progress in (Progress.INCOMPLETE, Progress.NOTHING):
        assert patience(six, progress, 0.999) == patience(six, progress) > 1.1
    unsure = [patience(six, Progress.UNSURE, likely) for likely in (0.999, 0.5, 0.001)]
    assert unsure == sorted(unsure)
    assert unsure[0] == pytest.approx(0.6)
    assert unsure[-1] == patience(six, Progress.UNSURE)


def test_own_pace() -> None:
    """A caller who has paused long within a number may do so again."""
    caller = Caller(Expectation(Kind.DIGITS))
    caller.judge = lambda _: Progress.OPEN
    caller.likely = 0.2
    caller.talk(0.64)
    caller.rest(0.96)
    assert not caller.of(Over)
    caller.talk(0.64)
    caller.likely = 0.99
    end = caller.now
    caller.rest(2.0)
    assert 1.0 < caller.over.decided - end < 1.2


def test_likely_end() -> None:
    """A sentence that sounds finished ends soon; one that does not is waited for."""
    ends = {}
    for likely in (0.98, 0.5, 0.03):
        caller = Caller()
        caller.judge, caller.likely = lambda _: Progress.UNSURE, likely
        end = caller.talk(1.0)
        caller.rest(2.0)
        ends[likely] = caller.over.decided - end
    assert ends[0.98] < 0.25
    assert 0.7 < ends[0.5] < 0.9
    assert 1.4 < ends[0.03] < 1.7


def test_pauses_are_told() -> None:
    """A decode knows the silences after which the caller went on, and how much voice there was."""
    caller = Caller(Expectation(Kind.LETTERS))
    caller.talk(0.64)
    caller.rest(0.32)
    caller.talk(0.32)
    caller.rest(0.192)
    caller.talk(0.32)
    caller.rest(0.128)
    last = caller.of(Decode)[-1]
    assert isinstance(last, Decode)
    assert last.final
    assert last.pauses == pytest.approx((0.32, 0.192))
    assert last.voice == pytest.approx(1.28, abs=0.04)
    caller.rest(3.0)
    caller.talk(0.4)
    caller.rest(0.128)
    again = caller.of(Decode)[-1]
    assert isinstance(again, Decode)
    assert again.pauses == ()


def test_half_a_number_waits() -> None:
    """A pause within a number that is not complete does not end the turn."""
    caller = Caller(Expectation(Kind.DIGITS, shortest=6, longest=6))
    progress = iter([Progress.INCOMPLETE, Progress.COMPLETE])
    caller.judge = lambda _: next(progress)
    caller.talk(1.0)
    caller.rest(1.2)
    assert not caller.of(Over)
    end = caller.talk(1.0)
    caller.rest(1.0)
    assert caller.over.start == 0.0
    assert caller.over.end == pytest.approx(end)
    assert caller.over.decided - end < 0.25


def test_decode_runs_ahead_of_the_decision() -> None:
    """The utterance is decoded once in a pause, well before patience ends."""
    caller = Caller(Expectation(Kind.YES_NO))
    caller.judge = lambda _: Progress.OPEN
    end = caller.talk(0.64)
    caller.rest(1.0)
    (decode,) = [d for d in caller.of(Decode) if isinstance(d, Decode) and d.final]
    assert isinstance(decode, Decode)
    assert decode.voiced_end == pytest.approx(end)
    assert decode.end - end < 0.13


def test_late_answer() -> None:
    """A decode that comes late ends the turn when it comes, if patience has run out."""
    caller = Caller(Expectation(Kind.YES_NO))
    caller.judge = lambda _: None
    end = caller.talk(0.64)
    caller.rest(0.64)
    assert not caller.of(Over)
    outputs = caller.endpointer.judged(end, caller.expectation, Progress.COMPLETE)
    assert [type(output) for output in outputs] == [Over]


def test_no_answer() -> None:
    """A decode that never comes does not keep the turn open for ever."""
    caller = Caller(Expectation(Kind.YES_NO))
    caller.judge = lambda _: None
    end = caller.talk(0.64)
    caller.rest(4.0)
    assert caller.over.decided - end <= 0.7 + JUDGE_WITHIN + STEP


def test_stale_answer() -> None:
    """The judgement of what was said before more speech came is not used."""
    caller = Caller(Expectation(Kind.YES_NO))
    caller.judge = lambda _: None
    caller.talk(0.64)
    caller.rest(0.128)
    first = next(d for d in caller.of(Decode) if isinstance(d, Decode) and d.final)
    caller.talk(0.32)
    caller.rest(0.32)
    assert isinstance(first, Decode)
    assert caller.endpointer.judged(first.voiced_end, caller.expectation, Progress.COMPLETE) == []
    assert caller.endpointer.talking


def test_complete_no_more() -> None:
    """An answer that was complete until more was said is not, until it is judged again."""
    caller = Caller(Expectation(Kind.YES_NO))
    judgements = iter([Progress.COMPLETE, None])
    caller.judge = lambda _: next(judgements)
    caller.talk(0.64)
    caller.rest(0.128)
    assert caller.of(Decode)
    caller.talk(0.32)
    caller.rest(0.48)
    assert not caller.of(Over)


def test_new_expectation() -> None:
    """An expectation that comes in a pause has the answer judged anew, by it."""
    caller = Caller(Expectation(Kind.DIGITS, shortest=4, longest=4))
    caller.judge = lambda _: Progress.INCOMPLETE
    end = caller.talk(0.64)
    caller.rest(0.32)
    caller.expectation = Expectation(Kind.YES_NO)
    caller.endpointer.expect(caller.expectation)
    stale = caller.endpointer.judged(end, Expectation(Kind.DIGITS), Progress.COMPLETE)
    assert stale == []
    caller.judge = lambda _: Progress.COMPLETE
    caller.rest(0.1)
    assert caller.over.end == pytest.approx(end)


def test_partials() -> None:
    """While somebody speaks there is a decode about every 200 ms, none of them final."""
    caller = Caller()
    caller.talk(2.0)
    decodes = [d for d in caller.of(Decode) if isinstance(d, Decode)]
    assert 8 <= len(decodes) <= 10
    assert not any(decode.final for decode in decodes)


def test_nothing_expected() -> None:
    """Where nothing is asked nothing is decoded, but the turn begins and ends."""
    caller = Caller(Expectation(Kind.NOTHING))
    caller.talk(1.0)
    caller.rest(1.0)
    assert not caller.of(Decode)
    assert [type(output) for output in caller.outputs] == [Started, Over]


def test_click() -> None:
    """Less voice than a word ends as a noise."""
    caller = Caller()
    caller.talk(SHORTEST - STEP)
    caller.rest(1.5)
    assert caller.of(Started)
    assert not caller.over.spoken


def test_longest() -> None:
    """Somebody who never pauses is cut off."""
    caller = Caller()
    caller.talk(LONGEST + 0.1)
    assert caller.over.decided == pytest.approx(LONGEST, abs=0.1)


def test_turn_after_turn() -> None:
    """Each turn is its own."""
    caller = Caller()
    for _ in range(3):
        caller.talk(0.5)
        caller.rest(1.0)
    assert len(caller.of(Started)) == len(caller.of(Over)) == 3
    starts = [over.start for over in caller.of(Over) if isinstance(over, Over)]
    assert starts == sorted(set(starts))


def test_flush() -> None:
    """When the audio ends, so does the turn; without a turn nothing happens."""
    caller = Caller()
    assert caller.endpointer.flush() == []
    caller.talk(0.5)
    (over,) = caller.endpointer.flush()
    assert isinstance(over, Over)
    assert over.spoken
    assert not caller.endpointer.talking
