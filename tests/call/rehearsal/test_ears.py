"""`call.rehearsal.ears`: the link to `speech` for a caller in no hurry."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from appliance.call.rehearsal import ears
from appliance.call.rehearsal.ears import Ears
from appliance.call.rehearsal.telephone import Telephone
from appliance.contracts.errors import UserError
from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import (
    MAXIMUM_PACKET,
    Audio,
    Expect,
    Heard,
    Manner,
    Message,
    Open,
    Opened,
    Refused,
    Say,
    SpeechStarted,
    Spoken,
    decode,
    encode,
)
from tests.house.wire import loud, tone

Answer = Callable[[Message], list[Message] | None]


@contextmanager
def speech(path: Path, answer: Answer) -> Iterator[list[Message]]:
    """A `speech` that answers each message as it is told; keeps all."""
    got: list[Message] = []
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(str(path))
    server.listen(1)

    def serve() -> None:
        sock, _ = server.accept()
        with sock:
            while packet := sock.recv(MAXIMUM_PACKET):
                got.append(decode(packet))
                answers = answer(got[-1])
                if answers is None:
                    return
                for message in answers:
                    sock.send(encode(message))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield got
    finally:
        server.close()
        thread.join(5)


def utterance(text: str, manner: Manner = Manner.SPEECH, seconds: float = 1.0) -> Heard:
    return Heard(text, 0.9 if text else 0.0, 1.0, 1.0 + seconds, 2.2 + seconds, manner=manner)


def listening(*heard: Heard) -> Answer:
    """Return a `speech` that hears these once 30 frames of voice have come."""
    voiced = 0

    def answer(message: Message) -> list[Message]:
        nonlocal voiced
        match message:
            case Open():
                return [Opened("ears", "voice")]
            case Say(number):
                return [
                    Spoken(number, tone(0.1)),
                    Spoken(number, tone(0.1)),
                    Spoken(number, b"", last=True),
                ]
            case Audio(pcm):
                voiced += loud(pcm)
                if voiced == 30:
                    voiced += 1
                    return [SpeechStarted(0.6), *heard]
        return []

    return answer


def hear(path: Path, *heard: Heard) -> tuple[tuple[Heard, ...], list[Message]]:
    with speech(path, listening(*heard)) as got, Ears(path, "en", pace=1000.0) as held:
        expected = Expectation(Kind.YES_NO)
        found = held.hear(tone(0.8), Telephone(Random(1), loss=0.0), expected)
    return found, got


def test_a_sentence_goes_up_and_its_words_come_down(tmp_path: Path) -> None:
    """Says what is expected, sends quiet, the sentence and quiet, and stops when it was heard."""
    found, got = hear(tmp_path / "s", utterance("yes"))
    assert [one.text for one in found] == ["yes"]
    assert got[1] == Expect(Expectation(Kind.YES_NO))
    sent = [message for message in got if isinstance(message, Audio)]
    assert not any(loud(message.pcm) for message in sent[:30])
    assert sum(loud(message.pcm) for message in sent) >= 39
    assert len(sent) * 0.02 < 0.6 + 0.8 + 1.0


def test_what_the_box_would_not_answer_is_not_heard(tmp_path: Path) -> None:
    """Passes over noise, others, and sounds too short to be words."""
    heard = (
        utterance("", Manner.NOISE), utterance("mhm", Manner.BACKCHANNEL), utterance("", seconds=0.1),
    )  # fmt: skip
    assert hear(tmp_path / "s", *heard)[0] == ()
    assert len(hear(tmp_path / "t", utterance(""))[0]) == 1


def test_a_caller_who_is_cut_off_is_heard_twice(tmp_path: Path) -> None:
    """Returns both parts in their order."""
    found, _ = hear(tmp_path / "s", utterance("four seven"), utterance("one one"))
    assert [one.text for one in found] == ["four seven", "one one"]


def test_nothing_heard_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up after a while of quiet."""
    monkeypatch.setattr(Ears, "_late", lambda _self: [])
    found, got = hear(tmp_path / "s")
    assert found == ()
    seconds = 0.02 * sum(isinstance(message, Audio) for message in got)
    assert 0.6 + 0.8 + ears._WITHIN <= seconds < 8.0


def test_a_sentence_is_spoken(tmp_path: Path) -> None:
    """Puts the pieces together."""
    with speech(tmp_path / "s", listening()), Ears(tmp_path / "s", "en") as held:
        assert held.say("hello") == tone(0.1) * 2
        assert held.voice == "voice"


def test_a_process_that_does_not_serve_is_told(tmp_path: Path) -> None:
    """Says why: absent, refused, gone, or of another version."""
    with pytest.raises(UserError, match="cannot be reached"):
        Ears(tmp_path / "none", "en")
    with (
        speech(tmp_path / "a", lambda _: [Refused("wrong language")]),
        pytest.raises(UserError, match="wrong language"),
    ):
        Ears(tmp_path / "a", "de")

    def leaves(message: Message) -> list[Message] | None:
        return [Opened("ears", "voice")] if isinstance(message, Open) else None

    with (
        speech(tmp_path / "b", leaves),
        Ears(tmp_path / "b", "en") as held,
        pytest.raises(UserError, match="speech process"),
    ):
        held.say("hello")
