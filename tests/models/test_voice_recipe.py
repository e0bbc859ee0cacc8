"""The pure pieces of `models/train/voice`: no torch, no teacher, no corpus needed."""

from __future__ import annotations

import struct
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.train.voice import aligned, corpus, features, festival, loans, measure, pack, teach
from models.train.voice.phones import sounds
from models.train.voice.symbols import COUNTS, IDS, SYMBOLS


def test_ipa_becomes_the_teachers_phones_with_stress() -> None:
    """Every IPA piece keeps its phones; the stressed vowel is marked, longest pieces win."""
    parsed = sounds("tʃˈaɪld")
    assert parsed is not None
    assert [(s.ipa, s.phones) for s in parsed] == [
        ("tʃ", ("ch",)), ("ˈ", ()), ("aɪ", ("ay1",)), ("l", ("l",)), ("d", ("d",)),
    ]  # fmt: skip


def test_a_sound_the_teacher_lacks_drops_the_line() -> None:
    """An unknown sign is reported, never guessed."""
    assert sounds("ʙa") is None


def test_a_syllabic_consonant_is_two_phones() -> None:
    """The vowel that the teacher needs before a syllabic consonant is put there."""
    parsed = sounds("bˈɑːʔn̩")
    assert parsed is not None
    assert parsed[-1].phones == ("ax0", "n")


def test_a_repeated_word_differs_by_a_blank() -> None:
    """The teacher skips a word whose phones equal the last one's; the script keeps them apart."""
    said = teach.script("five five five.")
    assert said is not None
    phones = [word.split("|")[2] for word in said.teacher.split("\t")]
    assert len({phones[0].split()[0], phones[1].split()[0]}) == 1
    assert phones[0] != phones[1] != phones[2]
    # A blank behind the phones would be an empty phone to the teacher, and cost the line.
    assert not any(phone.endswith(" ") for phone in phones)
    assert said.phones == (3, 3, 3)


def _record(said: teach.Script, step: float = 0.1, *, pause_after: int = 0) -> teach.Record:
    """An answer in which every phone lasts `step`, with pauses around and after one word."""
    end, spans = step, [("pau", step, 0)]
    for word, count in enumerate(said.phones, 1):
        for _ in range(count):
            end += step
            spans.append(("x", end, word))
        if word == pause_after:
            end += step
            spans.append(("pau", end, 0))
    spans.append(("pau", end + step, 0))
    rows = round((end + step) / 0.005)
    track = np.zeros((rows, features.WIDTH), np.float32)
    return teach.Record(tuple(spans), track, np.zeros(rows * 80, np.int16))


def test_durations_cover_the_whole_recording() -> None:
    """Each phone's time goes to its code points, pauses to the marks, silence to both ends."""
    said = teach.script("hello, world.")
    assert said is not None
    record = _record(said, pause_after=1)
    timed = teach.durations(said, record)
    assert timed is not None
    texts, seconds = timed
    assert (texts[0], texts[-1]) == ("^", "$")
    assert seconds.sum() == pytest.approx(record.segments[-1][1])
    assert seconds[0] == pytest.approx(0.1)
    assert seconds[texts.index(",")] == pytest.approx(0.1)
    assert seconds[texts.index("ˈ")] == 0
    diphthong = texts.index("o")  # oʊ is one phone on two code points
    assert seconds[diphthong] == seconds[diphthong + 1] == pytest.approx(0.05)


def test_an_answer_with_other_phones_is_left_out() -> None:
    """A word with a phone too few makes no example."""
    said = teach.script("hello world.")
    assert said is not None
    record = _record(said)
    shorter = teach.Record(record.segments[:2] + record.segments[3:], record.track, record.wave)
    assert teach.durations(said, shorter) is None


def test_an_infinite_pitch_is_left_out() -> None:
    """The teacher's pitch is infinite once in thousands of lines; such a line makes no example."""
    said = teach.script("hello world.")
    assert said is not None
    record = _record(said)
    assert teach.utterance(said, record) is not None
    record.track[5, 0] = np.inf
    assert teach.utterance(said, record) is None


