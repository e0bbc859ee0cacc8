"""`call.course`: the dialogue's actions in their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance import dialogue
from appliance.audio.pcm import level_dbfs
from appliance.call import orders, sentences
from appliance.call.handover import REFER_PATIENCE
from appliance.call.session import Rules
from appliance.call.transitions import State
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.contracts.speech import Audio, Refused, Say, SpeechStarted, Spoken
from tests.call.support import FRAME, LISTEN, SPEECH, Bench, Script, sentence


def test_sentences_follow_each_other_without_a_gap() -> None:
    """Begins the next sentence in the frame after the last one's end."""
    bench = Bench(Script([dialogue.Say("Hello."), dialogue.Say("Pardon?"), LISTEN])).answered()
    sent = bench.frames(2.0)
    assert None not in sent
    assert [said["text"] for said in bench.shown("greeting") + bench.shown("said")] == [
        "Hello.", "Pardon?",
    ]  # fmt: skip


def test_a_dialogue_that_runs_out_of_actions_listens() -> None:
    """Never leaves the caller with nobody listening."""
    bench = Bench(Script([dialogue.Say("Hello.")])).answered()
    bench.until(State.LISTENING)
    bench.until(State.SPEAKING)
    assert bench.script.told == [dialogue.Silent()]


def test_intents_are_counted_and_misses_are_reprompts() -> None:
    """Counts what was understood by name, and what was not as a reprompt."""
    bench = Bench().listening()
    bench.heard("gibberish")
    bench.until(State.LISTENING)
    bench.heard("hours")
    assert bench.session.tally.intents == {"none": 1, "hours": 1}
    assert bench.session.tally.reprompts == 1


def test_with_nobody_to_be_put_through_to_a_fault_ends_in_words() -> None:
    """Says that nobody can be reached and hangs up where there is no operator."""
    bench = Bench(rules=Rules("")).listening()
    bench.session.speech_lost("gone", bench.now)
    bench.drain()
    assert bench.shown("said")[-1]["text"] == sentences.UNREACHABLE
    bench.until(State.LEAVING)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.FAILED


def test_a_rescue_is_one_apology_however_much_fails() -> None:
    """Apologises once when `speech` dies twice over."""
    bench = Bench().listening()
    bench.session.speech_lost("gone", bench.now)
    bench.session.speech_lost("still gone", bench.now)
    bench.drain()
    assert len(bench.shown("rescue")) == 1


def test_a_failed_transfer_without_ears_goes_to_a_person() -> None:
    """Does not go back to a conversation in which nobody can listen."""
    bench = Bench().listening()
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    bench.session.speech_lost("gone", bench.now)
    bench.session.transfer_progress(486, "Busy", True, bench.now)
    bench.drain()
    assert bench.shown("said")[-1]["text"] == sentences.APOLOGY
    bench.until(State.TRANSFERRING)
    assert bench.ordered(orders.PutThrough)[-1] == orders.PutThrough("200", urgent=True)


def test_an_announcement_that_cannot_be_rendered_any_more_is_skipped() -> None:
    """Puts through without the words when `speech` dies while rendering them."""
    bench = Bench(prompts={"Hello.": sentence(0.2)}).listening()
    bench.heard("radiology")
    bench.session.speech_lost("gone", bench.now)
    bench.drain()
    assert bench.state is State.TRANSFERRING
    assert bench.ordered(orders.PutThrough) == [orders.PutThrough("201")]


def test_a_transfer_that_succeeds_ends_the_call() -> None:
    """Hangs up after the final 200 and counts as transferred, with the destination's name."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    bench.session.transfer_progress(180, "Ringing", False, bench.now)
    bench.session.transfer_progress(200, "OK", True, bench.now)
    bench.drain()
    assert bench.ordered(orders.HangUp)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.TRANSFERRED
    assert bench.session.tally.transferred_to == "radiology"


def test_a_pbx_that_says_bye_before_it_reports_has_transferred() -> None:
    """Counts a call that ends after the REFER was taken up as transferred."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    bench.session.transfer_progress(100, "Trying", False, bench.now)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.TRANSFERRED


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_a_transfer_that_fails_brings_the_conversation_back(how: str) -> None:
    """Tells the dialogue, for a refusal as for nobody answering."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    if how == "refused":
        bench.session.transfer_progress(486, "Busy", True, bench.now)
        bench.drain()
    else:
        assert bench.until(State.SPEAKING) == pytest.approx(REFER_PATIENCE, abs=0.05)
    assert isinstance(bench.script.told[-1], dialogue.TransferFailed)
    bench.until(State.LISTENING)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.CALLER_HUNG_UP
    assert not bench.session.tally.transferred_to


def test_the_caller_hears_ringing_while_being_put_through() -> None:
    """Plays ringback during a transfer."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    assert None not in bench.frames(1.0)


