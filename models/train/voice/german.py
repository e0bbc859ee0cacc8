"""German lines: public sentences, and what a telephone assistant says, drawn from templates.

Digits stay in the templates: the product's own normaliser says them, as it will on the telephone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from models.train.voice.lines import read

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

SHARES: Final = {"thorsten": 1900, "requests": 250, "prompts": 1500, "words": 350}
"""Lines wanted of each kind: about three hours and a half in the teacher's mouth."""
PLAIN: Final = re.compile(r"[A-Za-zÄÖÜäöüß' ,;:.!?]+")
_UNSEEN: Final = 400
"""Sentences of the Thorsten corpus kept from training."""
_MONTHS: Final = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
).split()
_DAYS: Final = (
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag heute morgen übermorgen"
).split()
_DEPARTMENTS: Final = (
    "der Radiologie|der Kardiologie|der Buchhaltung|dem Empfang|der Personalabteilung|"
    "dem Vertrieb|dem technischen Kundendienst|der Notaufnahme|der Orthopädie|der Kinderklinik|"
    "der Werkstatt|dem Ersatzteillager|der Auslieferung|der Apotheke|der Hautklinik|der Küche|"
    "dem Bürgerbüro|dem Finanzamt|der Reinigung|der Schadensabteilung|dem Sekretariat|"
    "dem Fundbüro|dem Lager|der Zimmerreservierung|der Bücherei|der Geschäftsführung|"
    "der Störungsannahme|dem Pflegedienst|der Patientenaufnahme|dem Nachtdienst|der Pforte"
).split("|")
FIXED: Final = (
    "Bitte bleiben Sie in der Leitung.|Einen Moment, bitte.|Das habe ich leider nicht verstanden.|"
    "Hallo?|Auf Wiederhören!|Könnten Sie das bitte wiederholen?|Vielen Dank für Ihren Anruf.|"
    "Vielen Dank. Auf Wiederhören.|Ja.|Nein.|Gut.|Guten Morgen.|Guten Tag.|Guten Abend.|"
    "Wie kann ich Ihnen helfen?|Was kann ich heute für Sie tun?|Gern geschehen.|In Ordnung.|"
    "Ich verbinde Sie jetzt mit einem Menschen.|Alle Leitungen sind belegt.|Sind Sie noch da?|"
    "Ich bin der automatische Assistent.|Sie können frei sprechen.|Mit wem spreche ich?|"
    "Möchten Sie mit einem Menschen sprechen?|Bitte sagen Sie mir Ihren Namen.|Aha.|Natürlich.|"
    "Bitte buchstabieren Sie Ihren Nachnamen.|Wie lautet Ihr Geburtsdatum?|Ist das richtig?|"
    "Bitte sagen oder tippen Sie Ihre Kundennummer.|Kann ich sonst noch etwas für Sie tun?|"
    "Das habe ich notiert.|Ich sehe kurz nach.|Das kann einen Augenblick dauern.|Sekunde.|"
    "Leider konnte ich Ihren Termin nicht finden.|Ihr Anliegen wurde aufgenommen.|Verstehe.|"
    "Im Augenblick ist niemand zu erreichen.|Möchten Sie zurückgerufen werden?|Selbstverständlich.|"
    "Dieses Gespräch wird nicht aufgezeichnet.|Ich verbinde Sie.|Bitte legen Sie nicht auf.|"
    "Einen schönen Tag noch!|Wir haben heute geschlossen.|Welcher Tag passt Ihnen?|Um wie viel Uhr?|"
    "Vormittags oder nachmittags?|Für wie viele Personen?|Auf welchen Namen?|Alles klar."
).split("|")
TEST_PROMPTS: Final = (
    "Ihr Termin ist für morgen um halb vier bestätigt.|"
    "Bitte warten Sie, während ich Sie mit der Buchhaltung verbinde.|"
    "Es tut mir leid, aber das Büro ist gerade geschlossen.|"
    "Das Paket wurde heute früh an der Haustür abgegeben.|"
    "Möchten Sie nach dem Ton eine Nachricht hinterlassen?|"
    "Das Wetter wird kalt und regnerisch mit starkem Wind aus Norden.|"
    "Sie erreichen unseren Kundendienst unter fünf fünf fünf, null eins zwei drei.|"
    "Wir haben Ihre Zahlung von zweiundvierzig Euro erhalten.|"
    "Der Zug fährt um halb acht von Gleis neun ab.|"
    "Könnten Sie bitte Ihren Namen und Ihr Geburtsdatum wiederholen?|"
    "Doktor Schneider ruft Sie noch heute zurück.|"
    "Um die Auswahl noch einmal zu hören, drücken Sie die Sterntaste.|"
    "Danke für Ihren Anruf, ich wünsche Ihnen einen schönen Abend.|"
    "Vor Ihnen warten noch siebzehn Personen.|"
    "Die Besprechung wurde von Dienstag auf Donnerstag verlegt.|"
    "Ihr Kontostand beträgt eintausend zweihundert Euro.|"
    "Wir haben von acht Uhr morgens bis sechs Uhr abends geöffnet.|"
    "Ihr Rezept liegt bereit und kann ab vier Uhr abgeholt werden.|"
    "Der Techniker kommt am Freitag zwischen zehn und zwölf.|"
    "Ich kann Ihnen um acht einen Tisch am Fenster anbieten.|"
    "Ihr Zimmer ist im zweiten Stock, gleich neben dem Aufzug.|"
    "Die Rechnung wurde am dritten Juni mit der Post verschickt.|"
    "Bitte halten Sie Ihre Versichertenkarte bereit.|"
    "Ihr Flug nach Zürich hat vierzig Minuten Verspätung.|"
    "Ich habe Ihre Reservierung für Samstagabend storniert.|"
    "Die Reparatur kostet hundertfünfundachtzig Euro.|"
    "Ihr neues Passwort wird an Ihr Mobiltelefon geschickt.|"
    "Der Parkplatz liegt links hinter dem Gebäude.|"
    "Unsere Ärztin hat nächsten Mittwoch um Viertel nach neun Zeit für Sie.|"
    "Sie erhalten innerhalb von zwei Tagen eine schriftliche Bestätigung.|"
    "Das Geschäft in der Hauptstraße hat auch sonntags geöffnet.|"
    "Ihre Auftragsnummer ist vier sieben eins, neun null sechs.|"
    "Ich verbinde Sie mit meiner Kollegin im Vertrieb.|"
    "Im Notfall legen Sie bitte auf und wählen Sie eins eins zwei.|"
    "Das Ergebnis Ihrer Blutuntersuchung liegt noch nicht vor.|"
    "Heute Nachmittag meldet sich jemand aus unserem Haus bei Ihnen.|"
    "Ihr Vertrag endet am letzten Tag im September.|"
    "Die Werkstatt ist mit Ihrem Auto fertig.|"
    "Bitte bringen Sie Ihren Ausweis und zwei Lichtbilder mit.|"
    "Ihr Abonnement wurde um zwölf Monate verlängert."
).split("|")


