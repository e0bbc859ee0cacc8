"""`call.connectors.drivers`: what drivers share."""

import pytest

from appliance.call.connectors.drivers import LOOPBACK, host


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://CRM.example/x", "crm.example"), ("http://[::1]:80", "::1"), ("sqlite:///x", ""),
     ("http://[broken", ""), ("http://127.0.0.1:8080", "127.0.0.1")],
)  # fmt: skip
def test_the_host_of_an_address(url, name):
    """Returns the host in small letters, and nothing where there is none."""
    assert host(url) == name


def test_the_box_itself_is_no_network():
    """Knows what never leaves the machine."""
    assert host("http://LOCALHOST:1") in LOOPBACK
    assert host("http://192.0.2.1") not in LOOPBACK
