"""Scripts of a caller, walked through without a telephone."""

from dataclasses import dataclass

from appliance.exchange.caller import (
    DEMONSTRATION,
    HangUp,
    Performance,
    Say,
    Scene,
    sentence,
)

STEP = 0.02


@dataclass
class Stage:
    """A made-up call: the peer speaks in the given intervals; our sentences last a second."""

    performance: Performance
    peer: list[tuple[float, float]]
    transfer_at: float = 1e9
    over_at: float = 1e9

    def play(self, seconds: float) -> list[tuple[float, str]]:
        said: list[tuple[float, str]] = []
        until = last_peer = -1.0
        now = 0.0
        while now < seconds:
            talking = any(start <= now < end for start, end in self.peer)
            if talking:
                last_peer = now
            answered = until >= 0 and any(start >= until for start, _ in self.peer if start <= now)
            action = self.performance.advance(
                Scene(
                    now,
                    now < until,
                    talking,
                    float("inf") if last_peer < 0 else now - last_peer,
                    answered=answered,
                    connected_to="201" if now >= self.transfer_at else "100",
                    over=now >= self.over_at,
                )
            )
            if isinstance(action, Say):
                said.append((round(now, 2), action.text))
                until = now + 1.0
            elif isinstance(action, HangUp):
                said.append((round(now, 2), f"hangup {action.failure}".strip()))
            now += STEP
        return said


def test_demonstration_interrupts_and_is_put_through() -> None:
    """The caller waits for the greeting, asks, interrupts after 1.5 s, is put through, hangs up."""
    # greeting 0.5-3.0; answer from 5.3, interrupted; announcement; then the department
    stage = Stage(Performance(DEMONSTRATION), [(0.5, 3.0), (5.3, 8.0), (9.5, 11.0)], transfer_at=12)
    said = stage.play(30)
    texts = [text for _, text in said]
    assert texts == [DEMONSTRATION[1].text, DEMONSTRATION[4].text, "hangup"]
    greeting_end, question, interruption, end = 3.0, *(at for at, _ in said)
    assert 0.8 < question - greeting_end < 1.1
    assert 1.4 < interruption - 5.3 < 1.7
    assert 14.9 < end < 15.2


def test_box_that_never_greets_is_reported() -> None:
    """Silence after the answer ends the script with a sentence that says so."""
    (said,) = Stage(Performance(DEMONSTRATION), []).play(60)
    assert "silence was heard" in said[1]


def test_box_that_does_not_answer_is_reported_with_the_question() -> None:
    """A question without an answer ends the script with the question in the sentence."""
    said = Stage(Performance(DEMONSTRATION), [(0.5, 3.0)]).play(60)
    assert said[-1][1] == f"hangup the box did not answer '{DEMONSTRATION[1].text}'"


def test_missing_transfer_is_reported() -> None:
    """A box that talks on instead of putting through ends the script with a sentence."""
    said = Stage(Performance(DEMONSTRATION), [(0.5, 3.0), (5.3, 8.0), (9.5, 50.0)]).play(60)
    assert "was not put through to 201" in said[-1][1]


def test_call_that_ends_early_is_reported() -> None:
    """A box that hangs up instead of putting through is named."""
    stage = Stage(Performance(DEMONSTRATION), [(0.5, 3.0), (5.3, 8.0)], over_at=9.0)
    assert stage.play(60)[-1][1] == (
        "hangup the box ended the call instead of putting it through to 201"
    )


def test_nothing_comes_after_the_hang_up() -> None:
    """A finished script does nothing more."""
    performance = Performance(())
    scene = Scene(0.0, False, False, 0.0, False, "100")
    assert performance.advance(scene) == HangUp()
    assert performance.advance(scene) is None
    assert performance.done == HangUp()


def test_typed_sentence_is_one_turn() -> None:
    """A typed sentence is said after the greeting; the call ends when the answer is over."""
    performance = Performance(sentence("Where can I park?"))
    assert performance.texts == ("Where can I park?",)
    said = Stage(performance, [(0.5, 3.0), (5.5, 8.0)]).play(30)
    assert [text for _, text in said] == ["Where can I park?", "hangup"]
    assert 9.4 < said[-1][0] < 9.7
