"""A client's side of the protocol: what to send, and how to read what comes.

Plain blocking sockets, since most tests are one exchange: send, half-close, read to the end.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from typing import Any, NamedTuple

from herd_process import Address
from waiting import DEADLINE

NANOS = 1_000_000_000


def connect(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=DEADLINE)


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the server closes; a reset by the server counts as an end."""
    chunks = []
    while True:
        try:
            chunk = connection.recv(1 << 16)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def exchange(address: Address, data: bytes) -> bytes:
    """Sends `data`, half-closes, and reads all that the server answers before it closes."""
    with connect(address) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return read_to_end(connection)


class LineReader:
    """Reads replies of a connection that stays open."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""

    def until(self, ending: bytes) -> bytes:
        """What comes up to and with `ending`."""
        while ending not in self.buffer:
            chunk = self.connection.recv(1 << 16)
            if not chunk:
                raise AssertionError(f"the server closed; before that came {self.buffer!r}")
            self.buffer += chunk
        end = self.buffer.index(ending) + len(ending)
        text, self.buffer = self.buffer[:end], self.buffer[end:]
        return text

    def line(self) -> bytes:
        return self.until(b"\n")

    def now(self) -> bytes:
        """What has come by now, without waiting for more."""
        text, self.buffer = self.buffer, b""
        timeout = self.connection.gettimeout()
        self.connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while chunk := self.connection.recv(1 << 16):
                text += chunk
        self.connection.settimeout(timeout)
        return text


class At(NamedTuple):
    """An AT line, taken apart."""

    server: str
    skew: str
    client: bytes
    location: bytes
    time: bytes

    @property
    def skew_nanos(self) -> int:
        return nanos(self.skew)

    @property
    def receipt_nanos(self) -> int:
        """When the first server received the report: the client's time plus the skew."""
        return nanos(self.time.decode("ascii")) + self.skew_nanos


def nanos(text: str) -> int:
    """Decimal seconds to whole nanoseconds, exactly; further digits are ignored."""
    found = re.fullmatch(r"([+-]?)(\d+)(?:\.(\d+))?", text)
    assert found is not None, f"{text!r} is no time"
    value = int(found[2]) * NANOS + int((found[3] or "").ljust(9, "0")[:9])
    return -value if found[1] == "-" else value


def parse_at(line: bytes) -> At:
    """Takes an AT line, with or without its LF, apart; AssertionError unless it is exactly one."""
    found = re.fullmatch(rb"AT (\S+) ([+-]\d+\.\d{9}) (\S+) (\S+) (\S+)\n?", line)
    assert found is not None, f"{line!r} is no AT line"
    return At(found[1].decode(), found[2].decode(), found[3], found[4], found[5])


def parse_whatsat(reply: bytes) -> tuple[bytes, dict[str, Any]]:
    """(AT line with its LF, JSON) of one WHATSAT reply; checks the framing."""
    line, separator, rest = reply.partition(b"\n")
    assert line.startswith(b"AT ") and separator, f"{reply!r} does not begin with an AT line"
    assert rest.endswith(b"\n\n"), f"{reply!r} does not end with two LF"
    body = rest[:-2]
    assert b"\n\n" not in body, f"a run of newlines stands in {body!r}"
    assert not body.endswith(b"\n"), f"a newline stands at the end of {body!r}"
    answer = json.loads(body.decode("utf-8"))
    assert isinstance(answer, dict)
    return line + b"\n", answer


def iamat(
    client: str | bytes, location: str = "+34.068930-118.445127", time_text: str | None = None
) -> bytes:
    """An IAMAT line, of now when no time is given."""
    identity = client if isinstance(client, bytes) else client.encode()
    return b"IAMAT %b %b %b\n" % (identity, location.encode(), (time_text or now_text()).encode())


def now_text() -> str:
    return seconds_text(time.time_ns())


def seconds_text(value: int) -> str:
    """Nanoseconds as decimal seconds with nine decimals."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // NANOS}.{abs(value) % NANOS:09d}"


def whatsat(client: str | bytes, radius: int | str = 0, results_max: int | str = 0) -> bytes:
    identity = client if isinstance(client, bytes) else client.encode()
    return b"WHATSAT %b %b %b\n" % (identity, str(radius).encode(), str(results_max).encode())


def position(address: Address, client: str | bytes) -> bytes | None:
    """The AT line, with its LF, that a server has of a client; None when it does not know it."""
    reply = exchange(address, whatsat(client))
    return None if reply.startswith(b"? ") else parse_whatsat(reply)[0]
