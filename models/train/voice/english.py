"""English lines: public sentences, and what a telephone assistant says, drawn from templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from appliance.speech.words.spelled import cardinal, ordinal
from models.train.voice.lines import read

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

SHARES: Final = {"vctk": 2400, "ljspeech": 1200, "requests": 1300, "prompts": 3600, "words": 700}
"""Lines wanted of each kind: about seven hours in the teacher's mouth."""
PLAIN: Final = re.compile(r"[A-Za-z' ,;:.!?]+")
_MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()
_DAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday today tomorrow".split()
_DEPARTMENTS: Final = (
    "radiology|cardiology|billing|reception|accounts|sales|technical support|human resources|"
    "the front desk|the emergency room|orthopedics|pediatrics|customer service|the workshop|"
    "the spare parts desk|delivery|returns|the service team|the pharmacy|dermatology|the kitchen|"
    "the night desk|the town hall|the tax office|the registry|housekeeping|the bar|claims|"
    "the director's office|the lost property office|the warehouse|bookings|the library"
).split("|")
FIXED: Final = (
    "Please hold the line.|One moment, please.|Sorry, I did not understand that.|Hello?|Goodbye!|"
    "Sorry, could you say that again?|Thank you for calling.|Thank you. Goodbye.|Yes.|No.|Okay.|"
    "Good morning.|Good afternoon.|Good evening.|How can I help you?|What can I do for you today?|"
    "I will put you through to a person now.|All our lines are busy.|Are you still there?|"
    "I am the automatic assistant.|You can speak freely.|Would you like to speak to a person?|"
    "Please tell me your name.|Please spell your last name.|What is your date of birth?|"
    "Please say or enter your customer number.|Is that correct?|Is there anything else?|"
    "I have noted that.|Let me check that for you.|This may take a moment.|Just a second.|"
    "Unfortunately I could not find your appointment.|Your request has been recorded.|"
    "Nobody is available right now.|Would you like to be called back?|Sure.|Right.|Of course.|"
    "This call is not recorded.|I am connecting you now.|Please stay on the line.|My pleasure.|"
    "You are welcome.|Have a nice day!|We are closed today.|Which day suits you?|At what time?|"
    "In the morning or in the afternoon?|For how many people?|Under which name?|I see.|All right."
).split("|")
TEST_PROMPTS: Final = (
    "Your appointment is confirmed for tomorrow at three thirty in the afternoon.|"
    "Please hold while I transfer your call to the billing department.|"
    "I am sorry, but the office is closed right now.|"
    "The package was delivered to the front door this morning.|"
    "Would you like to leave a message after the tone?|"
    "The weather will be cold and rainy with strong winds from the north.|"
    "You can reach our support team at five five five, zero one two three.|"
    "We have received your payment of forty two dollars.|"
    "The train leaves from platform nine at half past seven.|"
    "Could you please repeat your name and date of birth?|"
    "Doctor Johnson will call you back before the end of the day.|"
    "To hear your options again, press the star key.|"
    "Thank you for calling, have a wonderful evening.|"
    "There are seventeen people waiting in the queue ahead of you.|"
    "The meeting has been moved from Tuesday to Thursday.|"
    "Your account balance is one thousand two hundred dollars.|"
    "We are open from eight in the morning until six in the evening.|"
    "Your prescription is ready and can be picked up after four.|"
    "The technician will arrive between ten and twelve on Friday.|"
    "I can offer you a table by the window at eight o'clock.|"
    "Your room is on the second floor, next to the elevator.|"
    "The invoice was sent to you by mail on the third of June.|"
    "Please have your insurance card ready when you arrive.|"
    "Your flight to Chicago has been delayed by forty minutes.|"
    "I have cancelled your reservation for Saturday night.|"
    "The repair will cost one hundred and eighty five dollars.|"
    "Your new password will be sent to your mobile phone.|"
    "The parking lot is behind the building on the left side.|"
    "Our doctor can see you next Wednesday at a quarter past nine.|"
    "You will receive a written confirmation within two days.|"
    "The store on Main Street is open on Sundays as well.|"
    "Your order number is four seven one, nine zero six.|"
    "I am putting you through to my colleague in the sales office.|"
    "If this is an emergency, please hang up and call nine one one.|"
    "The result of your blood test is not available yet.|"
    "Someone from our team will call you back this afternoon.|"
    "Your contract ends on the last day of September.|"
    "The garage has finished the work on your car.|"
    "Please bring your passport and two photographs.|"
    "Your subscription has been extended by twelve months."
).split("|")


def sources(texts: Path, chance: random.Random) -> dict[str, list[str]]:
    """Lines of each kind of `SHARES`; raises OSError where a text set is not there."""
    ljspeech = [
        part + "," * (not part.endswith((".", "?", "!", ",", ";")))
        for line in read(texts / "ljspeech_text/sentences.txt")
        for part in re.split(r"(?<=[.!?;,])\s+", line)
        if len(part.split()) > 3
    ]
    requests = [
        row.split("\t")[1]
        for name in ("clinc150/train.tsv", "nlupp/banking.tsv", "nlupp/hotels.tsv",
                     "restaurant8k/all.tsv", "banking77/train.tsv")
        for row in read(texts / name)
    ]  # fmt: skip
    common = [row.split()[0] for row in read(texts / "frequency_words/en_50k.txt")[200:16000]]
    common = [word for word in common if word.isalpha() and len(word) > 2]
    make = _Prompts(
        chance,
        first=read(texts / "names/first_us.txt"),
        last=read(texts / "names/last_us.txt")[:20000],
        places=[line for line in read(texts / "random_name/places.txt") if line.isalpha()],
        words=common,
    )
    marks = [".", ".", ".", "?", "!", ","]
    return {
        "vctk": read(texts / "vctk_text/sentences.txt"),
        "ljspeech": ljspeech,
        "requests": requests,
        "prompts": [make.prompt() for _ in range(2 * SHARES["prompts"])],
        "words": [
            " ".join(chance.sample(common, chance.randint(3, 9))) + chance.choice(marks)
            for _ in range(SHARES["words"] * 2)
        ],
    }


