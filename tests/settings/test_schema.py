"""The schema explains itself."""

from appliance.settings import Settings


def test_every_field_says_what_it_is():
    """A label stands at every field; the page and the docs are made from it."""
    for section in Settings.model_fields.values():
        for name, field in section.annotation.model_fields.items():
            assert field.title, name
