"""The schema of the configuration: every field with its label, help, unit and check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)

from appliance.settings import checks
from appliance.settings.conversation import DialogueSettings, ModelSettings
from appliance.settings.section import CALLS, DAYS, PACKAGE, SECONDS, Section

Port = Annotated[int, Field(ge=0, le=65_535)]
Host = Annotated[str, AfterValidator(checks.host)]
HostPort = Annotated[str, AfterValidator(checks.host_and_port)]
OwnHost = Annotated[str, AfterValidator(checks.own_host)]
Codec = Annotated[Literal["PCMU", "PCMA", "G722", "opus"], BeforeValidator(checks.codec)]
Fingerprint = Annotated[str, AfterValidator(checks.fingerprint)]
Network = Annotated[str, AfterValidator(checks.network)]
Number = Annotated[str, AfterValidator(checks.number)]
FieldName = Annotated[str, AfterValidator(checks.field_name)]

MAIN: Final = "main"
"""The name of the line of `account`; those of `accounts` bear their own."""


class TlsSettings(Section):
    """Encryption of the signalling, where the transport is tls."""

    verify: bool = Field(
        True,
        title="Check the PBX's certificate",
        description="Off, anybody in the network can pose as the PBX.",
    )
    ca: Path | None = Field(
        None,
        title="Authority of the PBX's certificate",
        description="PEM file; empty: those the system knows.",
    )
    fingerprints: tuple[Fingerprint, ...] = Field(
        (),
        title="Certificates accepted by fingerprint",
        description="SHA-256 of the PBX's certificate, in place of an authority; name the next "
        "one too before it is exchanged.",
    )
    certificate: Path | None = Field(
        None, title="The box's own certificate", description="PEM file, where the PBX asks for one."
    )
    key: Path | None = Field(
        None, title="Key of the box's certificate", description="PEM file, readable by us only."
    )

    @model_validator(mode="after")
    def _paired(self) -> TlsSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: name both files, or neither")
        return self


class AccountSettings(Section):
    """An extension at the site's PBX."""

    user: str = Field(
        "100",
        min_length=1,
        max_length=64,
        title="Extension",
        description="The number the PBX gave the box.",
    )
    login: str = Field(
        "", title="Login name", description="Only where it differs from the extension."
    )
    password: SecretStr = Field(SecretStr(""), title="Password", description="In secrets.toml.")
    domain: Host = Field("127.0.0.1", title="PBX", description="Its name or address.")
    port: Port = Field(
        0,
        title="Port of the PBX",
        description="0: as DNS says, else the usual one (5060; 5061 for tls).",
    )
    proxy: HostPort = Field(
        "",
        title="Outbound proxy",
        description="Where everything is sent instead (host or host:port), e.g. an SBC.",
    )
    transport: Literal["udp", "tcp", "tls"] = Field(
        "udp", title="Transport", description="tls encrypts the signalling; the PBX must offer it."
    )
    srtp: Literal["off", "offered", "required"] = Field(
        "off",
        title="Encrypted audio (SRTP)",
        description="required: a call that is not encrypted is refused. Its keys travel in the "
        "signalling, so use it with tls.",
    )
    codecs: tuple[Codec, ...] = Field(
        ("PCMU", "PCMA", "G722", "opus"),
        min_length=1,
        title="Codecs",
        description="Best first; one that this machine cannot run is left out.",
    )
    registration: bool = Field(
        True,
        title="Register",
        description="Off: the PBX sends calls to the box's address without (a trunk).",
    )
    expires: int = Field(
        300,
        ge=30,
        le=86_400,
        title="Registration lasts",
        description="It is renewed before it ends.",
        json_schema_extra=SECONDS,
    )
    keepalive: int = Field(
        25,
        ge=0,
        le=600,
        title="Keep the way to the PBX open",
        description="A sign of life this often, so that firewalls do not forget us; 0: none.",
        json_schema_extra=SECONDS,
    )
    display: str = Field(
        "Attendant",
        title="Name shown on telephones",
        description="What people see when the box calls them.",
        max_length=60,
    )
    tls: TlsSettings = Field(
        TlsSettings(), title="TLS", description="How the PBX proves who it is."
    )

    @property
    def where(self) -> str:
        """The PBX as people name it: host, and the port where one is set."""
        host = f"[{self.domain}]" if ":" in self.domain else self.domain
        return f"{host}:{self.port}" if self.port else host

    @model_validator(mode="after")
    def _each_once(self) -> AccountSettings:
        if len(set(self.codecs)) != len(self.codecs):
            raise ValueError("a codec is named twice in codecs")
        return self


