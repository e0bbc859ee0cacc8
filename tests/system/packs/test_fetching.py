"""Downloads from a server with faults."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.system.packs import fetching
from appliance.system.packs.catalogue import Entry, Part
from appliance.system.packs.fetching import Progress, fetch, pin, pins
from appliance.system.packs.manifest import PackError, PackKind
from appliance.system.packs.site import Site, locked
from tests.system.packs.making import make_site
from tests.system.packs.serving import Shop, serving

MODEL = bytes(range(256)) * 4096


def archived(**files: bytes) -> bytes:
    """Return a tar.bz2 of `folder/NAME` files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:bz2") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"folder/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with serving(Shop({"/m.onnx": MODEL, "/m.tar.bz2": archived(model=MODEL, tokens=b"t")})) as one:
        yield one


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path)


def entry(shop: Shop, *paths: str, sha256: str = "") -> Entry:
    """Return a catalogue's entry for files of the shop."""
    parts = tuple(Part(f"{shop.url}{path}", sha256) for path in paths or ("/m.onnx",))
    return Entry(
        "thing", PackKind.STT, "x/y", ("en",), parts, "MIT", "https://example.org/", "A thing.",
        1.0, None, {}, "", ("pi5",),
    )  # fmt: skip


def bought(site: Site, one: Entry, **more: object) -> bytes:
    """Fetch, waiting for nothing, and return the model's bytes."""
    folder = fetch(site, one, wait=lambda _: None, **more).folder  # type: ignore[arg-type]
    return next(p for p in folder.iterdir() if p.name in {"m.onnx", "model"}).read_bytes()


def test_a_file_comes_whole(site: Site, shop: Shop) -> None:
    """The bytes, their hash and the way there are told."""
    told: list[Progress] = []
    done = fetch(site, entry(shop), on_progress=told.append)
    assert (done.folder / "m.onnx").read_bytes() == MODEL
    assert done.hashes == {f"{shop.url}/m.onnx": hashlib.sha256(MODEL).hexdigest()}
    assert told[-1] == Progress("m.onnx", len(MODEL), len(MODEL))
    assert [now.bytes for now in told] == sorted(now.bytes for now in told)


def test_an_archive_is_unpacked(site: Site, shop: Shop) -> None:
    """Its folder is the model's, and files that were fetched beside it lie in it too."""
    shop.files["/vocoder.onnx"] = b"v"
    done = fetch(site, entry(shop, "/m.tar.bz2", "/vocoder.onnx"))
    assert sorted(path.name for path in done.folder.iterdir()) == [
        "model", "tokens", "vocoder.onnx",
    ]  # fmt: skip


def test_a_broken_connection_is_continued(site: Site, shop: Shop) -> None:
    """Only what is missing is asked for again, and the file is the same."""
    shop.break_after = [300_000, 200_000]
    assert bought(site, entry(shop)) == MODEL
    assert [wanted for _, wanted in shop.asked] == ["", "bytes=300000-", "bytes=500000-"]


def test_the_next_command_continues(site: Site, shop: Shop) -> None:
    """What was downloaded is kept when a command ends, and is not downloaded again."""
    shop.break_after = [300_000]
    with pytest.raises(PackError, match="it goes on where it stopped"):
        fetch(site, entry(shop), wait=None)
    assert bought(site, entry(shop)) == MODEL
    assert shop.asked[-1][1] == "bytes=300000-"


def test_a_server_that_cannot_continue_begins_again(site: Site, shop: Shop) -> None:
    """Without ranges, and without a mark of the file, the whole file comes once more."""
    for ranges, etag in ((False, '"one"'), (True, ""), (True, 'W/"weak"')):
        shop.ranges, shop.etag, shop.break_after = ranges, etag, [300_000]
        fetching.discard(site, "thing")
        assert bought(site, entry(shop)) == MODEL


def test_a_file_that_changed_meanwhile_is_not_mixed(site: Site, shop: Shop) -> None:
    """The old half is dropped when the server says that the file is another one by now."""
    shop.break_after = [300_000]
    with pytest.raises(PackError):
        fetch(site, entry(shop), wait=None)
    shop.files["/m.onnx"] = MODEL[::-1]
    shop.etag = '"two"'
    assert bought(site, entry(shop)) == MODEL[::-1]


def test_a_server_that_continues_elsewhere_is_not_believed(site: Site, shop: Shop) -> None:
    """A wrong Content-Range spoils nothing: the file is fetched from its beginning."""
    shop.break_after, shop.wrong_start = [300_000], True
    assert bought(site, entry(shop)) == MODEL
    assert shop.asked[-1][1] == ""


def test_a_busy_server_is_asked_again(site: Site, shop: Shop) -> None:
    """503 and 429 are no refusal; the waits grow."""
    shop.statuses = [503, 429, 500]
    waits: list[float] = []
    fetch(site, entry(shop), wait=waits.append)
    assert waits == sorted(waits)
    assert len(waits) == 3