def unseen(texts: Path) -> list[str]:
    """Sentences that nobody trains on, for the judge."""
    return read(texts / "harvard/sentences.txt")


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
            lambda: f"Your appointment is on {self.date()}, at {self.time()}.",
            lambda: f"You are speaking with the assistant of {self.name()}. How can I help you?",
            lambda: f"I am connecting you to {self.department()}.",
            lambda: f"We are open from {self.time()} to {self.time()}, except on {self.day()}.",
            lambda: f"The number is {self.digits()}.",
            lambda: f"I heard {self.digits()}. Is that correct?",
            lambda: f"Did you say {chance.choice((self.number, self.name, self.time))()}?",
            lambda: f"That makes {self.money()} in total.",
            lambda: f"{self.department().capitalize()} opens again on {self.day()} at {self.time()}.",
            lambda: f"Please hold while I transfer you to {self.title()} {self.last()}.",
            lambda: f"I am sorry, I did not understand {self.word()}.",
            lambda: f"I have booked a table for {self.small()} at {self.time()} on {self.day()}.",
            lambda: f"The office is at {self.number()} {self.place()} {self.street()}, {self.place()}.",
            lambda: f"Can you spell that for me, {self.title()} {self.last()}?",
            lambda: f"You spelled {', '.join(self.letter() for _ in range(chance.randint(3, 7)))}.",
            lambda: f"For {self.department()}, press {self.digit()}; for {self.word()}, {self.digit()}.",
            lambda: f"{self.name()} is not available right now; would you like to leave a message?",
            lambda: f"Your order, number {self.digits()}, will arrive on {self.day()}.",
            lambda: f"It is {self.small()} degrees in {self.place()}.",
            lambda: f"There are {self.small()} callers ahead of you, please stay on the line.",
            lambda: f"Would {self.day()} at {self.time()} suit you, or rather {self.date()}?",
            lambda: f"The {self.word()} {self.word()} and the {self.word()} were {self.word()}.",
            lambda: f"Your reference is {self.letter()} {self.letter()}, {self.digits()}.",
            lambda: f"{self.title()} {self.name()} will call you back at {self.digits()}.",
            lambda: f"Do you mean {self.name()} or {self.name()}?",
            lambda: f"So that is {self.date()}, {self.time()}, for {self.small()}.",
            lambda: f"The {self.word()} costs {self.money()}, and the {self.word()} {self.money()}.",
            lambda: f"My extension is {self.digits()},",
            lambda: f"{self.digits()}.",
            lambda: f"{self.name()}, {self.place()}.",
            lambda: f"I will note: {self.word()}, {self.word()} and {self.word()}!",
            lambda: f"{self.day().capitalize()} the {ordinal(chance.randint(1, 31))}?",
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
        return self._chance.choice(("Mister", "Missus", "Doctor", "Miz", "Professor"))

    def street(self) -> str:
        return self._chance.choice(("Street", "Avenue", "Road", "Lane", "Boulevard", "Square"))

    def department(self) -> str:
        return self._chance.choice(_DEPARTMENTS)

    def day(self) -> str:
        return self._chance.choice(_DAYS)

    def date(self) -> str:
        said = f"{self._chance.choice(_MONTHS)} {self._chance.randint(1, 31)}"
        return said + self._chance.choice(("", "", f", {self._chance.randint(1930, 2035)}"))

    def time(self) -> str:
        hour, minute = (
            self._chance.randint(1, 12),
            self._chance.choice((0, 0, 5, 15, 20, 30, 45, 50)),
        )
        half = self._chance.choice(("", " a.m.", " p.m."))
        return self._chance.choice(
            (f"{hour}:{minute:02}{half}", f"{hour}:{minute:02}", f"half past {cardinal(hour)}")
        )

    def digit(self) -> str:
        return cardinal(self._chance.randint(0, 9))

    def digits(self) -> str:
        """Groups of digits as they are read out; repeated digits included."""
        groups = self._chance.choice(((3, 4), (3, 3, 4), (4,), (2, 2, 2), (3, 3), (3,), (4, 4)))
        return ", ".join(" ".join(self.digit() for _ in range(size)) for size in groups)

    def letter(self) -> str:
        return self._chance.choice(("eigh", *"BCDEFGHIJKLMNOPQRSTUVWXYZ"))

    def small(self) -> str:
        return cardinal(self._chance.randint(2, 99))

    def number(self) -> str:
        top = self._chance.choice((20, 100, 1000, 10000, 200000))
        return cardinal(self._chance.randint(1, top))

    def money(self) -> str:
        return f"${self._chance.randint(1, 2500)}.{self._chance.choice((0, 25, 50, 90, 99)):02}"