class CallSettings(Section):
    """The telephone itself."""

    host: OwnHost = Field(
        "",
        title="Own address",
        description="Address the PBX can reach; empty or auto: the one that leads to the PBX.",
    )
    port: Port = Field(
        0,
        title="Own SIP port",
        description="Of the first extension; 0 takes any free one, as further extensions do.",
    )
    media_ports: tuple[Port, Port] = Field(
        (16_384, 16_884), title="Ports for audio", description="First and last UDP port for RTP."
    )
    capacity: int = Field(
        10,
        ge=0,
        le=200,
        title="Calls at once",
        description="A further call hears busy, or goes to the overflow extension.",
        json_schema_extra=CALLS,
    )
    measured: Path = Field(
        Path("/var/lib/appliance/capacity.json"),
        title="Measured capacity",
        description="Written by `appliance bench`; no more calls are taken than it found good.",
    )
    overflow: str = Field(
        "", title="Overflow extension", description="Where a call beyond the limit goes."
    )
    fax: str = Field(
        "",
        title="Fax extension",
        description="Where a fax machine that calls is put through; empty: it is rung off.",
    )
    ring: float = Field(
        0.0,
        ge=0,
        le=60,
        title="Ring before answering",
        description="0 answers at once.",
        json_schema_extra=SECONDS,
    )
    media_timeout: float = Field(
        30.0,
        ge=5,
        le=600,
        title="Hang up after lost audio",
        description="Time without any packet from the caller.",
        json_schema_extra=SECONDS,
    )
    longest_call: float = Field(
        1800.0,
        ge=60,
        title="Longest call",
        description="Then the caller is put through or rung off.",
        json_schema_extra=SECONDS,
    )
    session_expires: int = Field(
        1800,
        ge=0,
        le=86_400,
        title="Session timer",
        description="How often PBX and box assure each other that a call still is; 0: not asked "
        "for.",
        json_schema_extra=SECONDS,
    )
    handover: Literal["attended", "blind"] = Field(
        "blind",
        title="Hand-over to people",
        description="attended: the box calls them first, says who it is about, then connects.",
    )
    handover_ring: float = Field(
        20.0,
        ge=5,
        le=120,
        title="Let people's telephones ring",
        description="Then the caller is taken back.",
        json_schema_extra=SECONDS,
    )
    allowed_numbers: tuple[Number, ...] = Field(
        (),
        title="Numbers the box may call",
        description="Besides those of the dialogue: 200, 2xx (x is one digit), 004930* (and "
        "whatever follows).",
    )
    calls_per_minute: int = Field(
        10,
        ge=0,
        le=600,
        title="Calls out per minute",
        description="The bill of a box that is misused stays small; 0: it never calls out.",
        json_schema_extra=CALLS,
    )
    calls_out: int = Field(
        5,
        ge=0,
        le=200,
        title="Calls out at once",
        description="0: it never calls out.",
        json_schema_extra=CALLS,
    )
    trusted: tuple[Network, ...] = Field(
        (),
        title="Trusted neighbours",
        description="Addresses or networks (192.0.2.0/24) that may call besides the PBX, and "
        "whose word about the caller is believed.",
    )
    strangers: Literal["answer", "refuse", "ignore"] = Field(
        "answer",
        title="Calls past the PBX",
        description="From addresses that are neither the PBX nor trusted: answer, refuse (403) "
        "or ignore.",
    )
    fields: tuple[FieldName, ...] = Field(
        (),
        title="Further fields for the dialogue",
        description="SIP headers of the PBX to hand over, e.g. X-Customer.",
    )

    @model_validator(mode="after")
    def _first_before_last(self) -> CallSettings:
        first, last = self.media_ports
        if last <= first:
            raise ValueError(f"media_ports: {last} must be above {first}")
        return self


