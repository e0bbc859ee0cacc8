"""`call.consultation`: the box's call to the person."""

from __future__ import annotations

import itertools

from appliance import sip
from appliance.call.consultation import Consultation
from appliance.call.dialling import Dialling
from appliance.call.stream import Stream
from tests.call.test_stream import media
from tests.house.wire import tone

LOUD = tone(0.02)
SILENT = bytes(320)


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


def hearing(second: Consultation, pcm: bytes, seconds: float, now: float) -> list[bytes | None]:
    """What the caller hears frame by frame while packets come."""
    heard = []
    for n in range(round(seconds * 50)):
        at = now + n * 0.02
        second.stream.quiet = lambda _now: 0.0  # type: ignore[method-assign]
        heard.append(second.ringing(pcm, at))
    return heard


def test_early_audio_is_for_the_caller_while_it_sounds() -> None:
    """Bridges the pauses of a ringing, and gives way where there is nothing to be heard."""
    second = make()
    assert second.ringing(LOUD, 0.0) is None
    second.event(sip.EarlyMedia("h", media()), 0.0)
    assert not second.answered
    assert set(hearing(second, SILENT, 1.0, 0.0)) == {None}
    assert set(hearing(second, LOUD, 1.0, 1.0)) == {LOUD}
    assert set(hearing(second, SILENT, 5.0, 2.0)) == {SILENT}
    assert hearing(second, SILENT, 1.0, 7.0)[-1] is None
    assert set(hearing(second, LOUD, 0.1, 8.0)) == {LOUD}
    second.event(sip.Answered("h", media()), 9.0)
    assert set(hearing(second, LOUD, 0.1, 9.0)) == {None}


def test_early_audio_that_stops_coming_gives_way() -> None:
    """Does not wait out the pause of a ringing where no packets come any more."""
    second = make()
    second.event(sip.EarlyMedia("h", media()), 0.0)
    second.ringing(LOUD, 0.5)
    second.stream.quiet = lambda _now: 1.9  # type: ignore[method-assign]
    assert second.ringing(SILENT, 2.4) == SILENT
    second.stream.quiet = lambda _now: 2.1  # type: ignore[method-assign]
    assert second.ringing(SILENT, 2.6) is None


def test_another_telephone_must_sound_by_itself() -> None:
    """Begins anew when a fork takes over the early audio, and leaves the answered one alone."""
    second = make()
    second.event(sip.EarlyMedia("h", media()), 0.0)
    assert hearing(second, LOUD, 0.1, 0.0)[-1] == LOUD
    second.event(sip.EarlyMedia("h", media(codec="PCMA", payload_type=8)), 1.0)
    assert second.stream.codec == "PCMA"
    assert hearing(second, SILENT, 0.1, 1.0)[-1] is None
    second.event(sip.Answered("h", media()), 2.0)
    second.event(sip.EarlyMedia("h", media(codec="PCMA", payload_type=8)), 3.0)
    assert second.stream.codec == "PCMU"


def test_where_a_redirection_leads_is_kept() -> None:
    """Remembers the contacts until the end that follows."""
    second = make()
    second.event(sip.Rejected("h", 302, "Moved", ("sip:202@x",)), 0.0)
    assert second.contacts == ("sip:202@x",)


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
