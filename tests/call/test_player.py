"""`call.player`: one utterance in frames of 20 ms."""

from __future__ import annotations

from appliance.call.player import BYTES_PER_SECOND, FRAME, Player

ONE = bytes(range(256)) * 63


def pcm(seconds: float) -> bytes:
    """So much audio, every sample telling its place."""
    count = int(seconds * 8000)
    return b"".join(n.to_bytes(2, "little") for n in range(count))


def drained(player: Player) -> bytes:
    out = b""
    while (frame := player.pull()) is not None:
        out += frame
    return out


def test_what_is_played_is_what_was_given() -> None:
    """Plays every byte in order, the last frame filled with silence."""
    player = Player()
    player.play(pcm(1.005))
    out = drained(player)
    assert out == pcm(1.005).ljust(51 * FRAME, b"\0")
    assert not player.busy


def test_a_pause_is_silent_at_once_and_a_resumption_begins_a_little_earlier() -> None:
    """Repeats less than half a second, so that no word is halved."""
    player = Player()
    player.play(pcm(2.0))
    for _ in range(50):
        player.pull()
    player.pause()
    assert player.pull() is None
    assert player.busy
    player.resume()
    frame = player.pull()
    assert frame == pcm(2.0)[30 * FRAME : 31 * FRAME]


def test_a_resumption_near_the_beginning_begins_at_the_beginning() -> None:
    """Does not rewind past the start."""
    player = Player()
    player.play(pcm(1.0))
    player.pull()
    player.pause()
    player.resume()
    assert player.pull() == pcm(1.0)[:FRAME]


def test_chunks_of_any_length_make_one_utterance() -> None:
    """Joins chunks that end in the middle of a frame, and starves between them."""
    player = Player()
    player.begin()
    assert player.starved
    player.feed(pcm(1.0)[:500], last=False)
    assert player.pull() == pcm(1.0)[:FRAME]
    assert player.pull() is None
    assert player.starved
    assert player.busy
    player.feed(pcm(1.0)[500:700], last=True)
    assert drained(player) == pcm(1.0)[FRAME:700].ljust(2 * FRAME, b"\0")[: FRAME * 2]
    assert not player.busy


def test_an_empty_last_chunk_ends_the_utterance() -> None:
    """Ends when `last` comes without audio."""
    player = Player()
    player.begin()
    player.feed(pcm(0.02), last=False)
    player.pull()
    player.feed(b"", last=True)
    assert player.pull() is None
    assert not player.busy


def test_what_comes_after_the_end_is_ignored() -> None:
    """Takes nothing for an utterance that was stopped or is complete."""
    player = Player()
    player.play(pcm(0.1))
    player.feed(pcm(1.0), last=True)
    assert len(drained(player)) == 5 * FRAME
    player.stop()
    player.feed(pcm(1.0), last=True)
    assert player.pull() is None


def test_the_position_is_told_in_seconds() -> None:
    """Counts what has been pulled."""
    player = Player()
    player.play(bytes(BYTES_PER_SECOND))
    for _ in range(25):
        player.pull()
    assert player.position == 0.5
