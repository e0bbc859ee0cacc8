"""Which coder is for which payload type, and how one agreement follows another.

payload type ─▶ what the peer may send by what is agreed now ─▶ coder
             └▶ by what was agreed before, until it has changed too ─▶ coder

Each side sends with the numbers that the other one has said, so the number that we send a codec
under need not be the one that it comes under; and a peer may change among all that it answered
with whenever it likes (RFC 3264 sections 5.1 and 7).
"""

from collections.abc import Container, Iterable, Mapping

from appliance.audio.codecs import DESCRIPTIONS, available, make
from appliance.audio.coder import CodecMissingError, Coder
from appliance.audio.noise import ComfortNoise
from appliance.rtp.errors import LocalError

_COMFORT_NOISE = 13  # RFC 3389; its static payload type
_STRAGGLERS = 0.2
"""Seconds after the first packet in the new codec in which some in the old may still come."""


def _others(numbers: Iterable[int | None], names: Container[int]) -> frozenset[int]:
    return frozenset(n for n in numbers if n is not None and n not in names)


class Formats:
    """The codecs of one session; a codec that stays agreed keeps its state.

    There is one decoder for each codec, made when the first packet comes that needs it.
    """

    def __init__(self) -> None:
        self.codec = ""
        """Name of what we send."""
        self.heard_codec = ""
        """Name of what the peer sent last; the same until it has sent anything."""
        self.payload_type = -1
        """Of what we send."""
        self.keys: frozenset[int] = frozenset()
        """The numbers under which telephone events may come."""
        self.encoder: Coder
        self._parameters = ""
        self._names: Mapping[int, str] = {}
        self._noise: frozenset[int] = frozenset()
        self._former: Mapping[int, str] = {}
        self._former_until: float | None = None
        self._decoders: dict[str, Coder] = {}
        self._hiss = ComfortNoise()
        self._coders: dict[int, Coder] = {}  # those found so far, by number
        self._latest = -1  # payload type of the audio that came last

    def agree(
        self,
        codec: str,
        parameters: str,
        payload_type: int,
        noise: int | None = None,
        *,
        keys: int | None = None,
        receivable: tuple[tuple[int, str], ...] = (),
        receivable_keys: int | None = None,
    ) -> None:
        """Take what offer and answer say; raises LocalError, and changes nothing, without codec.

        `payload_type` and `keys` are the peer's numbers, `receivable` and `receivable_keys` ours
        where they differ. A number that means two things means what we have said; the peer's own
        is understood as well, since some peers send with that.
        """
        if (codec, parameters) != (self.codec, self._parameters):
            try:
                self.encoder = make(codec, parameters)
            except CodecMissingError as error:
                raise LocalError(str(error)) from error
        runnable = available()
        names = {number: name for number, name in receivable if name in runnable}
        if payload_type != receivable_keys:
            names.setdefault(payload_type, codec)
        former = {**self._former, **self._names}
        if any(number not in names for number in self._names):
            self._former, self._former_until = former, None
        self.codec, self._parameters, self.payload_type = codec, parameters, payload_type
        self.heard_codec = self.heard_codec or codec
        self._names = names
        self.keys = _others((keys, receivable_keys), names)
        self._noise = _others((_COMFORT_NOISE, noise), names)
        self._hiss = ComfortNoise(DESCRIPTIONS[codec].clock)
        self._forget()
        self._latest = -1

    def find(self, payload_type: int) -> Coder | None:
        """What decodes this payload type; None: it was not agreed."""
        return self._coders.get(payload_type) or self._find(payload_type)

    def _find(self, payload_type: int) -> Coder | None:
        if payload_type in self._noise:
            coder: Coder = self._hiss
        elif payload_type in self.keys:
            return None
        else:
            name = self._names.get(payload_type) or self._former.get(payload_type)
            if name is None:
                return None
            if name not in self._decoders:
                self._decoders[name] = make(name)
            coder = self._decoders[name]
        self._coders[payload_type] = coder
        return coder

    def heard(self, payload_type: int, now: float) -> None:
        """The peer has sent this: once it uses the new codec, the old one is soon forgotten."""
        if payload_type != self._latest and payload_type not in self._noise:
            self._latest = payload_type
            self.heard_codec = self._names.get(payload_type) or self._former[payload_type]
            # Its timestamps are those of the audio that it pauses.
            self._hiss.clock = DESCRIPTIONS[self.heard_codec].clock
        if not self._former:
            return
        if self._former_until is None and payload_type in self._names:
            self._former_until = now + _STRAGGLERS
        elif self._former_until is not None and now >= self._former_until:
            self._former, self._former_until = {}, None
            self._forget()

    def renew(self) -> None:
        """Another source speaks: its encoder has nothing to do with what we have heard."""
        self._decoders.clear()
        self._former, self._former_until = {}, None
        self._forget()

    def _forget(self) -> None:
        """Find anew, and keep only the decoders that may still be needed."""
        self._coders.clear()
        wanted = {*self._names.values(), *self._former.values()}
        self._decoders = {
            name: decoder for name, decoder in self._decoders.items() if name in wanted
        }
