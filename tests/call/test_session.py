"""`call.session`: one call in virtual time, with a scripted dialogue."""

from __future__ import annotations

import pytest

from appliance import dialogue
from appliance.call import orders, sentences
from appliance.call.session import MISSED, MUSIC_PATIENCE, NOISE, SETTLE, Rules
from appliance.call.transitions import State
from appliance.contracts.expectation import Kind
from appliance.contracts.outcome import HandedOver, Outcome
from appliance.contracts.speech import (
    Alternative,
    Audio,
    Expect,
    Heard,
    Manner,
    Noticed,
    Opened,
    Partial,
    Say,
    Sound,
    SpeechStarted,
    Spoken,
    Stop,
    Word,
)
from tests.call.support import FRAME, LISTEN, SPEECH, YES_NO, Bench, Script, sentence


def test_the_call_is_answered_only_when_speech_serves_it() -> None:
    """Answers after `Opened`, not before."""
    bench = Bench()
    bench.drain()
    assert not bench.ordered(orders.Answer)
    bench.speech(Opened("stt", "tts"))
    assert bench.ordered(orders.Answer) == [orders.Answer()]


def test_the_call_rings_for_as_long_as_the_site_wants() -> None:
    """Rings on although `speech` is there, and is answered when the time has come."""
    bench = Bench(rules=Rules("200", ring=3.0))
    bench.speech(Opened("stt", "tts"))
    bench.session.tick(bench.now + 2.9)
    bench.drain()
    assert not bench.ordered(orders.Answer)
    bench.session.tick(bench.now + 3.0)
    bench.drain()
    assert bench.ordered(orders.Answer) == [orders.Answer()]


def test_the_greeting_begins_in_the_frame_after_the_ack() -> None:
    """Greets from the cache without waiting for anything."""
    bench = Bench().answered()
    assert bench.frames(FRAME) == [sentence(FRAME)]
    assert bench.shown("greeting") == [{"text": "Hello."}]
    assert not bench.told(Say)


def test_audio_goes_up_every_frame_while_the_call_lasts() -> None:
    """Feeds `speech` one frame per tick, whatever is being said."""
    bench = Bench().answered()
    bench.frames(3.0)
    assert len(bench.told(Audio)) == 150


def test_what_is_expected_is_told_before_an_interruptible_question_is_spoken() -> None:
    """Sends the expectation ahead, so that an interruption is scored by it."""
    bench = Bench(Script([dialogue.Say("Hello."), YES_NO])).answered()
    (expect,) = bench.told(Expect)
    assert isinstance(expect, Expect)
    assert expect.expectation.kind is Kind.YES_NO


def test_nothing_is_expected_while_something_must_be_heard_out() -> None:
    """Tells `speech` that nobody is being asked during a sentence that cannot be interrupted."""
    bench = Bench(Script([dialogue.Say("Hello.", interruptible=False), LISTEN])).answered()
    bench.until(State.LISTENING)
    kinds = [m.expectation.kind for m in bench.told(Expect) if isinstance(m, Expect)]
    assert kinds == [Kind.NOTHING, Kind.FREE]


def test_the_caller_is_answered() -> None:
    """Steps the dialogue with what was heard and speaks the answer; counts the turn."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("hours")
    assert bench.state is State.SPEAKING
    assert bench.shown("understood")[0]["intent"] == "hours"
    assert bench.session.tally.turns == 1
    assert bench.session.tally.intents == {"hours": 1}


def test_the_wait_is_measured_from_the_last_voiced_sample_to_the_first_answer_frame() -> None:
    """Counts end-pointing, deciding and the jitter buffer's delay."""
    bench = Bench().listening()
    bench.frames(2.0)
    end = len(bench.told(Audio)) * FRAME - 0.3
    bench.speech(Heard("hours", 0.9, end - 0.5, end, end + 0.3))
    bench.frames(FRAME)
    # 0.3 s of patience, 40 ms of jitter buffer, and the frame in which it is sent
    assert bench.session.tally.answers_ms == [pytest.approx(360, abs=21)]


def test_an_interruption_silences_the_box_in_the_same_tick() -> None:
    """Stops at `SpeechStarted`: the next frame is silence."""
    bench = Bench().answered()
    bench.frames(0.5)
    bench.speech(SpeechStarted(0.4))
    assert bench.state is State.INTERRUPTED
    assert bench.frames(0.1) == [None] * 5
    assert bench.session.tally.barge_ins == 1


