"""`commands.preparing`: a dialogue read for its author, with every mistake named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.commands import preparing
from appliance.contracts.errors import UserError
from appliance.dialogue.connectors import Backend, BackendKind
from appliance.dialogue.script import ModelUse
from appliance.system.dialogues import versions
from tests.commands import small


def test_a_dialogue_is_read_with_its_tests(tmp_path: Path) -> None:
    """Holds script, cases, time zone, and what was trained for just these files."""
    work = small.folder(tmp_path)
    prepared = preparing.prepare(work)
    assert [case.name for case in prepared.cases] == ["tells the opening hours", "puts through"]
    assert prepared.zone.key == prepared.script.timezone
    assert prepared.trained == b""
    versions.keep_trained(work, prepared.files, {versions.UNDERSTANDING: b"x"})
    assert prepared.trained == b"x"


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("tests/all.yaml", "- name: a\n", "tests/all.yaml:1"),
        ("dialogue.yaml", "language: en\n", "dialogue.yaml"),
    ],
)
def test_mistakes_are_named_by_file_and_line(
    tmp_path: Path, file: str, text: str, told: str
) -> None:
    """Names those of the tests as those of the dialogue."""
    work = small.folder(tmp_path)
    (work / file).write_text(text)
    with pytest.raises(UserError, match=told):
        preparing.prepare(work)


def test_an_unknown_time_zone_is_told(tmp_path: Path) -> None:
    """Says which, before anything is published."""
    work = small.folder(tmp_path)
    text = (work / "dialogue.yaml").read_text().replace("Europe/Berlin", "Europe/Nowhere")
    (work / "dialogue.yaml").write_text(text)
    with pytest.raises(UserError, match="Nowhere"):
        preparing.prepare(work)


def test_the_inventory_counts_and_tells_what_the_box_lacks(tmp_path: Path) -> None:
    """Prints what there is, and secrets, tests and a language model that there are not."""
    prepared = preparing.prepare(small.folder(tmp_path))
    console = small.console()
    assert preparing.show_inventory(prepared, small.settings(tmp_path), console) == 0
    assert "7 intents" in small.printed(console)
    assert "2 conversations in tests/" in small.printed(console)
    crm = Backend("crm", BackendKind.HTTP, "https://crm.example", secret="crm_token")
    near = Backend("near", BackendKind.SQL, "sqlite:///site.sqlite")
    far = Backend("far", BackendKind.SQL, "sqlite:////var/site.sqlite")
    backends = {"crm": crm, "near": near, "far": far}
    script = replace(prepared.script, backends=backends, model=ModelUse(triage=True))
    told = "\n".join(
        preparing.lacking(replace(prepared, script=script, cases=()), small.settings(tmp_path))
    )
    assert "'crm_token'" in told
    assert "no conversations in tests/" in told
    assert "backend near" in told
    assert "backend far" not in told
    assert "model.url" in told
