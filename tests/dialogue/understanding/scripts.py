"""Small dialogues for the tests of understanding, in both languages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from appliance.dialogue import Script, load

NOW = datetime.fromisoformat("2026-11-24 10:00")
_HEAD = """
language: {language}
site: Works
timezone: Europe/Berlin
greeting: Hello.
person: person
farewell: bye
hours:
  monday: 08:00-18:00
destinations:
  billing: {{number: 20, synonyms: [accounts]}}
  operator: {{number: 30, listed: no}}
emergency: {{destination: operator, phrases: [{emergency}], say: One moment., failed: Sorry.}}
keypad: {{hint: Press 1., keys: {{1: meter}}}}
slots:
  department: destination
  day: day
  reading: {{type: number, from: 0, to: 999999}}
  meter: {{type: choice, choices: {{gas: {gas}, power: {power}}}}}
  note: text
"""
_PROCESS = "steps:\n  - say: Yes.\n  - end: resolved\n"
ENGLISH = {
    "meter": ["my [{meter}] reading is {reading}", "i want to give you my meter reading",
              "meter reading for {meter}"],
    "moving": ["i have moved [house]", "i moved", "my address has changed"],
    "connect": ["{department}", "put me through to {department}", "i want to speak to {department}"],
    "hours": ["when are you open [{day}]", "are you open {day}"],
    "complaint": ["i want to complain [about {note}]"],
    "person": ["operator", "i want to speak to a person"],
    "bye": ["goodbye"],
}  # fmt: skip
GERMAN = {
    "meter": ["mein [{meter}] stand ist {reading}", "ich möchte meinen zählerstand durchgeben",
              "zählerstand für {meter}"],
    "moving": ["ich bin umgezogen", "meine adresse hat sich geändert", "ich ziehe um"],
    "connect": ["{department}", "verbinden sie mich mit {department}"],
    "hours": ["wann haben sie geöffnet", "haben sie {day} geöffnet"],
    "complaint": ["ich möchte mich beschweren"],
    "person": ["einen mitarbeiter bitte"],
    "bye": ["auf wiederhören"],
}  # fmt: skip


def script(language: str = "en") -> Script:
    """A dialogue of seven intents."""
    german = language == "de"
    head = _HEAD.format(
        language=language,
        emergency="notfall" if german else "emergency",
        gas="{name: gas}",
        power="{name: strom}" if german else "{name: power}",
    )
    intents = GERMAN if german else ENGLISH
    files = {"dialogue.yaml": head}
    for name, examples in intents.items():
        listed = "".join(f'  - "{text}"\n' for text in examples)
        everywhere = "everywhere: yes\n" if name in {"person", "bye"} else ""
        files[f"intents/{name}.yaml"] = f"{everywhere}confirm: Really?\nexamples:\n{listed}"
        files[f"processes/{name}.yaml"] = _PROCESS
    files["processes/person.yaml"] = (
        "steps:\n  - transfer: operator\n    say: One moment.\n    failed:\n      - say: Sorry.\n      - end: hang-up\n"
    )
    files["processes/bye.yaml"] = "steps:\n  - say: Bye.\n  - end: hang-up\n"
    return load(files)


def example_files(name: str) -> dict[str, str]:
    """The files of a dialogue that ships as an example."""
    folder = Path(__file__).resolve().parents[3] / "appliance" / "dialogue" / "examples" / name
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".yaml", ".csv", ".txt", ".md"} and "tests" not in path.parts[-2:]
    }