def test_examples_align_tokens_frames_and_audio() -> None:
    """Frames per token add up to the features, and the audio has 160 samples a frame."""
    said = teach.script("hello world.")
    assert said is not None
    made = teach.utterance(said, _record(said))
    assert made is not None
    assert len(made.tokens) == len(made.frames)
    assert made.frames.sum() == len(made.features)
    assert made.features.shape[1] == 64
    assert len(made.wave) == 160 * len(made.features)
    assert made.frames[0] <= features.LEAD_FRAMES
    assert made.frames[-1] <= features.TRAIL_FRAMES


def test_examples_survive_the_disk(tmp_path: Path) -> None:
    """What is stored is what is loaded, example by example."""
    made = []
    for line in ("hello world.", "please hold the line."):
        said = teach.script(line)
        assert said is not None
        one = teach.utterance(said, _record(said))
        assert one is not None
        made.append(one)
    teach.store(tmp_path / "some.npz", made, waves=True)
    back = teach.load(tmp_path / "some.npz")
    assert [one.line for one in back] == [one.line for one in made]
    for before, after in zip(made, back, strict=True):
        for name in ("tokens", "frames", "features", "wave"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_the_teachers_stream_is_read_to_the_byte() -> None:
    """Filters and records come back as the C program wrote them; a broken stream is refused."""
    filters = np.arange(10.0).reshape(5, 2)
    head = struct.pack("2i", 5, 2) + filters.tobytes()
    record = struct.pack("6i", 0x7EAC, 1, 2, 26, 3, 16000) + struct.pack("8sfi", b"ay1", 0.5, 7)
    record += np.arange(62, dtype=np.float32).tobytes() + np.array([1, 2, 3], np.int16).tobytes()
    found, answers = teach.records(head + record * 2, 2)
    both = list(answers)
    np.testing.assert_array_equal(found, filters)
    assert [one.segments for one in both] == [(("ay1", 0.5, 7),)] * 2
    assert both[1].track.shape == (2, 31)
    assert both[1].wave.tolist() == [1, 2, 3]
    with pytest.raises(teach.TeacherError):
        list(teach.records(head + b"\0" * 40, 1)[1])


def test_the_postfilter_sharpens_but_keeps_the_energy() -> None:
    """Spectral peaks grow against valleys while the frame's power stays what it was."""
    cepstra = np.zeros((1, 25), np.float32)
    cepstra[0, 0], cepstra[0, 3] = 5.0, 0.5
    sharp = features.postfiltered(cepstra)
    loud = sharp.astype(np.float64)
    loud[:, 0] -= np.log(features.GAIN / 32768)
    assert abs(loud[0, 3]) > 0.5
    before, after = (features._energy(x.astype(np.float64))[0] for x in (cepstra, loud))
    assert after == pytest.approx(before, rel=0.05)


def test_pitch_is_bridged_where_there_is_none() -> None:
    """Unvoiced frames carry the pitch between their neighbours and voiced = 0."""
    rows = features.joined(np.array([100.0, 0.0, 400.0]), np.zeros((3, 25)), np.zeros((3, 5)))
    assert rows.shape == (3, features.WIDTH)
    assert rows[:, 1].tolist() == [1.0, 0.0, 1.0]
    assert rows[1, 0] == pytest.approx(np.log(200.0), abs=1e-4)


def test_lines_are_plain_and_of_a_useful_length() -> None:
    """The corpus takes normalised lines of two to twenty words and closes them with a mark."""
    assert corpus.suitable("Call 555-0123") == "Call five five five, zero one two three."
    assert corpus.suitable("Yes") is None
    assert corpus.suitable("word " * 30) is None


@pytest.mark.parametrize("language", ["en", "de"])
def test_test_lines_are_read_as_they_stand(language: str) -> None:
    """Hand-written test lines need no normalising, so that the judge compares what was said."""
    lines = corpus.LANGUAGES[language].TEST_PROMPTS
    assert len(lines) == 40
    assert all(corpus.suitable(line, language) == line for line in lines)


def test_german_lines_keep_their_letters() -> None:
    """German lines may hold umlauts, English ones may not; numbers are said by the product."""
    assert corpus.suitable("Grüße aus Köln", "de") == "Grüße aus Köln."
    said = corpus.suitable("Das sind 21 Stück", "de")
    assert said == "Das sind einundzwanzig Stück."


def test_the_manifest_is_toml_with_true_hashes(tmp_path: Path) -> None:
    """The manifest parses, and lists size and SHA-256 of what lies beside it."""
    model = tmp_path / "some.onnx"
    model.write_bytes(b"weights")
    voice = SimpleNamespace(
        name="xx", language="de", accent="de", gender="female", summary="A voice.",
        provenance={"teacher": "nobody"},
    )  # fmt: skip
    figures = {"unseen/word_error_percent": 1.5}
    pack.write_pack(tmp_path / "p", voice, model, {"hours": 7.5}, figures)  # type: ignore[arg-type]
    read = tomllib.loads((tmp_path / "p/manifest.toml").read_text())
    assert read["figures"]["unseen/word_error_percent"] == 1.5
    assert {f["role"]: f["bytes"] for f in read["files"]}["model"] == 7
    assert read["tts"] == {"accent": "de", "gender": "female"}
    assert read["provenance"]["teacher"] == "nobody"
    assert "ˈ" in (tmp_path / "p/tokens.txt").read_text()


def test_word_error_counts_edits_not_spelling() -> None:
    """Insertions, deletions and swaps count; case, marks and two spellings of one sound do not."""
    assert measure.word_errors("Doctor Lee, I am here.", "dr lee i'm here") == (0, 5)
    assert measure.word_errors("one two three", "one three four") == (2, 3)
    assert measure.word_errors("yes", "") == (1, 1)


def test_g711_keeps_what_a_telephone_keeps() -> None:
    """Mu-law is monotonous, odd, and within its step size of the original."""
    samples = np.arange(-32000, 32001, 37, dtype=np.int16)
    heard = measure.through_g711(samples)
    assert (np.diff(heard.astype(int)) >= 0).all()
    assert np.abs(heard.astype(int) - samples).max() <= 1024 // 2 + 120
    quiet = np.abs(samples) < 1000
    assert np.abs(heard[quiet].astype(int) - samples[quiet]).max() <= 40


def test_every_german_sound_has_a_token() -> None:
    """What espeak-ng says of German telephone words is all in the German table, ids unmoved."""
    assert SYMBOLS[: COUNTS["en"]].index("ç") == IDS["ç"] == 65
    lines = (
        "Möchten Sie über Österreich fünf Züge buchen?", "Euer Mädchen, mein Ärger, die Chance.",
        "Wurde durch Geburt und Kurs jetzt Pfand, Dschungel, Team, Restaurant.",
    )  # fmt: skip
    known = set(SYMBOLS[: COUNTS["de"]])
    for line in lines:
        assert not set(aligned.signs(line, "de", "de")) - known, line


def test_espeaks_times_are_laid_on_the_tokens() -> None:
    """Sounds get their spans (halves for two code points), pauses go to marks, spaces, sounds."""
    segments = [("", 0.1, 0), ("uː", 0.3, 0), ("??", 0.5, 0), ("(en)", 0.5, 0), ("", 0.6, 0),
                ("a", 0.8, 0), ("", 0.85, 0), ("b", 1.0, 0), ("", 1.2, 0)]  # fmt: skip
    timed = aligned.durations(["ˈ", "u", "ː", "ʊ", "ɾ", ",", " ", "a", "b", "."], segments)
    assert timed is not None
    texts, seconds, pieces = timed
    want = [0.1, 0, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 0.25, 0.15, 0, 0.2]
    assert (texts[0], texts[-1]) == ("^", "$")
    assert seconds == pytest.approx(want)
    assert pieces[1] == ("u", 0.3)


def test_other_sounds_than_the_tokens_make_no_example() -> None:
    """A sound too many, too few or different is reported, never stretched over."""
    for said in (["a"], ["a", "b", "c"], ["a", "d"]):
        segments = [(sound, 0.1 * n, 0) for n, sound in enumerate(said, 1)]
        assert aligned.durations(["a", "b"], segments) is None


def test_voicing_follows_what_is_spoken() -> None:
    """No pitch in stops and pauses, no gap within vowels, the analysis decides in voiced hiss."""
    found = np.full(40, 100.0)
    found[12:14] = 0.0  # a gap within the vowel
    found[34:] = 0.0  # the end of z
    pitch = aligned.voiced([("t", 0.05), ("a", 0.1), ("", 0.15), ("z", 0.2)], found)
    assert (pitch[:10] == 0).all()
    assert (pitch[10:20] == 100).all()
    assert (pitch[20:30] == 0).all()
    assert (pitch[30:34] == 100).all()
    assert (pitch[34:] == 0).all()


def _vowel_and_r(*, before_vowel: bool) -> teach.Utterance:
    signs = ["ɜ", "ɾ", "ˈ", "a"] if before_vowel else ["ɜ", "ɾ", "t"]
    frames = np.array([0 if sign == "ˈ" else 5 for sign in signs])
    rows = np.zeros((2 * frames.sum(), features.WIDTH), np.float32)
    rows[:10, 3] = 7.0  # the lending vowel
    shaped = rows.reshape(-1, 2 * features.WIDTH)
    ids = np.array([IDS[sign] for sign in signs])
    return teach.Utterance("", ids, frames, shaped, np.zeros(0, np.int16))


def test_an_r_is_made_of_the_vowel_of_er() -> None:
    """A borrowed r has the lender's spectrum and voice; before a vowel it is weaker; edges blend."""
    louder = []
    for before_vowel in (False, True):
        one = _vowel_and_r(before_vowel=before_vowel)
        loan = loans.Loan.of([one])
        rows = loans.lent(one, loan).features.reshape(-1, features.WIDTH)
        assert rows[15, 3] == pytest.approx(7.0)
        assert (rows[10:20, 1] == 1.0).all()
        assert 0 < rows[19, 3] < 7.0
        assert (rows[24:, 3] == 0).all()
        louder.append(rows[15, 2])
    assert louder[0] > louder[1]


def test_words_are_divided_before_the_longest_onset() -> None:
    """Consonants go to the next vowel as far as English allows; ng never begins a syllable."""
    assert festival.syllables(["hh", "ax0", "l", "ow1"]) == [(["hh", "ax"], 0), (["l", "ow"], 1)]
    parts = festival.syllables(["m", "ih1", "s", "t", "r", "iy0", "s", "ih0", "ng", "ih0", "ng"])
    assert [" ".join(p) for p, _ in parts] == ["m ih", "s t r iy", "s ih ng", "ih ng"]
    assert festival.syllables(["sh"]) == [(["sh"], 0)]


def test_festival_is_told_words_marks_and_stress() -> None:
    """Each word becomes syllables with stress, its spelling, its number and its mark."""
    said = teach.script("hello world.")
    assert said is not None
    told = festival.scheme(said)
    assert told.count("(index ") == 2
    assert '(((hh ax) 0) ((l ow) 1)) "hello"' in told
    assert '(index 1) (punc "0")' in told
    assert '(index 2) (punc ".")' in told


def test_cepstra_of_a_higher_rate_keep_their_shape_below_ours() -> None:
    """A smooth spectrum of the 32 kHz voice is the same below 8 kHz after relaying."""
    theirs = np.zeros(45)
    theirs[:6] = [2.0, 1.0, -0.5, 0.3, 0.2, -0.1]
    ours = theirs @ festival.relaid()
    half = np.pi * np.arange(257) / 512
    before = np.cos(
        np.outer(half + 2 * np.arctan(0.45 * np.sin(half) / (1 - 0.45 * np.cos(half))),
                 np.arange(45))
    ) @ theirs  # fmt: skip
    after = np.cos(np.outer(features.warped(257), np.arange(features.ORDER))) @ ours
    assert np.abs(before - after).max() < 0.1


def test_frames_of_two_readers_are_paired_sound_by_sound() -> None:
    """Each sound's frames meet the other's in proportion; what one leaves out is skipped."""
    timbre = pytest.importorskip("models.train.voice.timbre", reason="needs torch")

    def reader(frames: list[int]) -> teach.Utterance:
        total = sum(frames)
        rows = np.zeros((2 * total, features.WIDTH), np.float32)
        rows[:, 0] = np.repeat(np.arange(len(frames)), 2 * np.array(frames))
        return teach.Utterance(
            "x", np.arange(len(frames)), np.array(frames),
            rows.reshape(total, 2 * features.WIDTH), np.zeros(0, np.int16),
        )  # fmt: skip

    mine, theirs = timbre.paired(reader([2, 3, 1]), reader([4, 0, 2]))
    assert mine[:, 0].tolist() == theirs[:, 0].tolist() == [0] * 4 + [2] * 2
    with pytest.raises(ValueError, match="not the same sounds"):
        timbre.paired(reader([2, 3]), reader([1, 1, 1]))
