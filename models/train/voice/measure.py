"""Figures of a pack, measured through the product's own `Voice`, the teacher beside it.

Word error is pocketsphinx's (a judge that shares nothing with us) on lines that nobody trained on,
at 16 kHz and through G.711 at 8 kHz; both speakers pass the same level and rate stages. German has
no such judge here: our own recogniser is asked instead, which learnt from espeak-ng as well.
"""

from __future__ import annotations

import logging
import re
import statistics
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.speech.speaking.loudness import levelled, limited
from appliance.speech.speaking.resampling import Resampler
from appliance.speech.speaking.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.train.voice.teach import Utterance

MODEL: Final = Path("/usr/share/pocketsphinx/model/en-us")
ELEVEN_WORDS: Final = {
    "en": "Please hold the line while I connect you to the reception.",
    "de": "Bitte bleiben Sie in der Leitung, ich verbinde Sie mit uns.",
}
log = logging.getLogger(__name__)


_ONE_WAY: Final = {"dr": "doctor", "mr": "mister", "mrs": "missus", "i'm": "i am", "it's": "it is"}
_SAME: Final = re.compile(r"\b(?:" + "|".join(_ONE_WAY) + r")\b")


def _one_way(match: re.Match[str]) -> str:
    """Write what sounds alike one way: the judge's language model prefers its own."""
    return _ONE_WAY[match[0]]


def word_errors(truth: str, heard: str) -> tuple[int, int]:
    """Edit distance in words and number of words of `truth`; case and marks do not count."""
    plain = (_SAME.sub(_one_way, line.lower()) for line in (truth, heard))
    want, got = (re.findall(r"[a-z']+", line) for line in plain)
    row = list(range(len(got) + 1))
    for i, word in enumerate(want, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1], len(want)