def test_the_goodbye_is_heard_out() -> None:
    """Hangs up a fifth of a second after the last word."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("bye")
    began = bench.now
    bench.until(State.LEAVING)
    assert bench.now - began == pytest.approx(1.2, abs=0.05)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.COMPLETED


def test_a_caller_who_hangs_up_during_the_goodbye_has_been_served() -> None:
    """Counts as completed."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("bye")
    bench.frames(0.2)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.COMPLETED


def test_without_speech_the_caller_is_put_through_after_an_apology() -> None:
    """Answers, apologises from the cache, transfers to a person: rescued."""
    bench = Bench(prompts={sentences.APOLOGY: sentence(2.0)})
    bench.speech(Refused("full"))
    bench.session.confirmed(bench.now)
    bench.drain()
    assert bench.shown("said") == [{"text": sentences.APOLOGY}]
    assert bench.until(State.TRANSFERRING) == pytest.approx(2.0, abs=0.03)
    assert bench.ordered(orders.PutThrough) == [orders.PutThrough("200", urgent=True)]
    bench.session.transfer_progress(200, "OK", True, bench.now)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.RESCUED


def test_speech_that_does_not_answer_is_not_waited_for() -> None:
    """Answers after a second and a half at the latest."""
    bench = Bench()
    bench.session.tick(bench.now + 1.4)
    bench.drain()
    assert not bench.ordered(orders.Answer)
    bench.session.tick(bench.now + 1.6)
    bench.drain()
    assert bench.ordered(orders.Answer)


def test_without_any_voice_there_are_tones() -> None:
    """Plays tones and transfers where not even the apology has been rendered."""
    bench = Bench(prompts={})
    bench.speech(Refused("dead"))
    bench.session.confirmed(bench.now)
    assert bench.frames(FRAME) == [sentence(FRAME)]
    assert bench.until(State.TRANSFERRING) == pytest.approx(0.48, abs=0.03)


@pytest.mark.parametrize("moment", ["speaking", "interrupted", "listening"])
def test_a_death_of_speech_is_survived(moment: str) -> None:
    """Apologises and transfers wherever the conversation stands."""
    bench = Bench().answered()
    bench.frames(0.5)
    if moment == "interrupted":
        bench.speech(SpeechStarted(0.3))
    elif moment == "listening":
        bench.until(State.LISTENING)
    assert bench.state == moment
    bench.session.speech_lost("gone", bench.now)
    bench.drain()
    assert bench.shown("said")[-1]["text"] == sentences.APOLOGY
    bench.until(State.TRANSFERRING)


