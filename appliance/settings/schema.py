"""The schema of the configuration: every field with its label, help, unit and check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Port = Annotated[int, Field(ge=0, le=65_535)]

PACKAGE = Path(__file__).resolve().parents[2]
"""Where `models/` and `appliance/` lie: the checkout, or the image's application folder."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AccountSettings(_Section):
    """The extension at the site's PBX."""

    user: str = Field("100", title="Extension", description="The number the PBX gave the box.")
    login: str = Field("", title="Login name", description="Only where it differs from it.")
    password: SecretStr = Field(SecretStr(""), title="Password", description="In secrets.toml.")
    domain: str = Field("127.0.0.1", title="PBX", description="Its name or address.")
    port: Port = Field(5060, title="Port of the PBX", description="UDP; 5060 is usual.")
    display: str = Field("Attendant", title="Name shown on telephones", max_length=60)
    expires: int = Field(300, ge=30, le=86_400, title="Registration lasts", description="s")


class CallSettings(_Section):
    """The telephone itself."""

    host: str = Field("127.0.0.1", title="Own address", description="Address the PBX can reach.")
    port: Port = Field(0, title="Own SIP port", description="0 takes any free one.")
    media_ports: tuple[Port, Port] = Field(
        (16_384, 16_884), title="Ports for audio", description="First and last UDP port for RTP."
    )
    capacity: int = Field(
        10, ge=0, le=200, title="Calls at once", description="A further call hears busy."
    )
    overflow: str = Field(
        "", title="Overflow extension", description="Where a call beyond the limit goes."
    )
    ring: float = Field(
        0.0, ge=0, le=60, title="Ring before answering", description="s; 0 answers at once"
    )
    media_timeout: float = Field(
        30.0, ge=5, le=600, title="Hang up after lost audio", description="s without any packet"
    )
    longest_call: float = Field(1800.0, ge=60, title="Longest call", description="s")


class SpeechSettings(_Section):
    """Hearing and voice."""

    socket: Path = Field(
        Path("/run/appliance/speech.sock"), title="Socket", description="Link to the speech process"
    )
    packs: Path = Field(
        PACKAGE / "models" / "packs", title="Folder of packs", description="Models installed"
    )
    stt: str = Field("en-telephone-8k", title="Recogniser")
    tts: str = Field("en-rms-16k", title="Voice")
    vad: str = Field("silero-vad", title="Voice activity detector")
    threads: int = Field(1, ge=1, le=8, title="Threads of each model")


class DialogueSettings(_Section):
    """What the box says and does."""

    folder: Path = Field(
        PACKAGE / "appliance" / "dialogue" / "starter", title="Dialogue", description="Its folder"
    )


class RecordsSettings(_Section):
    """What is kept, on the box only."""

    file: Path = Field(Path("/var/lib/appliance/records.sqlite"), title="File of call records")
    note_days: int = Field(
        30, ge=1, le=365, title="Messages are kept", description="days; then they are deleted"
    )


class BusSettings(_Section):
    """D-Bus."""

    address: str = Field("", title="Bus address", description="Empty: the system bus; none: off")


class Settings(_Section):
    """Everything the box is told; the defaults run on a desk against `appliance exchange`."""

    account: AccountSettings = AccountSettings()
    call: CallSettings = CallSettings()
    speech: SpeechSettings = SpeechSettings()
    dialogue: DialogueSettings = DialogueSettings()
    records: RecordsSettings = RecordsSettings()
    bus: BusSettings = BusSettings()
