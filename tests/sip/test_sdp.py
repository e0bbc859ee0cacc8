"""Session descriptions as text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sip.errors import RemoteError
from appliance.sip.sdp import Description, Stream

TYPICAL = b"""v=0
o=root 1821 3 IN IP4 192.0.2.9
s=Asterisk PBX
i=unknown lines are skipped
c=IN IP4 192.0.2.9
b=AS:64
t=0 0
a=group:BUNDLE x
m=audio 14000/2 RTP/AVP 8 0 96
c=IN IP6 2001:db8::9
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-16
a=sendrecv
m=video 0 RTP/AVP 99
"""


def test_a_typical_description_is_read():
    """Streams, addresses and attributes arrive where they belong; bare line feeds are fine."""
    read = Description.parse(TYPICAL)
    assert (read.user, read.session, read.version) == ("root", "1821", 3)
    assert read.host == "192.0.2.9"
    assert read.attributes == (("group", "BUNDLE x"),)
    audio, video = read.streams
    assert (audio.kind, audio.port, audio.formats) == ("audio", 14000, ("8", "0", "96"))
    assert audio.host == "2001:db8::9"
    assert audio.attribute("fmtp") == "96 0-16"
    assert audio.attribute("sendrecv") == ""
    assert audio.attribute("nothing") is None
    assert (video.kind, video.port, video.host) == ("video", 0, "")


def test_descriptions_round_trip():
    """What we write is read back equal, IPv6 included."""
    stream = Stream(
        "audio", 4000, "RTP/AVP", ("0",), "", (("rtpmap", "0 PCMU/8000"), ("inactive", ""))
    )
    for host in ("192.0.2.1", "2001:db8::1"):
        made = Description("-", "7", 2, host, host, (stream,), (("x", "y"),))
        assert Description.parse(bytes(made)) == made


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"o=x",
        b"v=0\r\nm=audio",
        b"v=0\r\nm=audio x RTP/AVP 0",
        b"v=0\r\nc=IN IP4",
        b"v=0\r\n" + b"a=x\r\n" * 2000,
        b"v=0\r\n" + b"m=audio 0 RTP/AVP 0\r\n" * 33,
        b"v=0\r\nm=audio 65536 RTP/AVP 0",
        b"v=0\r\nm=audio 1 RTP/AVP 0\0",
    ],
)
def test_nonsense_is_refused(body):
    """What is no description raises RemoteError with 400."""
    with pytest.raises(RemoteError) as caught:
        Description.parse(body)
    assert caught.value.status == 400


@given(
    st.binary(max_size=400)
    | st.lists(
        st.tuples(st.sampled_from("vocmatbs="), st.text(max_size=30)).map("=".join), max_size=30
    ).map(lambda lines: "\n".join(["v=0", *lines]).encode("utf-8", "surrogatepass"))
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_bytes_are_read_or_refused(body):
    """RemoteError or a description that is written and read again equal."""
    try:
        read = Description.parse(body)
    except RemoteError:
        return
    again = Description.parse(bytes(read))
    assert [(s.kind, s.port, s.formats) for s in again.streams] == [
        (s.kind, s.port, s.formats) for s in read.streams
    ]
