"""A language model's server for tests: a process of its own that speaks OpenAI's protocol.

    python tests/interop/model_server.py [--port 0] [--rules rules.json]

It prints `model http://127.0.0.1:PORT/v1` and answers `POST /v1/chat/completions`, streamed, by
rules; the first whose `when` stands in the last user message is followed (none: any message):

    {"when": "meter", "calls": [{"name": "choose_request", "arguments": {"request": "reading"}}]}
    {"say": "[1] You can park here.", "first": 0.2, "pace": 0.01}      seconds; one word per chunk
    {"fault": "stall-first"}          one of FAULTS; with `say` and `calls` as far as it comes

`PUT /rules` replaces them, `GET /asked` returns every request so far, `DELETE /asked` forgets them,
`GET /answering` tells how many answers are under way.
Nothing of it is ours: standard library only, so that the client is judged by another hand.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import subprocess
import sys
import urllib.parse
from pathlib import Path

FAULTS = (
    "stall-headers", "stall-first", "stall-middle", "drip-nothing", "garbage", "binary", "no-json",
    "not-an-object", "html", "redirect", "500", "503", "401", "404", "refusal", "content-filter",
    "error-event", "half-json", "list-arguments", "nan", "many-calls", "endless", "endless-line",
    "die-first", "die-middle", "no-end", "empty", "whole", "think",
)  # fmt: skip


class Server:
    """Serves one rule after the other."""

    def __init__(self, rules):
        self.rules = rules
        self.asked = []
        self.answering = 0
        """Answers under way; one whose client has left is not."""

    async def serve(self, reader, writer):
        """One connection, one request after the other."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            while True:
                line = await reader.readline()
                if not line.strip():
                    break
                method, path, _ = line.decode("latin-1").split(" ", 2)
                headers = {}
                while (line := await reader.readline()).strip():
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.strip().lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self.answer(writer, method, path, headers, body):
                    break
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def answer(self, writer, method, path, headers, body):
        """Answer one request; return whether the connection stays."""
        if path == "/rules" and method == "PUT":
            self.rules = json.loads(body)
            return await plain(writer, "{}")
        if path == "/asked":
            held = json.dumps(self.asked)
            if method == "DELETE":
                self.asked = []
            return await plain(writer, held)
        if path == "/answering":
            return await plain(writer, json.dumps(self.answering))
        if path != "/v1/chat/completions" or method != "POST":
            return await plain(writer, '{"error": {"message": "no such path"}}', 404)
        asked = json.loads(body)
        self.asked.append({"body": asked, "headers": headers})
        last = asked["messages"][-1]["content"].lower()
        rule = next((r for r in self.rules if r.get("when", "").lower() in last), {})
        self.answering += 1
        try:
            return await self.follow(writer, rule)
        finally:
            self.answering -= 1

    async def follow(self, writer, rule):
        """Answer as a rule says."""
        fault = rule.get("fault", "")
        if fault == "stall-headers":
            await asyncio.sleep(3600)
        if fault.isdigit():
            return await plain(writer, '{"error": {"message": "broken", "code": "x"}}', int(fault))
        if fault == "html":
            return await plain(writer, "<html><body>Log in</body></html>", kind="text/html")
        if fault == "redirect":
            return await plain(writer, "", 302, extra="Location: /elsewhere\r\n")
        if fault == "whole":
            message = {"role": "assistant", "content": rule.get("say")}
            if rule.get("calls"):
                message["tool_calls"] = [
                    {
                        "id": f"c{at}",
                        "type": "function",
                        "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])},
                    }
                    for at, c in enumerate(rule["calls"])
                ]
            return await plain(
                writer,
                json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}),
            )
        if fault == "die-first":
            return False
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        stays = await self.stream(Chunks(writer), rule, fault)
        if stays:
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        return stays

    async def stream(self, out, rule, fault):
        """Write the events; return whether the stream ends as it should."""
        await out.delta({"role": "assistant", "content": ""})
        if fault in {"stall-first", "drip-nothing"}:
            while True:
                await asyncio.sleep(3600 if fault == "stall-first" else 0.02)
                await out.delta({})
        if fault in RAW:
            await out.raw(RAW[fault])
            return False
        if fault == "empty":
            await out.raw(b"data: [DONE]\n\n")
            return True
        if fault == "refusal":
            await out.delta({"refusal": "I cannot help with that."})
        await asyncio.sleep(rule.get("first", 0))
        if fault == "think":
            for word in ("<think>", "The user wants ", "a secret.", "</th", "ink>\n\n"):
                await out.delta({"content": word})
        await self.words(out, rule, fault)
        if fault == "stall-middle":
            await asyncio.sleep(3600)
        if fault in {"die-middle", "no-end"}:
            if fault == "no-end":  # the stream is closed properly, but nothing says it is all
                out.writer.write(b"0\r\n\r\n")
                await out.writer.drain()
            return False
        if fault == "endless":
            while True:
                await out.delta({"content": "and on and on "})
        await self.calls(out, rule, fault)
        finish = (
            "content_filter"
            if fault == "content-filter"
            else ("tool_calls" if rule.get("calls") else "stop")
        )
        await out.delta({}, finish)
        await out.raw(b'data: {"choices": [], "usage": {"total_tokens": 7}}\n\ndata: [DONE]\n\n')
        return True

    async def words(self, out, rule, fault):
        """Write what is said, a word at a time."""
        words = rule.get("say", "").split(" ") if rule.get("say") else []
        if fault in {"stall-middle", "die-middle", "no-end"}:
            words = words or ["[1]", "One,", "two", "three,", "four"]
        for at, word in enumerate(words):
            await out.delta({"content": word if at == 0 else f" {word}"})
            await asyncio.sleep(rule.get("pace", 0))

    async def calls(self, out, rule, fault):
        """Write the tools that are called, their arguments in pieces."""
        many = 20 if fault == "many-calls" else 1
        for at, call in enumerate(rule.get("calls", []) * many):
            arguments = json.dumps(call["arguments"])
            if fault == "half-json":
                arguments = arguments[: len(arguments) // 2]
            if fault == "list-arguments":
                arguments = "[1, 2]"
            if fault == "nan":
                arguments = '{"value": NaN}'
            head = {"index": at, "id": f"call_{at}", "type": "function"}
            await out.delta(
                {"tool_calls": [{**head, "function": {"name": call["name"], "arguments": ""}}]}
            )
            for start in range(0, len(arguments), 7):
                piece = {"arguments": arguments[start : start + 7]}
                await out.delta({"tool_calls": [{"index": at, "function": piece}]})
                await asyncio.sleep(rule.get("pace", 0))


RAW = {
    "garbage": b"\n".join([b"data: {{{ nothing", b"", b"%%%%", b""]),
    "binary": bytes(range(256)) * 40 + b"\n\n",
    "no-json": b"data: Segmentation fault (core dumped)\n\n",
    "not-an-object": b'data: ["choices"]\n\n',
    "error-event": b'data: {"error": {"message": "out of memory for <caller>", "code": "oom"}}\n\n',
    "endless-line": b"data: " + b"x" * 1_500_000 + b"\n\n",
}


class Chunks:
    """Writes server-sent events in HTTP's chunks."""

    def __init__(self, writer):
        self.writer = writer

    async def raw(self, data):
        """Write bytes as they are."""
        self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()

    async def delta(self, delta, finish=None):
        """Write one chunk of the completion."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
        await self.raw(f"data: {json.dumps(chunk)}\n\n".encode())


async def plain(writer, text, status=200, kind="application/json", extra=""):
    """Answer in one piece."""
    data = text.encode()
    writer.write(
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{extra}"
        f"Content-Length: {len(data)}\r\n\r\n".encode()
        + data
    )
    await writer.drain()
    return True


class ModelServer:
    """The process, as tests hold it; a context manager."""

    def __init__(self, rules=()):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), "--port", "0"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.url = self.process.stdout.readline().split()[1]
        self.rules(rules)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def rules(self, rules):
        """Say how it answers from now on."""
        self._control("PUT", "/rules", json.dumps(list(rules)))

    def asked(self):
        """Return the requests so far: their `body` and `headers`."""
        return json.loads(self._control("GET", "/asked"))

    def answering(self):
        """Return how many answers are under way."""
        return json.loads(self._control("GET", "/answering"))

    def forget(self):
        """Forget the requests so far."""
        self._control("DELETE", "/asked")

    def _control(self, method, path, body=None):
        held = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=20)
        try:
            held.request(method, path, body)
            return held.getresponse().read()
        finally:
            held.close()

    def stop(self):
        """End it, at once and without a goodbye, as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


async def main():
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rules", type=Path)
    given = parser.parse_args()
    rules = json.loads(given.rules.read_text("utf-8")) if given.rules else []
    held = Server(rules)
    server = await asyncio.start_server(held.serve, "127.0.0.1", given.port, limit=1 << 20)
    print(f"model http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