@pytest.mark.parametrize("text", ["", "mhm", "uh-huh", "Okay."])
def test_an_interruption_that_was_none_lets_the_sentence_go_on(text: str) -> None:
    """Plays on from shortly before the break after a listener's noise."""
    bench = Bench().answered()
    bench.frames(0.6)
    bench.speech(SpeechStarted(0.5))
    bench.frames(0.4)
    bench.heard(text, 0.9 if text else 0.0, 0.3)
    assert bench.state is State.SPEAKING
    assert not bench.script.told
    rest = bench.until(State.LISTENING)
    assert rest == pytest.approx(1.0 - 0.6 + 0.4, abs=0.03)


@pytest.mark.parametrize("manner", [Manner.BACKCHANNEL, Manner.NOISE, Manner.BACKGROUND])
def test_what_does_not_sound_like_an_interruption_lets_the_sentence_go_on(manner: Manner) -> None:
    """Plays on after a hum, a cough or a television, whatever the recogniser made of it."""
    bench = Bench().answered()
    bench.frames(0.6)
    bench.speech(SpeechStarted(0.5))
    bench.frames(0.3)
    bench.heard("home", 0.9, 0.5, manner)
    assert bench.state is State.SPEAKING
    assert not bench.script.told


def test_somebody_in_the_background_is_no_answer() -> None:
    """Is passed over while an answer is awaited, and does not put off asking again."""
    bench = Bench().listening()
    for _ in range(2):
        bench.frames(LISTEN.timeout * 0.45)
        bench.speech(SpeechStarted(0.5))
        bench.heard("football", 0.9, 0.5, Manner.BACKGROUND)
    assert not bench.script.told
    bench.frames(LISTEN.timeout * 0.15)
    assert bench.script.told == [dialogue.Silent()]


@pytest.mark.parametrize("sound", [Sound.FAX, Sound.MODEM, Sound.TONE, Sound.MACHINE])
@pytest.mark.parametrize("listening", [True, False])
def test_a_machine_is_rung_off(sound: Sound, *, listening: bool) -> None:
    """Nobody is there to talk to: the call ends at once, and the record says why."""
    bench = Bench().listening() if listening else Bench().answered()
    bench.frames(0.3)
    bench.speech(Noticed(sound, 0.1))
    bench.until(State.LEAVING, 2.0)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.ordered(orders.Finished) == [orders.Finished(Outcome.NO_CALLER)]
    assert bench.shown("noticed") == [{"sound": sound.value}]


def test_a_fax_is_put_through_to_its_own_kind() -> None:
    """Goes to the site's fax extension without a word, and is rung off where nobody answers."""
    bench = Bench(rules=Rules("200", fax="300")).listening()
    bench.speech(Noticed(Sound.FAX, 0.1))
    assert [order.target for order in bench.ordered(orders.PutThrough)] == ["300"]
    bench.session.transfer_progress(486, "Busy Here", True, bench.now)
    bench.drain()
    bench.until(State.LEAVING, 2.0)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.ordered(orders.Finished) == [orders.Finished(Outcome.NO_CALLER)]


def test_music_on_hold_is_waited_through() -> None:
    """Does not ask a caller again whose own exchange plays music, until that has gone on long."""
    bench = Bench().listening()
    bench.speech(Noticed(Sound.MUSIC, 0.1))
    bench.frames(MUSIC_PATIENCE - 1)
    assert not bench.script.told
    bench.frames(LISTEN.timeout + 2)
    assert bench.script.told == [dialogue.Silent()]


def test_a_muted_telephone_is_asked_again_as_ever() -> None:
    """Silence that not even a room makes is silence."""
    bench = Bench().listening()
    bench.speech(Noticed(Sound.SILENCE, 0.1))
    bench.frames(LISTEN.timeout + 0.1)
    assert bench.script.told == [dialogue.Silent()]


def test_sounds_while_on_hold_mean_nothing() -> None:
    """What the peer plays while it holds us is not the caller."""
    bench = Bench().listening()
    bench.session.held(True, bench.now)
    bench.speech(Noticed(Sound.TONE, 0.1))
    assert bench.state is State.LISTENING


def test_okay_is_an_answer_where_yes_or_no_is_asked() -> None:
    """Takes "okay" as a yes in a yes-no question."""
    bench = Bench(Script([dialogue.Say("Hello."), YES_NO])).answered()
    bench.frames(0.6)
    bench.speech(SpeechStarted(0.5))
    bench.heard("okay", seconds=0.2)
    assert bench.script.told == [dialogue.Heard("okay", 0.9)]


