"""What is on the line instead of a caller: fax, modem, network tones, music, machines, nothing.

    windows (32 ms) ─► spectrum of 64 ms ─► Facts ─┬─► tones    one or two frequencies and no more
                                                   ├─► keying   two frequencies by turns: modems
                                                   ├─► notes    peaks that stay: music
                                                   ├─► talk     speech without end, speech and beep
                                                   └─► nothing  not even a room's noise

Rules, not a network: these sounds are standardised, and a caller who is taken for a fax machine is
worse than a fax machine that is asked for its request. Frequencies and cadences: ITU-T T.30 4.2
(1100 and 2100 Hz), V.25 (1300, 2100 Hz), V.21, V.18 annex A, Bell 103, E.180 supplement 2.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from appliance.contracts.speech import SAMPLE_RATE, Noticed, Sound

Floats = npt.NDArray[np.float32]

_SPAN: Final = 512
_BIN: Final = SAMPLE_RATE / _SPAN
_HANN: Final = np.hanning(_SPAN).astype(np.float32)
_WINDOW: Final = 0.032
"""Seconds from one window to the next."""
_LOUD: Final = -48.0
"""dBFS below which a tone is none."""
_PURE: Final = 0.9
"""Share of the power that must lie on a tone's frequencies."""
_REACH: Final = 2
"""Bins to either side that a Hann window spreads a frequency over."""


@dataclass(frozen=True, slots=True)
class Calling:
    """A tone by which a machine makes itself known."""

    sound: Sound
    hertz: float
    within: float
    """Hz to either side."""
    seconds: float
    """How long it must last."""


_CALLING: Final = (
    Calling(Sound.FAX, 1100.0, 38.0, 0.35),
    Calling(Sound.FAX, 2100.0, 20.0, 0.8),
    Calling(Sound.MODEM, 1300.0, 25.0, 0.4),
    Calling(Sound.MODEM, 2225.0, 25.0, 0.8),
)
_KEYED: Final = (
    (Sound.FAX, 1650.0, 1850.0),
    (Sound.MODEM, 980.0, 1180.0),
    (Sound.MODEM, 1070.0, 1270.0),
    (Sound.MODEM, 2025.0, 2225.0),
    (Sound.MODEM, 1400.0, 1800.0),
)
"""Frequency-shift keying: V.21 channel 2 (T.30's own signals), channel 1, Bell 103, Baudot."""
_KEYED_FOR: Final = 1.0
_KEYED_NEAR: Final = 70.0
"""Hz around each frequency in which at least a tenth of the power lies …"""
_KEYED_AROUND: Final = 170.0
"""… and Hz beyond both within which nearly all does: keying at 300 baud is wide."""
_NETWORK: Final = ((425.0,), (400.0,), (450.0,), (350.0, 440.0), (480.0, 620.0), (400.0, 450.0))
_NETWORK_WITHIN: Final = 20.0
_STEADY: Final = 2.0
"""Seconds of a network's tone that is a dial tone."""
_BEATS: Final = 3
"""Bursts of equal length that are a busy tone."""
_LONGEST_BEAT: Final = 0.8
_SHORTEST_BEAT: Final = 0.15
_RISE: Final = 15.0
"""dB that a tone stands above what was before it."""
_UNEVEN: Final = 0.07
_INFORMATION: Final = (950.0, 1400.0, 1800.0)
"""The special information tone before "the number you have dialled" (E.180)."""
_MUSIC_OVER: Final = 4.0
_MUSIC_SHARE: Final = 0.6
_STAYS: Final = 6
"""Windows (190 ms) that a peak of music stays where it is."""
_CHANGES: Final = 3
"""Peaks that must begin within the time: a humming machine has none."""
_SILENT: Final = -70.0
_SILENT_FOR: Final = 10.0
_BEEP: Final = (0.2, 1.6)
_BEEP_AFTER: Final = 1.5
"""Seconds of speech before a beep."""
_BEEP_WITHIN: Final = 2.5
"""Seconds from the speech to the beep."""
_TALKS_ON: Final = 12.0
_TALK_PAUSE: Final = 0.6
_OPENING: Final = 40.0
"""Seconds from the beginning in which a machine gives itself away."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One window."""

    start: float
    level: float
    """dBFS."""
    tones: tuple[float, ...]
    """Hz of the one or two frequencies that hold almost all power, ascending; else empty."""
    power: npt.NDArray[np.float64]
    """[257]: power by bin."""
    voice: float
    """Probability of speech."""


