"""Turns of whole calls: the caller's telephone measures, on the wire, against real processes.

    python -m tests.bench.turns [rounds [interruptions]]

End of the caller's speech (last voiced frame sent) to the first answer packet received; barge-in
(first voiced frame sent while the box speaks) to the box's last voiced packet; packet lateness of
the box while ten calls are up; memory of each process; start of the desk to registered.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from appliance.exchange.caller import AwaitAnswer, Listen, Pause, Say
from appliance.exchange.demonstration import play
from appliance.exchange.desk import Desk, Options
from tests.bench.figures import memory_mib, spread

NUMBER = "Five five five, zero one two three."
"""A number of unknown length is waited for longer than a sentence: callers pause within it."""
SCRIPTS = (
    (
        Say("What are your opening hours?", intent="hours"),
        Say("Are you open on Saturday?", intent="hours"),
        Say("No thank you, goodbye."),
    ),
    (
        Say("I would like to leave a message."),
        Say("Radiology"),
        Say(NUMBER),
        Say("Yes please"),
    ),
    (
        Say("When do you close on Friday?", intent="hours"),
        Say("Can you repeat that?"),
        Say("No, that's all, thank you."),
    ),
)


def script(says):
    """A polite caller: hears the box out before each sentence."""
    steps = []
    for say in says:
        steps += [Listen(quiet=0.7), say, AwaitAnswer()]
    return (*steps, Pause(1.0))


BARGE = (
    Listen(),
    Say("What are your opening hours?", intent="hours"),
    AwaitAnswer(),
    Pause(1.2),
    Say("Can I speak to the pharmacy please", intent="connect"),
    AwaitAnswer(),
    Pause(0.5),
)


async def measure(rounds, interruptions):
    """Place the calls one after the other and return what was measured."""
    sentences, numbers, yields, starts, understood, asked = [], [], [], [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):  # the first start renders the prompts, the second is the figure
            options = Options(state=Path(folder), port=0)
            async with Desk(options, Console(stderr=True)) as desk:
                starts.append(desk.started_in)
        async with Desk(options, Console(stderr=True)) as desk, await desk.voice() as voice:
            polite = [steps for _ in range(rounds) for steps in map(script, SCRIPTS)]
            for number, steps in enumerate([*polite, *[BARGE] * interruptions]):
                says = [s for s in steps if isinstance(s, Say)]
                clips = {s.text: await voice.render(s.text) for s in says}
                played = await play(desk, steps, clips)
                if played.failure:
                    print(f"  call {number}: {played.failure}", file=sys.stderr)
                for turn in played.turns:
                    if turn.interrupted and turn.yielding is not None:
                        yields.append(1000 * turn.yielding)
                    if not turn.interrupted and turn.response is not None:
                        group = numbers if turn.text == NUMBER else sentences
                        group.append(1000 * turn.response)
                wanted = [s.intent for s in says if s.intent]
                asked += len(wanted)
                got = [u.intent for u in played.transcript.understood]
                understood += sum(intent in got for intent in wanted)
            memory = {
                "speech": memory_mib(desk.speech.pid),
                "call": memory_mib(desk.call.pid),
            }
    return {
        "start_to_registered_s": {"first": starts[0], "second": starts[1]},
        "response_ms": {
            "all": spread(sentences + numbers),
            "sentences": spread(sentences),
            "numbers of unknown length": spread(numbers),
        },
        "barge_in_to_silence_ms": spread(yields),
        "requests_understood": f"{understood} of {asked}",
        "memory_mib": memory,
    }


def main():
    """Print the figures as JSON."""
    rounds, interruptions = [int(word) for word in sys.argv[1:3]] + [4, 20][len(sys.argv[1:3]) :]
    print(json.dumps(asyncio.run(measure(rounds, interruptions)), indent=2))


if __name__ == "__main__":
    main()
