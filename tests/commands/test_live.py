"""`commands.live`: a chat with the site's real systems."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from appliance.commands import preparing
from appliance.commands.live import Live
from appliance.dialogue.actions import Invoke, Message, Think
from appliance.dialogue.events import Result, Status, ThoughtFailed
from tests.commands import small

SYSTEMS = """
backends: {db: {sql: "sqlite:///site.sqlite"}}
connectors:
  find: {backend: db, sql: "select name from people where number = :number"}
"""


def test_real_systems_answer(tmp_path: Path) -> None:
    """Asks the database that connectors.yaml names, and has no language model without one."""
    work = small.folder(tmp_path)
    (work / "connectors.yaml").write_text(SYSTEMS)
    with sqlite3.connect(work / "site.sqlite") as db:
        db.execute("create table people (number text, name text)")
        db.execute("insert into people values ('7', 'Anna')")
    db.close()
    prepared = preparing.prepare(work)
    with Live(prepared, small.settings(tmp_path)) as live:
        found = live.answer(Invoke("1", "find", (("number", "7"),)))
        assert found == Result("1", Status.DONE, {"name": "Anna"})
        nobody = live.answer(Invoke("2", "find", (("number", "8"),)))
        assert nobody is not None
        assert nobody.status is Status.NOTHING
        (failed,) = live.think(Think("t", (Message("user", "hello"),)))
        assert isinstance(failed, ThoughtFailed)
        assert live.entries() == {}
