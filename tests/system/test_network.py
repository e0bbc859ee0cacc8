"""`system.network`: another network is noticed, and which address of ours leads to the PBX."""

from __future__ import annotations

import asyncio
import shutil
import struct
import subprocess
import sys

import pytest

from appliance.system import network
from appliance.system.network import Links, NetworkWatch, NoRouteError, own_address


def attribute(kind, value):
    return (struct.pack("=HH", 4 + len(value), kind) + value).ljust((7 + len(value)) & ~3, b"\0")


def message(kind, body):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def link(kind=16, index=2, *, running=True, name=b"eth0"):
    body = struct.pack("=BxHiII", 0, 1, index, 0x41 if running else 1, 0)
    return message(kind, body + attribute(3, name + b"\0"))


def address(kind=20, index=2, host=b"\x0a\x01\x02\x03"):
    return message(kind, struct.pack("=BBBBI", 2, 24, 0, 0, index) + attribute(2, host))


def route(kind=24, index=2, length=0, table=254, gateway=b"\x0a\x01\x02\x01"):
    body = struct.pack("=BBBBBBBBI", 2, length, 0, 0, table, 0, 0, 0, 0)
    body += attribute(4, struct.pack("=I", index))
    return message(kind, body + attribute(5, gateway))


def test_a_cable_an_address_and_a_way_out_are_news():
    """Says in words what came and what went."""
    links = Links()
    assert links.feed(link()) == "eth0 is up"
    assert links.feed(address()) == "eth0 has the address 10.1.2.3"
    assert links.feed(route()) == "the way out by eth0 is there"
    assert links.feed(route(25)) == "the way out by eth0 is gone"
    assert links.feed(address(21)) == "eth0 lost the address 10.1.2.3"


def test_repeats_are_no_news():
    """Routers repeat announcements for ever; only what differs counts."""
    links = Links()
    links.feed(link() + address() + route())
    assert links.feed(link() + address() + route()) == ""
    assert links.feed(address(21, host=b"\x0a\x01\x02\x09")) == ""
    assert links.feed(route(25, gateway=b"\x0a\x01\x02\x09")) == ""


def test_other_routes_are_no_news():
    """Routes to single networks, and tables of policies, change nothing for us."""
    links = Links()
    assert links.feed(route(length=24)) == ""
    assert links.feed(route(table=255)) == ""


@pytest.mark.parametrize("gone", [link(running=False), link(17)])
def test_a_cable_that_goes_is_no_news_until_it_is_back(gone):
    """While it is out nothing can be done, and what was connected may live on."""
    links = Links()
    links.feed(link())
    assert links.feed(gone) == ""
    assert links.feed(link()) == "eth0 is up"
    assert links.feed(link()) == ""


def test_a_link_without_a_name_is_told_by_its_number():
    """The kernel may leave the name out."""
    assert Links().feed(link(index=7, name=b"")) == "interface 7 is up"


@pytest.mark.parametrize("cut", range(0, 76, 5))
def test_cut_messages_are_passed_over(cut):
    """Never raises, whatever the kernel's datagram was cut to."""
    whole = link() + address()
    Links().feed(whole[:cut])
    Links().feed(whole[cut:])
    Links().feed(message(20, bytes(cut)))
    Links().feed(message(24, bytes(12) + struct.pack("=HH", 200, 1)))
    assert Links().feed(message(20, struct.pack("=BBBBI", 2, 24, 0, 0, 2))).endswith("unknown")


def test_the_end_of_a_listing_is_seen():
    """Completes with the message that ends a listing."""
    links = Links()
    links.complete = False
    links.feed(message(3, bytes(4)))
    assert links.complete


def test_own_address_is_the_one_that_leads_there():
    """On loopback it is loopback's, of either family."""
    assert own_address("127.0.0.9") == "127.0.0.1"
    try:
        assert own_address("::1") == "::1"
    except NoRouteError:
        pytest.skip("no IPv6 here")


def test_without_a_network_it_says_so():
    """Asks for the cable."""
    code = (
        "from appliance.system.network import *\n"
        "try: own_address('192.0.2.1')\n"
        "except NoRouteError as error: print(error)"
    )
    done = namespace(code)
    assert "no network leads to 192.0.2.1" in done
    assert "cable" in done


def namespace(code):
    """Run Python code in a network of its own, with no link up."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rn", "true"], capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    done = subprocess.run(
        [unshare, "-rn", sys.executable, "-c", code], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_kernel_tells():
    """In a network of its own: hears the link, the address and nothing before the change."""
    if not shutil.which("ip"):
        pytest.skip("ip is not installed: apt install iproute2")
    code = (
        "import asyncio, subprocess\n"
        "from appliance.system.network import NetworkWatch\n"
        "async def main():\n"
        "    said = asyncio.Queue()\n"
        "    watch = NetworkWatch(said.put_nowait, bus='none', settle=0.2)\n"
        "    task = asyncio.ensure_future(watch.run())\n"
        "    await asyncio.sleep(0.5)\n"
        "    assert said.empty(), said.get_nowait()\n"
        "    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)\n"
        "    print(await asyncio.wait_for(said.get(), 5))\n"
        "    subprocess.run(['ip', 'address', 'add', '10.9.8.7/32', 'dev', 'lo'], check=True)\n"
        "    print(await asyncio.wait_for(said.get(), 5))\n"
        "    task.cancel()\n"
        "    await asyncio.gather(task, return_exceptions=True)\n"
        "asyncio.run(main())\n"
    )
    said = namespace(code)
    assert "lo " in said
    assert "lo has the address 10.9.8.7" in said


def test_a_burst_of_changes_is_told_once():
    """Waits until it has settled, but not for ever."""

    async def run():
        loop = asyncio.get_running_loop()
        said = []
        watch = NetworkWatch(
            lambda reason: said.append((reason, loop.time())), bus="none", settle=0.05, longest=0.15
        )
        begun = loop.time()
        for n in range(3):
            watch.note(f"change {n}")
            await asyncio.sleep(0.01)
        await until(lambda: said)
        assert [reason for reason, _ in said] == ["change 2"]
        assert said[0][1] - begun >= 0.07
        said.clear()
        while not said:
            watch.note("again")
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 10))


def test_where_nothing_may_be_heard_nothing_is_lost(monkeypatch):
    """A unit that forbids netlink is survived: NetworkManager alone is left, or nobody."""

    def forbidden(*args):
        raise PermissionError("not here")

    async def run():
        watch = NetworkWatch(lambda reason: None, bus="none")
        monkeypatch.setattr(network.socket, "socket", forbidden)
        await watch.run()

    asyncio.run(asyncio.wait_for(run(), 10))


async def until(true):
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 10
    while not true():
        assert loop.time() < deadline
        await asyncio.sleep(0.005)
