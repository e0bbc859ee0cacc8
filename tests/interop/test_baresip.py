"""baresip, a softphone that we did not write, registers at the exchange and calls the box."""

import wave

import pytest

from tests.interop.conftest import ACCOUNTS, Process
from tests.interop.peers import Baresip

pytestmark = pytest.mark.interop


def write_wav(file, pcm):
    """Write 16-bit mono PCM at 8 kHz."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(pcm)
    return file


def question(folder, text, before):
    """A sound file: `before` seconds of silence, a spoken sentence, and a minute of silence."""
    wav = folder / "said.wav"
    said = Process(folder, "say", text, "-o", str(wav))
    assert said.process.wait(60) == 0, said.said()
    said.stop()
    with wave.open(str(wav)) as file:
        step = file.getframerate() // 8000
        samples = memoryview(file.readframes(file.getnframes())).cast("h")[::step].tobytes()
    return write_wav(
        folder / "question.wav", bytes(int(16_000 * before)) + samples + bytes(16_000 * 60)
    )


@pytest.fixture
def softphone(box, tmp_path):
    """Make baresips with an account of the exchange; all are ended."""
    made = []

    def make(user, spoken, **options):
        account = f"<sip:{user}@127.0.0.1:{box.registrar}>;auth_pass={ACCOUNTS[user]}"
        account += ";regint=60;audio_codecs=PCMA,PCMU"
        made.append(Baresip(tmp_path / f"phone{user}-{len(made)}", account, spoken, **options))
        made[-1].await_said("200 OK")
        return made[-1]

    yield make
    for phone in made:
        phone.stop()


def test_a_wrong_password_is_refused(box, tmp_path):
    """The exchange does not register a softphone whose digest is wrong."""
    account = f"<sip:302@127.0.0.1:{box.registrar}>;auth_pass=wrong;regint=60"
    silence = write_wav(tmp_path / "silence.wav", bytes(16_000))
    phone = Baresip(tmp_path / "phone", account, silence)
    try:
        phone.await_said("40")
        assert "200 OK" not in phone.said()
    finally:
        phone.stop()


def test_a_softphone_is_heard_and_put_through(box, softphone, tmp_path):
    """A sentence spoken into baresip is understood, answered audibly, and put through."""
    spoken = question(tmp_path, "Could you put me through to cardiology please?", 5.0)
    phone = softphone("301", spoken)
    since = len(box.call.events)
    phone.tell("dial", f"sip:100@127.0.0.1:{box.registrar}")
    phone.await_event("CALL_ESTABLISHED")
    understood = box.call.await_event(lambda e: e["event"] == "understood", 30, since)
    assert understood["intent"] == "connect"
    ended = box.call.await_event(lambda e: e["event"] == "ended", 20, since)
    assert ended["outcome"] == "transferred"
    phone.tell("hangup")
    phone.await_event("CALL_CLOSED")
    assert abs(phone.heard()).max() > 0.1


def test_keys_by_rfc_4733_hold_and_bye_from_the_caller(box, softphone, tmp_path):
    """Key 1 brings the hours, hold and resume keep the call, BYE from the caller ends it."""
    phone = softphone("301", write_wav(tmp_path / "silence.wav", bytes(16_000 * 60)))
    since = len(box.call.events)
    phone.tell("dial", f"sip:100@127.0.0.1:{box.registrar}")
    phone.await_event("CALL_ESTABLISHED")
    box.call.await_event(lambda e: e["event"] == "greeting", 10, since)
    phone.tell("sndcode", "1")
    box.call.await_event(lambda e: e["event"] == "key" and e["digit"] == "1", 10, since)
    box.call.await_event(lambda e: e["event"] == "said" and "open" in e["text"], 10, since)
    phone.tell("hold")
    box.call.await_event(lambda e: e["event"] == "held", 10, since)
    phone.tell("resume")
    box.call.await_event(lambda e: e["event"] == "resumed-from-hold", 10, since)
    phone.tell("hangup")
    phone.await_event("CALL_CLOSED")
    ended = box.call.await_event(lambda e: e["event"] == "ended", 10, since)
    assert ended["outcome"] == "caller-hung-up"


def test_the_box_says_goodbye_to_a_softphone(box, softphone, tmp_path):
    """The box ends the call itself after a goodbye, with BYE that baresip understands."""
    phone = softphone("301", question(tmp_path, "No thank you, goodbye.", 5.0))
    since = len(box.call.events)
    phone.tell("dial", f"sip:100@127.0.0.1:{box.registrar}")
    phone.await_event("CALL_ESTABLISHED")
    phone.await_event("CALL_CLOSED", 40)
    ended = box.call.await_event(lambda e: e["event"] == "ended", 10, since)
    assert ended["outcome"] == "completed"
