"""`records.outbox`: what is on disk at every moment, and what is left when it has been delivered."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from appliance.records.outbox import Letter, Outbox

ROOT = Path(__file__).resolve().parents[2]


def letter(key, call="c", backend="crm", **more):
    return Letter(key, call, backend, "ticket", "{}", '{"text": "Anna Meyer"}', **more)


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "outbox.sqlite")
    yield made
    made.close()


def test_what_is_put_waits_in_its_order(outbox):
    """Hands letters out in the order in which they were put, each once."""
    assert [outbox.put(letter(key)).result() for key in ("b", "a", "b")] == [True, True, False]
    assert [(each.key, each.tries) for each in outbox.waiting()] == [("b", 0), ("a", 0)]
    assert outbox.waiting()[0].arguments == '{"text": "Anna Meyer"}'


def test_what_arrived_is_overwritten(outbox, tmp_path):
    """Leaves no trace of a letter in any of its files once it has been delivered."""
    outbox.put(letter("a")).result()
    assert any(b"Anna Meyer" in file.read_bytes() for file in tmp_path.iterdir())
    assert outbox.done("a").result()
    assert not outbox.done("a").result()
    assert not any(b"Anna Meyer" in file.read_bytes() for file in tmp_path.iterdir())


def test_a_failed_attempt_is_counted_with_its_reason(outbox):
    """Keeps a letter that could not be delivered, and why."""
    outbox.put(letter("a")).result()
    for _ in range(2):
        outbox.failed("a", "answered 503").result()
    (found,) = outbox.waiting()
    assert (found.tries, found.reason) == (2, "answered 503")


def test_the_dead_stay_for_a_person(outbox):
    """Keeps what was refused out of the way, and delivers it after all when a person says so."""
    outbox.put(letter("a")).result()
    outbox.bury("a", "answered 422").result()
    assert outbox.waiting() == []
    assert not outbox.there("a")
    assert [(each.key, each.reason) for each in outbox.dead()] == [("a", "answered 422")]
    assert outbox.revive("a").result()
    assert outbox.there("a")
    assert not outbox.revive("a").result()


def test_what_is_not_worth_keeping_is_deleted(outbox, tmp_path):
    """Deletes in place of burying where a letter says so."""
    outbox.put(letter("a", kept=False)).result()
    outbox.bury("a", "late").result()
    assert (outbox.waiting(), outbox.dead()) == ([], [])
    assert not any(b"Anna Meyer" in file.read_bytes() for file in tmp_path.iterdir())


def test_a_call_knows_what_it_wrote_before(outbox):
    """Tells whether something of the same call to the same system waits before a letter."""
    for key, call, backend in (
        ("a", "c", "crm"),
        ("b", "c", "crm"),
        ("d", "e", "crm"),
        ("f", "c", "db"),
    ):
        outbox.put(letter(key, call, backend)).result()
    assert [outbox.behind(key) for key in "abdfx"] == [False, True, False, False, False]
    outbox.bury("a", "answered 422").result()
    assert not outbox.behind("b")


def test_a_system_that_is_down_hides_no_other(outbox, monkeypatch):
    """Hands out letters of every system, however many wait for one of them."""
    monkeypatch.setattr("appliance.records.outbox._MOST", 3)
    for number in range(9):
        outbox.put(letter(str(number), backend="down")).result()
    outbox.put(letter("x", backend="up")).result()
    assert [each.key for each in outbox.waiting()] == ["0", "1", "2", "x"]


def test_time_is_counted_while_the_box_runs(outbox):
    """Names what has waited too long, by time counted and not by the clock."""
    outbox.put(letter("a", lasts=100)).result()
    outbox.put(letter("b")).result()
    assert outbox.aged(60).result() == []
    assert [each.key for each in outbox.aged(60).result()] == ["a"]


def test_one_hand_at_a_time(outbox):
    """Lets one have a letter until it is released."""
    assert outbox.claim("a")
    assert not outbox.claim("a")
    outbox.release("a")
    assert outbox.claim("a")


def test_a_closed_outbox_says_so(tmp_path):
    """Fails with OSError, never silently, once it is closed."""
    made = Outbox(tmp_path / "o.sqlite")
    made.put(letter("a"))
    made.close()
    made.close()
    assert isinstance(made.put(letter("b")).exception(), OSError)
    with pytest.raises(OSError, match="closed"):
        made.waiting()
    again = Outbox(tmp_path / "o.sqlite")
    assert [each.key for each in again.waiting()] == ["a"]
    again.close()


def test_a_killed_process_loses_nothing_that_was_put(tmp_path):
    """Has every letter whose future was done, after SIGKILL in the middle of further ones."""
    code = """
        import sys
        from pathlib import Path
        from appliance.records.outbox import Letter, Outbox
        outbox = Outbox(Path(sys.argv[1]))
        number = 0
        while True:
            outbox.put(Letter(str(number), "c", "b", "k", "{}", "x" * 500)).result()
            print(number, flush=True)
            number += 1
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "o.sqlite")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(20):
        said = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    said = max([said, *(int(line) for line in child.stdout if line.endswith("\n"))])
    child.wait()
    child.stdout.close()
    again = Outbox(tmp_path / "o.sqlite")
    kept = [int(each.key) for each in again.waiting()]
    again.close()
    assert kept[: said + 1] == list(range(said + 1))
