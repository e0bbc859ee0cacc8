"""How soon a language model's words can be spoken, and how soon it is given up.

    python -m tests.bench.model [--count 100] [--url http://127.0.0.1:8080/v1 --name qwen3]

The real HTTP path: prompt, request, server process, event stream, clauses, judge. The server of the
tests writes as fast as a small model does (20 ms a token, the first after 200 ms), so what is added
to that is ours. With --url, a real model is asked instead (and faults are left out).
"""

import argparse
import asyncio
import random
import time

from appliance.call.thinking import Thinker
from appliance.dialogue import Heard, Thought, ThoughtFailed, ThoughtOver
from appliance.dialogue.model import Answering, Documents, Judge, Prompter
from appliance.dialogue.script import Document
from appliance.dialogue.state import State
from appliance.settings import ModelSettings
from tests.bench.figures import machine, spread
from tests.dialogue.model import site
from tests.interop.model_server import ModelServer

FIRST, PACE = 0.2, 0.02
"""Seconds of the pretended model: until its first token, and between tokens."""
ANSWER = "[1] You can park behind our office in Mill Lane 12, it is free for 2 hours."
CHOICE = {"name": "choose_request", "arguments": {"request": "reading", "sure": True}}
FAULTS = ("stall-headers", "stall-first", "stall-middle", "die-first", "die-middle", "garbage",
          "html", "500", "half-json", "endless")  # fmt: skip


class Asked:
    """What came of one thought: seconds until the first clause, the first that may be spoken, the
    end, and what it was.
    """

    def __init__(self):
        self.first = self.spoken = self.over = 0.0
        self.end = None


async def ask(thinker, judge, prompt, question):
    """Ask once, as a call does."""
    asked, done, begun = Asked(), asyncio.Event(), time.perf_counter()
    answering = Answering(question)

    def deliver(thought):
        nonlocal answering
        now = time.perf_counter() - begun
        if isinstance(thought, Thought):
            asked.first = asked.first or now
            answering, text = judge.clause(answering, thought.text)
            asked.spoken = asked.spoken or (now if text else 0.0)
        else:
            asked.over, asked.end = now, thought
            done.set()

    thinker.start("c", prompt.think("t"), deliver)
    await done.wait()
    return asked


def told(name, seconds):
    """Print a row in milliseconds."""
    print(f"  {name:<34}", spread([1000 * value for value in seconds if value]))


async def well(thinker, judge, prompter, count, server=None):
    """Answers and choices of a model that works."""
    park, meter = "where can i park", "those units on the thing in my cellar"
    for name, question, rule in (
        ("answer", park, {"say": ANSWER}),
        ("choice", meter, {"calls": [CHOICE]}),
    ):
        if server:
            server.rules([{**rule, "first": FIRST, "pace": PACE}])
        prompt = prompter.triage(State(), Heard(question), site.NOW)
        rows = [await ask(thinker, judge, prompt, question) for _ in range(count)]
        failed = sum(isinstance(row.end, ThoughtFailed) for row in rows)
        print(f"{name}: {count} asked, {failed} failed")
        told("first clause, ms", [row.first for row in rows])
        told("first clause that is spoken, ms", [row.spoken for row in rows])
        told("end, ms", [row.over for row in rows if isinstance(row.end, ThoughtOver)])


async def badly(server, settings, judge, prompter):
    """How soon each fault lets the built-in path go on."""
    print(f"faults: given up after (first_word {settings.first_word} s, "
          f"patience {settings.patience} s)")  # fmt: skip
    prompt = prompter.triage(State(), Heard("where can i park"), site.NOW)
    for fault in FAULTS:
        thinker = Thinker(settings)
        server.rules([{"say": ANSWER, "calls": [CHOICE], "fault": fault}])
        row = await ask(thinker, judge, prompt, "where can i park")
        reason = row.end.reason if isinstance(row.end, ThoughtFailed) else "it answered"
        print(f"  {fault:<14} {row.over:7.3f} s  {reason}")
        await thinker.close()


def pure(prompter, judge):
    """What our own part costs on the loop of the calls."""
    script = site.script()
    chance = random.Random(5)
    words = [
        "".join(chance.choices("abdegiklmnoprstu", k=chance.randint(3, 12))) for _ in range(9000)
    ]
    texts = [
        Document(
            f"d{n}.md", f"{script.documents[0].text}\n\n{' '.join(chance.choices(words, k=2000))}"
        )
        for n in range(25)
    ]
    documents = Documents(texts)
    rows = {"prompt": [], "judging a clause": [], "documents, 25 of 5 pages": []}
    for _ in range(200):
        begun = time.perf_counter()
        prompter.triage(State(), Heard("where can i park"), site.NOW)
        rows["prompt"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        judge.clause(Answering("where can i park"), ANSWER)
        rows["judging a clause"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        documents.find("where can i park when i visit the office")
        rows["documents, 25 of 5 pages"].append(time.perf_counter() - begun)
    print("on the loop of the calls")
    for name, seconds in rows.items():
        told(f"{name}, ms", seconds)


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.model", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--url", default="")
    parser.add_argument("--name", default="")
    given = parser.parse_args()
    script = site.script()
    documents = Documents(script.documents, script.language)
    prompter, judge = Prompter(script, documents), Judge(script, site.Reader(), documents)
    print(f"machine: {machine()}")
    pure(prompter, judge)
    if given.url:
        settings = ModelSettings(url=given.url, name=given.name)
        asyncio.run(well(Thinker(settings), judge, prompter, given.count))
        return
    with ModelServer() as server:
        settings = ModelSettings(url=server.url)
        print(f"pretended model: first token after {FIRST} s, then one each {PACE} s")
        asyncio.run(well(Thinker(settings), judge, prompter, given.count, server))
        asyncio.run(badly(server, settings, judge, prompter))


if __name__ == "__main__":
    main()
