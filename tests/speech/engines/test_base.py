"""The protocols: what is loaded satisfies them."""

from appliance.speech.engines.base import HEAD, RATE, TAIL, Recogniser, Utterance
from appliance.speech.recognition.recogniser import CtcRecogniser
from tests.speech import tones


def hear(recogniser: Recogniser, text: str) -> str:
    """Hear tones through the protocol alone."""
    utterance: Utterance = recogniser.utterance()
    utterance.accept(tones.silence(HEAD))
    utterance.accept(tones.speak(text))
    return utterance.partial(0.0)


def test_an_utterance_is_heard_through_the_protocol(tone_recogniser: CtcRecogniser) -> None:
    """Whoever hears needs no more than the protocol, and two turns do not mix."""
    assert [hear(tone_recogniser, said) for said in ("hours", "bill")] == ["hours", "bill"]


def test_times_of_the_protocol_are_short() -> None:
    """Head and tail fit into what a turn costs: neither is half a second."""
    assert RATE == 8000
    assert max(HEAD, TAIL) < 0.5
