"""How sure an answer is, by its distance from what the network would have said itself."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.speech.recognition.ctc import Targets, forward
from appliance.speech.recognition.margins import Sound, likely
from appliance.speech.recognition.scoring import ACCEPTED, SURE
from tests.speech.graphs import BLANK, frames


def test_margin() -> None:
    """The worse an answer fits, the less likely it was said; always within 0 and 1."""
    margins = [1.0, 0.0, -0.5, -1.5, -3.0, -1e30]
    values = [likely(margin) for margin in margins]
    assert values == sorted(values, reverse=True)
    assert 0.0 <= values[-1] < 0.01
    assert values[0] <= 1.0
    assert likely(0.0) > SURE > ACCEPTED > likely(-3.0)


@pytest.mark.parametrize(("answer", "sure"), [([0, 1], True), ([0, 2], False), ([3, 4], False)])
def test_what_was_said_is_sure(answer: list[int], sure: bool) -> None:
    """An answer that was said clearly is sure, another one is not."""
    log_probs = frames("ab")
    sound = Sound(log_probs, 2.0, BLANK)
    score = float(forward(sound.biased, Targets([answer]), BLANK)[0])
    assert (sound.confidence(score, [("ab", 1, 3)]) > SURE) is sure


def test_a_doubtful_word_makes_the_answer_doubtful() -> None:
    """Where the network hardly knows one label, an answer that is its best guess is less sure."""
    clear, unclear = frames("ab"), frames("ab")
    unclear[3] = frames("ab", others=0.7)[3]
    found = []
    for log_probs in (clear, unclear):
        sound = Sound(log_probs, 2.0, BLANK)
        score = float(forward(sound.biased, Targets([[0, 1]]), BLANK)[0])
        found.append(sound.confidence(score, [("a", 1, 1), ("b", 3, 3)]))
    assert found[1] < found[0] - 0.1


def test_silence_has_a_confidence() -> None:
    """Frames without anything said can be judged too."""
    sound = Sound(np.full((5, BLANK + 1), -1.0, np.float32), 0.0, BLANK)
    assert 0.0 <= sound.confidence(-50.0, []) <= 1.0
