"""The outcome for people and for the page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Final

from appliance.call.linetest.steps import Result, Verdict

_MARKS: Final = {Verdict.PASS: "ok     ", Verdict.FAIL: "FAILED ", Verdict.SKIPPED: "-      "}
_WIDTH: Final = 98
_MARGIN: Final = len("ok       ") + 28


def line(result: Result) -> str:
    """One check in words, with what to do below it; no line break at the end."""
    head = f"{_MARKS[result.verdict]}  {result.title:<27} "
    text = _wrapped(head, result.saw)
    if result.advice:
        text += "\n" + _wrapped(" " * _MARGIN + "→ ", result.advice)
    return text


def _wrapped(head: str, text: str) -> str:
    return "\n".join(
        textwrap.wrap(
            text, _WIDTH, initial_indent=head, subsequent_indent=" " * _MARGIN,
            break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
        )
    )  # fmt: skip


def as_json(result: Result) -> str:
    """One check as a JSON object on one line."""
    return json.dumps(
        {
            "step": result.step.value,
            "title": result.title,
            "verdict": result.verdict.value,
            "saw": result.saw,
            "advice": result.advice,
        },
        ensure_ascii=False,
    )


def summary(results: Sequence[Result]) -> str:
    """The whole in a sentence or two."""
    bad = [result for result in results if result.verdict is Verdict.FAIL]
    left = sum(not result.tried for result in results)
    if not bad:
        said = "The line works as far as it was tested."
    elif len(bad) == 1:
        said = f"One thing is wrong: {bad[0].title}."
    else:
        said = f"{len(bad)} things are wrong; begin with the first: {bad[0].title}."
    rest = f" {left} further checks were not tried." if left else ""
    return said + rest