def test_an_interruption_with_words_is_answered() -> None:
    """Drops the rest of the sentence and answers what was said into it."""
    bench = Bench().answered()
    bench.frames(0.6)
    bench.speech(SpeechStarted(0.5))
    bench.frames(0.6)
    bench.heard("hours", seconds=0.6)
    assert bench.state is State.SPEAKING
    assert bench.shown("said")[-1]["text"] == "We are open from eight to five."


def test_an_interruption_of_which_nothing_more_is_heard_does_not_leave_dead_air() -> None:
    """Resumes by itself within some two seconds."""
    bench = Bench().answered()
    bench.frames(0.6)
    bench.speech(SpeechStarted(0.5))
    assert bench.until(State.SPEAKING) <= 2.1


def test_an_interruption_may_be_long() -> None:
    """Keeps silent as long as `speech` goes on giving signs of the utterance."""
    bench = Bench().answered()
    bench.frames(0.6)
    bench.speech(SpeechStarted(0.5))
    for _ in range(8):
        bench.frames(1.0)
        bench.speech(Partial("i would like", 1.0))
    assert bench.state is State.INTERRUPTED


def test_the_announcement_of_a_transfer_is_not_interrupted() -> None:
    """Speaks a sentence that leads out of the conversation to its end."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("radiology")
    bench.frames(0.2)
    bench.speech(SpeechStarted(3.0))
    assert bench.state is State.SPEAKING
    bench.until(State.TRANSFERRING)
    assert bench.ordered(orders.PutThrough) == [orders.PutThrough("201")]


def test_silence_counts_from_the_end_of_the_question() -> None:
    """Tells the dialogue `Silent` its timeout after the last frame spoken."""
    bench = Bench().listening()
    assert bench.until(State.SPEAKING) == pytest.approx(4.0, abs=0.03)
    assert bench.script.told == [dialogue.Silent()]
    assert bench.session.tally.reprompts == 1


def test_silence_does_not_count_while_the_caller_speaks() -> None:
    """Waits for the end of an utterance that has begun."""
    bench = Bench().listening()
    bench.frames(3.8)
    bench.speech(SpeechStarted(5.0))
    bench.frames(2.0)
    bench.speech(Partial("i", 6.0))
    bench.frames(2.0)
    assert bench.state is State.LISTENING
    bench.heard("hours")
    assert bench.script.told == [dialogue.Heard("hours", 0.9)]


def test_a_click_is_no_answer() -> None:
    """Ignores a sound too short to be a word that was not understood."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.heard("", 0.0, NOISE - 0.05)
    assert not bench.script.told
    bench.heard("", 0.0, NOISE + 0.5)
    assert bench.script.told == [dialogue.Heard("", 0.0)]


def test_a_key_stops_the_sentence() -> None:
    """Hands a key to the dialogue at once, in the middle of a word."""
    bench = Bench().answered()
    bench.frames(0.4)
    bench.session.key("1", bench.now)
    bench.drain()
    assert bench.script.told == [dialogue.Pressed("1")]
    assert bench.session.tally.keys == 1


def test_what_was_said_before_a_key_is_not_an_answer_to_what_follows() -> None:
    """Drops an utterance that began before the last key."""
    bench = Bench().answered()
    bench.frames(1.0)
    bench.speech(SpeechStarted(0.5))
    bench.session.key("1", bench.now)
    bench.frames(0.2)
    bench.heard("hours", seconds=0.8)
    assert bench.script.told == [dialogue.Pressed("1")]


def test_a_long_answer_plays_from_its_first_chunk() -> None:
    """Plays `Spoken` as it comes and goes on when the last chunk has been played."""
    bench = Bench(prompts={"Hello.": sentence(0.2)}).listening()
    bench.frames(1.0)
    bench.heard("hours")
    (say,) = bench.told(Say)
    assert isinstance(say, Say)
    bench.speech(Spoken(say.utterance, sentence(0.5)))
    assert bench.frames(FRAME) == [sentence(FRAME)]
    bench.speech(Spoken(say.utterance, sentence(0.5), last=True))
    assert bench.until(State.LISTENING) == pytest.approx(0.98, abs=0.03)


def test_an_answer_that_takes_long_is_bridged() -> None:
    """Says "one moment" after 0.4 s without audio."""
    bench = Bench(prompts={"Hello.": sentence(0.2)}).listening()
    bench.frames(1.0)
    bench.heard("hours")
    sent = bench.frames(0.8)
    assert sent[:19] == [None] * 19
    assert sent[20] is not None


