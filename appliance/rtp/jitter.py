"""Adaptive jitter buffer: packets in, frames of 20 ms out.

    push ─▶ place on one endless time line ─▶ payloads, by position ─▶ pull: decode ─▶ pieces
                 │                                                      ▲
                 └─▶ transit times of 5 s ─▶ target depth ─▶ one frame more or less

What is kept are payloads. Each is decoded when its turn has come to be played, by the coder it
came with: so a codec with a state (G.722, Opus) sees its packets in the sender's order, a lost
one can be had from the FEC of the next, and after a change of codec or source what is buffered
is still decoded by the old one.

Positions are samples at 8 kHz on the sender's clock, unwrapped. A packet's transit is its arrival
on our clock minus its position; the smallest one of the last seconds is the base. The depth is the
time from the arrival that the base predicts to the moment of playing: packets delayed by less are
played in time. When nothing is lost and nothing re-timed, what comes out is what went in.
"""

from bisect import insort
from collections import deque
from operator import attrgetter
from typing import NamedTuple

from appliance.audio.coder import CodecError, Coder
from appliance.audio.pcm import FRAME_BYTES, FRAME_SAMPLES, crossfade, pack, unpack

_CLOCK = 8000
_INITIAL = 40 * 8  # deepest start; a stream starts one frame shallower or less
_SHALLOWEST, _DEEPEST = 20 * 8, 200 * 8
_PERCENTILE = 0.95
_WINDOW = 250  # transit times remembered: 5 s of 20 ms packets
_EVERY = 50  # packets between two looks at them
_DISCONTINUITY = 1 * _CLOCK  # a transit this far from the others is a new time line
_SLACK = 10 * 8  # shallower than the target by this much: grow
_EXCESS = 25 * 8  # deeper by this much: shrink where it is quiet, …
_GREAT_EXCESS = 60 * 8  # … by this much: anywhere
_MOST_CHUNKS = 128
_QUIET = 330  # peak of a frame that may be dropped or doubled unheard: -40 dBFS
_HISTORY = 512  # sequence numbers remembered to tell duplicates from late ones
_ALL = (1 << _HISTORY) - 1


class Gap(NamedTuple):
    """Samples for which there is no audio."""

    samples: int
    lost: bool
    """True: the network's fault, conceal it. False: the sender was silent."""
    noise: bytes | None = None
    """What the sender wants to be heard instead, as PCM: comfort noise."""


class Pulled(NamedTuple):
    """One frame, in order of time; the pieces sum up to 160 samples."""

    pieces: tuple[bytes | Gap, ...]
    retimed: bool = False
    """The audio was squeezed, so it is not what was sent."""


class _Chunk:
    """One packet; `open` is to be called when nothing before it is played any more."""

    __slots__ = ("_pcm", "coder", "end", "payload", "sequence", "start")

    def __init__(
        self, start: int, sequence: int, samples: int, payload: bytes, coder: Coder
    ) -> None:
        self.start = start
        self.end = start + samples
        self.sequence = sequence
        self.payload = payload
        self.coder = coder
        self._pcm: bytes | None = None

    def open(self) -> bytes:
        """Its audio; raises CodecError."""
        if self._pcm is None:
            pcm = self.coder.decode(self.payload)
            length = 2 * (self.end - self.start)
            self._pcm = pcm if len(pcm) == length else pcm[:length].ljust(length, b"\0")
        return self._pcm

    @classmethod
    def of(cls, pcm: bytes, before: "_Chunk") -> "_Chunk":
        """Audio that ends where another chunk begins."""
        samples = len(pcm) // 2
        chunk = cls(before.start - samples, before.sequence - 1, samples, b"", before.coder)
        chunk._pcm = pcm
        return chunk


_START = attrgetter("start")
_NOTHING = Pulled((Gap(FRAME_SAMPLES, lost=False),))


