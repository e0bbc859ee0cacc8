"""`commands.training`: what is learnt, what is confused, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.commands import preparing, training
from appliance.commands.preparing import Prepared
from appliance.contracts.errors import UserError
from appliance.dialogue.slots import Slots
from appliance.dialogue.understanding.examples import Example
from appliance.dialogue.understanding.understand import Understanding
from appliance.settings import SpeechSettings
from appliance.speech.understanding.heads import Heads
from appliance.system.dialogues import versions
from tests.commands import small
from tests.speech.understanding.encoders import make_pack


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    return preparing.prepare(small.folder(tmp_path))


def test_training_is_kept_and_used(prepared: Prepared, tmp_path: Path) -> None:
    """Writes what the understanding accepts, and says how many sentences it took."""
    console = small.console()
    settings = small.settings(tmp_path)
    assert training.train_command(prepared, settings, console, keep=True, judge=False) == 0
    assert "Trained 7 intents" in small.printed(console)
    assert Understanding(prepared.script, Slots(prepared.script), prepared.trained).trained


def test_a_folder_that_cannot_be_written_is_no_failure(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says that nothing was kept, and why."""
    done = training.Trained(b"", {versions.UNDERSTANDING: b"x"}, 7, 100, 1.0)
    monkeypatch.setattr(training, "train", lambda *_: done)
    elsewhere = replace(prepared, folder=prepared.folder / "dialogue.yaml")
    console = small.console()
    settings = small.settings(tmp_path)
    assert training.train_command(elsewhere, settings, console, keep=True, judge=False) == 0
    assert "Not kept" in small.printed(console)


def test_an_encoder_pack_is_taught_too(prepared: Prepared, tmp_path: Path) -> None:
    """Keeps what the encoder of the settings makes of the examples beside the rest."""
    made = make_pack(tmp_path / "packs")
    speech = SpeechSettings(packs=made.folder.parent, encoder=made.name)
    settings = small.settings(tmp_path).model_copy(update={"speech": speech})
    heads = Heads.parse(training._encoder(prepared, settings)[versions.ENCODER])
    assert set(heads.classes) == {*prepared.script.intents, ""}
    missing = SpeechSettings(packs=made.folder.parent, encoder="none")
    with pytest.raises(UserError, match="'none'"):
        training._encoder(prepared, settings.model_copy(update={"speech": missing}))


def test_confused_intents_are_named_with_their_examples(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judges each template by what the others teach, and shows what to look at."""
    monkeypatch.setattr(training, "FOLDS", 2)
    connect = prepared.script.intents["connect"]
    hours = prepared.script.intents["hours"]
    swapped = replace(connect, examples=(*connect.examples, "(are|when are) you open on mondays"))
    more = replace(hours, examples=(*hours.examples, "are you open on tuesdays"))
    intents = {**prepared.script.intents, "connect": swapped, "hours": more}
    script = replace(prepared.script, intents=intents)
    judged = training.cross_validate(replace(prepared, script=script))
    assert judged.examples > 50
    assert judged.right / judged.examples > 0.5
    assert sum(one.times for one in judged.confusions) <= judged.examples - judged.right
    shown = {text for one in judged.confusions for text in one.examples}
    written = {text for intent in script.intents.values() for text in intent.examples}
    assert shown <= written | set(script.out_of_scope)
    console = small.console()
    training.show(judged, console)
    assert "are understood from the other ones alone" in small.printed(console)


def test_no_template_is_learnt_from_and_judged_at_once() -> None:
    """Divides by templates, and learns from what has only one."""
    examples = {
        "a": [Example("a one", 1), Example("a two", 1), Example("b", 2), Example("c", 3)],
        "single": [Example("d", 4)],
    }
    judged = []
    for turn in range(training.FOLDS):
        learnt, some = training._divided(examples, turn)
        groups = {one.group for held in learnt.values() for one in held}
        assert not groups & {one.group for held in some.values() for one in held}
        assert learnt["single"] == examples["single"]
        judged += [one.text for held in some.values() for one in held]
    assert sorted(judged) == ["a one", "b", "c"]


def test_too_few_examples_are_told() -> None:
    """Does not divide by nothing."""
    console = small.console()
    training.show(training.Judged(0, 0, ()), console)
    assert "Too few" in small.printed(console)
