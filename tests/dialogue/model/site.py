"""A power company's desk in English and in German, for the tests of `dialogue.model`.

There is something to be stolen: whoever is verified can move money; the rest anybody can ask for.
"""

import functools
from dataclasses import dataclass
from datetime import datetime

from appliance.dialogue.authoring.load import load
from appliance.dialogue.script import SlotKind

NOW = datetime.fromisoformat("2026-11-24 10:00")
"""A Tuesday."""

COMMON = """
country: DE
timezone: Europe/Berlin
person: operator
farewell: goodbye
model: {triage: yes, slots: yes, answers: yes}
hours: {tuesday: 08:00-18:00}
keypad: {hint: "Press zero.", keys: {0: operator}}
destinations:
  billing: {name: BILLING, number: 207, synonyms: [SYNONYM]}
  operator: {name: OPERATOR, number: 200, listed: no}
  emergency: {name: HELP, number: 112, listed: no}
authentication:
  result: person
  identity: number
  knowledge:
    ask: [customer, birthday]
    prompts: {customer: "?", birthday: "?"}
    connector: find_customer
    with: {number: "{customer}"}
    holds: person.birthday == birthday
  pin:
    ask: [pin]
    prompts: {pin: "?"}
    connector: check_pin
    with: {pin: "{pin}"}
"""

SYSTEMS = """
backends:
  people: {csv: lists/people.csv}
  desk: {http: "https://desk.example"}
connectors:
  find_customer: {backend: people, lookup: {number: number}}
  check_pin: {backend: people, lookup: {pin: pin}, private: [pin]}
  pay_out:
    backend: desk
    post: /payments
    body: {account: "{account}"}
    level: verified
"""

PEOPLE = "number,name,birthday,pin\n471100,Anna Meyer,1980-05-01,4321\n"

PROCESSES = {
    "billing": "steps:\n  - transfer: billing\n    say: SAY\n    failed:\n      - end: failed\n",
    "reading": "steps:\n  - ask: reading\n    prompt: ASK\n  - say: THANKS\n  - end: resolved\n",
    "payout": (
        "level: verified\n"
        "steps:\n  - ask: account\n    prompt: ASK\n  - ask: sure\n    prompt: SURE\n"
        "  - if: sure\n    then:\n      - call: pay_out\n        with: {account: '{account}'}\n"
        "  - end: resolved\n"
    ),
    "message": (
        "steps:\n  - ask: about\n    prompt: ASK\n"
        "  - note: message\n    fields: {text: '{about}'}\n  - end: resolved\n"
    ),
    "operator": (
        "steps:\n  - transfer: operator\n    say: SAY\n    failed:\n      - end: hang-up\n"
    ),
    "appointment": "steps:\n  - ask: visit\n    prompt: WHEN\n  - say: SEE\n  - end: resolved\n",
    "goodbye": "steps:\n  - say: BYE\n  - end: hang-up\n",
}

ENGLISH = {
    "dialogue.yaml": COMMON.replace("BILLING", "billing")
    .replace("SYNONYM", "the invoice people")
    .replace("OPERATOR", "a colleague")
    .replace("HELP", "the emergency line")
    + """
language: en
site: Northwind Power
persona: You are the voice of Northwind Power, calm and brief.
greeting: Welcome to {site}.
emergency: {destination: emergency, phrases: [gas leak], say: "Help.", failed: "Again."}
sentences: {request: "You can tell me a meter reading or ask for billing."}
slots:
  department: destination
  customer: {type: digits, length: 6, title: your customer number}
  reading: {type: number, from: 0, to: 999999, unit: kilowatt hours, title: your meter reading}
  account: {type: digits, length: 8, title: the account}
  birthday: date
  visit: date
  about: text
  sure: yes-no
  pin: {type: digits, length: 4, secret: yes}
""",
    "intents/billing.yaml": (
        "title: an invoice\nconfirm: Billing?\nprocess: billing\nexamples:\n"
        "  - put me through to {department}\n  - i have a question about my (bill|invoice)\n"
    ),
    "intents/reading.yaml": (
        "title: your meter reading\nconfirm: A reading?\nexamples:\n"
        "  - i want to give my meter reading\n  - my meter shows {reading}\n  - {reading} units\n"
    ).replace("  - {reading} units", "  - it is {reading} units"),
    "intents/payout.yaml": (
        "title: a refund of your credit\nconfirm: A refund?\nexamples:\n"
        "  - pay my credit out\n  - pay my credit to account {account}\n"
    ),
    "intents/message.yaml": (
        "title: a message\nconfirm: A message?\nexamples:\n"
        "  - i want to leave a message\n  - tell them {about}\n"
    ),
    "intents/appointment.yaml": (
        "title: an appointment\nconfirm: An appointment?\nexamples:\n"
        "  - i want an appointment\n  - can somebody come and see me\n"
    ),
    "intents/operator.yaml": "confirm: A colleague?\nexamples:\n  - a human please\n  - operator\n",
    "intents/goodbye.yaml": "confirm: Goodbye?\nexamples:\n  - goodbye\n",
    "documents/parking.md": """# Visiting us

## Parking

You can park behind our office in Mill Lane 12. It is free for 2 hours, then 1.50 euros an hour.

## Opening hours of the shop

The shop is open from Monday to Friday from 9:00 to 17:30, on Saturdays until 13:00.
""",
    "documents/tariffs.txt": (
        "The night tariff is from 22:00 to 6:00 and costs 21 cents a kilowatt hour. You can change "
        "your tariff once a year. You will find the meter number on the front of the meter."
    ),
}

