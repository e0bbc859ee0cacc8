"""Writes the datagrams beside this file; run it after changing one."""

from pathlib import Path

PCMU = bytes.fromhex("80 80 1267 00027100 deadbeef") + b"\xff" * 160
FULL = (
    bytes.fromhex("b2 08 0001 000000a0 cafebabe 00000001 00000002 bede0001 10850000")
    + b"\xd5" * 80
    + bytes.fromhex("00000004")
)
# SR of 0xcafebabe with one block on 0x0badf00d, SDES with its CNAME.
REPORT = bytes.fromhex(
    "81 c8 000c cafebabe e5a1b2c3 80000000 000000a0 00000032 00001f40"
    "0badf00d 20 000005 00010010 00000021 b2c38000 00010000"
    "81 ca 0005 cafebabe 01 0d 70686f6e65406578616d706c65 00"
)
GOODBYE = bytes.fromhex("80 c9 0001 cafebabe 81 cb 0003 cafebabe 04 646f6e65 000000")
# 20 ms of SILK at 8 kHz as libopus 1.3.1 made it for 10 % of loss: it repeats the 20 ms before.
OPUS = bytes.fromhex(
    "80 eb 0200 0000bb80 deadbeef"
    "08ffe6c8b1ed5ff52d3139e42327b19f85940b425444af7c3fd460979d60213f36f3795611c52193"
    "db5f9ce90c34b3c6be9fa2ac5c80"
)

FILES = {
    "empty": b"",
    "rtp_pcmu": PCMU,
    "rtp_full": FULL,
    "rtp_truncated_header": PCMU[:11],
    "rtp_truncated_csrc": FULL[:18],
    "rtp_truncated_extension": FULL[:26],
    "rtp_padding_too_long": PCMU.replace(b"\x80\x80", b"\xa0\x80", 1)[:-1] + b"\xfe",
    "rtp_padding_zero": PCMU.replace(b"\x80\x80", b"\xa0\x80", 1)[:-1] + b"\x00",
    "rtp_version_1": b"\x40" + PCMU[1:],
    "rtcp_sr_sdes": REPORT,
    "rtcp_rr_bye": GOODBYE,
    "rtcp_truncated_sdes": REPORT[:-9],
    "rtcp_truncated_first": REPORT[:20],
    # A report of an unknown kind (XR, RFC 3611) before a BYE.
    "rtcp_xr_bye": bytes.fromhex("80 cf 0001 cafebabe 81 cb 0001 cafebabe"),
    "rtcp_header_only": bytes.fromhex("80c90000"),
    # Key 5: the third end packet, 1000 units of 8 kHz.
    "rtp_dtmf_end": bytes.fromhex("80 65 0100 00002000 deadbeef 05 8a 03e8"),
    # Key 9 of an Opus call: 4800 units of 48 kHz.
    "rtp_dtmf_48k_end": bytes.fromhex("80 6e 0100 00002000 deadbeef 09 8a 12c0"),
    # -64 dBov and two reflection coefficients, which we do not use.
    "rtp_comfort_noise": bytes.fromhex("80 0d 0101 00002000 deadbeef 40 7f 80"),
    "rtp_opus_fec": OPUS,
    "rtp_opus_truncated": OPUS[:13],
    # Two frames of unequal length of which the first is longer than the packet.
    "rtp_opus_no_frames": OPUS[:12] + bytes.fromhex("0a ff"),
}

if __name__ == "__main__":
    for name, data in FILES.items():
        (Path(__file__).parent / f"{name}.bin").write_bytes(data)
