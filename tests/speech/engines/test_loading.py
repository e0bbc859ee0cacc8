"""Checked before sherpa-onnx sees it: nothing that is brought may end the process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from appliance.contracts.expectation import Expectation, Kind
from appliance.speech.engines import loading
from appliance.speech.engines.interface import _ZERO
from appliance.speech.engines.rows import FAMILIES
from appliance.speech.engines.table import load_recogniser
from appliance.system.packs.manifest import Pack, PackError, load_pack
from models.train.manifest import refresh
from tests.speech.engines import graphs

ENGINES = sorted(graphs.MODELS)


def _metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def damages(folder: Path) -> Iterator[str]:
    """Do one kind of damage after the other to a pack's files, and undo it."""
    for path in sorted(folder.glob("*.onnx")):
        good = path.read_bytes()
        for key, value in _metadata(onnx.load(path)).items():
            for worse, what in (
                (None, "missing"),
                ("twelve", "no number"),
                ("-7", "negative"),
                ("0", "nothing"),
            ):
                if (worse is None and not value) or (worse == "0" and _ZERO.fullmatch(key)):
                    continue
                model = onnx.load_from_string(good)
                kept = {k: v for k, v in _metadata(model).items() if k != key}
                del model.metadata_props[:]
                onnx.helper.set_model_props(model, kept | ({key: worse} if worse else {}))
                onnx.save(model, path)
                yield f"{path.name}: {key} is {what}"
        model = onnx.load_from_string(good)
        extra = onnx.helper.make_tensor_value_info("one_more", onnx.TensorProto.FLOAT, [1])
        model.graph.input.append(extra)
        onnx.save(model, path)
        yield f"{path.name}: an input more"
        model = onnx.load_from_string(good)
        model.graph.node.append(
            onnx.helper.make_node("Identity", [model.graph.output[0].name], ["copy"])
        )
        model.graph.output.append(
            onnx.helper.make_tensor_value_info("copy", onnx.TensorProto.FLOAT, None)
        )
        model.graph.output.append(model.graph.output[-1])
        model.graph.output[-1].CopyFrom(
            onnx.helper.make_tensor_value_info("copy2", onnx.TensorProto.FLOAT, None)
        )
        model.graph.node.append(onnx.helper.make_node("Identity", ["copy"], ["copy2"]))
        onnx.save(model, path)
        yield f"{path.name}: two outputs more"
        path.write_bytes(good[: len(good) // 2])
        yield f"{path.name}: half of it"
        path.write_bytes(b"not a graph")
        yield f"{path.name}: another file"
        path.write_bytes(good)
    table = folder / "tokens.txt"
    lines = table.read_text().splitlines()
    for text, what in (
        ("".join(f"{line}\n" for line in lines[:-3]), "fewer tokens"),
        ("".join(f"{line}\n" for line in [*lines, *(f"x{n} {len(lines) + n}" for n in range(9))]),
         "more tokens"),
        ("no table at all\n", "no table"),
        ("", "an empty table"),
    ):  # fmt: skip
        table.write_text(text)
        yield f"tokens.txt: {what}"
    table.write_text("".join(f"{line}\n" for line in lines))


def survive(folder: str) -> None:
    """Load a pack with every damage, in a process of its own; print what came of each."""
    pack = Path(folder)
    for damage in damages(pack):
        refresh(pack)
        try:
            load_recogniser(load_pack(pack))
        except PackError as error:
            print(f"refused|{damage}|{error}", flush=True)
        else:
            print(f"loaded|{damage}|", flush=True)


HARMLESS = (
    "model_type",  # told by the engine
    "decode_chunk_len", "comment", "subsampling_factor is", "feat_dim is", "pred_hidden is",
    "version", "blank_id", "no_speech", "translate", "two outputs more", "normalize_type", "is_giga_am is missing",
    "n_alignment_heads is missing",
)  # fmt: skip
"""Damages that a model may survive: nothing reads them, or they only change what it says."""


@pytest.mark.parametrize("engine", ENGINES)
def test_no_damage_ends_the_process(engine: str, tmp_path: Path) -> None:
    """Whatever is wrong with a pack's files, it is refused in words, and the process lives on."""
    pack = graphs.make_pack(engine, tmp_path)
    code = f"from tests.speech.engines.test_loading import survive; survive({str(pack.folder)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240,
        cwd=Path(__file__).resolve().parents[3], check=False,
    )  # fmt: skip
    lines = [line.split("|") for line in done.stdout.splitlines() if line.count("|") == 2]
    assert done.returncode == 0, (lines[-1:], done.stderr[-600:])
    assert len(lines) > 8
    for outcome, damage, error in lines:
        if outcome == "refused":
            assert pack.name in error, damage
            assert error.endswith("."), damage
        else:
            assert any(word in damage for word in HARMLESS), damage


def _without(pack: Pack, token: str) -> Pack:
    table = pack.folder / "tokens.txt"
    table.write_text(table.read_text().replace(token, "<other>", 1))
    refresh(pack.folder)
    return load_pack(pack.folder)


@pytest.mark.parametrize(
    "engine",
    [engine for engine in ENGINES if FAMILIES[f"sherpa-onnx/{engine}"].blank.value != "none"],
)
def test_a_missing_blank(engine: str, tmp_path: Path) -> None:
    """A table that does not name the blank is refused: without it every frame is a word."""
    pack = _without(graphs.make_pack(engine, tmp_path), "<blk>")
    with pytest.raises(PackError, match=r"names no blank|does not name <blk> as its last"):
        loading.check_pack(pack)


@pytest.mark.parametrize("engine", ENGINES)
def test_another_rate(engine: str, tmp_path: Path) -> None:
    """A sample rate that the model was not trained at is refused."""
    family = FAMILIES[f"sherpa-onnx/{engine}"]
    pack = graphs.make_pack(engine, tmp_path)
    wrong = replace(pack, sample_rate=22_050)
    with pytest.raises(PackError, match=r"22050 Hz where such a model hears"):
        loading.check_pack(wrong)
    if 8000 not in family.rates or family.sound.value == "kaldi-fbank":
        with pytest.raises(PackError, match="8000 Hz"):
            loading.check_pack(replace(pack, sample_rate=8000))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "feature", ["kaldi-fbank-40-8k", "nemo-fbank-64-16k", "whisper-mel-128-16k"]
)
def test_other_features(engine: str, feature: str, tmp_path: Path) -> None:
    """Features of another kind, width or rate than the graph's are refused, not guessed."""
    pack = graphs.make_pack(engine, tmp_path, stt={"feature": feature})
    with pytest.raises(PackError, match=f"'{feature}' where the graph hears '"):
        loading.check_pack(pack)


