"""`call.bridge`: two streams joined in the box."""

from __future__ import annotations

import pytest

from appliance.audio.pcm import silence
from appliance.call.bridge import WAITING, Bridge
from appliance.sip import Direction
from tests.call.test_stream import THEM, US, Pair, media
from tests.house.wire import loud, tone


class Joined:
    """Two peers and the bridge between them."""

    def __init__(self, **second: object) -> None:
        self.pairs = (Pair(media()), Pair(media(**second)))
        self.bridge = Bridge(self.pairs[0].stream, self.pairs[1].stream)
        self.heard: tuple[list[bytes], list[bytes]] = ([], [])
        self.infos: list[str] = []
        self.now = self.pairs[0].now

    def run(self, frames: int, *says: bytes) -> None:
        """Let time pass; `says`: what each peer says in every frame, none: it sends nothing."""
        for _ in range(frames):
            self.now += 0.02
            for pair, frame in zip(self.pairs, says, strict=False):
                pair.peer.tick(self.now)
                pair.peer.send(frame, self.now)
                for packet in pair.peer.outgoing():
                    pair.stream.receive(packet.data, THEM, packet.control, self.now)
            self.infos += [digit for _, digit in self.bridge.tick(self.now)]
            for pair, heard in zip(self.pairs, self.heard, strict=True):
                for packet in pair.stream.packets():
                    pair.peer.receive(packet.data, US, self.now)
                heard.append(pair.peer.pull(self.now).pcm)


def test_each_hears_the_other_and_not_themselves() -> None:
    """Carries frames both ways, each to the other side only."""
    joined = Joined()
    joined.run(50, tone(0.02), bytes(320))
    assert not any(map(loud, joined.heard[0]))
    assert sum(map(loud, joined.heard[1])) > 40
    joined.run(50, bytes(320), tone(0.02))
    assert sum(map(loud, joined.heard[0])) > 40


def test_keys_cross() -> None:
    """Passes a key on as a telephone event."""
    joined = Joined()
    joined.run(10, bytes(320), bytes(320))
    joined.pairs[0].peer.send_dtmf("9", joined.now)
    joined.run(60, bytes(320), bytes(320))
    joined.pairs[1].peer.tick(joined.now)
    digits = [event.digit for event in joined.pairs[1].peer.events() if hasattr(event, "digit")]
    assert digits == ["9"]
    assert not joined.infos


def test_a_key_for_a_peer_that_uses_info_is_left_to_info() -> None:
    """Hands it back, with the stream it is for."""
    joined = Joined(dtmf_payload_type=None)
    one, other = (pair.stream for pair in joined.pairs)
    other.told_key("1", joined.now)
    joined.pairs[0].peer.send_dtmf("9", joined.now)
    joined.run(30, bytes(320), bytes(320))
    assert joined.infos == ["9"]
    assert joined.bridge.press(one, "4", joined.now) == [(other, "4")]
    assert joined.bridge.press(other, "4", joined.now) == []


@pytest.mark.parametrize("direction", [Direction.RECVONLY, Direction.INACTIVE])
def test_a_hold_is_heard_as_music_or_as_a_soft_tone(direction: Direction) -> None:
    """Passes on what a holding side sends, and a tone where it sends nothing."""
    joined = Joined()
    joined.run(10, bytes(320), bytes(320))
    joined.pairs[1].stream.agree(media(direction=direction), joined.now)
    before = len(joined.heard[0])
    joined.run(250, bytes(320), tone(0.02))
    heard = joined.heard[0][before + 10 :]
    if direction is Direction.RECVONLY:
        assert sum(map(loud, heard)) > 200
    else:
        assert any(any(frame) for frame in heard)
        assert not any(map(loud, heard)), "softly"


def test_a_side_on_hold_may_be_quiet() -> None:
    """Counts only sides that should be heard."""
    joined = Joined()
    joined.run(10, bytes(320), bytes(320))
    joined.run(100, bytes(320))
    assert joined.bridge.quiet(joined.now) == pytest.approx(2.0, abs=0.1)
    joined.pairs[1].stream.agree(media(direction=Direction.RECVONLY), joined.now)
    assert joined.bridge.quiet(joined.now) < 0.1


def test_the_waiting_tone_is_whole_frames() -> None:
    """Never ends in the middle of a frame, and is mostly pause."""
    assert len(WAITING) % 320 == 0
    assert WAITING.endswith(silence(8000))
