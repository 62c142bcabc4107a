"""What anyone who reaches the admin addresses can try."""

from __future__ import annotations

import contextlib
import random
import socket

from attacks import Attack, Attacker, push, read_some
from herd_process import FIVE

ASKERS = 8


def near(attacker: Attacker) -> None:
    """Eight who ask all the time who is within 1,000 km of nowhere, and of everybody."""
    requests = [
        b"GET /v1/near?lat=%b&radius=1000&max=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n" % point
        for point in (b"-60&lng=-150", b"34.0689&lng=-118.4451")
    ]
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(attacker.admin_of("Goloman")) for _ in range(ASKERS)]
        while attacker.going():
            for connection in connections:
                connection.sendall(random.choice(requests))
            for connection in connections:
                read_some(connection)
                attacker.did()


def _chunked(body: bytes) -> bytes:
    return b"POST /v1/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body


def malformed_requests(attacker: Attacker) -> None:
    """Trailers and extensions without end, two lengths, hidden requests, strange hosts."""
    hidden = b"DELETE /v1/clients/victim HTTP/1.1\r\nHost: localhost\r\nX-Herd: 1\r\n\r\n"
    requests = (
        _chunked(b"0\r\n" + b"".join(b"T%d: %b\r\n" % (n, b"x" * 1000) for n in range(100))),
        _chunked(b"1;" + b"e" * (1 << 20)),
        _chunked(b"fffffffffffffffff\r\n"),
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n" + hidden,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        hidden.replace(b"localhost", b"[::1"),
        hidden.replace(b"localhost", b"1.2.3.4:80@evil.com"),
        b"GET /" + b"x" * 100_000,
    )
    for request in requests:
        with attacker.admin_of(random.choice(FIVE)) as connection, contextlib.suppress(OSError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            read_some(connection)
        attacker.did()


def idle_askers(attacker: Attacker) -> None:
    """More connections than are taken, reopened when they are closed."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(attacker.admin_of("Welsh")) for _ in range(attacker.some(64))]
        push(connections, b"GET /healthz HTTP/1.1\r\n")
        attacker.did()
        with contextlib.suppress(TimeoutError):
            connections[0].settimeout(0.2)
            read_some(connections[0])


ATTACKS = (
    Attack("near", near, ASKERS),
    Attack("malformed requests", malformed_requests, 1),
    Attack("idle askers", idle_askers, 0),
)