def test_an_answer_that_is_cut_short_is_called_off() -> None:
    """Sends `Stop` for audio that will not be heard."""
    bench = Bench(prompts={"Hello.": sentence(0.2)}).listening()
    bench.frames(1.0)
    bench.heard("hours")
    bench.speech(Spoken(1, sentence(0.5)))
    bench.frames(0.3)
    bench.session.key("0", bench.now)
    bench.drain()
    assert bench.told(Stop) == [Stop(1)]


def test_a_speech_that_hangs_is_a_death() -> None:
    """Rescues the caller once seconds of audio could not be sent up without a sign of life."""
    bench = Bench().listening()
    bench.session.speech_missed(MISSED - 1, bench.now)
    bench.speech(Partial("i", 1.0))
    bench.session.speech_missed(MISSED - 1, bench.now)
    assert bench.state is State.LISTENING
    bench.session.speech_missed(1, bench.now)
    bench.until(State.TRANSFERRING)


def test_a_defect_in_the_dialogue_puts_the_caller_through() -> None:
    """Rescues from an exception of the engine."""

    def broken(event: dialogue.Event) -> list[dialogue.Action]:
        raise KeyError("slot")

    bench = Bench(Script(answer=broken)).listening()
    bench.frames(1.0)
    bench.heard("hours")
    bench.until(State.TRANSFERRING)
    assert bench.ordered(orders.PutThrough) == [orders.PutThrough("200", urgent=True)]


def test_lost_media_ends_the_call() -> None:
    """Hangs up when no packet has come for the configured time."""
    bench = Bench().listening()
    bench.quiet = 30.0
    bench.frames(FRAME)
    assert bench.ordered(orders.HangUp)
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.MEDIA_LOST


def test_the_longest_call_ends_with_a_goodbye() -> None:
    """Says that time is up, then hangs up, whether it can be said or not."""
    bench = Bench(prompts={"Hello.": sentence(1)}, rules=Rules("200", longest_call=10.0))
    bench.listening()
    bench.until(State.LEAVING)
    assert bench.shown("said")[-1]["text"] == sentences.TIME_IS_UP


def test_a_call_on_hold_waits() -> None:
    """Sends nothing while held, asks nothing, loses no word of the sentence."""
    bench = Bench().answered()
    bench.frames(0.4)
    bench.session.held(True, bench.now)
    bench.quiet = 100.0
    before = len(bench.told(Audio))
    assert bench.frames(20.0) == [None] * 1000
    music = bench.told(Audio)[before:]
    assert music == [Audio(bytes(320))] * 1000
    bench.speech(SpeechStarted(2.0))
    bench.session.held(False, bench.now)
    bench.quiet = 0.0
    assert bench.state is State.SPEAKING
    assert bench.until(State.LISTENING) == pytest.approx(0.6, abs=0.03)
    assert not bench.script.told


@pytest.mark.parametrize("after", [0.0, 0.5, 1.5, 2.5])
def test_a_message_is_kept_even_if_the_caller_hangs_up_at_once(after: float) -> None:
    """Writes a note before the sentence about it is spoken."""
    note = dialogue.Note("message", (("text", "call me back"),))
    script = Script(answer=lambda _: [dialogue.Say("Goodbye."), note, LISTEN])
    bench = Bench(script).listening()
    bench.frames(after)
    bench.heard("message")
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.ordered(orders.KeepNote) == [orders.KeepNote("message", note.fields)]
    assert bench.ordered(orders.Finished)


def test_every_call_finishes_once() -> None:
    """Gives exactly one `Finished`, and nothing after it."""
    bench = Bench().answered()
    bench.session.ended(bench.now)
    bench.session.ended(bench.now)
    bench.session.key("1", bench.now)
    bench.heard("hours")
    bench.frames(1.0)
    assert bench.outcome() is Outcome.CALLER_HUNG_UP
    assert isinstance(bench.orders[-1], orders.Finished)


def test_a_caller_who_gives_up_before_the_answer_has_abandoned() -> None:
    """Counts a CANCEL as abandoned."""
    bench = Bench()
    bench.session.ended(bench.now)
    bench.drain()
    assert bench.outcome() is Outcome.ABANDONED


def test_what_the_box_plays_goes_up_with_what_it_hears() -> None:
    """Tells `speech` the frame of the same 20 ms, and nothing where nothing was sent."""
    bench = Bench().answered()
    bench.frames(0.5)
    audio = [message for message in bench.told(Audio) if isinstance(message, Audio)]
    assert [message.played for message in audio] == [frame or b"" for frame in bench.sent]
    assert audio[0].played == sentence(FRAME)
    bench.until(State.LISTENING)
    bench.frames(1.0)
    last = bench.told(Audio)[-1]
    assert isinstance(last, Audio)
    assert last.played == b""


