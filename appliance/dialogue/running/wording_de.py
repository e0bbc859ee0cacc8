"""The engine's sentences in German, as one speaks on the telephone; callers are addressed as "Sie".

A hole `{title}`, `{first}`, `{name}` holds what the author wrote as a title: "Ihr Zählerstand".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "request": "Bitte sagen Sie mir, was Sie möchten.",
        "anything_else": "Kann ich sonst noch etwas für Sie tun?",
        "still_there": "Sind Sie noch da?",
        "not_understood": "Das habe ich leider nicht verstanden.",
        "not_understood_again": "Ich habe Sie leider immer noch nicht verstanden.",
        "declined": "In Ordnung. Was möchten Sie stattdessen?",
        "confirm_slot": "Habe ich richtig verstanden: {value}?",
        "yes_or_no": "Bitte sagen Sie ja oder nein.",
        "wrong_length": "Die Nummer scheint leider nicht vollständig zu sein.",
        "wrong_checksum": "In der Nummer scheint leider ein Fehler zu sein.",
        "out_of_range": "Das ist hier leider nicht möglich.",
        "past": "Das liegt leider schon in der Vergangenheit.",
        "incomplete": "Da fehlt leider noch etwas.",
        "key_unknown": "Diese Taste hat hier keine Bedeutung.",
        "keys_yes_no": "Drücken Sie die Eins für ja oder die Zwei für nein.",
        "keys_digits": "Sie können die Ziffern auch am Telefon eingeben und mit der Rautetaste "
        "abschließen.",
        "keys_date": "Sie können das Datum auch eingeben, zwei Ziffern für den Tag und zwei für "
        "den Monat, und mit der Rautetaste abschließen.",
        "keys_time": "Sie können die Uhrzeit auch mit vier Ziffern eingeben.",
        "keys_amount": "Sie können den Betrag auch eingeben, mit der Sterntaste vor den Cent, und "
        "mit der Rautetaste abschließen.",
        "keys_person": "Mit der Null erreichen Sie auch die Zentrale.",
        "menu_item": "Für {destination} drücken Sie die {key}.",
        "to_person": "Ich suche jemanden, der Ihnen weiterhelfen kann.",
        "no_answer": "Dort meldet sich leider niemand.",
        "trying": "Dort meldet sich niemand. Ich versuche es hier: {destination}.",
        "system_down": "Ich erreiche unser System im Augenblick leider nicht.",
        "which": "Geht es um {first} oder um {second}?",
        "agenda_first": "Wir beginnen mit: {first}. Danach kommt: {then}.",
        "agenda_next": "Sie wollten außerdem: {title}.",
        "agenda_offer": "Sollen wir damit weitermachen?",
        "agenda_dropped": "In Ordnung, das lassen wir.",
        "ask_for": "Bitte sagen Sie mir {name}.",
        "proof_failed": "Das stimmt leider nicht mit unseren Angaben überein.",
        "not_verified": "Ich konnte leider nicht sicher feststellen, wer Sie sind.",
        "locked": "Zu Ihrem Schutz ist das am Telefon im Augenblick leider nicht möglich.",
        "all_right": "In Ordnung.",
        "wait": "Gern, lassen Sie sich Zeit.",
        "restart": "In Ordnung, fangen wir noch einmal von vorne an.",
        "cancelled": "In Ordnung, das habe ich abgebrochen.",
        "help": "Sie können nach Folgendem fragen: {titles}.",
        "help_question": "Sie können auf meine Frage antworten, sie wiederholen lassen, oder "
        "Zentrale sagen.",
        "cannot_change": "Das ist leider schon weitergegeben, ich kann es nicht mehr ändern.",
        "changed": "In Ordnung, ich ändere das: {name}.",
        "broke_off": "Mehr kann ich Ihnen dazu leider nicht sagen.",
        "time_is_up": "Ich muss unser Gespräch jetzt leider beenden.",
        "goodbye_silence": "Ich kann Sie nicht hören. Bitte rufen Sie noch einmal an. Auf "
        "Wiederhören.",
        "goodbye_failed": "Ich kann Ihnen heute leider nicht helfen. Bitte rufen Sie später noch "
        "einmal an. Auf Wiederhören.",
        "goodbye": "Auf Wiederhören.",
        "briefing": "Hier ist die Telefonassistenz von {site}, mit einem Anruf für {destination}.",
        "briefing_name": "Es ruft an: {caller_name}.",
        "briefing_number": "Die Nummer ist {caller}.",
        "briefing_unknown": "Die Nummer ist nicht bekannt.",
        "briefing_unverified": "Wer anruft, ist nicht geprüft.",
        "briefing_identified": "Die Person hat gesagt, wer sie ist, geprüft ist es nicht.",
        "briefing_verified": "Wer anruft, ist geprüft.",
        "briefing_locked": "Zu viele Versuche, das nachzuweisen, sind fehlgeschlagen.",
        "briefing_diverted": "Der Anruf galt zuerst {diverted_from}.",
        "briefing_wish": "Es geht um: {wish}.",
        "briefing_also": "Außerdem geht es um: {wish}.",
        "briefing_said": "Gesagt wurde, {name}: {value}.",
        "briefing_written": "Es wurde schon etwas eingetragen.",
        "briefing_system": "Ich konnte unser System nicht erreichen.",
        "briefing_keys": "Bleiben Sie dran oder drücken Sie die Eins, um zu übernehmen, mit der "
        "Zwei lehnen Sie ab.",
        "summary_said": "{name}: {value}.",
        "summary_resolved": "Erledigt.",
        "summary_handed_over": "An einen Menschen übergeben.",
        "summary_message": "Eine Nachricht wurde aufgenommen.",
        "summary_abandoned": "Nicht zu Ende geführt.",
        "summary_failed": "Konnte nicht erledigt werden.",
        "summary_unverified": "Nicht geprüft.",
        "summary_identified": "Angegeben.",
        "summary_verified": "Geprüft.",
        "summary_pending": "Das Eingetragene wird noch weitergegeben.",
    }
)
"""By the names of wording.ENGLISH."""
