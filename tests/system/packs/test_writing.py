"""Writing manifests."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from appliance.system.packs.manifest import PackError, load_pack
from appliance.system.packs.writing import checked_name, dumps
from tests.system.packs.making import make_pack


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    """A manifest that is written is a pack that loads."""
    pack = load_pack(make_pack(tmp_path, "ears", "stt"))
    assert (pack.name, pack.path("tokens").name) == ("ears", "tokens.bin")


def test_plain_values_come_back() -> None:
    """Texts with any sign, numbers, lists, tables and tables in tables survive the round trip."""
    values = {
        "text": 'a "quoted" \\ back\tslash \x7f ü',
        "numbers": [1, -2.5, 1e-9],
        "truth": True,
        "nothing": [],
        "table": {"a b": 1, "inner": {"x": [True, "y"]}, "dotted.key": "z"},
        "empty": {},
        "files": [{"role": "model", "bytes": 3}, {"role": "tokens", "bytes": 4}],
    }
    assert tomllib.loads(dumps(values)) == values


def test_plain_values_after_tables_still_belong_to_the_top() -> None:
    """Puts plain values before tables whatever their order, as TOML needs it."""
    assert tomllib.loads(dumps({"table": {"a": 1}, "plain": 2})) == {"table": {"a": 1}, "plain": 2}


def test_what_is_no_value_is_refused() -> None:
    """Raises rather than write a manifest that nobody can read."""
    with pytest.raises(TypeError, match="no value of a manifest"):
        dumps({"path": Path("x")})


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "A", "a b", "-a", "a" * 65, "ä"])
def test_a_name_that_is_no_folder_of_ours_is_refused(name: str) -> None:
    """Takes nothing that hides, leads elsewhere or needs quoting."""
    with pytest.raises(PackError, match="no name for a pack"):
        checked_name(name)


def test_usual_names_are_taken() -> None:
    """Letters, digits, dots, underscores and hyphens are."""
    for name in ("en-telephone-8k", "a", "0.6b_v3", "a" * 64):
        assert checked_name(name) == name
