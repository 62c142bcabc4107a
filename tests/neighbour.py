"""A neighbour made by hand: speaks docs/peer-protocol.md to a real server, rightly or wrongly."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import time
from collections.abc import Sequence

from exchange import LineReader
from herd_process import Herd
from waiting import DEADLINE

VERSION = b"5"
RUN = b"0123456789abcdef"


def proof(secret: str, parts: Sequence[bytes]) -> bytes:
    """HMAC-SHA-256 of the parts, each ended by NUL, in hexadecimal."""
    text = b"".join(part + b"\0" for part in parts)
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode()


class HandMadeNeighbour:
    """Dials a server of the herd in the place of one of its neighbours. A context manager."""

    def __init__(
        self,
        herd: Herd,
        name: str,
        to: str,
        *,
        version: bytes = VERSION,
        herd_name: str | None = None,
        secret: str | None = None,
        says_name: str | None = None,
        says_to: str | None = None,
        run: bytes = RUN,
    ) -> None:
        self.secret = herd.secret if secret is None else secret
        self.version = version
        self.herd_name = (herd.herd if herd_name is None else herd_name).encode()
        self.name = (says_name or name).encode()
        self.to = (says_to or to).encode()
        self.clock_ahead = 0  # of its wall clock, in nanoseconds
        self.run = run
        self.address = (herd.host, herd.peer_ports[to])
        self.dial()

    def dial(self) -> None:
        self.nonce = secrets.token_hex(32).encode()
        self.connection = socket.create_connection(self.address, DEADLINE)
        self.reader = LineReader(self.connection)

    def __enter__(self) -> HandMadeNeighbour:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, line: bytes) -> None:
        self.connection.sendall(line + b"\n")

    def line(self) -> bytes:
        return self.reader.line().rstrip(b"\n")

    def greet(self) -> bytes:
        """Sends the hello; the server's answer to it."""
        self.send(b" ".join((b"HERD", self.version, self.herd_name, self.name, self.to, self.nonce, self.run)))
        return self.line()

    def open(self) -> bytes:
        """Greets and proves itself; the server's last word: its own proof, or why it refuses.

        Who had links that did not stand for long, as tests do, is told to wait, and does.
        """
        end = time.monotonic() + DEADLINE
        while (answer := self.open_at_once()).endswith(b"wait a little") and time.monotonic() < end:
            self.connection.close()
            time.sleep(0.02)
            self.dial()
        return answer

    def open_at_once(self) -> bytes:
        """The same for who does not wait."""
        expected = self.prove()
        answer = self.line()
        if answer.startswith(b"PROOF "):
            assert answer == expected, "the server did not prove that it knows the secret"
        return answer

    def prove(self) -> bytes:
        """Greets and proves itself; the proof that is to come from the server."""
        hello = self.greet().split(b" ")
        assert hello[:5] == [b"HERD", VERSION, self.herd_name, self.to, self.name], hello
        nonces = (self.nonce, hello[5], self.run, hello[6])
        common = (self.herd_name, self.name, self.to, *nonces)
        self.send(b"PROOF " + proof(self.secret, (b"herd-link", self.version, b"dialer", *common)))
        return b"PROOF " + proof(self.secret, (b"herd-link", self.version, b"acceptor", *common))

    def next_report(self) -> bytes:
        """The next AT line, with LF; answers what is asked in between, so that the link stays up."""
        while True:
            line = self.line()
            if line.startswith(b"AT "):
                return line + b"\n"
            self.answer(line)

    def answer(self, line: bytes) -> None:
        if line.startswith(b"PING "):
            self.send(b"PONG %b %d" % (line[5:], time.time_ns() + self.clock_ahead))

    def until_answered(self) -> list[bytes]:
        """Sends a PING; all AT lines that come before its PONG: all that the server had to say."""
        return [line + b"\n" for line in self.lines_until_answered() if line.startswith(b"AT ")]

    def lines_until_answered(self) -> list[bytes]:
        """The same with lines of every kind, without LF."""
        number = str(secrets.randbelow(1 << 32)).encode()
        self.send(b"PING " + number)
        lines = []
        while (line := self.line()).split(b" ")[:2] != [b"PONG", number]:
            lines.append(line)
            self.answer(line)
        return lines
