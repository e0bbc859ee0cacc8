"""Which pack the box uses, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.settings import SettingsError
from appliance.system.packs import signing
from appliance.system.packs.choosing import Changed, Choice, previous, rollback, switch_off, use
from appliance.system.packs.installing import import_pack
from appliance.system.packs.manifest import Pack, PackError, PackKind, load_kind
from appliance.system.packs.site import Site, site_of
from tests.system.packs.making import again, chosen, make_pack, make_site


def _site(tmp_path: Path) -> Site:
    file = tmp_path / "settings.toml"
    return site_of([file]) if file.exists() else make_site(tmp_path)


def _install(tmp_path: Path, name: str, kind: str = "vad", **more: str) -> None:
    folder = tmp_path / "brought" / more.get("content", "plain")
    import_pack(_site(tmp_path), make_pack(folder, name, kind, **more), unsigned=True)


def test_a_choice_is_written_and_remembered(tmp_path: Path) -> None:
    """The settings name the new pack; what was used before is known, and counts the next time."""
    _install(tmp_path, "guard2")
    site = _site(tmp_path)
    assert use(site, ["guard2"]) == (Changed(PackKind.VAD, "guard", "guard2"),)
    assert chosen(site) == {"stt": "ears", "tts": "voice", "vad": "guard2"}
    assert previous(again(site)) == {PackKind.VAD: Choice("guard")}


def test_back_and_forth(tmp_path: Path) -> None:
    """A rollback leads to the pack before, the next one forward again."""
    _install(tmp_path, "guard2")
    site = _site(tmp_path)
    use(site, ["guard2"])
    assert rollback(again(site)) == Changed(PackKind.VAD, "guard2", "guard")
    assert chosen(site)["vad"] == "guard"
    assert rollback(again(site)) == Changed(PackKind.VAD, "guard", "guard2")
    assert load_kind(site.folders, chosen(site)["vad"], PackKind.VAD).name == "guard2"


def test_nothing_changes_where_nothing_is_new(tmp_path: Path) -> None:
    """Choosing what is in use forgets no way back."""
    _install(tmp_path, "guard2")
    site = _site(tmp_path)
    use(site, ["guard2"])
    assert use(again(site), ["guard2"]) == ()
    assert previous(site)[PackKind.VAD].name == "guard"


def test_the_site_comes_before_the_built_in(tmp_path: Path) -> None:
    """A pack of the site hides the built-in one of its name."""
    _install(tmp_path, "guard", content="new", version="2")
    site = _site(tmp_path)
    assert load_kind(site.folders, "guard", PackKind.VAD).version == "2"
    assert load_kind(site.built_in, "guard", PackKind.VAD).version == "1"


def test_back_to_the_built_in_pack_of_the_same_name(tmp_path: Path) -> None:
    """A newer pack under a name in use is in use at once, and a rollback shows the old one."""
    _install(tmp_path, "guard", content="new", version="2")
    site = _site(tmp_path)
    assert previous(site) == {PackKind.VAD: Choice("guard")}
    rollback(site)
    assert load_kind(site.folders, "guard", PackKind.VAD).version == "1"
    rollback(again(site))
    assert load_kind(site.folders, "guard", PackKind.VAD).version == "2"


def test_back_to_an_older_pack_of_the_same_name(tmp_path: Path) -> None:
    """The site's old pack is kept while a rollback needs it, under the same name."""
    _install(tmp_path, "guard2", content="v2", version="2")
    use(_site(tmp_path), ["guard2"])
    _install(tmp_path, "guard2", content="v3", version="3")
    site = _site(tmp_path)
    assert load_kind(site.folders, "guard2", PackKind.VAD).version == "3"
    rollback(site)
    assert load_kind(site.folders, "guard2", PackKind.VAD).version == "2"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["nothing"], "'nothing' is not installed"),
        (["guard", "guard2"], "both of kind 'vad'"),
        (["ohren"], "hears 'de' but 'voice' speaks 'en'"),
        (["stimme"], "hears 'en' but 'stimme' speaks 'de'"),
        (["guard2", "stimme"], "same language in one command"),
        (["../site/guard2"], "is not installed"),
    ],
)
def test_what_does_not_fit_is_refused_as_a_whole(
    tmp_path: Path, names: list[str], words: str
) -> None:
    """Nothing is written where one of the names cannot be used."""
    _install(tmp_path, "guard2")
    _install(tmp_path, "ohren", "stt", language="de")
    _install(tmp_path, "stimme", "tts", language="de")
    site = _site(tmp_path)
    with pytest.raises(PackError, match=words):
        use(site, names)
    assert chosen(site) == {"stt": "ears", "tts": "voice", "vad": "guard"}
    assert previous(site) == {}


