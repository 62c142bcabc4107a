"""Attackers: each a process of its own that does one bad thing to a herd over and over, on one processor.

An attack is a function of an `Attacker` that does its worst once, or for as long as it can, and returns or fails
with an OSError when it is thrown out; it is called again until the time is over. It calls `did()` whenever it has
got as far as it wanted to, so that an attack that does nothing any more, for instance since a protocol changed,
is found out: it would prove nothing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from herd_process import Address, Herd

_PAUSE = 0.01  # seconds before an attacker that was thrown out comes back
_PATIENCE = 30.0  # seconds that an attacker waits for a server
_SOCKET_BYTES = 65_536


class ThrownOut(OSError):
    """The server closed the connection, which it may."""


@dataclass
class Attacker:
    """What one attack has to work with."""

    herd: Herd
    source: str  # the address that it comes from
    scale: float  # 1 for the full size of an attack, less for a short run
    end: float  # a monotonic time
    done: Callable[[], None]

    def going(self) -> bool:
        return time.monotonic() < self.end

    def did(self) -> None:
        self.done()

    def some(self, number: int) -> int:
        """So many, in a run of full size."""
        return max(1, int(number * self.scale))

    def connect(self, address: Address) -> socket.socket:
        connection = socket.create_connection(address, _PATIENCE, source_address=(self.source, 0))
        # The system's memory for TCP is one for the attackers and the herd here: what thousands of connections of the
        # attackers keep to send would take it all, and honest packets would be dropped. Real ones have their own.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        return connection

    def client_of(self, name: str) -> socket.socket:
        return self.connect((self.herd.host, self.herd.client_ports[name]))

    def peer_of(self, name: str) -> socket.socket:
        return self.connect((self.herd.host, self.herd.peer_ports[name]))

    def admin_of(self, name: str) -> socket.socket:
        return self.connect((self.herd.host, self.herd.admin_ports[name]))


@dataclass(frozen=True)
class Attack:
    """One kind of attack; `connections` is how many connections it keeps busy in a run of full size."""

    name: str
    act: Callable[[Attacker], None]
    connections: int


def push(connections: Iterable[socket.socket], data: bytes) -> int:
    """Sends what each connection takes now of `data`; how many of them are still open."""
    still_open = 0
    for connection in connections:
        try:
            connection.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            pass
        except OSError:
            continue
        still_open += 1
    return still_open


def read_some(connection: socket.socket) -> bytes:
    chunk = connection.recv(1 << 16)
    if not chunk:
        raise ThrownOut
    return chunk


def ask(connection: socket.socket, lines: bytes) -> None:
    """Sends lines and reads until as many came back."""
    connection.sendall(lines)
    missing = lines.count(b"\n")
    while missing > 0:
        missing -= read_some(connection).count(b"\n")


def drain(connection: socket.socket) -> None:
    """Reads what has come, without waiting for more."""
    with contextlib.suppress(BlockingIOError):
        while connection.recv(1 << 18, socket.MSG_DONTWAIT):
            pass


class Running:
    """Attacks that are under way, each in a process of its own on the given processors."""

    def __init__(self, herd: Herd, attacks: Iterable[Attack], cpus: set[int], seconds: float, scale: float) -> None:
        context = multiprocessing.get_context("fork")
        self.attacks = tuple(attacks)
        self._counts = {attack.name: context.Value("Q", 0) for attack in self.attacks}
        end = time.monotonic() + seconds
        self._processes = [
            context.Process(
                target=self._run, args=(attack, herd, f"127.0.1.{number + 1}", cpus, scale, end), daemon=True
            )
            for number, attack in enumerate(self.attacks)
        ]
        for process in self._processes:
            process.start()

    def _run(self, attack: Attack, herd: Herd, source: str, cpus: set[int], scale: float, end: float) -> None:
        if cpus:
            os.sched_setaffinity(0, cpus)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        count = self._counts[attack.name]

        def done() -> None:
            with count.get_lock():
                count.value += 1

        attacker = Attacker(herd, source, scale, end, done)
        while attacker.going():
            try:
                attack.act(attacker)
            except (OSError, AssertionError):
                time.sleep(_PAUSE)

    def wait(self) -> None:
        for process in self._processes:
            process.join()

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
        self.wait()

    def counts(self) -> dict[str, int]:
        """How often each attack got as far as it wanted to."""
        return {name: count.value for name, count in self._counts.items()}
