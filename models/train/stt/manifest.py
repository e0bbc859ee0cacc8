"""Writing manifest.toml of the pack."""

import json
import platform
from pathlib import Path

from models.train.stt.channel import LEVEL_DBFS
from models.train.stt.export import sha256
from models.train.stt.lexicon import PHONE_BLANK, PHONES
from models.train.stt.network import PIECES

_FILES = {
    "model": "model.int8.onnx",
    "tokens": "tokens.txt",
    "lexicon": "lexicon.txt",
    "bpe": "bpe.txt",
}

_DATA = [
    "Mini LibriSpeech train-clean-5 (CC BY 4.0, LibriSpeech (c) 2014 Vassil Panayotov)",
    "Mozilla Common Voice v1 validated dev part (CC0 1.0)",
    "speechocean762, training speakers (free for commercial and other use, Zhang et al. 2021)",
    "CMU AN4 (two-clause CMU licence, (c) 1991-2005 Carnegie Mellon University)",
    "Google Speech Commands v0.01, training speakers (CC BY 4.0, Pete Warden)",
    "Free Spoken Digit Dataset, training speakers (CC BY-SA 4.0, Zohar Jackson et al.)",
    "synthetic speech of espeak-ng, flite (slt, rms, kal, kal16), festival (kal, slt-hts)",
    (
        "sentences of BANKING77, CLINC150, NLU++, RESTAURANTS-8K (CC BY 4.0, CC BY 3.0), SNIPS (CC0), "
        "Home Assistant intents (CC BY 4.0), VCTK prompts (CC BY 4.0), LJ Speech (public domain)"
    ),
    "OpenSubtitles word frequencies (CC BY-SA 4.0), to choose words",
    "CMU Pronouncing Dictionary (BSD-style; redistributed in part as lexicon.txt)",
    (
        "noises and rooms of Speech Commands (CC BY 4.0), speechbrain, lhotse, espnet, Picovoice "
        "(Apache-2.0)"
    ),
]

_COMMENT = """\
# A starter recogniser for English on the telephone, trained by models/train/stt.
#
# Before the features the utterance is scaled so that its voiced part has level_dbfs: the root
# mean square of those 20 ms frames whose power is within 20 dB of the 95th percentile of all
# frames' powers. Samples are ±1 and may exceed it; they are not clipped.
#
# lexicon.txt: word, a space, ARPAbet phones. From the CMU Pronouncing Dictionary, Copyright (C)
# 1993-2015 Carnegie Mellon University, whose licence allows redistribution with this notice.
#
# bpe.txt: the merged pieces in order. To encode a word: put U+2581 before it, split it into
# characters, merge the neighbouring pair whose join stands highest in the list (the leftmost
# such) until no join is in the list, look the parts up in tokens.txt.
"""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def write(folder: Path, training: dict[str, float], figures: dict[str, float]) -> None:
    """Write manifest.toml for the files of `folder`; `figures` may still be empty."""
    lines = [
        _COMMENT,
        "format = 1",
        'name = "en-telephone-8k"',
        'kind = "stt"',
        'engine = "sherpa-onnx/zipformer-ctc"',
        'language = "en"',
        'version = "2026.11.22"',
        "sample_rate = 8000",
        'licence = "GPL-3.0-or-later"',
        "summary = " + _text(_SUMMARY),
    ]
    for role, name in _FILES.items():
        path = folder / name
        lines += ["", "[[files]]", f'role = "{role}"', f'path = "{name}"']
        lines += [f"bytes = {path.stat().st_size}", f'sha256 = "{sha256(path)}"']
    lines += ["", "[provenance]", 'recipe = "models/train/stt"']
    lines += [f"{name} = {round(value, 2)}" for name, value in training.items()]
    lines.append("machine = " + _text(f"two shared cores, {platform.machine()}, no GPU"))
    lines.append("data = [")
    lines += [f"  {_text(item)}," for item in _DATA]
    lines += ["]", "", "[figures]"]
    lines += [f"{_text(name)} = {round(value, 4)}" for name, value in figures.items()]
    lines += [
        "",
        "[stt]",
        'feature = "kaldi-fbank-40-8k"',
        f"level_dbfs = {LEVEL_DBFS}",
        "subsampling = 4",
        f"blank = {PIECES}",
        f"phone_blank = {PHONE_BLANK}",
        "phones = [",
        *(f"  {', '.join(map(_text, PHONES[i : i + 13]))}," for i in range(0, len(PHONES), 13)),
        "]",
        "",
    ]
    (folder / "manifest.toml").write_text("\n".join(lines), encoding="utf-8")


_SUMMARY = (
    "Starter recogniser for English telephone speech: digits, letters, yes and no, menu words "
    "and the requests of a switchboard; 2.9 million parameters."
)
