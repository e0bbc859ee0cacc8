"""A trained linear classifier, read and used without numpy.

File: magic, length of a JSON header (u32), header, keys (u32), weights of features (f32), scales
(f32), rows (int8, one byte per class); little-endian. A row times its scale is what a feature adds
to the margin of every class.

Python's long integers are used as vectors: each class has a lane of 32 bits in one number, so that
a feature costs one multiplication and one addition, however many classes there are. Weights are
made positive by an offset that is taken away at the end; no lane can overflow: 8 bits of weight,
11 of the feature's amount and fewer than 2^12 features.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from appliance.dialogue.understanding.features import KIND, features

MAGIC: Final = b"attendant understanding 1\n"
NONE: Final = ""
"""The class of what belongs to no intent."""
_OFFSET: Final = 128
_FINEST: Final = 2047
"""Steps of a feature's amount."""
_MOST: Final = 4000
"""Features of a sentence that are looked at."""
_LEAST: Final = 0.001
"""Confidence below which a class is not told."""


class LinearError(ValueError):
    """A file that is no model of this version; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How margins become confidences: softmax of margin / temperature, none of them apart."""

    temperature: float = 0.25
    none_slope: float = 0.5
    """What the margin of "none of them" counts."""
    none_offset: float = 0.0
    """What is added to it: where it is higher, less is taken for a request."""
    near_slope: float = 0.0
    """What likeness to the nearest example adds to a class's margin."""


class Linear:
    """Immutable; one serves every call."""

    def __init__(
        self,
        classes: Sequence[str],
        calibration: Calibration,
        weights: Mapping[int, float],
        rows: Mapping[int, tuple[float, bytes]],
    ) -> None:
        """`weights`: key to its inverse document frequency; `rows`: key to scale and int8s."""
        self.classes = tuple(classes)
        self.calibration = calibration
        self._weights = weights
        self._rows = rows
        self._lanes = struct.Struct(f"<{len(self.classes)}I")

    @classmethod
    def parse(cls, data: bytes) -> Linear:
        """Read a model. Raises LinearError for anything else, and for one of another version."""
        start = len(MAGIC) + 4
        if not data.startswith(MAGIC) or len(data) < start:
            raise LinearError("this is no trained understanding of this version: train again")
        (length,) = struct.unpack_from("<I", data, len(MAGIC))
        try:
            header = json.loads(data[start : start + length])
            classes = [str(name) for name in header["classes"]]
            count, kind = int(header["rows"]), int(header["features"])
            found = {name: float(value) for name, value in header["calibration"].items()}
            calibration = Calibration(**found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LinearError(f"the trained understanding has no header: {error}") from None
        if kind != KIND:
            raise LinearError("the understanding was trained by another version: train again")
        at = start + length
        width = len(classes)
        if not classes or count < 0 or len(data) != at + count * (12 + width):
            raise LinearError("the trained understanding is cut off: train again")
        if not calibration.temperature > 0 or not all(map(math.isfinite, found.values())):
            raise LinearError("the trained understanding is not calibrated: train again")
        keys = struct.unpack_from(f"<{count}I", data, at)
        weights = struct.unpack_from(f"<{count}f", data, at + 4 * count)
        scales = struct.unpack_from(f"<{count}f", data, at + 8 * count)
        body = at + 12 * count
        rows = {
            key: (scale, data[body + width * row : body + width * (row + 1)])
            for row, (key, scale) in enumerate(zip(keys, scales, strict=True))
        }
        return cls(classes, calibration, dict(zip(keys, weights, strict=True)), rows)

    def margins(self, words: Sequence[str]) -> dict[str, float]:
        """Return each class's margin for normalised words: about 1 where it surely is, -1 not."""
        amounts = [
            (amount * weight, key)
            for key, amount in features(words).items()
            if (weight := self._weights.get(key)) is not None
        ][:_MOST]
        length = math.sqrt(sum(amount * amount for amount, _ in amounts))
        if length == 0.0:
            return dict.fromkeys(self.classes, -1.0)
        steps = [(amount * self._rows[key][0] / length, key) for amount, key in amounts]
        finest = max(amount for amount, _ in steps) / _FINEST
        if finest == 0.0:
            return dict.fromkeys(self.classes, 0.0)
        wide = 4 * len(self.classes)
        total = taken = 0
        for amount, key in steps:
            times = round(amount / finest)
            if times:
                lanes = bytearray(wide)
                lanes[::4] = self._rows[key][1]
                total += times * int.from_bytes(lanes, "little")
                taken += times
        taken *= _OFFSET
        sums = self._lanes.unpack(total.to_bytes(wide, "little"))
        return {
            name: (value - taken) * finest for name, value in zip(self.classes, sums, strict=True)
        }

    def classify(
        self, words: Sequence[str], near: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """Return calibrated confidences of the classes for normalised words; they add up to 1.

        `near`: likeness, 0 to 1, to the nearest example of each class. Classes that are out of
        the question are left out.
        """
        return confidences(self.margins(words), self.calibration, near or {})


def confidences(
    margins: Mapping[str, float], by: Calibration, near: Mapping[str, float]
) -> dict[str, float]:
    """Return the softmax of calibrated margins, without what is below a thousandth."""
    levels = {
        name: (
            by.none_slope * margin + by.none_offset
            if name == NONE
            else margin + by.near_slope * near.get(name, 0.0)
        )
        / by.temperature
        for name, margin in margins.items()
    }
    top = max(levels.values(), default=0.0)
    shares = {name: math.exp(level - top) for name, level in levels.items()}
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items() if share >= _LEAST * total}


def write(
    classes: Sequence[str],
    calibration: Calibration,
    keys: Sequence[int],
    weights: Sequence[float],
    scales: Sequence[float],
    rows: bytes,
) -> bytes:
    """Return the file of a model; `rows`: weight / scale + 128 per class and key, one byte each."""
    header = json.dumps(
        {
            "features": KIND,
            "classes": list(classes),
            "rows": len(keys),
            "calibration": asdict(calibration),
        }
    ).encode()
    count = len(keys)
    return b"".join(
        (
            MAGIC,
            struct.pack("<I", len(header)),
            header,
            struct.pack(f"<{count}I", *keys),
            struct.pack(f"<{count}f", *weights),
            struct.pack(f"<{count}f", *scales),
            rows,
        )
    )
