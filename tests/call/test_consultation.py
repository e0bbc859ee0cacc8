"""`call.consultation`: the box's call to the person."""

from __future__ import annotations

import itertools

from appliance import sip
from appliance.call.consultation import Consultation
from appliance.call.dialling import Dialling
from appliance.call.stream import Stream
from tests.call.test_stream import media


def make(dialling: Dialling | None = None) -> Consultation:
    tokens = (f"{n:020x}" for n in itertools.count(10**9))
    return Consultation("n", "h", Stream(lambda: next(tokens), 0.0), dialling)


def test_audio_begins_with_the_answer() -> None:
    """Opens the stream when the person picks up, and follows what changes."""
    second = make()
    second.event(sip.Ringing("h", 180), 0.0)
    assert second.stream.media is None
    second.event(sip.Answered("h", media()), 1.0)
    assert second.answered
    second.event(sip.MediaChanged("h", media(codec="PCMA", payload_type=8)), 2.0)
    assert second.stream.codec == "PCMA"


def test_why_it_was_refused_is_kept() -> None:
    """Remembers the status until the end that follows."""
    second = make()
    second.event(sip.Rejected("h", 486, "Busy Here"), 0.0)
    assert not second.over
    second.event(sip.Ended("h", sip.EndReason.REJECTED), 0.0)
    assert second.over
    assert (second.status, second.reason) == (486, "Busy Here")


def test_it_is_counted_once() -> None:
    """Ends in the count of calls out when it is closed, and only then."""
    dialling = Dialling(known=("201",))
    dialling.began(0.0)
    dialling.began(0.0)
    second = make(dialling)
    second.event(sip.Answered("h", media()), 1.0)
    second.close(2.0)
    second.close(2.0)
    assert dialling.calls == 1
    assert any(packet.control for packet in second.stream.packets())