def unseen(texts: Path) -> list[str]:
    """Sentences that nobody trains on, for the judge."""
    return _thorsten(texts)[0]


def _thorsten(texts: Path) -> tuple[list[str], list[str]]:
    every = read(texts / "thorsten_de/sentences.txt")
    apart = len(every) // _UNSEEN
    held = every[::apart]
    others = set(held)
    return held, [line for line in every if line not in others]


def sources(texts: Path, chance: random.Random) -> dict[str, list[str]]:
    """Lines of each kind of `SHARES`; raises OSError where a text set is not there."""
    common = [row.split()[0] for row in read(texts / "frequency_words/de_50k.txt")[200:20000]]
    common = [word for word in common if word.isalpha() and len(word) > 2]
    lists = texts / "faker_lists"
    make = _Prompts(
        chance,
        first=read(lists / "de_DE.person.first_names_female.txt")
        + read(lists / "de_DE.person.first_names_male.txt"),
        last=read(lists / "de_DE.person.last_names.txt")
        + read(lists / "de_AT.person.last_names.txt"),
        places=read(lists / "de_DE.address.cities.txt") + read(lists / "de_AT.address.cities.txt"),
        words=common,
    )
    marks = [".", ".", ".", "?", "!", ","]
    return {
        "thorsten": _thorsten(texts)[1],
        "requests": [row.split("\t")[1] for row in read(texts / "home_assistant_intents/de.tsv")],
        "prompts": [make.prompt() for _ in range(2 * SHARES["prompts"])],
        "words": [
            " ".join(chance.sample(common, chance.randint(3, 9))) + chance.choice(marks)
            for _ in range(SHARES["words"] * 2)
        ],
    }


