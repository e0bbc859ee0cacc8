"""A name server on loopback, over UDP and TCP, whose misbehaviour is part of its zone."""

from __future__ import annotations

import asyncio
import struct

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """Answers from `zone`: (type, name) → texts of records; a name not there is NXDOMAIN."""

    def __init__(self, zone, *, ttl=300):
        self.zone = {(kind, name.rstrip(".") + "."): texts for (kind, name), texts in zone.items()}
        self.ttl = ttl
        self.silent = False
        self.failing = False
        self.truncating = False
        self.asked = []
        self.port = 0

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        while True:
            self.tcp = await asyncio.start_server(self._connected, "127.0.0.1", 0)
            self.port = self.tcp.sockets[0].getsockname()[1]
            try:
                await loop.create_datagram_endpoint(
                    lambda: self, local_addr=("127.0.0.1", self.port)
                )
            except OSError:  # somebody else has that port by UDP: try another
                self.tcp.close()
            else:
                return self

    async def __aexit__(self, *_):
        self.udp.close()
        self.tcp.close()

    def answer(self, data, *, stream):
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{'tcp ' if stream else ''}{kind} {name.rstrip('.')}")
        if self.silent:
            return None
        reply = dns.message.make_response(query)
        if self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif self.truncating and not stream:
            reply.flags |= dns.flags.TC
        elif texts := self.zone.get((kind, name)):
            reply.answer.append(dns.rrset.from_text_list(name, self.ttl, "IN", kind, texts))
        elif not any(known == name for _, known in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    def connection_made(self, transport):
        self.udp = transport

    def datagram_received(self, data, addr):
        reply = self.answer(data, stream=False)
        if reply is not None:
            self.udp.sendto(reply, addr)

    async def _connected(self, reader, writer):
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = self.answer(await reader.readexactly(length), stream=True)
        if reply is not None:
            writer.write(struct.pack("!H", len(reply)) + reply)
            await writer.drain()
        writer.close()