def test_a_call_that_another_replaces_is_counted_as_that() -> None:
    """Tells it from a caller who hung up."""
    bench = Bench().listening()
    bench.session.ended(bench.now, replaced=True)
    bench.drain()
    assert bench.outcome() is Outcome.REPLACED


def test_the_dialogue_is_told_what_the_line_tells() -> None:
    """Begins the conversation with the facts of the call."""
    bench = Bench(facts=(("caller", "030"),)).answered()
    assert bench.script.facts == (("caller", "030"),)


def consulting() -> Bench:
    """A caller who waits while the person is called."""
    bench = Bench(rules=Rules("200", attended=True)).listening()
    bench.heard("radiology")
    bench.until(State.TRANSFERRING)
    bench.frames(0.5)
    return bench


def test_what_the_network_lets_be_heard_replaces_the_ringing() -> None:
    """Passes it on frame by frame; our ringing begins anew when it is over, and not on hold."""
    bench = consulting()
    ringback = sentence(2.0)[:320]
    theirs = b"\x05\x05" * 160
    assert bench.session.frame(SPEECH, bench.now, delay=0, quiet=0, ringing=theirs) == theirs
    assert bench.session._voice.position == 0
    assert bench.frames(0.02) == [ringback]
    assert bench.session._voice.position == 0.02
    bench.session.held(True, bench.now)
    assert bench.session.frame(SPEECH, bench.now, delay=0, quiet=0, ringing=theirs) is None


def test_what_the_network_lets_be_heard_interrupts_no_sentence() -> None:
    """Is for the time of waiting only."""
    bench = Bench().answered()
    frame = bench.session.frame(SPEECH, bench.now, delay=0, quiet=0, ringing=bytes(320))
    assert frame is not None
    assert any(frame)


def test_only_a_call_that_is_being_joined_is_watched_after_its_end() -> None:
    """Waits for the person's end in JOINING while theirs stands, and not for ever."""
    bench = consulting()
    assert not bench.session.left(bench.now)
    bench.session.person_answered(bench.now)
    assert bench.session.left(bench.now)
    assert bench.state is State.SETTLING
    bench.frames(SETTLE - 0.1)
    assert bench.state is State.SETTLING
    bench.frames(0.2)
    assert bench.state is State.OVER
    gone = consulting()
    gone.session.person_answered(gone.now)
    gone.session.person_gone(0, "", gone.now)
    assert not gone.session.left(gone.now), "that is clear already"


def test_a_person_who_ends_too_has_been_joined() -> None:
    """Counts as transferred, attended."""
    bench = consulting()
    bench.session.person_answered(bench.now)
    bench.session.left(bench.now)
    bench.session.person_gone(0, "", bench.now)
    bench.drain()
    assert bench.orders[-1] == orders.Finished(Outcome.TRANSFERRED)
    assert bench.session.tally.handed_over is HandedOver.ATTENDED


def test_a_listeners_noise_does_not_disturb_a_wait() -> None:
    """Waits on after "mhm" and a cough, and hands on words."""
    script = Script([dialogue.Say("Hello."), dialogue.Await("q", 30.0)])
    script.answer = lambda _: [dialogue.Await("q", 30.0)]
    bench = Bench(script).answered()
    bench.until(State.WORKING)
    bench.frames(1.5)
    bench.heard("mhm")
    bench.heard("hours", manner=Manner.NOISE)
    assert not script.told
    bench.heard("hours")
    assert script.told == [dialogue.Heard("hours", 0.9)]


def test_words_and_intents_reach_the_dialogue() -> None:
    """Hands on what the recogniser and the encoder say of an utterance."""
    bench = Bench().listening()
    bench.frames(1.0)
    bench.speech(
        Heard(
            "hours", 0.9, 1.5, 1.9, 2.0, words=(Word("hours", 1.5, 1.9, 0.8),),
            alternatives=(Alternative("ours", 0.1),), intents=(Alternative("hours", 0.7),),
        )
    )  # fmt: skip
    assert bench.script.told == [
        dialogue.Heard("hours", 0.9, (("ours", 0.1),), (("hours", 0.8),), (("hours", 0.7),))
    ]


def test_a_key_during_a_wait_is_heard() -> None:
    """Passes it on as at a question."""
    script = Script([dialogue.Await("q", 30.0)])
    script.answer = lambda _: [dialogue.Await("q", 30.0)]
    bench = Bench(script).answered()
    bench.session.key("0", bench.now)
    assert script.told == [dialogue.Pressed("0")]
