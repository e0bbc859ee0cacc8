"""The commands of this room: `call`, `messages`, and its part of `doctor`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from appliance.audio import codecs
from appliance.call import process
from appliance.call.capacity import bench
from appliance.call.capacity import report as capacity_report
from appliance.call.capacity.measured import STEPS, Step
from appliance.call.linetest import report, run
from appliance.call.linetest.steps import Result
from appliance.contracts.errors import UserError
from appliance.records import Store
from appliance.settings import MAIN, DialogueSettings, Settings, TlsSettings
from appliance.system.dialogues import folder, versions
from appliance.system.doctor import Finding, Grade

PRIORITY: Final = -10
"""Nice value of the process that sends a packet every 20 ms."""


def call_command(settings: Settings, *, show: bool = False) -> int:
    """Answer the telephone until SIGTERM or Ctrl-C; returns the exit status.

    `show` prints one JSON object per event of a conversation: for a desk, as it holds what callers
    say.
    """
    _hurry()
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(name)s: %(levelname)s: %(message)s"
    )
    asyncio.run(_serve(settings, show=show))
    return 0


def _hurry() -> None:
    """Ask to be run before processes that compute, where that is allowed; a unit allows it.

    No real-time priority: that could hang a core if ever something in here computed.
    """
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)


async def _serve(settings: Settings, *, show: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await process.run(settings, on_event=_print if show else None, stop=stop)


def _print(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def messages_command(settings: Settings) -> int:
    """Print the messages that callers left; returns the exit status."""
    if not settings.records.file.exists():
        raise UserError(f"{settings.records.file} does not exist: no call has been taken yet")
    try:
        store = Store(settings.records.file, note_days=settings.records.note_days)
    except OSError as error:
        raise UserError(str(error)) from None
    try:
        notes = store.messages()
    except sqlite3.Error as error:
        raise UserError(f"{settings.records.file} cannot be read: {error}") from None
    finally:
        store.close()
    for note in notes:
        values = "; ".join(f"{name}: {value}" for name, value in note.fields)
        sys.stdout.write(f"{note.left.astimezone():%Y-%m-%d %H:%M}  {note.kind}  {values}\n")
    if not notes:
        sys.stdout.write("There are no messages.\n")
    return 0


def line_findings(settings: Settings) -> list[Finding]:
    """Say whether the extensions can be used as they are set (for `doctor`); calls nobody."""
    found = []
    lacking = codecs.missing()
    for name, account in settings.lines.items():
        table = "account" if name == MAIN else f"accounts.{name}"
        absent = [codec for codec in account.codecs if codec in lacking]
        found += [Finding(Grade.WARN, lacking[codec], f"or drop it from {table}.codecs")
                  for codec in absent]  # fmt: skip
        if account.srtp != "off" and account.transport != "tls":
            found.append(
                Finding(
                    Grade.WARN,
                    f"{table}: audio is encrypted, but its keys travel in readable messages",
                    f"set {table}.transport to tls",
                )
            )
        if account.transport == "tls":
            found.append(_tls_finding(table, account.tls))
        if not account.password.get_secret_value() and account.registration:
            found.append(Finding(Grade.WARN, f"{table} has no password", f"write {table}.password"))
    if not any(finding.grade is not Grade.OK for finding in found):
        users = ", ".join(account.user for account in settings.lines.values())
        found = [Finding(Grade.OK, f"the settings of extension {users}"), *found]
    return found


def _tls_finding(table: str, tls: TlsSettings) -> Finding:
    for file in (tls.ca, tls.certificate, tls.key):
        if file is not None:
            try:
                file.read_bytes()
            except OSError as error:
                return Finding(
                    Grade.MISSING, f"{file} cannot be read: {error.strerror}", f"see {table}.tls"
                )
    if not tls.verify and not tls.fingerprints:
        return Finding(
            Grade.WARN,
            f"{table}: the PBX's certificate is not checked, so anybody can pose as it",
            f"set {table}.tls.verify, or its fingerprint",
        )
    return Finding(Grade.OK, f"TLS of {table}")


def line_test(
    settings: Settings,
    *,
    line: str = MAIN,
    phone_user: str = "",
    phone_password: str = "",
    independent: bool = True,
    as_json: bool = False,
) -> int:
    """Test the line `line` and say in plain words what is wrong with it; returns the exit status.

    `phone_user` and `phone_password` are a second extension at the same PBX, by which the box is
    called; without it the box is called past the PBX. `independent`: pyVoIP calls too. With
    `as_json` each check is one JSON object on a line, told as soon as it is made.
    """
    if line not in settings.lines:
        raise UserError(f"there is no line '{line}': there are {', '.join(settings.lines)}")
    if phone_user == settings.lines[line].user:
        raise UserError(
            f"--phone-user {phone_user} is the box's own extension: name another one, as that"
            " would take its calls"
        )
    telephone = run.Telephone(phone_user, phone_password) if phone_user else None

    def tell(result: Result) -> None:
        if as_json:
            sys.stdout.write(f"{report.as_json(result)}\n")
        elif result.tried:
            sys.stdout.write(f"{report.line(result)}\n")
        sys.stdout.flush()

    test = run.LineTest(settings, line, telephone, tell, independent=independent)
    try:
        results = asyncio.run(test.run())
    except OSError as error:
        raise UserError(f"the line cannot be tested: {error}") from None
    if not as_json:
        sys.stdout.write(f"\n{report.summary(results)}\n")
    return run.worst(results)


def bench_command(
    settings: Settings, files: Sequence[Path], *, calls: int = max(STEPS), as_json: bool = False
) -> int:
    """Measure how many calls at once this box serves well, and keep it for admission.

    `files` are the settings files that `settings` was read from; `calls` the most that are tried.
    Returns the exit status: 1 where not even one call is served in time.
    """
    language = folder.load(versions.current(settings.dialogue)).language
    steps = tuple(step for step in STEPS if step <= calls)
    tell = sys.stdout.write
    if not as_json:
        tell(capacity_report.head())

    def on_step(step: Step) -> None:
        if not as_json:
            tell(capacity_report.row(step))
            sys.stdout.flush()

    found = asyncio.run(bench.run(files, language, on_step=on_step, steps=steps))
    tell(capacity_report.as_json(found) if as_json else capacity_report.verdict(found))
    try:
        found.save(settings.call.measured)
    except OSError as error:
        raise UserError(
            f"{settings.call.measured} cannot be written ({error.strerror}), so that admission does"
            " not learn of this: set call.measured or run this as the appliance's user"
        ) from None
    return 0 if found.calls else 1


def dialogue_finding(settings: DialogueSettings) -> Finding:
    """Say whether the dialogue can be used (for `doctor`)."""
    try:
        script = folder.load(versions.current(settings))
    except UserError as mistake:
        return Finding(Grade.MISSING, str(mistake), "mend the dialogue")
    return Finding(Grade.OK, f"the dialogue of {script.site}: {len(script.intents)} intents")
