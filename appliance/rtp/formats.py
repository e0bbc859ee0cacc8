"""Which coder is for which payload type, and how one agreement follows another.

payload type ─▶ what is agreed now ─▶ coder
             └▶ what was agreed before, until the peer has changed too ─▶ coder
"""

from appliance.audio.codecs import make
from appliance.audio.coder import CodecMissingError, Coder
from appliance.audio.noise import ComfortNoise
from appliance.rtp.errors import LocalError

_COMFORT_NOISE = 13  # RFC 3389; its static payload type
_STRAGGLERS = 0.2
"""Seconds after the first packet in the new codec in which some in the old may still come."""


class Formats:
    """The codecs of one session; a codec that stays agreed keeps its state."""

    def __init__(self) -> None:
        self.codec = ""
        """Name of what is agreed."""
        self.payload_type = -1
        self.encoder: Coder
        self.decoder: Coder
        self._parameters = ""
        self._coders: dict[int, Coder] = {}
        self._former: dict[int, Coder] = {}
        self._former_until: float | None = None

    def agree(self, codec: str, parameters: str, payload_type: int, noise: int | None) -> None:
        """Take what offer and answer say; raises LocalError, and changes nothing, without codec."""
        former = (self.payload_type, self.decoder) if self.codec else None
        if (codec, parameters) != (self.codec, self._parameters):
            try:
                encoder = make(codec, parameters)
            except CodecMissingError as error:
                raise LocalError(str(error)) from error
            self.encoder = encoder
            if codec != self.codec:
                self.decoder = make(codec)
            self.codec, self._parameters = codec, parameters
        if former is not None and former != (payload_type, self.decoder):
            self._former, self._former_until = dict([former]), None
        self.payload_type = payload_type
        # Its timestamps are those of the audio that it pauses.
        hiss = ComfortNoise(self.decoder.clock)
        self._coders = {_COMFORT_NOISE: hiss}
        if noise is not None:
            self._coders[noise] = hiss
        self._coders[payload_type] = self.decoder

    def find(self, payload_type: int) -> Coder | None:
        """What decodes this payload type; None: it was not agreed."""
        return self._coders.get(payload_type) or self._former.get(payload_type)

    def heard(self, payload_type: int, now: float) -> None:
        """The peer has sent this: once it uses the new codec, the old one is soon forgotten."""
        if not self._former:
            return
        if self._former_until is None and payload_type == self.payload_type:
            self._former_until = now + _STRAGGLERS
        elif self._former_until is not None and now >= self._former_until:
            self._former, self._former_until = {}, None

    def renew(self) -> None:
        """Another source speaks: its encoder has nothing to do with what we have heard."""
        self.decoder = make(self.codec)
        self._coders[self.payload_type] = self.decoder
        self._former, self._former_until = {}, None
