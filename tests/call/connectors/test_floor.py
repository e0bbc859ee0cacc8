"""`call.connectors.floor`: a few threads, and a share of them for each system."""

import logging
import threading

from appliance.call.connectors.floor import WORKERS, Floor, Job
from tests.call.connectors.support import until


def test_a_system_gets_no_more_than_its_share():
    """Runs at most so many jobs of a system at once, and all of them in the end."""
    floor, go = Floor(), threading.Event()
    running, most, done, lock = [0], [0], [], threading.Lock()

    def work():
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        go.wait(10)
        with lock:
            running[0] -= 1
            done.append(1)

    for _ in range(7):
        floor.submit("crm", 2, Job(work, lambda: None))
    until(lambda: running[0] == 2)
    other = threading.Event()
    floor.submit("db", 4, Job(other.set, lambda: None))
    assert other.wait(10)
    go.set()
    until(lambda: len(done) == 7)
    assert most == [2]
    floor.close()


def test_one_system_never_takes_all_threads():
    """Leaves a thread for the others, however many a system may take."""
    floor, go, other = Floor(), threading.Event(), threading.Event()
    for _ in range(3 * WORKERS):
        floor.submit("crm", 32, Job(lambda: go.wait(10) and None, lambda: None))
    floor.submit("db", 1, Job(other.set, lambda: None))
    assert other.wait(10)
    go.set()
    floor.close()


def test_a_fault_is_told_and_gives_its_thread_back(caplog):
    """Tells whoever waits, logs kind and place but no words, and goes on."""
    floor, told, after = Floor(), threading.Event(), threading.Event()
    caplog.set_level(logging.ERROR)

    def fail():
        raise ValueError("Anna")

    floor.submit("crm", 1, Job(fail, told.set))
    floor.submit("crm", 1, Job(after.set, lambda: None))
    assert told.wait(10)
    assert after.wait(10)
    assert "ValueError in fail" in caplog.text
    assert "Anna" not in caplog.text
    floor.close()


def test_nothing_begins_after_closing():
    """Drops what has not begun."""
    floor, go, ran = Floor(), threading.Event(), []
    floor.submit("crm", 1, Job(lambda: go.wait(10) and None, lambda: None))
    floor.submit("crm", 1, Job(lambda: ran.append(1), lambda: None))
    floor.close()
    go.set()
    floor.submit("crm", 1, Job(lambda: ran.append(2), lambda: None))
    assert ran == []
