"""Our own German recogniser as the judge of German voices, for want of another.

It is no independent one: it learnt from espeak-ng's voices, and so did the teacher. What it says
of the student beside the teacher still counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from appliance.speech.recognition.lexicon import Lexicon
from appliance.system.packs.manifest import load_pack
from models.train.stt.channel import RATE, features, telephone
from models.train.stt.encoder import Encoder
from models.train.stt.evaluate import Graph
from models.train.stt.languages.german import normalise
from models.train.stt.score import ctc_costs, edits, greedy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PACK: Final = Path("models/packs/de-telephone-8k")


def figures(
    lines: Sequence[str], clips: Sequence[NDArray[np.int16]], pack_folder: Path = PACK
) -> dict[str, float]:
    """Judge clips at 8 kHz through G.711, in percent.

    ``word_error`` and ``phone_error``: free, the best piece or phone of each frame;
    ``choice_error``: how often another of the lines is likelier by its phones.

    Raises:
        PackError: the recogniser is not there.

    """
    pack = load_pack(pack_folder)
    if pack.stt is None:
        return {}
    graph = Graph(pack.path("model"))
    encoder = Encoder(pack.path("tokens"), pack_folder / "bpe.txt")
    lexicon = Lexicon(pack.path("lexicon"), pack.stt.phones, "de")
    written = [normalise(line) for line in lines]
    meant = [[phone for word in lexicon.sentence(line) for phone in word] for line in written]
    words = phones = wrong_words = wrong_phones = chosen = 0
    for place, clip in enumerate(clips):
        heard = telephone(clip.astype(np.float32) / 32768, RATE)
        pieces, sounds = graph(features(heard))
        said = encoder.decode(greedy(pieces[None], torch.tensor([len(pieces)]))[0])
        wrong_words += edits(said.split(), written[place].split())
        words += len(written[place].split())
        blank = pack.stt.phone_blank
        best = greedy(sounds[None], torch.tensor([len(sounds)]), blank)[0]
        wrong_phones += edits(best, meant[place])
        phones += len(meant[place])
        chosen += int(ctc_costs(sounds, meant, blank).argmin()) == place
    return {
        "word_error_percent": round(100 * wrong_words / words, 1),
        "phone_error_percent": round(100 * wrong_phones / phones, 1),
        "choice_error_percent": round(100 * (1 - chosen / len(clips)), 1),
    }
