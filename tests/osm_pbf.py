"""Reads the nodes of an OpenStreetMap PBF file by hand, to compare the real reader with.

Only what https://wiki.openstreetmap.org/wiki/PBF_Format calls dense nodes is read, in zlib or raw
blobs: the form in which all common writers store nodes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Node(NamedTuple):
    latitude: float
    longitude: float
    tags: dict[str, str]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of each field of a protobuf message: an int, or the bytes of what has a length."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif key & 7 == 2:
            length, at = _varint(data, at)
            yield key >> 3, data[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {key & 7}")


def _message(data: bytes) -> dict[int, int | bytes]:
    return dict(_fields(data))


def _packed(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _running_sums(data: bytes) -> Iterator[int]:
    """Delta-coded zigzag numbers."""
    total = 0
    for value in _packed(data):
        total += (value >> 1) ^ -(value & 1)
        yield total


def _blocks(file: Path) -> Iterator[bytes]:
    with open(file, "rb") as source:
        while length := source.read(4):
            header = _message(source.read(struct.unpack(">I", length)[0]))
            blob = _message(source.read(header[3]))  # type: ignore[arg-type]
            if header[1] == b"OSMData":
                yield zlib.decompress(blob[3]) if 3 in blob else blob[1]  # type: ignore[arg-type,misc]


def _nodes_of_block(block: bytes) -> Iterator[Node]:
    fields = _message(block)
    strings = [text.decode() for _, text in _fields(fields[1])]  # type: ignore[arg-type,union-attr]
    granularity, lat_offset, lon_offset = (fields.get(n, d) for n, d in ((17, 100), (19, 0), (20, 0)))
    for group in (value for number, value in _fields(block) if number == 2):
        for dense in (value for number, value in _fields(group) if number == 2):  # type: ignore[arg-type]
            parts = _message(dense)  # type: ignore[arg-type]
            words = _packed(parts.get(10, b""))  # type: ignore[arg-type]
            for lat, lon in zip(_running_sums(parts[8]), _running_sums(parts[9])):  # type: ignore[arg-type]
                tags = {}
                while key := next(words, 0):
                    tags[strings[key]] = strings[next(words)]
                yield Node(
                    (lat_offset + granularity * lat) * 1e-9,  # type: ignore[operator]
                    (lon_offset + granularity * lon) * 1e-9,  # type: ignore[operator]
                    tags,
                )


def nodes(file: Path) -> Iterator[Node]:
    for block in _blocks(file):
        yield from _nodes_of_block(block)
