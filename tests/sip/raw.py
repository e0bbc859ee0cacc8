"""Messages of a peer written by hand, for what no user agent of ours would send."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.sip.message import Headers, Request
from appliance.sip.parser import parse

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"


@dataclass
class Peer:
    """One INVITE and what follows it."""

    request: Request
    sdp: bytes = SDP

    @property
    def data(self) -> bytes:
        """The INVITE."""
        return bytes(self.request)

    def within(
        self,
        answer: bytes,
        method: str,
        number: int,
        fields=(),
        body: bytes = b"",
        branch: str = "",
    ) -> bytes:
        """A request within the dialog that `answer` (a response with a tag) made."""
        response = parse(answer)
        old = self.request.headers
        head = [
            (
                "Via",
                f"SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{branch or f'{method}{number}'};rport",
            ),
            ("Max-Forwards", "70"),
            ("From", old["From"]),
            ("To", response.headers["To"]),
            ("Call-ID", old["Call-ID"]),
            ("CSeq", f"{number} {method}"),
            ("Contact", old["Contact"]),
            *fields,
        ]
        if body and not any(name == "Content-Type" for name, _ in fields):
            head.append(("Content-Type", "application/sdp"))
        return bytes(Request(Headers(head), method, "sip:100@192.0.2.1:5060", body=body))

    def ack(self, answer: bytes, body: bytes = b"") -> bytes:
        """The ACK for a 2xx."""
        return self.within(answer, "ACK", self.request.cseq.number, body=body)

    def bye(self, answer: bytes) -> bytes:
        """A BYE."""
        return self.within(answer, "BYE", self.request.cseq.number + 1)


def invite(
    body: bytes = SDP,
    fields=(),
    branch: str = "z9hG4bKraw",
    method: str = "INVITE",
    call_id: str = "raw",
) -> Peer:
    """An INVITE (or another request) from 192.0.2.9 to the box."""
    head = [
        ("Via", f"SIP/2.0/UDP 192.0.2.9:5060;branch={branch};rport"),
        ("Max-Forwards", "70"),
        ("From", '"Raw" <sip:300@192.0.2.9>;tag=raw'),
        ("To", "<sip:100@192.0.2.1>"),
        ("Call-ID", call_id),
        ("CSeq", f"1 {method}"),
        ("Contact", "<sip:300@192.0.2.9:5060>"),
        *fields,
    ]
    if body:
        head.append(("Content-Type", "application/sdp"))
    return Peer(Request(Headers(head), method, "sip:100@192.0.2.1", body=body))
