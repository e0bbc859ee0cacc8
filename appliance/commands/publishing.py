"""`dialogue publish`, `rollback`, `versions` and `diff`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from appliance.commands import testing, training
from appliance.commands.preparing import Prepared
from appliance.contracts.errors import UserError
from appliance.settings import Settings
from appliance.system.dialogues.versions import Library, Version, digest

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def publish_command(
    prepared: Prepared, settings: Settings, console: Console, *, comment: str, anyway: bool
) -> int:
    """Test, train and publish; returns 1 where tests fail and `anyway` is not given."""
    library = Library(settings.dialogue.published)
    now = library.current_version()
    trained = training.train(prepared, settings)
    console.print(
        f"Trained {trained.classes} intents with {trained.sentences} sentences in "
        f"{trained.seconds:.1f} s."
    )
    results = testing.run_text(prepared, trained.understanding)
    testing.show(results, console, verbose=False)
    failed = sum(not result.report.passed for result in results)
    if failed and not anyway:
        console.print(
            f"Not published: {failed} of {len(results)} conversations of tests/ fail. Mend the "
            "dialogue or the tests, or publish --anyway.",
            style="bold red",
        )
        return 1
    made = library.publish(
        prepared.files, trained.files, comment=comment, passed=len(results) - failed, failed=failed
    )
    console.print(f"Published as version {made.number}; it answers the next call.", style="green")
    if now is not None:
        console.print(f"Back to version {now.number}: appliance dialogue rollback", style="dim")
    return 0


def rollback_command(settings: Settings, console: Console, number: int | None) -> int:
    """Let an older version answer; returns 0."""
    made = Library(settings.dialogue.published).rollback(number)
    console.print(f"Version {made.number} answers the next call{_about(made)}.", style="green")
    return 0


def versions_command(settings: Settings, console: Console) -> int:
    """List the versions; returns 0."""
    library = Library(settings.dialogue.published)
    now = library.current_version()
    found = library.versions()
    if not found:
        console.print(
            f"Nothing is published in {escape(str(settings.dialogue.published))}: the dialogue in "
            f"{escape(str(settings.dialogue.folder))} answers. Publish it: appliance dialogue "
            "publish"
        )
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "version", "published", "by", "tests", "what is new"):
        table.add_column(title)
    for one in found:
        tests = f"{one.passed} pass" + (f", {one.failed} FAIL" if one.failed else "")
        table.add_row(
            "*" if now is not None and one.number == now.number else "", str(one.number),
            one.published.replace("T", " ").removesuffix("+00:00") + " UTC", escape(one.who),
            tests, escape(one.comment),
        )  # fmt: skip
    console.print(table)
    console.print("* answers the telephone", style="dim")
    return 0


def diff_command(
    settings: Settings, console: Console, old: int | None, new: int | None, folder: Path
) -> int:
    """Print what has changed; returns 1 where anything has."""
    library = Library(settings.dialogue.published)
    before = library.current() if old is None else library.path(old)
    if before is None:
        raise UserError("nothing is published yet, so there is nothing to compare with")
    after = folder if new is None else library.path(new)
    changed = 0
    for line in library.diff(before, after):
        changed = 1
        console.print(escape(line), style=_STYLES.get(line[:1]))
    if not changed:
        console.print(f"{escape(before.name)} and {escape(str(after))} are the same.")
    return changed


def unpublished(prepared: Prepared, settings: Settings) -> bool:
    """Whether the folder differs from what answers the telephone."""
    now = Library(settings.dialogue.published).current_version()
    return now is None or now.digest != digest(prepared.files)


def _about(made: Version) -> str:
    return f" ({escape(made.comment)})" if made.comment else ""
