"""Free ports on loopback for servers that neighbours must be able to name before they listen.

They lie below the range from which the kernel takes the ports of outgoing connections: in that
range a server's port could be taken by some client meanwhile, and a neighbour that dials a dead
server's port could be connected with itself.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

_given_out: set[int] = set()


def _last_port() -> int:
    text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    return int(text.split()[0]) - 1


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_port() -> int:
    """A port that nobody listens on now and that this process was not given before."""
    for _ in range(1000):
        port = random.randint(10_000, _last_port())
        if port not in _given_out and _is_free(port):
            _given_out.add(port)
            return port
    raise AssertionError("no free port")
