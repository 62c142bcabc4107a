"""Holds idle connections to an address, and opens each anew as soon as it is closed: `HOST PORT COUNT`.

A program of its own, so that it is as fast as it can be whatever the test does. Says "ready" when all
have been opened once; ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def connected(address: tuple[str, int]) -> socket.socket:
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(address)
    return connection


def hold(address: tuple[str, int], count: int) -> None:
    poller = select.epoll()
    connections = {}

    def add() -> None:
        connection = connected(address)
        connections[connection.fileno()] = connection
        poller.register(connection, select.EPOLLIN | select.EPOLLHUP)

    for _ in range(count):
        add()
    print("ready", flush=True)
    poller.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
    while True:
        for number, _ in poller.poll():
            if number == sys.stdin.fileno():
                return
            poller.unregister(number)
            connections.pop(number).close()
            add()


@contextlib.contextmanager
def idle_connections(address: tuple[str, int], count: int) -> Iterator[None]:
    """So many such connections in a process that ends with the context."""
    command = [sys.executable, "-B", str(Path(__file__)), address[0], str(address[1]), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.stdin.close()
            process.wait()


if __name__ == "__main__":
    hold((sys.argv[1], int(sys.argv[2])), int(sys.argv[3]))
