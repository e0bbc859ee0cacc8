"""`settings.section`: what every section shares."""

import pytest
from pydantic import ValidationError

from appliance.settings.section import PACKAGE, Section


class Kettle(Section):
    water: int = 1


def test_an_unknown_field_is_refused():
    """A field that nobody knows is a mistake, not a wish that is passed over."""
    with pytest.raises(ValidationError):
        Kettle.model_validate({"watre": 2})


def test_a_section_never_changes():
    """What was parsed once is handed out as it is."""
    with pytest.raises(ValidationError):
        Kettle().water = 2  # type: ignore[misc]


def test_the_package_holds_models_and_code():
    """Built-in packs and dialogues are found from there."""
    assert (PACKAGE / "models" / "packs").is_dir()
    assert (PACKAGE / "appliance" / "dialogue" / "starter").is_dir()
