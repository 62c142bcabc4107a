"""Watches a herd from its admin addresses, often and at little cost."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from herd_process import Address

_REQUEST = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)\r\n")
_PAUSE = 0.02  # seconds between two looks


class Equal(NamedTuple):
    """When servers that healed were what, in seconds since the healing."""

    linked: float  # all links up
    equal: float  # all digests equal


class Watch:
    """Asks servers for their status, over connections that stay open. A context manager."""

    def __init__(self, addresses: Mapping[str, Address]) -> None:
        self.addresses = dict(addresses)
        self.connections: dict[str, socket.socket] = {}

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self.connections.values():
            connection.close()

    def statuses(self, names: Iterable[str] | None = None, patience: float = 30) -> dict[str, dict[str, Any] | None]:
        """What each server (all, by default) says, or None for one that does not answer."""
        names = tuple(names or self.addresses)
        # All are asked before the first is listened to, so that none waits for another.
        for name in names:
            self._ask(name, patience)
        return {name: self._listen(name) for name in names}

    def _ask(self, name: str, patience: float) -> None:
        with contextlib.suppress(OSError):
            if name not in self.connections:
                self.connections[name] = socket.create_connection(self.addresses[name], patience)
            self.connections[name].sendall(_REQUEST)

    def _listen(self, name: str) -> dict[str, Any] | None:
        connection = self.connections.get(name)
        if connection is None:
            return None
        try:
            text = b""
            while True:
                chunk = connection.recv(1 << 16)
                if not chunk:
                    raise ConnectionResetError
                text += chunk
                header, separator, body = text.partition(b"\r\n\r\n")
                if separator and len(body) == int(_LENGTH.search(header + b"\r\n")[1]):  # type: ignore[index]
                    return json.loads(body)
        except OSError:
            self.connections.pop(name).close()
            return None

    def wait_until_equal(self, since: float, clients: int = 0, timeout: float = 120) -> Equal:
        """Waits until all have the same digest, and at least so many clients; `since` is a monotonic time."""
        linked = 0.0
        while True:
            statuses = self.statuses()
            took = time.monotonic() - since
            known = [status for status in statuses.values() if status is not None]
            if len(known) == len(statuses):
                if not linked and all(link["state"] == "up" for status in known for link in status["links"]):
                    linked = took
                digests = {status["digest"] for status in known}
                if linked and len(digests) == 1 and min(status["clients"] for status in known) >= clients:
                    return Equal(linked, took)
            assert took < timeout, f"the servers are not alike after {took:.0f} s: {_short(statuses)}"
            time.sleep(_PAUSE)


def _short(statuses: Mapping[str, Mapping[str, Any] | None]) -> str:
    return "; ".join(
        f"{name}: no answer"
        if status is None
        else f"{name}: {status['clients']} clients, digest {status['digest']}, links "
        + ", ".join(f"{link['neighbour']} {link['state']}" for link in status["links"])
        for name, status in statuses.items()
    )
