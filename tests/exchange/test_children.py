"""Processes of the desk: real ones, tiny."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from appliance.exchange import children
from appliance.exchange.children import Child


def scripted(monkeypatch, tmp_path: Path, body: str) -> None:
    """Let `python -m appliance` run `body` instead, from a package in `tmp_path`."""
    package = tmp_path / "appliance"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(body)
    monkeypatch.chdir(tmp_path)


def test_lines_are_read_and_the_end_is_told(monkeypatch, tmp_path: Path) -> None:
    """Each line of stdout is handed on; the status of one that ends by itself is told."""
    scripted(
        monkeypatch,
        tmp_path,
        "import sys\nprint('one')\nprint(sys.argv[1])\nprint('oh no', file=sys.stderr)\nsys.exit(3)",
    )

    async def scene() -> None:
        lines: list[str] = []
        ended = asyncio.get_running_loop().create_future()
        child = Child(
            "x",
            ["arg"],
            tmp_path / "logs" / "x.log",
            on_line=lines.append,
            on_end=ended.set_result,
        )
        await child.start()
        assert child.pid
        assert await asyncio.wait_for(ended, 20) == 3
        assert lines == ["one", "arg"]
        assert child.last_words() == "oh no"
        assert not child.running
        await child.stop()

    asyncio.run(scene())


def test_stop_ends_it_without_telling(monkeypatch, tmp_path: Path) -> None:
    """A process that is asked to end is not reported as dead; stopping twice is harmless."""
    scripted(monkeypatch, tmp_path, "import time\nprint('up', flush=True)\ntime.sleep(60)")

    async def scene() -> None:
        up, ends = asyncio.Event(), []
        child = Child("x", [], tmp_path / "x.log", on_line=lambda _: up.set(), on_end=ends.append)
        await child.stop()
        await child.start()
        await asyncio.wait_for(up.wait(), 20)
        assert child.running
        await child.stop()
        await child.stop()
        assert not child.running
        assert ends == []

    asyncio.run(scene())


def test_one_that_does_not_listen_is_killed(monkeypatch, tmp_path: Path) -> None:
    """A process that ignores SIGTERM is gone all the same after the patience is over."""
    monkeypatch.setattr(children, "PATIENCE", 0.1)
    scripted(
        monkeypatch,
        tmp_path,
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True)\ntime.sleep(60)",
    )

    async def scene() -> None:
        up = asyncio.Event()
        child = Child("x", [], tmp_path / "x.log", on_line=lambda _: up.set())
        await child.start()
        await asyncio.wait_for(up.wait(), 20)
        await child.stop()
        assert not child.running

    asyncio.run(scene())


def test_log_that_is_not_there_has_no_last_words(tmp_path: Path) -> None:
    """A process that never started has said nothing."""
    assert Child("x", [], tmp_path / "x.log").last_words() == ""


def test_children_do_not_outlive_the_desk(monkeypatch, tmp_path: Path) -> None:
    """A desk that is killed leaves no process behind."""
    scripted(monkeypatch, tmp_path, "import time\nprint('up', flush=True)\ntime.sleep(60)")
    desk = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(children.__file__).parents[2])!r})\n"
        "from appliance.exchange.children import Child\n"
        "async def main():\n"
        "    up = asyncio.Event()\n"
        "    child = Child('x', [], Path('x.log'), on_line=lambda _: up.set())\n"
        "    await child.start()\n"
        "    await up.wait()\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", desk], capture_output=True, text=True, timeout=60)
    pid = int(done.stdout)
    while alive(pid):
        os.sched_yield()


def alive(pid: int) -> bool:
    """Say whether a process runs; one that waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