def test_two_languages_change_together(tmp_path: Path) -> None:
    """A recogniser and a voice of another language are taken in one command; going back with one
    alone is refused.
    """
    _install(tmp_path, "ohren", "stt", language="de")
    _install(tmp_path, "stimme", "tts", language="de")
    site = _site(tmp_path)
    use(site, ["ohren", "stimme"])
    assert chosen(site) == {"stt": "ohren", "tts": "stimme", "vad": "guard"}
    with pytest.raises(PackError, match="say for which"):
        rollback(again(site))
    with pytest.raises(PackError, match="same language"):
        rollback(again(site), PackKind.STT)
    use(again(site), ["ears", "voice"])


def test_a_damaged_pack_is_not_taken(tmp_path: Path) -> None:
    """Every hash is checked before the settings change."""
    _install(tmp_path, "guard2")
    site = _site(tmp_path)
    (site.folder / "guard2" / "model.bin").write_text("x")
    with pytest.raises(PackError, match="has 1 bytes instead of"):
        use(site, ["guard2"])


def test_a_pack_whose_signature_broke_is_not_taken(tmp_path: Path) -> None:
    """Somebody changed manifest and file together: the signature tells."""
    key = tmp_path / "k.key"
    signing.trust(signing.make_keys(key), tmp_path / "keys")
    folder = make_pack(tmp_path / "brought", "guard2")
    signing.sign(folder, key)
    site = make_site(tmp_path)
    import_pack(site, folder)
    manifest = site.folder / "guard2" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace("Nothing.", "Evil."))
    with pytest.raises(PackError, match="signature of pack 'guard2' does not fit"):
        use(site, ["guard2"])


def test_settings_that_cannot_be_written_change_nothing(tmp_path: Path) -> None:
    """The error names the file; the box goes on with what it had."""
    _install(tmp_path, "guard2")
    site = _site(tmp_path)
    text = site.settings.read_text().replace("[speech]\n", "speech.socket = 'x'\n[speech]\n")
    site.settings.write_text(text.replace("vad =", '"vad" ='))
    with pytest.raises(SettingsError):
        use(site, ["guard2"])


def test_no_way_back_is_told(tmp_path: Path) -> None:
    """A box that never changed has nothing to go back to, and a damaged record is named."""
    site = make_site(tmp_path)
    for kind in (None, PackKind.TTS):
        with pytest.raises(PackError, match="Nothing was in use before"):
            rollback(site, kind)
    (site.folder / ".choices.toml").write_text("=")
    with pytest.raises(PackError, match=r"\.choices\.toml cannot be read"):
        rollback(site)


def test_a_pack_that_cannot_be_loaded_is_not_taken(tmp_path: Path) -> None:
    """Every pack is tried before the settings change."""
    _install(tmp_path, "guard2")
    site = _site(tmp_path)

    def refuse(pack: Pack) -> None:
        raise PackError(f"'{pack.name}' does not load: choose another.")

    with pytest.raises(PackError, match="'guard2' does not load"):
        use(site, ["guard2"], refuse)
    assert chosen(site)["vad"] == "guard"
    assert previous(site) == {}


def test_what_a_box_works_without_can_be_switched_off(tmp_path: Path) -> None:
    """A denoiser is chosen where there was none, switched off, and taken back by a rollback; ears
    cannot be switched off.
    """
    _install(tmp_path, "quiet", "denoise")
    use(_site(tmp_path), ["quiet"])
    assert chosen(_site(tmp_path))["denoise"] == "quiet"
    assert switch_off(_site(tmp_path), PackKind.DENOISE).before == "quiet"
    assert chosen(_site(tmp_path))["denoise"] == ""
    assert switch_off(_site(tmp_path), PackKind.DENOISE).before == ""
    assert rollback(_site(tmp_path)).after == "quiet"
    assert rollback(_site(tmp_path)) == Changed(PackKind.DENOISE, "quiet", "")
    with pytest.raises(PackError, match="needs a pack of kind 'stt'"):
        switch_off(_site(tmp_path), PackKind.STT)
