"""Packs: what does not match is refused, in one sentence that says what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.system.packs.manifest import (
    PackError,
    PackKind,
    find_pack,
    find_packs,
    load_kind,
    load_pack,
)
from models.train.manifest import refresh
from tests.speech import tones
from tests.speech.understanding.encoders import make_pack as make_encoder
from tests.system.packs.making import make_pack


@pytest.fixture
def pack(packs_folder: Path, tmp_path: Path) -> Path:
    """A copy of a real pack, to be damaged."""
    return Path(shutil.copytree(packs_folder / "silero-vad", tmp_path / "silero-vad"))


def _edit(pack: Path, old: str, new: str) -> None:
    manifest = pack / "manifest.toml"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new, 1))


def _grow(pack: Path) -> None:
    with (pack / "LICENSE").open("a") as file:
        file.write(" ")


def _change(pack: Path) -> None:
    text = (pack / "LICENSE").read_text()
    (pack / "LICENSE").write_text(text.replace("M", "N", 1))


def _link_out(pack: Path) -> None:
    outside = pack.parent / "outside"
    shutil.move(pack / "LICENSE", outside)
    (pack / "LICENSE").symlink_to(outside)


def _list_none(pack: Path) -> None:
    manifest = pack / "manifest.toml"
    manifest.write_text(manifest.read_text().partition("[[files]]")[0])


DAMAGES: list[tuple[str, Callable[[Path], object], str]] = [
    ("no manifest", lambda p: (p / "manifest.toml").unlink(), "holds no manifest.toml"),
    ("no TOML", lambda p: (p / "manifest.toml").write_text("= ="), "cannot be read"),
    ("not text", lambda p: (p / "manifest.toml").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
    ("format", lambda p: _edit(p, "format = 1", "format = 2"), "format 2"),
    ("kind", lambda p: _edit(p, '"vad"', '"smell"'), "of kind 'smell'"),
    ("kind missing", lambda p: _edit(p, 'kind = "vad"', ""), "of kind None"),
    ("engine", lambda p: _edit(p, '"silero"', '"abacus"'), "engine 'abacus'"),
    ("name", lambda p: _edit(p, 'name = "silero-vad"', 'name = "other"'), "rename the folder"),
    ("no name", lambda p: _edit(p, 'name = "silero-vad"', ""), "has no 'name'"),
    ("no licence", lambda p: _edit(p, 'licence = "MIT"', ""), "has no 'licence'"),
    ("rate", lambda p: _edit(p, "sample_rate = 8000", "sample_rate = 80"), "sample_rate"),
    ("no files", _list_none, "lists no [[files]]"),
    ("one file less", lambda p: _edit(p, "[[files]]", "[[other]]"), "does not list"),
    ("role", lambda p: _edit(p, 'role = "model"', 'role = "x"'), "of role 'model'"),
    ("missing file", lambda p: (p / "silero_vad.onnx").unlink(), "lacks its file"),
    ("wrong size", _grow, "bytes instead of"),
    ("wrong hash", _change, "SHA-256 differs"),
    ("no hash", lambda p: _edit(p, "\nsha256 =", "\nsha1 ="), "no bytes or sha256"),
    ("unlisted", lambda p: (p / "extra.bin").write_bytes(b"x"), "does not list"),
    ("parent", lambda p: _edit(p, '"LICENSE"', '"../LICENSE"'), "outside its folder"),
    ("absolute", lambda p: _edit(p, '"LICENSE"', '"/etc/hostname"'), "outside its folder"),
    ("link", _link_out, "outside its folder"),
    ("table", lambda p: _edit(p, "[provenance]", "[[provenance]]"), "is not a table"),
]


@pytest.mark.parametrize(("damage", "said"), [d[1:] for d in DAMAGES], ids=[d[0] for d in DAMAGES])
def test_damage(pack: Path, damage: Callable[[Path], object], said: str) -> None:
    """A pack that does not match its manifest is refused with the reason and a remedy."""
    load_pack(pack)
    damage(pack)
    with pytest.raises(PackError) as raised:
        load_pack(pack)
    assert said in str(raised.value)
    assert ":" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_fields(packs_folder: Path) -> None:
    """A pack that matches gives its facts and the path of each role."""
    pack = load_pack(packs_folder / "silero-vad")
    assert (pack.name, pack.kind, pack.sample_rate) == ("silero-vad", PackKind.VAD, 8000)
    assert pack.path("model").is_file()
    assert pack.licence == "MIT"
    assert pack.provenance
    assert pack.stt is None
    with pytest.raises(PackError, match="no file of role 'lexicon'"):
        pack.path("lexicon")
    assert not pack.has("lexicon")


def test_every_committed_pack(packs_folder: Path) -> None:
    """Every pack in the repository is whole, and names its licence and origin."""
    folders = find_packs(packs_folder)
    assert packs_folder / "silero-vad" in folders
    for folder in folders:
        pack = load_pack(folder)
        assert pack.provenance
        assert sum(file.bytes for file in pack.files) < 12e6


def test_find_nothing(tmp_path: Path) -> None:
    """A folder without packs, or no folder, holds none."""
    assert find_packs(tmp_path) == ()
    assert find_packs(tmp_path / "nowhere") == ()


def test_missing_pack(packs_folder: Path) -> None:
    """A pack that is not installed is reported with those that are."""
    with pytest.raises(PackError, match=r"'xx' is not in .*silero-vad"):
        load_kind(packs_folder, "xx", PackKind.STT)


def test_wrong_kind(packs_folder: Path) -> None:
    """A pack of another kind is not taken for it."""
    with pytest.raises(PackError, match="of kind 'vad', not 'tts'"):
        load_kind(packs_folder, "silero-vad", PackKind.TTS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[stt]", "[other]", r"no \[stt\] table"),
        ("blank = 27", 'blank = "x"', "is wrong"),
        ("[stt]", '[stt]\nfeature = "smell-40"', "features 'smell-40'"),
    ],
)
def test_recogniser_facts(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A recogniser whose facts are missing or unknown is refused."""
    copy = tones.make_pack(tmp_path)
    _edit(copy, old, new)
    with pytest.raises(PackError, match=said):
        load_pack(copy)