class LineSounds:
    """The listener for one call; tells each sound once until it has gone."""

    def __init__(self) -> None:
        self._past: Floats = np.zeros(_SPAN, np.float32)
        self._tone: tuple[float, ...] = ()
        self._tone_since = 0.0
        self._out_of_quiet = False
        """Whether the tone began where nothing was: a note in a melody does not."""
        self._quiet: deque[float] = deque([-120.0] * 4, maxlen=4)
        """dBFS of the last windows."""
        self._beats: deque[tuple[tuple[float, ...], float, float]] = deque(maxlen=_BEATS)
        """Tones that have ended: frequencies, begin, end."""
        self._steps: deque[float] = deque(maxlen=len(_INFORMATION))
        """Hz of the last tones, with or without quiet between them."""
        self._keyed: dict[tuple[Sound, float, float], float] = {}
        self._peaks: deque[npt.NDArray[np.bool_]] = deque(maxlen=_STAYS + 1)
        self._stayed: npt.NDArray[np.bool_] = np.zeros(_SPAN // 2 + 1, np.bool_)
        self._notes: deque[tuple[bool, bool]] = deque(maxlen=round(_MUSIC_OVER / _WINDOW))
        self._silent_since: float | None = None
        self._talk = 0.0
        self._talk_since: float | None = None
        self._talk_until = -10.0
        self._told: dict[Sound, float] = {}
        """Sounds told, and when they were there last."""

    def window(self, samples: Floats, start: float, level: float, voice: float) -> Noticed | None:
        """Take the next window: 256 samples (±1, 8 kHz), its stream time (s), dBFS, probability.

        Return what has been noticed with it.
        """
        self._past = np.concatenate([self._past[len(samples) :], samples])
        power = np.abs(np.fft.rfft(self._past * _HANN)).astype(np.float64) ** 2
        facts = Facts(start, level, _tones(power) if level > _LOUD else (), power, voice)
        found = (
            self._tones(facts)
            or self._keying(facts)
            or self._notes_of(facts)
            or self._talking(facts)
            or self._nothing(facts)
        )
        if found is None:
            return None
        before = self._told.get(found.sound)
        self._told[found.sound] = start
        return found if before is None or start - before > _MUSIC_OVER else None

    def _tones(self, facts: Facts) -> Noticed | None:
        """Calling tones by their length, network tones by their cadence, beeps after speech."""
        same = len(facts.tones) == len(self._tone) and all(
            abs(a - b) < _BIN for a, b in zip(facts.tones, self._tone, strict=False)
        )
        if not same:
            if self._tone and facts.start - self._tone_since >= _SHORTEST_BEAT:
                self._steps.append(self._tone[0])
                if self._out_of_quiet:
                    self._beats.append((self._tone, self._tone_since, facts.start))
            if facts.tones:
                # The first window of a tone still holds what was before it: it is not yet pure.
                self._out_of_quiet = self._quiet[0] < max(_LOUD, facts.level - _RISE)
            self._tone, self._tone_since = facts.tones, facts.start
        self._quiet.append(facts.level)
        if not self._tone:
            return None if same else self._informed(facts.start) or self._ended(facts.start)
        lasting = facts.start + _WINDOW - self._tone_since
        if len(self._tone) == 1 and self._out_of_quiet:
            for calling in _CALLING:
                near = abs(self._tone[0] - calling.hertz) <= calling.within
                if near and lasting >= calling.seconds:
                    return Noticed(calling.sound, self._tone_since)
        if lasting >= _STEADY and _of_network(self._tone):
            return Noticed(Sound.TONE, self._tone_since)
        return None

    def _informed(self, now: float) -> Noticed | None:
        """The three tones before "the number you have dialled"."""
        near = [abs(a - b) < 50 for a, b in zip(self._steps, _INFORMATION, strict=False)]
        return Noticed(Sound.TONE, max(0.0, now - 1.0)) if len(near) == 3 and all(near) else None

    def _ended(self, now: float) -> Noticed | None:
        """A tone has just ended, and quiet follows."""
        if not self._beats or now - self._beats[-1][2] > 2 * _WINDOW:
            return None
        tone, began, ended = self._beats[-1]
        lengths = [end - begin for _, begin, end in self._beats]
        alike = all(_of_network(t) for t, _, _ in self._beats)
        gaps = [b[1] - a[2] for a, b in zip(self._beats, list(self._beats)[1:], strict=False)]
        even = max(lengths) - min(lengths) <= _UNEVEN and max(lengths) <= _LONGEST_BEAT
        if len(self._beats) == _BEATS and alike and even and max(gaps) - min(gaps) <= _UNEVEN:
            return Noticed(Sound.TONE, self._beats[0][1])
        beep = len(tone) == 1 and _BEEP[0] <= ended - began <= _BEEP[1] and not _of_network(tone)
        spoken = self._talk >= _BEEP_AFTER and began - self._talk_until <= _BEEP_WITHIN
        if beep and spoken and now < _OPENING:
            return Noticed(Sound.MACHINE, began)
        return None

    def _keying(self, facts: Facts) -> Noticed | None:
        """Two frequencies by turns, and nothing else, for a second."""
        total = float(facts.power.sum())
        for key in _KEYED:
            sound, low, high = key
            within = _band(facts.power, low - _KEYED_AROUND, high + _KEYED_AROUND)
            if facts.level <= _LOUD or within <= _PURE * total:
                self._keyed.pop(key, None)
                continue
            since = self._keyed.setdefault(key, facts.start)
            both = min(
                _band(facts.power, hertz - _KEYED_NEAR, hertz + _KEYED_NEAR)
                for hertz in (low, high)
            )
            if both > 0.1 * total and facts.start - since >= _KEYED_FOR:
                return Noticed(sound, since)
        return None

    def _notes_of(self, facts: Facts) -> Noticed | None:
        """Music: peaks of the spectrum that stay where they are, most of the time, and change."""
        peaks = _peaks(facts.power) if facts.level > _LOUD else np.zeros(_SPAN // 2 + 1, np.bool_)
        self._peaks.append(peaks)
        whole = len(self._peaks) == self._peaks.maxlen
        stays = np.logical_and.reduce(list(self._peaks)) if whole else np.zeros_like(peaks)
        began = bool((stays & ~self._before()).any())
        self._notes.append((int(stays.sum()) >= 2, began))
        self._stayed = stays
        if len(self._notes) < (self._notes.maxlen or 0):
            return None
        share = sum(note for note, _ in self._notes) / len(self._notes)
        changes = sum(begins for _, begins in self._notes)
        if share >= _MUSIC_SHARE and changes >= _CHANGES:
            return Noticed(Sound.MUSIC, max(0.0, facts.start - _MUSIC_OVER))
        return None

    def _before(self) -> npt.NDArray[np.bool_]:
        """Return the peaks that stood at the last window, a bin more to either side."""
        held = self._stayed
        wide = held.copy()
        wide[1:] |= held[:-1]
        wide[:-1] |= held[1:]
        return wide

    def _talking(self, facts: Facts) -> Noticed | None:
        """A voice that leaves nobody a turn is a recording."""
        if facts.voice > 0.5 and facts.level > _LOUD and not facts.tones:
            if self._talk_since is None or facts.start - self._talk_until > _TALK_PAUSE:
                self._talk_since = facts.start
            self._talk += _WINDOW
            self._talk_until = facts.start + _WINDOW
            if facts.start < _OPENING and facts.start - self._talk_since >= _TALKS_ON:
                return Noticed(Sound.MACHINE, self._talk_since)
        return None

    def _nothing(self, facts: Facts) -> Noticed | None:
        if facts.level > _SILENT:
            self._silent_since = None
            return None
        if self._silent_since is None:
            self._silent_since = facts.start
        if facts.start - self._silent_since >= _SILENT_FOR:
            return Noticed(Sound.SILENCE, self._silent_since)
        return None


def _band(power: npt.NDArray[np.float64], low: float, high: float) -> float:
    return float(power[max(0, round(low / _BIN)) : round(high / _BIN) + 1].sum())


def _tones(power: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Return the one or two frequencies (Hz) that hold nearly all power; else nothing."""
    total = float(power.sum())
    rest = power.copy()
    found: list[float] = []
    held = 0.0
    for _ in range(2):
        top = int(rest[1:-1].argmax()) + 1
        low, high = max(0, top - _REACH), min(len(rest), top + _REACH + 1)
        share = float(rest[low:high].sum())
        if share < 0.1 * total:
            break
        near = np.arange(low, high)
        found.append(float((rest[low:high] * near).sum() / share * _BIN))
        held += share
        rest[low:high] = 0.0
        if held > _PURE * total:
            return tuple(sorted(found))
    return ()


def _of_network(tones: tuple[float, ...]) -> bool:
    return any(
        len(tones) == len(named)
        and all(abs(a - b) <= _NETWORK_WITHIN for a, b in zip(tones, named, strict=True))
        for named in _NETWORK
    )


def _peaks(power: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which bins from 200 to 3400 Hz stand 12 dB above what lies around them."""
    found = np.zeros(len(power), np.bool_)
    low, high = round(200 / _BIN), round(3400 / _BIN)
    inner = power[low:high]
    around = np.sort(
        np.lib.stride_tricks.sliding_window_view(np.pad(power, 8, mode="edge"), 17), axis=1
    )[low:high, 8]
    top = (inner >= power[low - 1 : high - 1]) & (inner >= power[low + 1 : high + 1])
    found[low:high] = top & (inner > 16 * around)
    return found
