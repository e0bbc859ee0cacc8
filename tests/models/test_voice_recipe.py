"""The pure pieces of `models/train/voice`: no torch, no teacher, no corpus needed."""

from __future__ import annotations

import struct
import tomllib
from pathlib import Path

import numpy as np
import pytest

from models.train.voice import corpus, features, measure, pack, teach
from models.train.voice.phones import sounds


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
    track = np.zeros((rows, 31), np.float32)
    track[:, 0] = 100.0
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
    track = np.zeros((3, 31), np.float32)
    track[0, 0], track[2, 0] = 100.0, 400.0
    rows = features.features(track)
    assert rows[:, 1].tolist() == [1.0, 0.0, 1.0]
    assert rows[1, 0] == pytest.approx(np.log(200.0), abs=1e-4)


def test_lines_are_plain_and_of_a_useful_length() -> None:
    """The corpus takes normalised lines of two to twenty words and closes them with a mark."""
    assert corpus.suitable("Call 555-0123") == "Call five five five, zero one two three."
    assert corpus.suitable("Yes") is None
    assert corpus.suitable("word " * 30) is None


def test_test_lines_are_read_as_they_stand() -> None:
    """Hand-written test lines need no normalising, so that the judge compares what was said."""
    assert all(corpus.suitable(line) == line for line in corpus.TEST_PROMPTS)


def test_the_manifest_is_toml_with_true_hashes(tmp_path: Path) -> None:
    """The manifest parses, and lists size and SHA-256 of what lies beside it."""
    model = tmp_path / "some.onnx"
    model.write_bytes(b"weights")
    pack.write_pack(tmp_path / "p", model, {"hours": 7.5}, {"unseen/word_error_percent": 1.5})
    read = tomllib.loads((tmp_path / "p/manifest.toml").read_text())
    assert read["figures"]["unseen/word_error_percent"] == 1.5
    assert {f["role"]: f["bytes"] for f in read["files"]}["model"] == 7
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