def test_a_call_that_needs_no_ears_any_more_does_not_notice() -> None:
    """Finishes an announcement and its transfer although `speech` dies meanwhile."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.session.speech_lost("gone", bench.now)
    bench.until(State.TRANSFERRING)
    assert bench.ordered(orders.PutThrough) == [orders.PutThrough("201")]


def test_a_rescue_that_reaches_nobody_says_so() -> None:
    """Says that nobody can be reached and hangs up: failed."""
    bench = Bench().listening()
    bench.session.speech_lost("gone", bench.now)
    bench.until(State.TRANSFERRING)
    bench.session.transfer_progress(480, "Nobody", True, bench.now)
    bench.drain()
    assert bench.shown("said")[-1]["text"] == sentences.UNREACHABLE
    bench.until(State.LEAVING)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.FAILED


def test_audio_that_never_comes_is_a_death() -> None:
    """Rescues a caller whose answer does not arrive within seconds."""
    bench = Bench(prompts={"Hello.": sentence(0.2)}).listening()
    bench.frames(1.0)
    bench.heard("hours")
    bench.until(State.TRANSFERRING, 20.0)
    assert bench.shown("speech-lost")


ATTENDED = Rules("200", attended=True, handover_ring=10.0)


def consulting(briefing: str = "A call.", rules: Rules = ATTENDED) -> Bench:
    """Bring a call to the point at which the person is called."""
    way_out = [dialogue.Say("One moment."), dialogue.Transfer("201", "radiology", briefing)]
    script = Script(
        answer=lambda event: way_out if isinstance(event, dialogue.Heard) else Script.usual(event)
    )
    bench = Bench(script, rules=rules).listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    return bench


def briefing_of(bench: Bench) -> Say:
    say = bench.told(Say)[-1]
    assert isinstance(say, Say)
    return say


def test_a_briefing_is_rendered_while_it_rings() -> None:
    """Asks `speech` for it with the call, so that it begins with the answer."""
    bench = consulting()
    assert bench.ordered(orders.Consult) == [orders.Consult("201")]
    assert not bench.ordered(orders.PutThrough)
    say = briefing_of(bench)
    assert say.text == "A call."
    bench.frames(3.0)
    assert bench.session.person_frame(SPEECH, bench.now) is None
    bench.speech(Spoken(say.utterance, sentence(1.0), last=True))
    bench.session.person_answered(bench.now)
    assert bench.session.person_frame(SPEECH, bench.now) == sentence(FRAME)


def test_the_briefing_is_the_persons_and_not_the_callers() -> None:
    """Plays ringing to the one and the briefing to the other."""
    bench = consulting()
    bench.speech(Spoken(briefing_of(bench).utterance, b"\x07\x07" * 8000, last=True))
    bench.session.person_answered(bench.now)
    assert bench.session.person_frame(SPEECH, bench.now) == b"\x07\x07" * 160
    assert None not in bench.frames(1.0)
    assert b"\x07\x07" * 160 not in bench.sent


def test_a_briefing_whose_audio_never_comes_is_left_out() -> None:
    """Joins the calls after some seconds instead of leaving two people in silence."""
    bench = consulting()
    bench.session.person_answered(bench.now)
    for _ in range(300):
        bench.session.person_frame(SPEECH, bench.now)
        bench.frames(FRAME)
    assert bench.ordered(orders.Join)


def test_an_attended_hand_over_ends_both_calls() -> None:
    """Lets the person's call go and hangs up once the PBX has joined them."""
    bench = consulting("")
    bench.session.person_answered(bench.now)
    bench.drain()
    assert bench.ordered(orders.Join)
    bench.session.transfer_progress(200, "OK", True, bench.now)
    bench.drain()
    assert bench.ordered(orders.Release)
    assert bench.ordered(orders.HangUp)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.TRANSFERRED
    assert bench.session.tally.handed_over is HandedOver.ATTENDED


def test_a_bridged_caller_is_not_listened_to_and_not_timed() -> None:
    """Neither tells `speech` anything nor ends the talk when the longest call is over."""
    bench = consulting("", replace(ATTENDED, longest_call=60.0))
    bench.session.person_answered(bench.now)
    bench.session.transfer_progress(501, "no", True, bench.now)
    bench.drain()
    assert bench.ordered(orders.Bridge)
    assert bench.state is State.BRIDGED
    before = len(bench.told(Audio))
    bench.session.bridged(bench.now + 3600.0, quiet=0.0)
    bench.frames(1.0)
    assert len(bench.told(Audio)) == before
    bench.session.speech_lost("gone", bench.now)
    assert bench.state is State.BRIDGED


def test_the_end_of_the_time_ends_a_hand_over_too() -> None:
    """Lets the person go before it says goodbye."""
    bench = consulting("", replace(ATTENDED, longest_call=20.0, handover_ring=100.0))
    bench.frames(20.0)
    assert bench.ordered(orders.Release)
    assert bench.shown("said")[-1]["text"] == sentences.TIME_IS_UP


def test_a_call_that_is_ended_from_outside_lets_the_person_go() -> None:
    """Releases the second call where the process stops or a fault ends the first."""
    bench = consulting()
    bench.session.end(Outcome.FAILED, bench.now)
    bench.drain()
    assert bench.ordered(orders.Release)
    assert bench.ordered(orders.HangUp)


# waiting for answers


ASK = dialogue.Invoke("q1", "find_customer", (("number", "4711"),))
FOUND = dialogue.Result("q1", dialogue.Status.DONE, {"name": "Anna"})


def asking(timeout: float = 8.0, **kwargs: object) -> Bench:
    """A call whose dialogue asks a connector when it hears "customer"."""
    script = Script()

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        match event:
            case dialogue.Heard("customer"):
                return [dialogue.Say("One moment."), ASK, dialogue.Await("q1", timeout)]
            case dialogue.Heard("mhm and so on"):
                return [dialogue.Await("q1", timeout)]
            case dialogue.Result("q1"):
                return [dialogue.Say("Hello."), LISTEN]
            case dialogue.Silent() if script.told[-2:-1] != [dialogue.Silent()]:
                return [dialogue.Say("Nobody answers."), LISTEN]
            case _:
                return Script.usual(event)

    script.answer = answer
    bench = Bench(script)
    bench.prompts |= {text: sentence(1.0) for text in sentences.ALL}
    bench.listening()
    bench.heard("customer")
    return bench


