"""The group `packs` of the command line, without models."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from appliance.system.packs.commands import app, use
from appliance.system.packs.manifest import PackError
from tests.system.packs.making import again, chosen, make_pack, make_site


@pytest.fixture
def box(tmp_path: Path):
    """Run a command on a box of its own; a PackError is raised as `main` would tell it."""
    site = make_site(tmp_path)

    def run(*words: object, settings: bool = True) -> Result:
        given = [*map(str, words), *(["--settings", str(site.settings)] if settings else [])]
        result = CliRunner().invoke(app, given)
        if isinstance(result.exception, PackError):
            raise result.exception
        return result

    run.site = site  # type: ignore[attr-defined]
    return run


def test_the_way_of_a_pack(box, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Keygen, trust, sign, verify, export, import, use, list, rollback, remove: each says what it
    did and what comes next.
    """
    pack = make_pack(tmp_path / "work", "guard2")
    key = tmp_path / "vendor.key"
    made = box("keygen", key, settings=False).output
    name = made.split("private key ")[1][:16]
    assert f"{key.with_suffix('.pub')}: its public half" in made
    assert box("sign", pack, "--key", key, settings=False).output == f"guard2: signed with {name}\n"
    before = box("verify", pack)
    assert (before.exit_code, f"signed by a stranger by {name}" in before.output) == (1, True)
    assert f"Packs signed with {name} are accepted" in box("trust", key.with_suffix(".pub")).output
    after = box("verify", pack)
    assert (after.exit_code, after.output) == (0, f"guard2 1: 1 files match; signed by {name}\n")
    file = tmp_path / "guard2.pack"
    assert box("export", pack, file).output.startswith(f"{file}: guard2 1, ")
    assert box("verify", file).exit_code == 0
    done = box("import", file).output
    assert done.startswith(f"guard2 1 is installed (signed by {name}); `packs use guard2` puts")
    use(again(box.site), ["guard2"])
    used = capsys.readouterr().out
    assert "speech.vad: guard2 instead of guard" in used
    assert "restart the speech service" in used
    assert chosen(box.site)["vad"] == "guard2"
    assert "guard2 1 (vad, any" in box("list").output
    use(again(box.site), ["guard2"])
    assert "already" in capsys.readouterr().out
    assert "speech.vad: guard again, instead of guard2" in box("rollback").output
    assert chosen(box.site)["vad"] == "guard"
    assert box("remove", "guard2", "--force").output == "guard2 is removed.\n"


def test_a_stick_with_several_packs(box, tmp_path: Path) -> None:
    """Asks which; takes one by name or all of them."""
    stick = tmp_path / "stick"
    make_pack(stick, "one")
    make_pack(stick, "two")
    with pytest.raises(PackError, match=r"several packs \(one, two\)"):
        box("import", stick, "--unsigned")
    assert "one 1 is installed (unsigned)" in box("import", stick / "one", "--unsigned").output
    assert box("import", stick, "--all", "--unsigned").output.count("is installed") == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackError, match="holds no pack"):
        box("import", tmp_path / "empty")


def test_check_fails_where_a_pack_does_not_match(box) -> None:
    """The status tells a script, the line a person."""
    assert box("check").exit_code == 0
    (box.site.built_in / "ears" / "tokens.bin").write_text("x")
    checked = box("check")
    assert checked.exit_code == 1
    assert "'tokens.bin' of pack 'ears' has 1 bytes" in checked.output
    assert box("list").exit_code == 0


def test_a_newer_pack_says_that_it_replaces(box, tmp_path: Path) -> None:
    """An installed pack of the same name is mentioned."""
    box("import", make_pack(tmp_path / "a", "guard2", version="1"), "--unsigned")
    done = box("import", make_pack(tmp_path / "b", "guard2", version="2"), "--unsigned")
    assert "guard2 2 is installed (unsigned), in place of another of this name;" in done.output


def test_trust_needs_a_folder(box, tmp_path: Path) -> None:
    """Where the settings name single files only, the person must write them there."""
    key = tmp_path / "k.key"
    box("keygen", key, settings=False)
    text = box.site.settings.read_text()
    (tmp_path / "file.pub").write_bytes(key.with_suffix(".pub").read_bytes())
    box.site.settings.write_text(text.replace(f"{tmp_path}/keys", f"{tmp_path}/file.pub"))
    with pytest.raises(PackError, match="names no folder"):
        box("trust", key.with_suffix(".pub"))


def test_the_catalogue_is_a_table(box) -> None:
    """A line for each model, by language, board and kind; nothing left is told."""
    german = box("catalogue", "--language", "de", "--board", "pi5", settings=False).output
    lines = german.splitlines()
    assert lines[0].split()[:3] == ["name", "kind", "language"]
    assert any(line.startswith("zipformer-kroko-de") for line in lines)
    assert not any(line.startswith("moonshine") for line in lines)
    voices = box("catalogue", "--kind", "tts", settings=False).output
    assert "piper-de-thorsten-medium" in voices
    assert "whisper" not in voices
    with pytest.raises(PackError, match="is no board"):
        box("catalogue", "--board", "pi3", settings=False)
    with pytest.raises(PackError, match="holds nothing"):
        box("catalogue", "--language", "xx", "--kind", "stt", settings=False)


def test_a_kind_is_switched_off(box, tmp_path: Path) -> None:
    """Says what was in use, and that nothing was where nothing was."""
    assert "already" in box("off", "denoise").output
    box("import", make_pack(tmp_path / "a", "quiet", "denoise"), "--unsigned")
    use(again(box.site), ["quiet"])
    assert "speech.denoise: off, was quiet" in box("off", "denoise").output
    assert chosen(box.site)["denoise"] == ""
