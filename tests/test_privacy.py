"""Nothing that is installed beside the box's own code may know a telemetry endpoint."""

import re
from importlib import metadata
from pathlib import Path

import pytest

ENDPOINTS = re.compile(
    rb"events\.data\.microsoft\.com|vortex\.data\.microsoft\.com|dc\.services\.visualstudio\.com"
    rb"|google-analytics\.com|api\.segment\.io|ingest\.sentry\.io|api\.mixpanel\.com"
    rb"|api\.amplitude\.com|app\.posthog\.com|telemetry\.[a-z]+\.(?:com|io|org)"
)


def closure(name, seen):
    """Collect the distributions that `name` needs at run time (no extras)."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen:
        return
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return
    seen[key] = found
    for requirement in found.requires or []:
        spec, _, marker = requirement.partition(";")
        if "extra" not in marker:
            closure(re.match(r"[A-Za-z0-9._-]+", spec.strip()).group(), seen)


def endpoints_in(path):
    """Return the telemetry endpoints that a file names."""
    return sorted({m.decode() for m in ENDPOINTS.findall(path.read_bytes())})


def test_no_installed_library_names_a_telemetry_endpoint():
    """Every compiled library and module that runs on the box is free of telemetry endpoints."""
    seen = {}
    closure("attendant", seen)
    if "sherpa-onnx" not in seen:
        pytest.skip("the package is not installed: make test installs it")
    named, libraries = {}, 0
    del seen["attendant"]  # this repository, whose tests name what they look for
    for found in seen.values():
        for file in found.files or []:
            if not re.search(r"\.(so[.\d]*|py|json)$", str(file)):
                continue
            path = Path(found.locate_file(file))
            if path.is_file():
                libraries += ".so" in path.name
                if hits := endpoints_in(path):
                    named[str(file)] = hits
    assert libraries > 10, "the search did not reach the compiled libraries"
    assert not named


def test_the_search_would_find_one(tmp_path):
    """The search finds an endpoint in the middle of a binary."""
    library = tmp_path / "bad.so"
    library.write_bytes(b"\x00" * 999 + b"https://mobile.events.data.microsoft.com/x\x00" + b"\xff")
    assert endpoints_in(library) == ["events.data.microsoft.com"]


def test_onnxruntime_is_older_than_its_telemetry():
    """The installed onnxruntime predates the builds that report home."""
    major, minor = map(int, metadata.version("onnxruntime").split(".")[:2])
    assert (major, minor) < (1, 29)