def test_a_connector_is_asked_at_once_and_told_when_it_is_awaited() -> None:
    """Orders the question with the first word, and answers after the last."""
    bench = asking()
    assert bench.ordered(orders.Invoke) == [orders.Invoke(ASK)]
    bench.session.answer(FOUND, bench.now)
    bench.frames(0.5)
    assert bench.script.told[-1] == dialogue.Heard("customer", 0.9)
    bench.until(State.WORKING)
    bench.frames(0.04)
    assert bench.script.told[-1] == FOUND
    assert bench.shown("said")[-1]["text"] == "Hello."
    assert not bench.shown("waiting")


def test_a_caller_who_waits_is_never_left_in_silence() -> None:
    """Tells that it takes a moment, then sounds again and again until the answer comes."""
    bench = asking(timeout=30.0)
    bench.until(State.WORKING)
    sent = bench.frames(25.0)
    quiet = longest = 0
    for frame in sent:
        quiet = quiet + 1 if frame is None or not any(frame) else 0
        longest = max(longest, quiet)
    assert longest * FRAME < 1.5
    told = [shown["text"] for shown in bench.shown("waiting")]
    assert told[:2] == [sentences.ONE_MOMENT, sentences.STILL_WORKING]
    assert len(told) > 2


def test_a_sentence_about_the_wait_is_heard_out() -> None:
    """Does not cut "one moment" in the middle when the answer comes; the soft sound it does."""
    bench = asking()
    bench.until(State.WORKING)
    bench.frames(1.0)
    assert len(bench.shown("waiting")) == 1
    bench.session.answer(FOUND, bench.now)
    bench.frames(0.3)
    assert bench.state is State.WORKING
    bench.frames(0.6)
    assert bench.script.told[-1] == FOUND


def test_an_answer_that_does_not_come_is_given_up() -> None:
    """Tells the dialogue after its time, however often the caller has spoken meanwhile."""
    bench = asking(timeout=4.0)
    bench.until(State.WORKING)
    bench.frames(2.0)
    bench.heard("mhm and so on")
    assert bench.state is State.WORKING
    bench.frames(1.9)
    assert dialogue.Silent() not in bench.script.told
    bench.frames(0.2)
    assert bench.script.told[-1] == dialogue.Silent()
    assert bench.session.tally.turns == 2


def test_a_caller_who_speaks_during_a_wait_is_heard_out() -> None:
    """Falls silent, keeps the answer until they have finished, and hands on both."""
    bench = asking()
    bench.until(State.WORKING)
    bench.frames(2.5)
    while not any(bench.frames(FRAME)[0] or b""):
        assert bench.state is State.WORKING, "until a soft sound begins"
    bench.speech(SpeechStarted(0.0))
    bench.session.answer(FOUND, bench.now)
    assert not any(frame and any(frame) for frame in bench.frames(1.4))
    bench.heard("operator")
    told = bench.script.told
    assert told[-1] == dialogue.Heard("operator", 0.9)
    assert FOUND not in told


def test_a_speech_that_dies_during_a_wait_leads_to_a_person() -> None:
    """Apologises and puts through: nobody could hear the caller any more."""
    bench = asking()
    bench.until(State.WORKING)
    bench.session.speech_lost("gone", bench.now)
    bench.drain()
    assert bench.shown("said")[-1]["text"] == sentences.APOLOGY


def test_a_wait_is_as_loud_as_the_caller_wants_it() -> None:
    """Tells that it takes a moment with the gain of what was said last."""
    loudest = []
    for gain in (0.0, 6.0):
        script = Script([dialogue.Say("Hello.", gain=gain), dialogue.Await("q", 9.0)])
        bench = Bench(script)
        bench.prompts |= {text: sentence(1.0) for text in sentences.ALL}
        bench.answered().until(State.WORKING)
        sent = [frame for frame in bench.frames(1.2) if frame is not None]
        assert bench.shown("waiting")
        loudest.append(max(map(level_dbfs, sent)))
    assert loudest[1] > loudest[0] + 3.0


THINK = dialogue.Think("t1", (dialogue.Message("user", "hours"),))