def test_a_telephone_model(tmp_path: Path) -> None:
    """A graph of 40 mel bins at 8 kHz is what it says, and its features may say so."""
    stt = {"feature": "kaldi-fbank-40-8k"}
    pack = graphs.make_pack("offline-zipformer-ctc", tmp_path, sample_rate=8000, stt=stt, bins=40)
    assert (loading.check_pack(pack).bins, loading.check_pack(pack).sample_rate) == (40, 8000)
    with pytest.raises(PackError, match="'kaldi-fbank-40-8k' where the graph hears"):
        loading.check_pack(replace(pack, sample_rate=16_000))


def test_a_language_that_the_model_lacks(tmp_path: Path) -> None:
    """Whisper and Canary would end the process on a language that they were not told of."""
    for engine in ("whisper", "canary"):
        pack = replace(graphs.make_pack(engine, tmp_path), language="xx")
        with pytest.raises(PackError, match=r"'xx'"):
            loading.check_pack(pack)


def test_not_a_recogniser(packs_folder: Path) -> None:
    """A pack of another kind is refused."""
    with pytest.raises(PackError, match="is not a recogniser"):
        loading.check_pack(load_pack(packs_folder / "silero-vad"))


def test_hot_words_as_the_model_writes_them(tmp_path: Path) -> None:
    """Hot words come in the model's letters; what it cannot write is left out."""
    model = loading.check_pack(graphs.make_pack("online-transducer", tmp_path))
    expected = Expectation(Kind.FREE, phrases=("yes no", "only"), hotwords=("no", "a/b", "nosy"))
    assert loading.hotwords(model, expected) == ("no", "nosy", "yes no")
    capitals = {number: name.upper() for number, name in model.tokens.items()}
    capitals[0] = "<blk>"
    upper = replace(model, tokens=capitals)
    assert upper.upper
    assert loading.hotwords(upper, expected) == ("NO", "NOSY", "YES NO")