def test_a_server_that_falls_silent_is_asked_again(
    site: Site, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection on which nothing comes any more is dropped, and what came is kept."""
    monkeypatch.setattr(fetching, "_TIMEOUT", fetching.httpx.Timeout(0.3))
    shop.stall_after = [300_000]
    assert bought(site, entry(shop)) == MODEL
    assert shop.asked[-1][1] == "bytes=300000-"


def test_a_server_that_stays_down_is_given_up(site: Site, shop: Shop) -> None:
    """After a few attempts without a single byte the person hears of it."""
    shop.statuses = [503] * 50
    with pytest.raises(PackError, match="503"):
        fetch(site, entry(shop), wait=lambda _: None)
    assert len(shop.asked) < 10


def test_a_server_that_always_breaks_off_is_given_up(site: Site, shop: Shop) -> None:
    """A server without ranges that never gets further ends the download too."""
    shop.ranges, shop.break_after = False, [1000] * 500
    with pytest.raises(PackError, match="could not be downloaded"):
        fetch(site, entry(shop), wait=lambda _: None)
    assert len(shop.asked) < 20


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_at_once(site: Site, shop: Shop, status: int) -> None:
    """What is not there is not asked for five times."""
    shop.statuses = [status]
    with pytest.raises(PackError, match=f"refused with {status}"):
        fetch(site, entry(shop), wait=lambda _: None)
    assert len(shop.asked) == 1


def test_nobody_there(site: Site, shop: Shop) -> None:
    """A port where nobody listens is told in a sentence."""
    one = entry(dataclasses.replace(shop, url="http://127.0.0.1:9"))
    with pytest.raises(PackError, match="could not be downloaded"):
        fetch(site, one, wait=lambda _: None)


def test_a_length_that_is_not_kept_is_noticed(site: Site, shop: Shop) -> None:
    """Fewer bytes than announced are an interruption, not a file."""
    shop.lie_about_length = 10
    with pytest.raises(PackError, match="could not be downloaded"):
        fetch(site, entry(shop), wait=lambda _: None)


def test_a_server_that_tells_no_length_is_believed(site: Site, shop: Shop) -> None:
    """The end of the connection is the end of the file then."""
    shop.no_length = True
    assert bought(site, entry(shop)) == MODEL


def test_a_moved_file_is_followed(site: Site, shop: Shop) -> None:
    """Redirects lead on; a circle is told."""
    with serving(Shop(move_to=f"{shop.url}/m.onnx")) as mover:
        assert bought(site, entry(mover)) == MODEL
    fetching.discard(site, "thing")
    shop.move_to = f"{shop.url}/m.onnx"
    with pytest.raises(PackError, match="circle"):
        fetch(site, entry(shop), wait=lambda _: None)


def test_a_wrong_hash_is_refused(site: Site, shop: Shop) -> None:
    """What is not the catalogue's file is deleted and said so; a retry downloads it anew."""
    with pytest.raises(PackError, match="not the file that the catalogue names"):
        fetch(site, entry(shop, sha256="0" * 64))
    assert not (site.folder / ".downloads" / "thing" / "m.onnx").exists()
    assert bought(site, entry(shop, sha256=hashlib.sha256(MODEL).hexdigest())) == MODEL


def test_the_first_good_download_fixes_the_hash(site: Site, shop: Shop) -> None:
    """Another file at the same address is refused from then on, though nobody named a hash."""
    done = fetch(site, entry(shop))
    pin(site, done)
    assert pins(site) == done.hashes
    fetching.discard(site, "thing")
    shop.files["/m.onnx"] = MODEL[::-1]
    with pytest.raises(PackError, match="not the file that was there the first time"):
        fetch(site, entry(shop))


def test_a_damaged_record_of_hashes_is_not_passed_over(site: Site, shop: Shop) -> None:
    """To go on without it would take anything."""
    site.folder.mkdir()
    (site.folder / ".pins.toml").write_text("=")
    with pytest.raises(PackError, match="the record of what was fetched before"):
        fetch(site, entry(shop))


def test_a_full_disk_is_told_before_the_download(
    site: Site, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked for where there is no room for it."""
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(PackError, match="needs about 4 MB"):
        fetch(site, entry(shop))
    assert shop.asked == []


def test_encryption_is_not_given_up_on_the_way(site: Site, shop: Shop) -> None:
    """An https address that leads to http is not followed to the end."""
    download = fetching._Download(Part("https://example.org/m.onnx"), site.folder, None, None)
    answer = fetching.httpx.Response(
        200, request=fetching.httpx.Request("GET", f"{shop.url}/m.onnx")
    )
    with pytest.raises(PackError, match="without encryption"):
        download._take(answer)


def test_two_downloads_of_one_model_do_not_meet(site: Site, shop: Shop) -> None:
    """The second command is told to wait; another model may come meanwhile."""
    with locked(site.folder / ".downloads" / "thing"), pytest.raises(PackError, match="Another"):
        fetch(site, entry(shop))
    with locked(site.folder / ".downloads" / "other"):
        assert bought(site, entry(shop)) == MODEL
