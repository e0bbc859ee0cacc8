"""The dialogues that ship pass their own conversations."""

from pathlib import Path

import pytest

from appliance.commands import testing, training
from appliance.commands.preparing import prepare
from appliance.settings import Settings

STARTER = Settings().dialogue.folder
SHIPPED = (
    STARTER,
    *sorted(path for path in (STARTER.parent / "examples").iterdir() if path.is_dir()),
)


def told(results: list[testing.Result]) -> list[str]:
    """What was not as expected."""
    return [
        f"{result.report.case.name}: {failure}"
        for result in results
        for failure in result.report.failures
    ]


@pytest.mark.parametrize("folder", SHIPPED, ids=[path.name for path in SHIPPED])
def test_every_conversation_passes_in_text(folder: Path) -> None:
    """Goes as its author wrote, with nothing but the examples learnt."""
    prepared = prepare(folder)
    assert prepared.cases
    assert not told(testing.run_text(prepared, b""))


@pytest.mark.parametrize("folder", SHIPPED, ids=[path.name for path in SHIPPED])
def test_every_conversation_passes_as_it_would_be_published(folder: Path) -> None:
    """Goes as well with what publishing trains."""
    prepared = prepare(folder)
    trained = training.train(prepared, Settings())
    assert not told(testing.run_text(prepared, trained.understanding))
