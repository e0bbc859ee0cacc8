"""From a name in the catalogue to an installed pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from appliance.system.packs.acquiring import Origin, acquire
from appliance.system.packs.fetching import pins
from appliance.system.packs.manifest import PackError, find_packs
from appliance.system.packs.site import Site
from tests.system.packs.making import make_pack, make_site
from tests.system.packs.serving import Shop, serving

MODEL = b"model" * 1000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with serving(Shop({"/m.onnx": MODEL})) as one:
        yield one


@pytest.fixture
def catalogue(shop: Shop, tmp_path: Path) -> Path:
    file = tmp_path / "catalogue.toml"
    lines = [
        "[[model]]", 'name = "thing"', 'kind = "vad"', 'engine = "silero"',
        'languages = ["en", "de"]', f'url = "{shop.url}/m.onnx"', 'licence = "MIT"',
        'licence_url = "https://example.org/licence"', 'summary = "A thing."', "megabytes = 1",
        'boards = ["pi5"]', "unverified = true",
    ]  # fmt: skip
    file.write_text("\n".join(lines) + "\n")
    return file


def make(source: Path, target: Path, origin: Origin) -> Path:
    """Make a pack of what was fetched, as `speech` would."""
    made.append(origin)
    return make_pack(target, origin.name, content=(source / "m.onnx").read_text())


made: list[Origin] = []


def test_a_model_arrives(site: Site, catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The licence is shown, the pack installed and its origin noted, the hash fixed, the download
    deleted.
    """
    made.clear()
    acquire(site, "thing", make, catalogue=catalogue, language="de", accepted=True)
    said = capsys.readouterr().out
    assert "Licence: MIT (https://example.org/licence)" in said
    assert "Nobody has checked the addresses" in said
    assert "thing-de 1 is installed (unsigned)" in said
    acquire(site, "thing", make, catalogue=catalogue, language="en", accepted=True)
    assert [path.name for path in find_packs(site.folder)] == ["thing-de", "thing-en"]
    ((url, digest),) = pins(site).items()
    assert made[0].language == "de"
    assert made[0].provenance == {"fetched_from": [url], "sha256": [digest]}
    assert not (site.folder / ".downloads" / "thing").exists()


def test_nothing_is_fetched_without_consent(
    site: Site, catalogue: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No, and no answer at all, are both no."""
    for answer in (lambda _: False, _abort):
        monkeypatch.setattr(typer, "confirm", answer)
        with pytest.raises(PackError, match="was not accepted"):
            acquire(site, "thing", make, catalogue=catalogue, language="en")
    assert shop.asked == []


def _abort(_: str) -> bool:
    raise typer.Abort


def test_a_model_of_several_languages_needs_one(site: Site, catalogue: Path) -> None:
    """Says which there are."""
    with pytest.raises(PackError, match=r"knows en, de: say which with --language"):
        acquire(site, "thing", make, catalogue=catalogue, accepted=True)
    with pytest.raises(PackError, match="has no 'fr'"):
        acquire(site, "thing", make, catalogue=catalogue, language="fr", accepted=True)


def test_what_proves_bad_is_not_pinned(site: Site, catalogue: Path, shop: Shop) -> None:
    """A download of which no pack can be made fixes no hash, and is not downloaded twice."""

    def refuse(*_: object) -> Path:
        raise PackError("No model: bring another.")

    for _ in range(2):
        with pytest.raises(PackError, match="No model"):
            acquire(site, "thing", refuse, catalogue=catalogue, language="en", accepted=True)
    assert pins(site) == {}
    assert len(shop.asked) == 1
    acquire(site, "thing", make, catalogue=catalogue, language="en", accepted=True)
    assert len(shop.asked) == 1


def test_an_unknown_name_is_told(site: Site, catalogue: Path) -> None:
    """With names that resemble it."""
    with pytest.raises(PackError, match=r"did you mean thing\?"):
        acquire(site, "things", make, catalogue=catalogue, accepted=True)
