"""What a media session gives to its shell."""

import pytest

from appliance.rtp import Frame, KeyPressed, MediaPacket, MediaSession


def session() -> MediaSession:
    return MediaSession(
        codec="PCMU", payload_type=0, dtmf_payload_type=101, remote=("127.0.0.1", 4000),
        ssrc=1, sequence=1, timestamp=1, cname="x", now=0.0,
    )  # fmt: skip


def test_what_is_given_out_cannot_be_changed():
    """A shell may keep frames, packets and events: nobody alters them behind its back."""
    for given in (
        Frame(bytes(320), concealed=False, silent=True),
        MediaPacket(b"", ("127.0.0.1", 4000), control=False),
        KeyPressed("5", 0.1),
    ):
        name = next(name for name in vars(type(given)) if not name.startswith("_"))
        assert getattr(given, name) is not None
        with pytest.raises(AttributeError):  # what both frozen dataclasses and named tuples raise
            setattr(given, name, None)


def test_before_anything_has_come_a_frame_is_silent_and_the_figures_are_zero():
    """Nothing is claimed that was not received."""
    fresh = session()
    frame = fresh.pull(0.02)
    assert (len(frame.pcm), frame.silent, frame.concealed) == (320, True, False)
    figures = fresh.statistics
    assert (figures.received, figures.lost, figures.concealed, figures.last_received) == (
        0, 0, 0, None,
    )  # fmt: skip