def test_no_hot_words_where_the_model_has_none(tmp_path: Path) -> None:
    """A model that takes neither hot words nor graphs is told of none."""
    model = loading.check_pack(graphs.make_pack("online-nemo-ctc", tmp_path))
    assert loading.hotwords(model, Expectation(hotwords=("yes",))) == ()


def test_recognisers_of_expected_words_are_few(tmp_path: Path) -> None:
    """The questions asked last keep their recogniser; a model without graphs has the plain one."""
    model = loading.check_pack(graphs.make_pack("online-zipformer2-ctc", tmp_path / "a"))
    engines = loading.Engines(model, 1)
    plain = engines.of(())
    words = [("yes",), ("no",), ("yes", "no"), ("nosy",)]
    for expected in words:
        engines.prepare(expected)
    engines.prepare(())
    assert [engines.of(expected) is plain for expected in words] == [True, False, False, False]
    other = loading.Engines(
        loading.check_pack(graphs.make_pack("offline-nemo-ctc", tmp_path / "b")), 1
    )
    other.prepare(("yes",))
    assert other.of(("yes",)) is other.of(())


def test_words_that_a_graph_knows_besides(tmp_path: Path) -> None:
    """For closed questions the answers themselves are expected."""
    model = loading.check_pack(graphs.make_pack("online-zipformer2-ctc", tmp_path))
    assert {"yes", "no"} <= set(loading.hotwords(model, Expectation(Kind.YES_NO)))
    letters = {**model.tokens, 20: "onetwhrfuivsxg"}
    digits = loading.hotwords(replace(model, tokens=letters), Expectation(Kind.DIGITS))
    assert {"one", "nine", "seven"} <= set(digits)


def test_units_of_hot_words(tmp_path: Path) -> None:
    """Word pieces, signs, or both: told from the table."""
    model = loading.check_pack(graphs.make_pack("offline-transducer", tmp_path))
    signs = {n: chr(0x4E00 + n) for n in range(1, 9)} | {0: "<blk>"}
    both = signs | {20 + n: f"{loading.WORD}a{n}" for n in range(3)}
    units = [
        replace(model, tokens=tokens).unit
        for tokens in (model.tokens, signs, both, {0: "<blk>", 1: "a"})
    ]
    assert units == ["bpe", "cjkchar", "cjkchar+bpe", ""]


def test_a_vocabulary_from_a_table() -> None:
    """Pieces are ranked in the order of their merges; marks are no pieces."""
    made = loading.ranked({0: "<blk>", 2: "▁a", 1: "▁", 3: "#0"})
    assert made == "▁\t0\n▁a\t-1\n"


def test_a_broken_pair_of_graphs(tmp_path: Path) -> None:
    """Graphs that load but cannot hear together are refused before the first caller."""
    pack = graphs.make_pack("offline-transducer", tmp_path / "a")
    other = graphs.make_pack("offline-transducer", tmp_path / "b", columns=12)
    shutil.copy(other.path("joiner"), pack.path("joiner"))
    refresh(pack.folder)
    with pytest.raises(PackError, match="loads but cannot hear"):
        load_recogniser(load_pack(pack.folder))


def test_faint_noise() -> None:
    """The noise that a recogniser is timed with is the same each time, and faint."""
    assert np.array_equal(loading.faint(800), loading.faint(800))
    assert 0 < np.abs(loading.faint(8000)).max() < 0.01


def test_a_foreign_model_is_taken_as_it_is(tmp_path: Path, tone_pack: Pack) -> None:
    """Without a word on them, level and features of a foreign model are left alone; ours are known."""
    foreign = graphs.make_pack("offline-zipformer-ctc", tmp_path, stt={"subsampling": 4}).stt
    assert foreign is not None
    assert tone_pack.stt is not None
    assert (foreign.level_dbfs, foreign.feature) == (0.0, "")
    assert (tone_pack.stt.level_dbfs, tone_pack.stt.feature) == (-23.0, "kaldi-fbank-40-8k")


def test_features_of_no_kind(tmp_path: Path) -> None:
    """A manifest that names features which nothing here computes is refused."""
    with pytest.raises(PackError, match="needs features 'mfcc-13-8k'"):
        graphs.make_pack("offline-zipformer-ctc", tmp_path, stt={"feature": "mfcc-13-8k"})
