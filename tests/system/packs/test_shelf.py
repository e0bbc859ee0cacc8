"""What is on the shelf."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.contracts.errors import UserError
from appliance.system.packs import signing
from appliance.system.packs.choosing import use
from appliance.system.packs.installing import import_pack
from appliance.system.packs.shelf import Origin, Shelved, describe, shelf
from appliance.system.packs.site import site_of
from tests.system.packs.making import again, make_pack, make_site


def test_every_pack_is_told_with_what_is_known_of_it(tmp_path: Path) -> None:
    """Where it comes from, who signed it, what it is used for and was used for."""
    site = make_site(tmp_path)
    key = tmp_path / "k.key"
    name = signing.trust(signing.make_keys(key), site.trusted[0])
    folder = make_pack(tmp_path / "stick", "guard2")
    signing.sign(folder, key)
    import_pack(site, folder)
    use(site, ["guard2"])
    told: list[Shelved] = []
    found = shelf(again(site), told.append)
    assert found == told
    lines = {one.name: describe(one) for one in found}
    assert lines["ears"].startswith(
        "ears 1 (stt, en, 8000 Hz, 0.0 MB, MIT; built in, in use as stt)"
    )
    assert f"site, signed by {name}, in use as vad" in lines["guard2"]
    assert "built in, rollback of vad" in lines["guard"]
    assert found[0].origin is Origin.SITE


def test_damage_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A pack that does not match, and a signature that does not, stand with their sentence."""
    site = make_site(tmp_path)
    (site.built_in / "ears" / "tokens.bin").write_text("x")
    key = tmp_path / "k.key"
    signing.trust(signing.make_keys(key), site.trusted[0])
    folder = make_pack(tmp_path / "stick", "guard2")
    signing.sign(folder, key)
    import_pack(site, folder)
    manifest = site.folder / "guard2" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace("Nothing.", "Evil."))
    wrong = {one.name: describe(one) for one in shelf(site) if one.mistake}
    assert set(wrong) == {"ears", "guard2"}
    assert "'tokens.bin' of pack 'ears' has 1 bytes" in wrong["ears"]
    assert "signature of pack 'guard2' does not fit" in wrong["guard2"]


def test_a_built_in_pack_may_be_hidden(tmp_path: Path) -> None:
    """A site's pack of the same name counts instead, and the list says so."""
    site = make_site(tmp_path)
    import_pack(site, make_pack(tmp_path / "stick", "guard", version="2"), unsigned=True)
    one, two = (one for one in shelf(again(site)) if one.name == "guard")
    assert (one.origin, one.hidden, len(one.in_use)) == (Origin.SITE, False, 1)
    assert (two.origin, two.hidden, two.in_use) == (Origin.BUILT_IN, True, ())
    assert "unsigned, in use as vad" in describe(one)
    assert "rollback of vad, replaced by the site's" in describe(two)


def test_no_packs(tmp_path: Path) -> None:
    """Folders without packs are told, with what to do."""
    file = tmp_path / "settings.toml"
    file.write_text(f'[speech]\npacks = "{tmp_path}/a"\nsite_packs = "{tmp_path}/b"\n')
    with pytest.raises(UserError, match="hold no packs: install one"):
        shelf(site_of([file]))