def through_g711(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Encode to mu-law and back (ITU-T G.711, by its formula, 14-bit domain)."""
    size = np.minimum(np.abs(samples.astype(np.int32)), 32635) + 132
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    step = np.left_shift(1, exponent + 3)
    mantissa = (size // step) & 15
    back = ((mantissa * 2 + 33) << (exponent + 2)) - 132
    return np.asarray(np.where(samples < 0, -back, back), dtype=np.int16)


def transcribe(clips: Sequence[NDArray[np.int16]], folder: Path, rate: int = 16000) -> list[str]:
    """Let pocketsphinx write down clips, with a fifth of a second of silence around each."""
    folder.mkdir(parents=True, exist_ok=True)
    rest = np.zeros(rate // 5, np.int16)
    for number, clip in enumerate(clips):
        samples = np.concatenate([rest, clip, rest])
        if rate == 8000:  # the judge's model hears 16 kHz
            up = Resampler(8000, 16000)
            loud = samples.astype(np.float32) / 32768
            samples = limited(np.concatenate([up.push(loud), up.flush()]), 16000)
        with wave.open(str(folder / f"{number:03}.wav"), "wb") as out:
            out.setparams((1, 2, 16000, len(samples), "NONE", ""))
            out.writeframes(samples.tobytes())
    names = [f"{number:03}" for number in range(len(clips))]
    (folder / "list").write_text("\n".join(names) + "\n")
    subprocess.run(
        ["pocketsphinx_batch", "-hmm", str(MODEL / "en-us"), "-lm", str(MODEL / "en-us.lm.bin"),
         "-dict", str(MODEL / "cmudict-en-us.dict"), "-adcin", "yes", "-adchdr", "44",
         "-cepdir", str(folder), "-cepext", ".wav", "-ctl", str(folder / "list"),
         "-hyp", str(folder / "hyp"), "-logfn", str(folder / "log")],
        check=True,
    )  # fmt: skip
    heard = dict.fromkeys(names, "")
    for line in (folder / "hyp").read_text().splitlines():
        said, _, rest_ = line.rpartition("(")
        heard[rest_.split()[0]] = re.sub(r"\(\d+\)", "", said)
    return [heard[name] for name in names]


def teacher_clips(unseen: Iterable[Utterance], rate: int) -> list[NDArray[np.int16]]:
    """The teacher's audio of the test lines, levelled and resampled like the product's."""
    clips = []
    for one in unseen:
        change = Resampler(16000, rate)
        loud = levelled(one.wave.astype(np.float32) / 32768, 16000)
        clips.append(limited(np.concatenate([change.push(loud), change.flush()]), rate))
    return clips


def word_error(
    lines: Sequence[str], clips: Sequence[NDArray[np.int16]], folder: Path, rate: int
) -> float:
    """Word error in percent; clips at 8 kHz pass G.711 first. Transcripts stay in `folder`."""
    heard = transcribe([through_g711(c) if rate == 8000 else c for c in clips], folder, rate)
    pairs = [word_errors(line, said) for line, said in zip(lines, heard, strict=True)]
    (folder / "compared.txt").write_text(
        "".join(f"{e}/{n}\t{a}\t{b}\n" for (e, n), a, b in zip(pairs, lines, heard, strict=True))
    )
    percent = 100 * sum(e for e, _ in pairs) / sum(n for _, n in pairs)
    log.info("%s: word error %.1f %%", folder.name, percent)
    return round(percent, 1)


def judged(
    lines: Sequence[str],
    clips: Mapping[int, Sequence[NDArray[np.int16]]],
    language: str,
    place: tuple[Path, str],
) -> dict[str, float]:
    """How well a judge understands `clips` (by rate in Hz); transcripts go to the folder ``place``.

    The second part of ``place`` is the speaker's name in the figures: "teacher_" or nothing.
    """
    work, speaker = place
    if language == "de":
        from models.train.voice import german_judge  # needs torch and a recogniser pack

        found = german_judge.figures(lines, clips[8000])
        return {f"unseen_g711/{speaker}{name}": value for name, value in found.items()}
    return {
        f"{name}/{speaker}word_error_percent": word_error(
            lines, clips[rate], work / f"judge_{speaker or 'student_'}{rate}", rate
        )
        for name, rate in (("unseen_16k", 16000), ("unseen_g711", 8000))
    }


def teacher_figures(unseen: Sequence[Utterance], language: str, work: Path) -> dict[str, float]:
    """What the judge says of the teacher; needs doing once."""
    clips = {rate: teacher_clips(unseen, rate) for rate in (16000, 8000)}
    return judged([one.line for one in unseen], clips, language, (work, "teacher_"))


def pack_figures(
    files: tuple[Path, Path], spoken: tuple[str, str], unseen: Sequence[Utterance], work: Path
) -> dict[str, float]:
    """Word error, speed, latency, level, memory and size of a packed voice.

    Args:
        files: its graph and tokens.
        spoken: language and accent.
        unseen: lines to say.
        work: where the judge keeps its transcripts.

    """
    language, accent = spoken
    lines = [one.line for one in unseen]
    found: dict[str, float] = {}
    clips = {}
    for rate in (16000, 8000):
        voice = Voice(*files, 16000, target_rate=rate, language=language, accent=accent)
        voice.render(ELEVEN_WORDS[language])
        began = time.process_time()
        clips[rate] = [voice.render(line) for line in lines]
        spent = time.process_time() - began
    seconds = sum(map(len, clips[8000])) / 8000
    found["speed/real_time_factor_one_core"] = round(spent / seconds, 4)
    found["speed/first_audio_ms_11_words"] = round(_first_audio_ms(voice, language), 1)
    found["level/rms_dbfs"] = _decibels([float(np.std(c / 32768)) for c in clips[8000]])
    found["level/peak_dbfs"] = _decibels([float(np.abs(c / 32768).max()) for c in clips[8000]])
    ratio = [
        len(c) / 8000 / (len(u.wave) / 16000) for c, u in zip(clips[8000], unseen, strict=True)
    ]
    found["unseen/duration_ratio_to_teacher"] = round(statistics.mean(ratio), 3)
    found |= judged(lines, clips, language, (work, ""))
    found["size/model_bytes"] = files[0].stat().st_size
    found["memory/resident_megabytes"] = _resident(files, spoken)
    return found


def _decibels(values: list[float]) -> float:
    return round(20 * float(np.log10(statistics.median(values))), 1)


def _first_audio_ms(voice: Voice, language: str) -> float:
    """Processor time until the first samples: wall time says more about the neighbours here."""
    spent: list[float] = []
    began = 0.0

    def first(_: NDArray[np.int16]) -> bool:
        spent.append(time.process_time() - began)
        return False

    for _ in range(20):
        began = time.process_time()
        voice.say(ELEVEN_WORDS[language], first)
    return 1000 * statistics.median(spent)


def _resident(files: tuple[Path, Path], spoken: tuple[str, str]) -> float:
    """Peak resident memory in megabytes of a process that loads the voice and speaks."""
    command = [sys.executable, "-c", _SPEAK, *map(str, files), *spoken, ELEVEN_WORDS[spoken[0]]]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(run.stdout)


# getrusage would report the peak of the process that started this one, if larger.
_SPEAK: Final = """
import re, sys
from pathlib import Path
from appliance.speech.speaking.voice import Voice
model, tokens, language, accent, text = sys.argv[1:]
Voice(Path(model), Path(tokens), 16000, language=language, accent=accent).render(text)
status = Path("/proc/self/status").read_text()
print(round(int(re.findall(r"VmHWM:\\s+(\\d+)", status)[0]) / 1024, 1))
"""