GERMAN = {
    "dialogue.yaml": COMMON.replace("BILLING", "die Abrechnung")
    .replace("SYNONYM", "die Rechnungsstelle")
    .replace("OPERATOR", "die Zentrale")
    .replace("HELP", "der Notdienst")
    + """
language: de
site: Stadtwerke Neudorf
persona: Du bist die Stimme der Stadtwerke Neudorf, ruhig und knapp.
greeting: Willkommen bei {site}.
emergency: {destination: emergency, phrases: [gasgeruch], say: "Hilfe.", failed: "Noch einmal."}
sentences: {request: "Sie können einen Zählerstand melden."}
slots:
  department: destination
  customer: {type: digits, length: 6, title: Ihre Kundennummer}
  reading: {type: number, from: 0, to: 999999, unit: Kilowattstunden, title: Ihr Zählerstand}
  account: {type: digits, length: 8, title: das Konto}
  birthday: date
  visit: date
  about: text
  sure: yes-no
  pin: {type: digits, length: 4, secret: yes}
""",
    "intents/billing.yaml": (
        "title: eine Rechnung\nconfirm: Abrechnung?\nprocess: billing\nexamples:\n"
        "  - verbinden sie mich mit {department}\n  - ich habe eine frage zu meiner rechnung\n"
    ),
    "intents/reading.yaml": (
        "title: Ihr Zählerstand\nconfirm: Zählerstand?\nexamples:\n"
        "  - ich möchte meinen zählerstand melden\n  - mein zähler zeigt {reading}\n"
    ),
    "intents/payout.yaml": (
        "title: die Auszahlung Ihres Guthabens\nconfirm: Auszahlung?\nexamples:\n"
        "  - zahlen sie mein guthaben aus\n  - überweisen sie mein guthaben auf {account}\n"
    ),
    "intents/message.yaml": (
        "title: eine Nachricht\nconfirm: Nachricht?\nexamples:\n"
        "  - ich möchte eine nachricht hinterlassen\n  - richten sie aus {about}\n"
    ),
    "intents/appointment.yaml": (
        "title: ein Termin\nconfirm: Termin?\nexamples:\n  - ich möchte einen termin\n"
    ),
    "intents/operator.yaml": "confirm: Zentrale?\nexamples:\n  - einen menschen bitte\n",
    "intents/goodbye.yaml": "confirm: Ende?\nexamples:\n  - auf wiederhören\n",
    "documents/parken.md": """# Besuch

## Parken

Parken können Sie hinter unserem Büro in der Mühlgasse 12. Zwei Stunden sind frei, danach kostet es
1,50 Euro je Stunde.

## Öffnungszeiten des Ladens

Der Laden ist von Montag bis Freitag von 9:00 bis 17:30 Uhr geöffnet, am Samstag bis 13:00 Uhr.
""",
    "documents/tarife.txt": (
        "Der Nachttarif gilt von 22:00 bis 6:00 Uhr und kostet 21 Cent je Kilowattstunde. Den Tarif "
        "können Sie einmal im Jahr wechseln."
    ),
}


def files(language="en"):
    """Return the folder of a site."""
    held = dict(GERMAN if language == "de" else ENGLISH)
    held |= {"connectors.yaml": SYSTEMS, "lists/people.csv": PEOPLE}
    return held | {f"processes/{name}.yaml": text for name, text in PROCESSES.items()}


@functools.cache
def script(language="en"):
    """Return the site's script."""
    return load(files(language))


@dataclass(frozen=True)
class Found:
    """What the simple reader finds."""

    value: str = ""
    confidence: float = 0.0
    problem: str = ""


class Reader:
    """Reads slots as simply as can be, so that what is tested is the judge."""

    def read(self, slot, heard, now, values=None):
        """Return what stands there."""
        text = heard.text.strip()
        figures = "".join(c for c in text if c.isdigit())
        if slot.kind is SlotKind.DIGITS:
            return Found(figures, 1.0, "" if slot.fits(figures) else "wrong_length")
        if slot.kind is SlotKind.NUMBER:
            return Found(figures, 1.0 if figures else 0.0, "out_of_range" * (len(figures) > 6))
        if slot.kind is SlotKind.YES_NO:
            return Found(text, 1.0) if text in {"yes", "no"} else Found()
        if slot.kind is SlotKind.DATE:
            return Found("2026-12-03", 0.9)
        if slot.kind is SlotKind.DESTINATION:
            return Found("billing", 0.9) if "invoice" in text else Found("billing", 0.2)
        return Found(text, 1.0 if text else 0.0)
