"""The dialogue whose parts are the examples of AUTHORING.md, made whole."""

from __future__ import annotations

import re
from pathlib import Path

from appliance.dialogue import DialogueError, Mistake, load

GUIDE = Path(__file__).resolve().parents[3] / "appliance" / "dialogue" / "AUTHORING.md"
_BLOCK = re.compile(r"```(?:yaml|csv|text)\n# ([^\n]+)\n(.*?)```", re.DOTALL)
_REST = {
    "intents/connect.yaml": "confirm: A team?\nexamples: ['{department}', 'speak to {department}']\n",
    "intents/message.yaml": "confirm: A message?\nexamples: [leave a message]\n",
    "intents/colleague.yaml": "confirm: A colleague?\nexamples: ['speak to {colleague}']\n",
    "intents/operator.yaml": "confirm: A person?\neverywhere: yes\nexamples: [operator]\n",
    "intents/goodbye.yaml": "confirm: The end?\neverywhere: yes\nexamples: [goodbye]\n",
    "processes/operator.yaml": "steps:\n- transfer: operator\n  say: One moment.\n",
    "processes/goodbye.yaml": "steps:\n- say: Goodbye.\n- end: hang-up\n",
}


def guide_files() -> dict[str, str]:
    """The examples by file; those of one file follow one another in it."""
    found: dict[str, str] = {}
    for name, text in _BLOCK.findall(GUIDE.read_text("utf-8")):
        found[name] = found.get(name, "") + text
    return {**found, **_REST}


def mistakes(files: dict[str, str]) -> list[Mistake]:
    """What `load` says against some files; none where it takes them."""
    try:
        load(files)
    except DialogueError as error:
        return list(error.mistakes)
    return []


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """The guide's dialogue with one text of a file replaced by another, once."""
    files = guide_files()
    assert old in files[file], f"{old!r} does not stand in {file}"
    files[file] = files[file].replace(old, new, 1)
    return files


def check_mistake(file: str, old: str, new: str, field: str, reason: str) -> None:
    """Assert that the change is named with its file, a line, its field and words of a reason."""
    found = mistakes(changed(file, old, new))
    named = [m for m in found if m.file == file and m.field == field and reason in m.reason]
    assert named, "\n".join(map(str, found)) or "no mistake was found"
    assert named[0].line > 0