class JitterBuffer:
    """Buffer of one direction of one stream; sequence numbers come extended (`Source`)."""

    def __init__(self) -> None:
        self.late = 0
        self.duplicates = 0
        self.damaged = 0
        """Packets that their codec could not decode."""
        self.recovered = 0
        """Lost packets of which the next one's FEC has told enough."""
        self._chunks: list[_Chunk] = []
        self._cursor: int | None = None  # position of the next sample to play
        self._played: int | None = None  # sequence number played last
        self._starved = False  # the last frame found the buffer empty
        self._coder: Coder | None = None  # of the packet played last
        self._asked: int | None = None  # sequence number of the packet last asked for its FEC
        self._scale = 1  # units of the sender's clock in a sample
        self._transits: deque[float] = deque(maxlen=_WINDOW)
        self._looked = 0
        self._base = 0.0
        self._target: float = _SHALLOWEST
        self._depth = 0.0
        self._shallow = self._deep = 0  # frames in a row
        self._timestamp = self._units = 0  # of the last packet, to unwrap the next one
        self._end = 0  # of the newest packet
        self.restart()

    def restart(self) -> None:
        """Another source or a restarted one: its first packet follows what is buffered."""
        self._splice = True
        self._asked = None
        self._highest: int | None = None
        self._seen = 0  # bit n: sequence number highest - n has come
        self._soundless: set[int] = set()  # sequence numbers that carry no audio

    @property
    def delay(self) -> float:
        """Seconds that the fastest packets wait here."""
        return max(0.0, self._depth) / _CLOCK

    @property
    def target(self) -> float:
        """Seconds that `delay` is steered to."""
        return self._target / _CLOCK

    # ---- in

    def skip(self, sequence: int) -> None:
        """A packet without audio (a key press) took this sequence number."""
        if self._is_duplicate(sequence):
            return
        self._soundless.add(sequence)
        if len(self._soundless) > _HISTORY:
            self._soundless = {kept for kept in self._soundless if kept > sequence - _HISTORY}

    def push(self, sequence: int, timestamp: int, payload: bytes, coder: Coder, now: float) -> None:
        """A packet and what decodes it; late ones and duplicates are counted and dropped.

        Raises CodecError where it is none of the codec's.
        """
        samples = coder.samples(payload)
        highest = self._highest
        ahead = 1 if highest is None else sequence - highest
        newest = ahead > 0
        if self._is_duplicate(sequence):
            return
        if coder.clock != self._scale * _CLOCK:
            if not newest:
                self.late += 1
                return
            self._scale = coder.clock // _CLOCK
            self._follow(timestamp, ahead - 1, samples or FRAME_SAMPLES, now)
        start = self._place(timestamp, samples or FRAME_SAMPLES, newest, now)
        if start is None:
            self.late += 1
            return
        chunk = _Chunk(start, sequence, samples, payload, coder)
        if newest:
            self._end = chunk.end
        cursor = self._cursor
        # What only begins a rest (comfort noise) takes no time, so it is never too late.
        if cursor is not None and start < cursor and samples:
            if self._starved and not self._chunks and self._depth + cursor - start <= _DEEPEST:
                self._cursor = start  # everything is late: play it after all, from now on later
            elif chunk.end <= cursor:
                self.late += 1
                return
        if self._chunks and start < self._chunks[-1].start:
            insort(self._chunks, chunk, key=_START)
        else:
            self._chunks.append(chunk)
        if len(self._chunks) > _MOST_CHUNKS:
            del self._chunks[0]

    def _is_duplicate(self, sequence: int) -> bool:
        if self._highest is None:
            self._highest, self._seen = sequence, 1
            return False
        ahead = sequence - self._highest
        if ahead > 0:
            self._seen = (self._seen << min(ahead, _HISTORY) | 1) & _ALL
            self._highest = sequence
            return False
        bit = 1 << -ahead
        seen = bool(self._seen & bit)
        self._seen |= bit & _ALL
        self.duplicates += seen
        return seen

    def _place(self, timestamp: int, samples: int, newest: bool, now: float) -> int | None:
        """Position of a packet; None if of a time line that has ended. Follows the transit."""
        ahead = ((timestamp - self._timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        units = self._units + ahead
        position = units // self._scale
        transit = now * _CLOCK - position
        if self._splice or abs(transit - self._base) > _DISCONTINUITY:
            if not newest:
                return None
            position = self._chunks[-1].end if self._chunks else self._cursor or 0
            transit = now * _CLOCK - position
            units = position * self._scale
            self._splice = False
            self._transits.clear()
            self._base = transit
            if not self._chunks:
                self._cursor = None  # start again as if it were the first packet
        self._timestamp, self._units = timestamp, units
        self._transits.append(transit)
        self._looked += 1
        self._base = min(self._base, transit)
        if self._looked >= _EVERY or transit - self._base > self._target:
            self._look(samples)
        return position

    def _follow(self, timestamp: int, missing: int, samples: int, now: float) -> None:
        """Timestamps of another clock say nothing about the ones before (RFC 7160).

        The packet belongs after the one before it, or as many later as there are missing between.
        After a pause, of which nothing tells how long it was, it belongs where it seems in time.
        """
        position = self._end + missing * samples
        in_time = round(now * _CLOCK - self._base)
        if not -self._target < position - in_time < FRAME_SAMPLES:
            position = in_time
        self._timestamp, self._units = timestamp, position * self._scale

    def _look(self, samples: int) -> None:
        """Set the target so that 95 % of recent packets, whole frames of them, are in time."""
        self._looked = 0
        ordered = sorted(self._transits)
        self._base = ordered[0]
        spread = ordered[int(_PERCENTILE * (len(ordered) - 1) + 0.5)] - ordered[0]
        # The later packets of a frame that is made of several come up to a frame later.
        spread += max(0, FRAME_SAMPLES - samples)
        self._target = max(_SHALLOWEST, min(_DEEPEST, spread))

    # ---- out

    def pull(self, now: float) -> Pulled:
        """The next 20 ms; to be called every 20 ms, on the average."""
        clock = now * _CLOCK
        if self._cursor is None:
            if not self._chunks:
                return _NOTHING
            start = self._chunks[0].start
            self._depth = clock - start - self._base
            if self._depth < _INITIAL - FRAME_SAMPLES - 1:
                return _NOTHING
            self._cursor = start
            self._played = self._chunks[0].sequence - 1
        depth = self._depth = clock - self._cursor - self._base
        if -_SLACK <= depth - self._target <= _EXCESS:
            self._shallow = self._deep = 0
        elif (pulled := self._adjust(depth - self._target)) is not None:
            return pulled
        return self._take()

    def _adjust(self, error: float) -> Pulled | None:
        """Bring the depth nearer to the target by one frame, where that is little heard."""
        self._shallow = self._shallow + 1 if error < 0 else 0
        self._deep = self._deep + 1 if error > 0 else 0
        cursor = self._cursor or 0
        if self._deep >= 10 and error > _DEEPEST:
            # A stall is over and all that was held up came at once. (Ten frames, since after a
            # stall of our own the clock is ahead for some frames that are pulled in a row.)
            self._skip_to(cursor + int(error))
        elif self._shallow >= 5 or (self._shallow and self._is_quiet()):
            self._shallow = 0
            lost = not self._rests and (bool(self._chunks) or self._is_lost())
            return Pulled((self._gap(FRAME_SAMPLES, lost),))
        elif self._deep >= 25 and self._is_quiet():
            self._deep = 0
            return self._squeeze()
        elif self._deep >= 100 and error > _GREAT_EXCESS:
            self._deep = 75
            return self._squeeze()
        return None

    def _is_quiet(self) -> bool:
        pcm = self._head()
        if not pcm:  # nothing to play, or it begins later: decoding it now might be too early
            return not (self._chunks and self._is_lost())
        samples = unpack(pcm)
        return max(samples) < _QUIET and min(samples) > -_QUIET

    def _head(self) -> bytes:
        """The first packet's audio, if it is its turn; damaged ones are dropped here."""
        while self._chunks and self._chunks[0].start <= (self._cursor or 0):
            try:
                return self._chunks[0].open()
            except CodecError:
                self._discard()
        return b""

    def _discard(self) -> None:
        """The first packet is none of its codec's."""
        self.damaged += 1
        del self._chunks[0]

    def _skip_to(self, position: int) -> None:
        for chunk in self._chunks:
            if chunk.end > position:
                position = min(position, chunk.start)
                break
        self._cursor = position

    def _squeeze(self) -> Pulled:
        """Two frames as one, faded from the first into the second."""
        first, second = self._take().pieces, self._take().pieces
        audio = [b"".join(p for p in half if isinstance(p, bytes)) for half in (first, second)]
        if len(audio[0]) + len(audio[1]) == 2 * FRAME_BYTES:
            return Pulled((pack(crossfade(unpack(audio[0]), unpack(audio[1]))),), retimed=True)
        fuller = first if len(audio[0]) > len(audio[1]) else second
        return Pulled(fuller, retimed=bool(audio[0] and audio[1]))

    def _take(self) -> Pulled:
        """What lies between the cursor and one frame further; moves the cursor."""
        start = self._cursor or 0
        end = start + FRAME_SAMPLES
        chunks = self._chunks
        if chunks:
            head = chunks[0]
            if head.start > start:
                self._recover(end)
            elif head.start == start and head.end == end:
                try:
                    whole = head.open()
                except CodecError:
                    self._discard()
                else:
                    self._finish(head)
                    self._cursor, self._starved = end, False
                    return Pulled((whole,))
        pieces: list[bytes | Gap] = []
        was_starved, self._starved = self._starved, False
        while start < end:
            if not chunks or chunks[0].start >= end:
                pieces.append(self._gap(end - start, self._is_lost()))
                self._starved = not chunks
                break
            head = chunks[0]
            if head.start > start:
                if was_starved and not pieces:
                    # Silence is stretched by a little so that frames begin where packets do.
                    self._cursor = head.start
                    return Pulled((self._gap(FRAME_SAMPLES, self._is_lost()),))
                pieces.append(self._gap(head.start - start, self._is_lost()))
                start = head.start
            self._cursor = start
            # What lies wholly before the cursor was given up: it is not even decoded.
            pcm = self._head() if head.end > start or head.start == head.end else b""
            if not chunks or chunks[0] is not head:
                continue
            offset = start - head.start
            piece = pcm[2 * offset : 2 * (offset + end - start)]
            start += len(piece) // 2
            if piece:
                pieces.append(piece)
            if start >= head.end:
                self._finish(head)
        self._cursor = end
        return Pulled(tuple(pieces))

    def _finish(self, head: _Chunk) -> None:
        """The first packet has been played."""
        self._played, self._coder = head.sequence, head.coder
        del self._chunks[0]

    def _recover(self, end: int) -> None:
        """Have what was lost before the first packet from its FEC, once it is due."""
        head = self._chunks[0]
        due = 2 * head.start - head.end < end
        if not due or head.sequence == self._asked or not self._is_lost():
            return
        self._asked = head.sequence
        pcm = head.coder.conceal(head.payload)
        if pcm:
            self.recovered += 1
            self._chunks.insert(0, _Chunk.of(pcm, head))

    def _gap(self, samples: int, lost: bool) -> Gap:
        if lost or self._coder is None or not self._coder.resting:
            return Gap(samples, lost)
        return Gap(samples, lost, self._coder.rest(samples))

    def _is_lost(self) -> bool:
        """Whether the audio before the next chunk got lost; False: none was sent."""
        if self._played is None or self._rests:
            return False
        if self._chunks:
            between = range(self._played + 1, self._chunks[0].sequence)
            return len(between) < _HISTORY and any(n not in self._soundless for n in between)
        return self._played + 1 not in self._soundless

    @property
    def _rests(self) -> bool:
        """The sender has announced that it sends nothing for a while."""
        return self._coder is not None and self._coder.resting