def test_refresh(pack: Path) -> None:
    """After a recipe has changed a file, the manifest can be written anew."""
    _grow(pack)
    refresh(pack)
    assert load_pack(pack).licence == "MIT"


def test_the_first_folder_that_has_the_name_counts(tmp_path: Path) -> None:
    """A site's pack comes before the built-in one; what neither has names both folders."""
    make_pack(tmp_path / "site", "guard", version="2")
    make_pack(tmp_path / "builtin", "guard", version="1")
    make_pack(tmp_path / "builtin", "other")
    folders = (tmp_path / "site", tmp_path / "builtin", tmp_path / "nowhere")
    assert load_kind(folders, "guard", PackKind.VAD).version == "2"
    assert load_kind(folders, "other", PackKind.VAD).name == "other"
    with pytest.raises(PackError, match=r"site or .*builtin.* \(installed there: guard, other\)"):
        load_kind(folders, "none", PackKind.VAD)


@pytest.mark.parametrize("name", ["", ".", "..", ".store", "a/b", "/", "../builtin/guard"])
def test_a_name_leads_to_no_other_folder(tmp_path: Path, name: str) -> None:
    """A name from the settings is no path."""
    make_pack(tmp_path / "builtin", "guard")
    make_pack(tmp_path / "builtin" / "a", "b")
    assert find_pack(tmp_path / "builtin", name) is None


def test_a_link_is_followed_once(tmp_path: Path) -> None:
    """The pack that is loaded is the one that the link led to, whatever it leads to later."""
    make_pack(tmp_path / ".store" / "x", "guard")
    (tmp_path / "guard").symlink_to(".store/x/guard")
    pack = load_kind(tmp_path, "guard", PackKind.VAD)
    assert pack.folder == tmp_path / ".store" / "x" / "guard"
    assert find_packs(tmp_path) == (tmp_path / "guard",)


def test_a_signature_is_no_file_too_many(tmp_path: Path) -> None:
    """`manifest.sig` beside the manifest belongs there; one elsewhere does not."""
    folder = make_pack(tmp_path, "guard")
    (folder / "manifest.sig").write_text("x")
    assert load_pack(folder).name == "guard"
    (folder / "sub").mkdir()
    (folder / "sub" / "manifest.sig").write_text("x")
    with pytest.raises(PackError, match="does not list"):
        load_pack(folder)


def test_a_folder_that_we_may_not_enter_holds_no_packs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody without rights still sees and uses the packs that he may read."""
    make_pack(tmp_path / "builtin", "guard")
    enter = Path.iterdir

    def refuse(self: Path) -> object:
        if self.name == "site":
            raise PermissionError(13, "Permission denied")
        return enter(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert find_packs(tmp_path / "site") == ()
    assert len(find_packs(tmp_path / "builtin")) == 1


def test_encoder_facts(tmp_path: Path) -> None:
    """An encoder's manifest says how it is fed, needs no sample rate, and has its defaults."""
    plain = make_encoder(tmp_path, "plain").encoder
    assert plain is not None
    assert (plain.pooling, plain.prefix, plain.lowercase, plain.most_pieces) == (
        "mean", "", True, 64,
    )  # fmt: skip
    told = make_encoder(tmp_path, "told", pooling="cls", prefix="query: ", lowercase=False).encoder
    assert told is not None
    assert (told.pooling, told.prefix, told.lowercase) == ("cls", "query: ", False)


@pytest.mark.parametrize(
    ("fact", "said"),
    [({"pooling": "max"}, "pools by 'max'"), ({"most_pieces": 2}, "no usable most_pieces")],
)
def test_wrong_encoder_facts(tmp_path: Path, fact: dict[str, object], said: str) -> None:
    """What cannot be is named."""
    with pytest.raises(PackError, match=said):
        make_encoder(tmp_path, "odd", **fact)
