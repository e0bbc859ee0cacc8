"""From what two user agents agreed to what a media session must know of it.

sip.Media ─► agreed ─► rtp.MediaSession(**…)      sip and rtp do not know each other
"""

from __future__ import annotations

from typing import Any

from appliance import rtp, sip


def agreed(media: sip.Media) -> dict[str, Any]:
    """Return the arguments of `rtp.MediaSession` and its `change` that an agreement sets."""
    protection = None
    if media.sending is not None and media.receiving is not None:
        protection = rtp.Protection(media.sending.suite, media.sending.key, media.receiving.key)
    control = (media.control_host, media.control_port)
    return {
        "control": control if all(control) and not media.mux else None,
        "codec": media.codec,
        "payload_type": media.payload_type,
        "dtmf_payload_type": media.dtmf_payload_type,
        "remote": (media.host, media.port),
        "ptime": media.ptime,
        "dtmf_clock": media.dtmf_clock,
        "noise_payload_type": media.noise_payload_type,
        "parameters": media.parameters,
        "protection": protection,
        "mux": media.mux,
        "receivable": media.receivable,
        "receivable_dtmf": media.receivable_dtmf,
    }
