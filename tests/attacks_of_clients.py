"""What anyone who reaches the client ports can try."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket

from attacks import Attack, Attacker, ask, push, read_some
from exchange import iamat, now_text, whatsat
from herd_process import FIVE

VICTIM = b"victim"
"""A client that honest people ask for."""

FROM_A_WEB_PAGE = b"from-a-web-page"
"""A client that must never become known: only HTTP requests tell of it."""


def new_clients(attacker: Attacker) -> None:
    """Ever new IDs, a thousand at a time, as long as they are answered."""
    prefix = os.urandom(4).hex().encode()
    with attacker.client_of(random.choice(FIVE)) as connection:
        for number in itertools.count():
            if not attacker.going():
                return
            time_text = now_text()
            block = b"".join(iamat(b"%b-%d-%d" % (prefix, number, i), time_text=time_text) for i in range(1000))
            ask(connection, block)
            attacker.did()


def largest_rows(attacker: Attacker) -> None:
    """Ever new clients whose rows are as large as they may be, and larger."""
    location = "+12.3456789-123.4567890+8848.86CRSWGS_84/".ljust(96, "0")
    with attacker.client_of(random.choice(FIVE)) as connection:
        while attacker.going():
            block = b"".join(
                iamat(os.urandom(size // 2).hex(), location) for size in (254, 255, 4000, 7900) for _ in range(20)
            )
            ask(connection, block)
            attacker.did()


def endless_lines(attacker: Attacker) -> None:
    """Lines without an end, and bytes that are no text."""
    with attacker.client_of(random.choice(FIVE)) as connection:
        connection.sendall(os.urandom(1 << 10).replace(b"\n", b"x") + b"\n")
        connection.sendall(b"x" * (1 << 20))
        attacker.did()
        while attacker.going():
            read_some(connection)


def never_reading(attacker: Attacker) -> None:
    """Thousands of connections that pipeline questions and never read."""
    questions = iamat(VICTIM) + whatsat(VICTIM) * 2000
    with contextlib.ExitStack() as stack:
        connections: list[socket.socket] = []
        for _ in range(attacker.some(4000)):
            with contextlib.suppress(OSError):
                connections.append(stack.enter_context(attacker.client_of("Goloman")))
        while attacker.going() and push(connections, questions) > len(connections) // 2:
            attacker.did()


def idle(attacker: Attacker) -> None:
    """As many connections as can be had from one address, which say nothing."""
    with contextlib.ExitStack() as stack:
        for _ in range(attacker.some(20_000)):
            if not attacker.going():
                return
            with contextlib.suppress(OSError):
                stack.enter_context(attacker.client_of("Hands"))
        attacker.did()


def half_a_line(attacker: Attacker) -> None:
    """Connections that begin a command and leave it at that."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(attacker.client_of("Wilkes")) for _ in range(attacker.some(200))]
        while attacker.going() and push(connections, b"IAMAT half") > 0:
            attacker.did()


def http_at_the_client_port(attacker: Attacker) -> None:
    """What a web page can have a browser send."""
    body = iamat(FROM_A_WEB_PAGE) * 3
    head = b"POST / HTTP/1.1\r\nHost: herd\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    with attacker.client_of(random.choice(FIVE)) as connection:
        connection.sendall(head + body)
        attacker.did()
        read_some(connection)


def wrong_clocks(attacker: Attacker) -> None:
    """Reports of the far past and the far future, of clients that others report of, too."""
    times = ("9223372036.854775807", "-9223372036.854775808", "4102444800", "0", "-1", "1.5")
    with attacker.client_of(random.choice(FIVE)) as connection:
        while attacker.going():
            ask(connection, b"".join(iamat(b"clock-%d" % n, time_text=t) for n in range(50) for t in times))
            attacker.did()


ATTACKS = (
    Attack("new clients", new_clients, 1),
    Attack("largest rows", largest_rows, 1),
    Attack("endless lines", endless_lines, 1),
    Attack("never reading", never_reading, 4000),
    Attack("idle", idle, 0),
    Attack("half a line", half_a_line, 0),
    Attack("HTTP at the client port", http_at_the_client_port, 1),
    Attack("wrong clocks", wrong_clocks, 1),
)
