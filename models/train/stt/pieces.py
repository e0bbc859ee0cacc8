"""Training the 256 word pieces with sentencepiece; encoder.py applies them without it."""

import random
import tempfile
from pathlib import Path

import sentencepiece

from models.train.stt import corpora, texts
from models.train.stt.encoder import UNKNOWN, Encoder
from models.train.stt.languages.base import Language
from models.train.stt.network import PIECES


def train(data: Path, work: Path, language: Language, seed: int) -> None:
    """Train the pieces on sentences and human transcripts; write tokens.txt and bpe.txt."""
    rng, source = random.Random(seed), texts.load(work, language)
    lines = [source.draw(rng).written for _ in range(60000)]
    if language.facts["human"]:
        for folder in sorted((data / "audio_train").iterdir()):
            if (folder / "manifest.tsv").exists():
                rows = corpora.manifest(folder)
                lines += [language.normalise(row["transcript"]) for row in rows]
    with tempfile.TemporaryDirectory() as folder_name:
        text = Path(folder_name) / "text.txt"
        text.write_text("\n".join(lines))
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(work / "bpe"),
            vocab_size=PIECES,
            model_type="bpe",
            character_coverage=1.0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            unk_id=0,
            minloglevel=2,
        )
    model = sentencepiece.SentencePieceProcessor(model_file=str(work / "bpe.model"))
    pieces = [model.id_to_piece(i) for i in range(PIECES)]
    tokens = [UNKNOWN, *pieces[1:], "<blk>"]
    (work / "tokens.txt").write_text("".join(f"{p} {i}\n" for i, p in enumerate(tokens)))
    merged = [piece for piece in pieces[1:] if len(piece) > 1]
    (work / "bpe.txt").write_text("".join(f"{piece}\n" for piece in merged))
    check_parity(work, lines)


def check_parity(work: Path, lines: list[str]) -> None:
    """Raise ValueError unless `Encoder` gives sentencepiece's ids for every line."""
    model = sentencepiece.SentencePieceProcessor(model_file=str(work / "bpe.model"))
    encoder = Encoder(work / "tokens.txt", work / "bpe.txt")
    for line in lines:
        if encoder.encode(line) != model.encode(line):
            raise ValueError(f"the encoders disagree about {line!r}")
