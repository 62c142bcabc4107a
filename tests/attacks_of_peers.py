"""What anyone who reaches the peer ports can try, and what a neighbour that knows the secret can."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import secrets
import time

from attacks import Attack, Attacker, drain, push, read_some
from exchange import NANOS, seconds_text
from herd_process import FIVE
from neighbour import VERSION, HandMadeNeighbour

MALLORY = "Mallory"
"""A configured neighbour that no server plays: who knows the secret can be it."""

AT_WHOM = ("Goloman", "Wilkes")
"""Its neighbours."""


def idle_peers(attacker: Attacker) -> None:
    """96 connections that say nothing, reopened as soon as they are closed."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(attacker.peer_of("Holiday")) for _ in range(attacker.some(96))]
        attacker.did()
        while attacker.going() and push(connections, b"") == len(connections):
            time.sleep(0.05)
            for connection in connections:
                drain(connection)


def refused_lines(attacker: Attacker) -> None:
    """Ten thousands of lines behind one that is refused."""
    with attacker.peer_of(random.choice(FIVE)) as connection:
        connection.sendall(b"HERD %b other x y z 0\n" % VERSION + b"\n" * 65_536)
        attacker.did()
        read_some(connection)


def guessed_secrets(attacker: Attacker) -> None:
    """The name of a neighbour, and a proof by another secret."""
    with HandMadeNeighbour(attacker.herd, "Wilkes", "Hands", secret=secrets.token_hex(16)) as stranger:
        stranger.open_at_once()
        attacker.did()


def peer_noise(attacker: Attacker) -> None:
    """Bytes at random."""
    with attacker.peer_of(random.choice(FIVE)) as connection:
        connection.sendall(os.urandom(1 << 16))
        attacker.did()
        read_some(connection)


def _row(client: bytes, server: bytes = b"Mallory", ahead_s: int = 0, location: bytes = b"+1+2") -> bytes:
    now = time.time_ns()
    skew = ahead_s * NANOS
    return b"AT %b +%b %b %b %b\n" % (
        server,
        seconds_text(skew).encode(),
        client,
        location,
        seconds_text(now).encode(),
    )


def _hashes(count: int) -> bytes:
    return os.urandom(8 * count).hex().encode()


def _messages(attacker: Attacker) -> list[bytes]:
    """Each is what one read can bring, or more."""
    many = attacker.some(1000)
    return [
        _row(b"x" * 131_000),
        b"".join(_row(b"ahead-%d" % n, ahead_s=10**8) for n in range(many)),
        b"".join(_row(b"origin-%d" % n, server=b"Nobody%d" % n) for n in range(many)),
        b"".join(_row(b"m-%d" % random.getrandbits(40)) for _ in range(many)),
        b"".join(b"NEED " + _hashes(4000) + b"\n" for _ in range(3)),
        b"".join(b"HAVE " + _hashes(1000) + b"0" * 24_000 + b"\n" for _ in range(3)),
        b"".join(b"LEAF %d %d -\n" % (n % 64, n % 1024) for n in range(5000)),
        b"".join(b"WANT %d %d %b\n" % (n % 64, n % 1024, _hashes(4)) for n in range(1000)),
        b"RANGES x\n" * 7000,
        b"COMPARE\n" * 8000,
        b"RESUME\n" * 8000 + b"RESUMED\n" * 8000 + b"COMPARED\n" * 8000,
        b"".join(b"LEAVES %d %b\n" % (n % 64, _hashes(1024)) for n in range(4)),
        b"".join(
            b"LINKS S%d %d %d %b\n" % (n, time.time_ns(), n, b",".join(b"T%d" % i for i in range(1000)))
            for n in range(20)
        ),
        b"LINKS Welsh 18446744073709551615 1 -\nLINKS Goloman %d 18446744073709551615 Mallory\n" % time.time_ns() * 20,
        b"PING 1\n" * 9000,
        b"PONG 18446744073709551615\n" * 2000,
        os.urandom(60_000).replace(b"\n", b" ") + b"\n",
    ]


def hostile_neighbour(attacker: Attacker) -> None:
    """An open link, over which all comes that a neighbour must not say."""
    with HandMadeNeighbour(attacker.herd, MALLORY, AT_WHOM[0]) as mallory:
        if not mallory.open_at_once().startswith(b"PROOF "):
            return
        for message in itertools.cycle(_messages(attacker)):
            if not attacker.going():
                return
            mallory.connection.sendall(message)
            attacker.did()
            drain(mallory.connection)


def deaf_neighbour(attacker: Attacker) -> None:
    """An open link whose neighbour asks for everything and reads nothing."""
    with HandMadeNeighbour(attacker.herd, MALLORY, AT_WHOM[1]) as mallory:
        if not mallory.open_at_once().startswith(b"PROOF "):
            return
        questions = b"".join(b"LEAF %d %d -\n" % (n % 64, n // 64) for n in range(3000))
        while attacker.going() and push([mallory.connection], b"PING 1\n" + questions) == 1:
            attacker.did()
            time.sleep(0.001)


def links_in_a_row(attacker: Attacker) -> None:
    """Links that are opened one after the other, and left with a goodbye right behind a PING."""
    with HandMadeNeighbour(attacker.herd, MALLORY, AT_WHOM[1]) as mallory:
        mallory.open_at_once()
        mallory.connection.sendall(b"PING 1\nBYE\n")
        attacker.did()


ATTACKS = (
    Attack("idle peers", idle_peers, 0),
    Attack("refused lines", refused_lines, 1),
    Attack("guessed secrets", guessed_secrets, 1),
    Attack("peer noise", peer_noise, 1),
    Attack("hostile neighbour", hostile_neighbour, 1),
    Attack("deaf neighbour", deaf_neighbour, 1),
    Attack("links in a row", links_in_a_row, 1),
)
