"""`call.edition`: the dialogue that answers, and the next one when one is published."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance import dialogue
from appliance.call import edition as module
from appliance.call.connectors import Connectors
from appliance.call.edition import LISTS, Edition, Editions, connect, prepare
from appliance.contracts.errors import UserError
from appliance.dialogue.script import Entry
from appliance.records.outbox import Outbox
from appliance.settings import DialogueSettings, RecordsSettings, Settings
from appliance.system.dialogues.folder import read_folder
from appliance.system.dialogues.versions import Library

STARTER = DialogueSettings().folder


def settings(tmp_path: Path) -> Settings:
    return Settings(
        dialogue=DialogueSettings(published=tmp_path / "dialogues"),
        records=RecordsSettings(file=tmp_path / "records.sqlite"),
    )


def publish(held: Settings) -> None:
    Library(held.dialogue.published).publish(read_folder(STARTER), {})


def damage(held: Settings) -> None:
    """Spoil the published version, as a disk might."""
    found = Library(held.dialogue.published).current()
    assert found is not None
    (found / "dialogue.yaml").write_text("language: [\n", "utf-8")


class House:
    """Editions as `process` runs them, without its loop of looks."""

    def __init__(self, held: Settings, outbox: Outbox) -> None:
        conversation = prepare(held)
        self.told: list[Edition] = []
        self.troubles: list[str] = []
        self.in_use: list[Connectors] = []
        first = Edition(conversation, connect(conversation, held, outbox))
        self.editions = Editions(
            held, first, outbox, changed=self.told.append, trouble=self.troubles.append,
            used=lambda connectors: connectors in self.in_use,
        )  # fmt: skip


def run(tmp_path: Path, scenario: Callable[[Settings, House], Awaitable[None]]) -> None:
    held = settings(tmp_path)
    outbox = Outbox(tmp_path / "outbox.sqlite")

    async def whole() -> None:
        house = House(held, outbox)
        await scenario(held, house)
        await house.editions.close()

    asyncio.run(whole())
    outbox.close()


def test_the_published_dialogue_answers(tmp_path: Path) -> None:
    """Takes the published version, and the author's folder where none is."""
    held = settings(tmp_path)
    assert prepare(held).folder == STARTER
    publish(held)
    assert prepare(held).folder == Library(held.dialogue.published).current()


def test_a_damaged_version_gives_way_to_the_one_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers by the newest version that can be read, and says why; then by the author's folder."""
    held = settings(tmp_path)
    publish(held)
    first = Library(held.dialogue.published).current()
    publish(held)
    damage(held)
    assert prepare(held).folder == first
    assert "dialogue.yaml" in caplog.text
    Library(held.dialogue.published).rollback(1)
    damage(held)
    assert prepare(held).folder == STARTER


def test_without_a_published_version_mistakes_are_told(tmp_path: Path) -> None:
    """Raises them all where there is nothing to fall back on."""
    (tmp_path / "dialogue.yaml").write_text("language: [\n", "utf-8")
    held = Settings(
        dialogue=DialogueSettings(folder=tmp_path, published=tmp_path / "dialogues"),
    )
    with pytest.raises(UserError, match=r"dialogue\.yaml"):
        prepare(held)


def test_a_publish_is_noticed_and_the_old_connectors_serve_their_calls(tmp_path: Path) -> None:
    """Tells of the new edition once; closes the old connectors when no call uses them."""

    async def scenario(held: Settings, house: House) -> None:
        old = house.editions.edition.connectors
        closed: list[Connectors] = []
        old.close = lambda: closed.append(old)  # type: ignore[method-assign]
        house.in_use = [old]
        await house.editions.look()
        assert not house.told
        publish(held)
        await house.editions.look()
        await house.editions.look()
        (new,) = house.told
        assert new.conversation.folder == Library(held.dialogue.published).current()
        assert new.connectors is not old
        assert house.troubles == [""]
        assert not closed
        house.in_use = []
        await house.editions.look()
        assert closed == [old]

    run(tmp_path, scenario)


def test_a_version_with_mistakes_is_refused_and_told(tmp_path: Path) -> None:
    """Goes on with the edition before, says what is wrong, and takes the next good one."""

    async def scenario(held: Settings, house: House) -> None:
        before = house.editions.edition
        publish(held)
        damage(held)
        await house.editions.look()
        await house.editions.look()
        assert house.editions.edition is before
        assert not house.told
        (trouble,) = house.troubles
        assert "dialogue.yaml" in trouble
        publish(held)
        await house.editions.look()
        assert house.troubles[-1] == ""
        assert len(house.told) == 1

    run(tmp_path, scenario)


def test_lists_of_connectors_are_asked_for_beside_the_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gives new calls the rows as soon as they are known, and keeps them when they cannot be had."""
    anna = Entry("a", "Anna", ())
    rows: dict[str, tuple[Entry, ...]] = {"people": (anna,)}
    made: list[object] = []

    def engine(script: object, model: bytes, lists: object, *, thinking: bool) -> object:
        made.append(lists)
        return SimpleNamespace(script=script)

    async def scenario(held: Settings, house: House) -> None:
        edition = house.editions.edition
        script = SimpleNamespace(lists={"people": SimpleNamespace(connector="ldap")})
        conversation = replace(edition.conversation, script=script)
        connectors = SimpleNamespace(entries=lambda: dict(rows), close=edition.connectors.close)
        house.editions.edition = Edition(conversation, connectors)  # type: ignore[arg-type]
        monkeypatch.setattr(dialogue, "Engine", engine)
        await house.editions.look()
        assert made == [{"people": (anna,)}]
        assert len(house.told) == 1
        rows.clear()
        house.editions._asked = -LISTS
        await house.editions.look()
        assert len(house.told) == 1
        assert house.editions.edition.conversation.lists == {"people": (anna,)}

    run(tmp_path, scenario)


def test_computing_lets_the_loop_go_first(tmp_path: Path) -> None:
    """Shortens the interpreter's switch interval while it computes, and puts it back."""
    before = sys.getswitchinterval()
    seen: list[float] = []

    async def scenario(held: Settings, house: House) -> None:
        def make() -> object:
            seen.append(sys.getswitchinterval())
            return house.editions.edition.conversation

        await house.editions._aside(make)  # type: ignore[arg-type]

    run(tmp_path, scenario)
    assert seen[0] < before
    assert sys.getswitchinterval() == before


def test_a_look_that_fails_is_not_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes on by what it has where the folder cannot be seen, or its systems cannot be set up."""

    async def scenario(held: Settings, house: House) -> None:
        def broken(*_: object) -> Path:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(module, "current", broken)
            await house.editions.look()
        assert not house.troubles
        publish(held)
        with monkeypatch.context() as patch:
            patch.setattr(module, "connect", broken)
            await house.editions.look()
        assert "Input/output error" in house.troubles[0]
        publish(held)
        await house.editions.look()
        assert len(house.told) == 1

    run(tmp_path, scenario)