class _Prompts:
    """What a telephone assistant says, drawn from templates."""

    def __init__(
        self,
        chance: random.Random,
        *,
        first: list[str],
        last: list[str],
        places: list[str],
        words: list[str],
    ) -> None:
        self._chance, self._first, self._last = chance, first, last
        self._places, self._words = places, words
        self._templates: tuple[Callable[[], str], ...] = (
            lambda: f"Ihr Termin ist am {self.date()}, um {self.time()}.",
            lambda: f"Sie sprechen mit dem Assistenten von {self.name()}. Was kann ich für Sie tun?",
            lambda: f"Ich verbinde Sie mit {self.department()}.",
            lambda: f"Wir haben von {self.time()} bis {self.time()} geöffnet, außer am {self.day()}.",
            lambda: f"Die Nummer ist {self.digits()}.",
            lambda: f"Ich habe {self.digits()} verstanden. Ist das richtig?",
            lambda: f"Sagten Sie {chance.choice((self.number, self.name, self.time))()}?",
            lambda: f"Das macht zusammen {self.money()}.",
            lambda: f"Wir öffnen wieder am {self.day()} um {self.time()}.",
            lambda: f"Bitte warten Sie, ich verbinde Sie mit {self.title()} {self.last()}.",
            lambda: f"Das Wort {self.word()} habe ich leider nicht verstanden.",
            lambda: f"Ich habe am {self.day()} um {self.time()} einen Tisch für {self.small()} bestellt.",
            lambda: f"Das Büro ist in der {self.street()} {self.small()} in {self.place()}.",
            lambda: f"Können Sie mir das buchstabieren, {self.title()} {self.last()}?",
            lambda: f"Sie haben {', '.join(self.letter() for _ in range(chance.randint(3, 7)))} gesagt.",
            lambda: f"Für {self.word()} drücken Sie die {self.digit()}, für {self.word()} die {self.digit()}.",
            lambda: f"{self.name()} ist gerade nicht da; möchten Sie eine Nachricht hinterlassen?",
            lambda: f"Ihre Bestellung mit der Nummer {self.digits()} kommt am {self.day()}.",
            lambda: f"In {self.place()} sind es {self.small()} Grad.",
            lambda: f"Vor Ihnen sind noch {self.small()} Anrufer, bitte bleiben Sie in der Leitung.",
            lambda: f"Passt Ihnen {self.day()} um {self.time()}, oder lieber der {self.date()}?",
            lambda: f"{self.word()} und {self.word()}, {self.word()} oder {self.word()}.",
            lambda: f"Ihr Zeichen ist {self.letter()} {self.letter()}, {self.digits()}.",
            lambda: f"{self.title()} {self.name()} ruft Sie unter {self.digits()} zurück.",
            lambda: f"Meinen Sie {self.name()} oder {self.name()}?",
            lambda: f"Also am {self.date()}, {self.time()}, für {self.small()}.",
            lambda: f"Meine Durchwahl ist {self.digits()},",
            lambda: f"{self.digits()}.",
            lambda: f"{self.name()}, {self.place()}.",
            lambda: f"Ich notiere: {self.word()}, {self.word()} und {self.word()}!",
            lambda: f"Am {self.date()}?",
            lambda: f"{self.number()}, {self.number()} und {self.number()}.",
        )  # fmt: skip

    def prompt(self) -> str:
        return self._chance.choice(self._templates)()

    def word(self) -> str:
        return self._chance.choice(self._words)

    def last(self) -> str:
        return self._chance.choice(self._last)

    def name(self) -> str:
        return f"{self._chance.choice(self._first)} {self.last()}"

    def place(self) -> str:
        return self._chance.choice(self._places)

    def title(self) -> str:
        return self._chance.choice(("Herr", "Frau", "Doktor", "Frau Doktor", "Professor"))

    def street(self) -> str:
        root = self._chance.choice("Haupt Bahnhof Garten Schiller Goethe Berg Linden Kirch".split())
        return root + self._chance.choice(("straße", "allee", "gasse"))

    def department(self) -> str:
        return self._chance.choice(_DEPARTMENTS)

    def day(self) -> str:
        return self._chance.choice(_DAYS)

    def date(self) -> str:
        said = f"{self._chance.randint(1, 31)}. {self._chance.choice(_MONTHS)}"
        return said + self._chance.choice(("", "", f" {self._chance.randint(1930, 2035)}"))

    def time(self) -> str:
        hour = self._chance.randint(0, 23)
        minute = self._chance.choice((0, 0, 5, 15, 20, 30, 45, 50))
        return f"{hour}:{minute:02} Uhr" if minute else f"{hour} Uhr"

    def digit(self) -> str:
        return self._chance.choice(
            "null eins zwei zwo drei vier fünf sechs sieben acht neun".split()
        )

    def digits(self) -> str:
        """Groups of digits as they are read out; repeated digits included."""
        groups = self._chance.choice(((3, 4), (3, 3, 4), (4,), (2, 2, 2), (3, 3), (3,), (4, 4)))
        return ", ".join(" ".join(self.digit() for _ in range(size)) for size in groups)

    def letter(self) -> str:
        return self._chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ")

    def small(self) -> str:
        return str(self._chance.randint(2, 99))

    def number(self) -> str:
        top = self._chance.choice((20, 100, 1000, 10000, 200000))
        return str(self._chance.randint(1, top))

    def money(self) -> str:
        cents = self._chance.choice((0, 25, 50, 90, 99))
        return f"{self._chance.randint(1, 2500)},{cents:02} €"
