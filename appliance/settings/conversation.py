"""The schema of what the box says and does, and of the language model that may help it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from appliance.settings.section import PACKAGE, SECONDS, Section


class DialogueSettings(Section):
    """What the box says and does."""

    folder: Path = Field(
        PACKAGE / "appliance" / "dialogue" / "starter",
        title="Dialogue",
        description="The folder that authors work in; answered from where none is published.",
    )
    published: Path = Field(
        Path("/var/lib/appliance/dialogues"),
        title="Published dialogues",
        description="Every version that was published; the current one answers the telephone.",
    )
    secrets: dict[str, SecretStr] = Field(
        {},
        title="Passwords of the site's systems",
        description="By the names that connectors.yaml gives them. In secrets.toml.",
    )
    briefing_header: str = Field(
        "X-Attendant-Briefing",
        pattern=r"^$|^X-[A-Za-z0-9-]{1,40}$",
        title="SIP header of the briefing",
        description="It tells the person's telephone or call centre who calls; empty: none.",
    )
    briefing_url: str = Field(
        "",
        pattern=r"^$|^https?://[^\s]+$",
        title="Webhook of the briefing",
        description="The briefing is posted there as JSON before a caller is put through.",
    )


class ModelSettings(Section):
    """A language model on the box or on the site's network (OpenAI-compatible)."""

    url: str = Field(
        "",
        pattern=r"^$|^https?://[^\s]+$",
        title="Address",
        description="As far as /v1, e.g. http://192.0.2.10:8080/v1; empty: no language model.",
    )
    name: str = Field("", title="Model", description="As the server calls it; empty: its default.")
    key: SecretStr = Field(SecretStr(""), title="Key", description="In secrets.toml.")
    first_word: float = Field(
        1.5,
        gt=0,
        le=10,
        title="Wait for its first word",
        description="Then the box answers by itself.",
        json_schema_extra=SECONDS,
    )
    patience: float = Field(
        12.0,
        ge=1,
        le=60,
        title="Wait for its last word",
        description="Then the box goes on with what it has.",
        json_schema_extra=SECONDS,
    )
    temperature: float = Field(
        0.0, ge=0, le=2, title="Temperature", description="0: always the likeliest word."
    )
