"""The hashes of docs/peer-protocol.md, "Hashes", computed from the document alone."""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import NamedTuple

MASK = (1 << 64) - 1


def rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK


def siphash24(key: bytes, data: bytes) -> int:
    """SipHash-2-4 with a key of 16 bytes (https://www.aumasson.jp/siphash/siphash.pdf)."""
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(count: int) -> None:
        for _ in range(count):
            v[0], v[2] = (v[0] + v[1]) & MASK, (v[2] + v[3]) & MASK
            v[1], v[3] = rotated(v[1], 13) ^ v[0], rotated(v[3], 16) ^ v[2]
            v[0] = rotated(v[0], 32)
            v[2], v[0] = (v[2] + v[1]) & MASK, (v[0] + v[3]) & MASK
            v[1], v[3] = rotated(v[1], 17) ^ v[2], rotated(v[3], 21) ^ v[0]
            v[2] = rotated(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def herd_key(secret: str, herd: str) -> bytes:
    """What the hashes of a herd are keyed with."""
    return hmac.new(secret.encode(), b"herd-siphash-key\0" + herd.encode() + b"\0", hashlib.sha256).digest()[:16]


def client_hash(key: bytes, client: str) -> int:
    return siphash24(key, client.encode())


class Plain(NamedTuple):
    """A report that is hashed as numbers; times in nanoseconds, angles in ten millionths of a degree."""

    client: str
    time: int
    receipt: int
    latitude: int
    longitude: int
    location_layout: int
    time_layout: int
    server: str


def row_hash(key: bytes, report: Plain) -> int:
    numbers = struct.pack(
        "<qqiiQHB",
        report.time,
        report.receipt,
        report.longitude,
        report.latitude,
        client_hash(key, report.client),
        report.location_layout,
        report.time_layout,
    )
    return siphash24(key, numbers + report.server.encode())


def text_row_hash(key: bytes, at_line: str) -> int:
    return siphash24(key, at_line.encode() + b"\n")