def thinking() -> Bench:
    """A call whose dialogue asks the language model, and says its clauses."""
    script = Script()

    def answer(event: dialogue.Event) -> list[dialogue.Action]:
        match event:
            case dialogue.Heard("hours"):
                return [THINK, dialogue.Await("t1", 3.0)]
            case dialogue.Thought(_, text):
                return [dialogue.Say(text), dialogue.Await("t1", 3.0)]
            case dialogue.ThoughtOver():
                return [LISTEN]
            case _:
                return Script.usual(event)

    script.answer = answer
    bench = Bench(script).listening()
    bench.heard("hours")
    return bench


def test_a_thought_is_said_clause_by_clause() -> None:
    """Says each clause after the one before, and listens when it is over."""
    bench = thinking()
    assert bench.ordered(orders.Think) == [orders.Think(THINK)]
    for text in ("Hello.", "Pardon?"):
        bench.session.answer(dialogue.Thought("t1", text), bench.now)
    bench.session.answer(dialogue.ThoughtOver("t1"), bench.now)
    bench.until(State.LISTENING)
    said = [shown["text"] for shown in bench.shown("said")]
    assert said == ["Hello.", "Pardon?"]
    assert not bench.ordered(orders.CancelThought)


def test_a_caller_who_interrupts_a_thought_stops_it() -> None:
    """Cancels the language model where the dialogue does not wait for it any more."""
    bench = thinking()
    bench.session.answer(dialogue.Thought("t1", "Hello."), bench.now)
    bench.until(State.SPEAKING)
    bench.frames(0.3)
    bench.speech(SpeechStarted(0.0))
    assert bench.state is State.INTERRUPTED
    assert not bench.ordered(orders.CancelThought)
    bench.frames(0.8)
    bench.heard("radiology")
    assert bench.ordered(orders.CancelThought)


# secrets, loudness, what is kept


def test_a_secret_is_shown_nowhere() -> None:
    """Masks what is typed and said at a secret question, and what was understood of it."""
    secret = replace(LISTEN, secret=True)
    understood = dialogue.Understood("answer", 1.0, (("pin", "1234"),))
    script = Script([dialogue.Say("Hello."), secret], lambda _: [understood, secret])
    bench = Bench(script).listening()
    bench.session.key("1", bench.now)
    bench.frames(1.0)
    bench.heard("one two three four")
    assert bench.shown("key") == [{"digit": "•"}]
    assert bench.shown("heard")[0]["text"] == "•"
    assert [shown["slots"] for shown in bench.shown("understood")] == [{"pin": "•"}] * 2
    assert script.told == [
        dialogue.Pressed("1"), dialogue.Heard("one two three four", 0.9),
    ]  # fmt: skip


def test_a_sentence_is_slower_and_louder_where_the_caller_wants_it() -> None:
    """Has `speech` render another speed, though the cache has the sentence, and makes it louder."""
    script = Script([dialogue.Say("Hello.", speed=0.85), LISTEN])
    bench = Bench(script).answered()
    (said,) = bench.told(Say)
    assert isinstance(said, Say)
    assert (said.text, said.speed) == ("Hello.", 0.85)
    quiet = Bench(Script([dialogue.Say("Hello."), LISTEN])).answered().frames(0.1)
    loud = Bench(Script([dialogue.Say("Hello.", gain=6.0), LISTEN])).answered().frames(0.1)
    assert quiet[0] is not None
    assert loud[0] is not None
    assert level_dbfs(loud[0]) > level_dbfs(quiet[0]) + 3.0


def test_the_state_is_kept_when_something_lasting_has_changed() -> None:
    """Orders it once for each such step, and not for what only passes."""
    bench = Bench().listening()
    kept = len(bench.ordered(orders.KeepState))
    assert not kept, "nothing has been asked for yet"
    bench.heard("hours")
    assert len(bench.ordered(orders.KeepState)) == kept + 1
    step = bench.script.step

    def passing(
        state: dialogue.State, event: dialogue.Event, now: dialogue.Moment
    ) -> tuple[dialogue.State, list[dialogue.Action]]:
        return replace(state, misses=state.misses + 1), step(state, event, now)[1]

    bench.script.step = passing  # type: ignore[method-assign]
    bench.until(State.LISTENING)
    bench.frames(1.0)
    bench.heard("gibberish")
    assert bench.shown("heard")[-1]["text"] == "gibberish"
    assert len(bench.ordered(orders.KeepState)) == kept + 1