class SpeechSettings(Section):
    """Hearing and voice."""

    socket: Path = Field(
        Path("/run/appliance/speech.sock"), title="Socket", description="Link to the speech process"
    )
    packs: Path = Field(
        PACKAGE / "models" / "packs",
        title="Built-in packs",
        description="Folder of the models that came with the box; trusted as it is.",
    )
    site_packs: Path = Field(
        Path("/var/lib/appliance/packs"),
        title="The site's packs",
        description="Folder of the models that were installed later; looked up before the "
        "built-in ones.",
    )
    trusted_keys: tuple[Path, ...] = Field(
        (Path("/var/lib/appliance/trusted-keys"),),
        title="Trusted keys",
        description="Public keys (PEM files, or folders of .pub files) of those whose packs may "
        "be installed.",
    )
    stt: str = Field("en-telephone-8k", title="Recogniser", description="A pack, by name.")
    tts: str = Field("en-rms-16k", title="Voice", description="A pack, by name.")
    vad: str = Field("silero-vad", title="Voice activity detector", description="A pack, by name.")
    denoise: str = Field(
        "",
        title="Denoiser",
        description="A pack, by name, that cleans what callers say before it is heard; empty: off.",
    )
    turn: str = Field(
        "turns-en",
        title="End-of-turn model",
        description="A pack, by name, that tells whether a caller has finished; empty: silence "
        "alone does.",
    )
    encoder: str = Field(
        "",
        title="Sentence encoder",
        description="A pack, by name, that helps to understand what callers want; empty: none.",
    )
    loudness: float = Field(
        0.0,
        ge=-12,
        le=6,
        title="Loudness",
        description="Of the voice, against the usual -19 dBm0.",
        json_schema_extra={"unit": "dB"},
    )
    pronunciation: Path | None = Field(
        None,
        title="Pronunciations",
        description="File of names and how they are said; empty: none.",
    )
    threads: int = Field(
        1, ge=1, le=8, title="Threads of each model", description="More only on a quiet machine."
    )

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where packs are looked up, in this order: the site's own, then the built-in ones."""
        return (self.site_packs, self.packs)


class RecordsSettings(Section):
    """What is kept, on the box only."""

    file: Path = Field(
        Path("/var/lib/appliance/records.sqlite"),
        title="File of call records",
        description="SQLite; messages of callers stand in it too.",
    )
    note_days: int = Field(
        30,
        ge=1,
        le=365,
        title="Messages are kept",
        description="Then they are deleted.",
        json_schema_extra=DAYS,
    )


class BusSettings(Section):
    """D-Bus."""

    address: str = Field("", title="Bus address", description="Empty: the system bus; none: off")


class Settings(Section):
    """Everything the box is told; the defaults run on a desk against `appliance exchange`."""

    account: AccountSettings = AccountSettings()
    accounts: dict[Annotated[str, AfterValidator(checks.line_name)], AccountSettings] = Field(
        {},
        title="Further extensions",
        description="One table each: [accounts.night], answered like the first.",
    )
    call: CallSettings = CallSettings()
    speech: SpeechSettings = SpeechSettings()
    dialogue: DialogueSettings = DialogueSettings()
    model: ModelSettings = ModelSettings()
    records: RecordsSettings = RecordsSettings()
    bus: BusSettings = BusSettings()

    @property
    def lines(self) -> dict[str, AccountSettings]:
        """Every extension by the name of its line, the main one first."""
        return {MAIN: self.account, **self.accounts}

    @model_validator(mode="after")
    def _different(self) -> Settings:
        seen: dict[tuple[str, str], str] = {}
        for name, account in self.lines.items():
            other = seen.setdefault((account.user, account.domain), name)
            if other != name:
                raise ValueError(
                    f"accounts.{name} is extension {account.user} at {account.domain} once more: "
                    f"{'account' if other == MAIN else f'accounts.{other}'} has it already"
                )
        return self
