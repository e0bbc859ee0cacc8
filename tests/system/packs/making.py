"""Packs and sites of no use but for tests: right in form, with nothing in the files."""

from __future__ import annotations

import tomllib
from pathlib import Path

from appliance.system.packs.site import Site, site_of
from appliance.system.packs.writing import write_manifest

ENGINES = {
    "stt": ("sherpa-onnx/zipformer-ctc", ("model", "tokens", "lexicon")),
    "tts": ("sherpa-onnx/vits-piper", ("model", "tokens")),
    "vad": ("silero", ("model",)),
    "denoise": ("sherpa-onnx/gtcrn", ("model",)),
}


def make_pack(
    where: Path, name: str, kind: str = "vad", *, language: str = "en", version: str = "1",
    content: str = "",
) -> Path:  # fmt: skip
    """Write a pack into the folder `where`; `content` makes its files differ from others'."""
    folder = where / name
    folder.mkdir(parents=True)
    engine, roles = ENGINES[kind]
    for role in roles:
        (folder / f"{role}.bin").write_text(f"{role} {content or name}")
    write_manifest(
        folder,
        {
            "name": name,
            "kind": kind,
            "engine": engine,
            "language": "any" if kind in {"vad", "denoise"} else language,
            "version": version,
            "sample_rate": 8000,
            "licence": "MIT",
            "summary": "Nothing.",
            **({"stt": {}} if kind == "stt" else {}),
        },
        [(role, f"{role}.bin") for role in roles],
    )
    return folder


def settings_file(tmp_path: Path, **speech: str) -> Path:
    """Write settings with folders below `tmp_path`, the built-in packs made as they are named."""
    used = {"stt": "ears", "tts": "voice", "vad": "guard", **speech}
    for kind, name in used.items():
        if not (tmp_path / "builtin" / name).exists():
            make_pack(tmp_path / "builtin", name, kind)
    file = tmp_path / "settings.toml"
    lines = [f'{kind} = "{name}"' for kind, name in used.items()]
    file.write_text(
        f'[speech]\npacks = "{tmp_path}/builtin"\nsite_packs = "{tmp_path}/site"\n'
        f'trusted_keys = ["{tmp_path}/keys"]\n' + "\n".join(lines) + "\n"
    )
    return file


def make_site(tmp_path: Path, **speech: str) -> Site:
    """Return a site with the built-in packs `ears`, `voice` and `guard`, all in use."""
    return site_of([settings_file(tmp_path, **speech)])


def again(site: Site) -> Site:
    """Return the site as the next command sees it."""
    return site_of([site.settings])


def chosen(site: Site) -> dict[str, str]:
    """Return what the settings say now."""
    values = tomllib.loads(site.settings.read_text())["speech"]
    return {kind: values[kind] for kind in ("stt", "tts", "vad", "denoise") if kind in values}
