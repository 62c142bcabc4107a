"""What tests of several servers ask over and over: has a report arrived everywhere?"""

from __future__ import annotations

from collections.abc import Iterable

from exchange import exchange, iamat, parse_at, position
from herd_process import Herd
from waiting import wait_until


def report(
    herd: Herd, server: str, client: str, location: str = "+1+2", time_text: str | None = None
) -> bytes:
    """Sends a report to one server; its AT line, with LF."""
    line = exchange(herd[server].clients, iamat(client, location, time_text))
    assert parse_at(line).server == server, line
    return line


def wait_for_row(herd: Herd, servers: Iterable[str], client: str | bytes, line: bytes) -> None:
    """Waits until all of the servers have exactly this AT line of a client."""
    for server in servers:
        wait_until(
            lambda server=server: position(herd[server].clients, client) == line,  # type: ignore[misc]
            f"{server} has {line!r}",
        )


def wait_for_links(herd: Herd, servers: Iterable[str] | None = None) -> None:
    """Waits until the servers (all, by default) hear from each other: a new report of each is at all.

    Reports are sent again and again, since one that was made before a link stood need not be caught
    up on.
    """
    names = tuple(servers or herd.names)
    for origin in names:

        def heard(origin: str = origin) -> bool:
            line = report(herd, origin, f"probe-{origin}")
            try:
                for name in names:
                    wait_until(
                        lambda name=name: position(herd[name].clients, f"probe-{origin}") == line,  # type: ignore[misc]
                        f"{name} has {line!r}",
                        timeout=0.3,
                    )
            except AssertionError:
                return False
            return True

        wait_until(heard, f"a report to {origin} comes to all of {', '.join(names)}")
