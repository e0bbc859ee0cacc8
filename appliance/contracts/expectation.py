"""What the dialogue expects the caller to say next.

It travels from `dialogue` through `call` to `speech`, where it sets both how an utterance is
scored and how long silence must last before the turn is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The shape of an answer."""

    FREE = "free"
    """Anything; `phrases` names what is likely."""
    DIGITS = "digits"
    """A digit string of `shortest` to `longest` digits."""
    LETTERS = "letters"
    """A spelled word of `shortest` to `longest` letters."""
    YES_NO = "yes-no"
    """Agreement or refusal."""
    CHOICE = "choice"
    """One of `phrases` and nothing else."""
    NUMBER = "number"
    """A cardinal number in words: "one hundred and twelve", "zwölf"."""
    DATE = "date"
    """A day: of the calendar, of the week, or relative to today."""
    TIME = "time"
    """A time of day."""
    AMOUNT = "amount"
    """A sum of money, or a number with a unit."""
    NOTHING = "nothing"
    """The caller is not being asked (a goodbye is playing); speech is not scored."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected next; the default expects anything."""

    kind: Kind = Kind.FREE
    phrases: tuple[str, ...] = ()
    """Lower-case phrases without punctuation. CHOICE: the only answers. FREE: likely sentences."""
    shortest: int = 0
    """DIGITS and LETTERS: fewest symbols of a complete answer; 0 where unknown."""
    longest: int = 0
    """DIGITS and LETTERS: most symbols of a complete answer; 0 where unknown."""
    hotwords: tuple[str, ...] = ()
    """Lower-case words or names that are likelier than usual within what is said freely."""

    def __post_init__(self) -> None:
        if self.kind is Kind.CHOICE and not self.phrases:
            raise ValueError("an expectation of kind 'choice' needs at least one phrase")
        if self.shortest < 0 or self.longest < 0 or 0 < self.longest < self.shortest:
            raise ValueError(
                f"an answer of {self.shortest} to {self.longest} symbols is not a range"
            )

    @classmethod
    def parse(cls, text: str) -> Expectation:
        """Read the command line's form.

        It is one of `free`, `free:likely,sentences`, `digits`, `digits:6`, `digits:6-8`,
        `letters`, `yes-no`, `number`, `date`, `time`, `amount` and `choice:a,b,c`.

        Raises ValueError with a sentence that says what is accepted.
        """
        kind, _, rest = text.strip().partition(":")
        try:
            parsed = Kind(kind)
        except ValueError:
            raise ValueError(
                f"'{text}' is not an expectation: say free, digits, digits:6, digits:6-8, letters, "
                "yes-no, number, date, time, amount or choice:first,second"
            ) from None
        if parsed in (Kind.CHOICE, Kind.FREE):
            phrases = tuple(p.strip().lower() for p in rest.split(",") if p.strip())
            return cls(parsed, phrases=phrases)
        if parsed in (Kind.DIGITS, Kind.LETTERS) and rest:
            low, _, high = rest.partition("-")
            if not low.isdigit() or (high and not high.isdigit()):
                raise ValueError(
                    f"'{rest}' is not a length: say for example digits:6 or digits:6-8"
                )
            return cls(parsed, shortest=int(low), longest=int(high or low))
        return cls(parsed)
