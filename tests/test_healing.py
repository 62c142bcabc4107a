"""Servers that were away, started anew or stopped have everything again soon after they are back."""

from __future__ import annotations

import unittest

from exchange import LineReader, connect, iamat
from herd_case import HerdCase
from herd_process import FIVE, Herd
from spreading import wait_for_links
from waiting import wait_until

CLIENTS = 3000


def report_all(herd: Herd, server: str, location: str, clients: range = range(CLIENTS)) -> dict[str, bytes]:
    """A report of each client at one server; their AT lines."""
    with connect(herd[server].clients) as connection:
        reader = LineReader(connection)
        lines = {}
        for start in range(clients.start, clients.stop, 100):
            names = [f"client{number}" for number in range(start, min(start + 100, clients.stop))]
            connection.sendall(b"".join(iamat(name, location) for name in names))
            lines.update({name: reader.line() for name in names})
        return lines


def rows(herd: Herd, server: str, clients: range = range(CLIENTS)) -> dict[str, bytes]:
    """What a server knows of each client."""
    with connect(herd[server].clients) as connection:
        reader = LineReader(connection)
        lines = {}
        for start in range(clients.start, clients.stop, 100):
            names = [f"client{number}" for number in range(start, min(start + 100, clients.stop))]
            connection.sendall(b"".join(f"WHATSAT {name} 0 0\n".encode() for name in names))
            for name in names:
                line = reader.line()
                if line.startswith(b"AT "):
                    reader.until(b"\n\n")
                    lines[name] = line
        return lines


class Healing(HerdCase):
    def wait_for_rows(self, herd: Herd, servers: tuple[str, ...], lines: dict[str, bytes]) -> None:
        for server in servers:
            wait_until(lambda server=server: rows(herd, server) == lines, f"{server} has all rows")  # type: ignore[misc]

    def linked_herd(self) -> Herd:
        herd = self.run_herd(Herd())
        wait_for_links(herd)
        return herd

    def test_a_server_that_starts_anew_gets_all_from_its_neighbours(self) -> None:
        herd = self.linked_herd()
        lines = report_all(herd, "Hands", "+1+1")
        self.wait_for_rows(herd, FIVE, lines)
        for server in ("Goloman", "Welsh"):
            herd[server].kill()
        for server in ("Goloman", "Welsh"):
            herd[server].start()
        self.wait_for_rows(herd, FIVE, lines)

    def test_what_a_server_missed_while_it_was_away_comes(self) -> None:
        herd = self.linked_herd()
        lines = report_all(herd, "Hands", "+1+1")
        self.wait_for_rows(herd, FIVE, lines)
        herd["Holiday"].kill()
        # Welsh is alone now: what it is told nobody else hears, nor the other way round.
        lines.update(report_all(herd, "Hands", "+2+2", range(0, 500)))
        lines.update(report_all(herd, "Welsh", "+3+3", range(500, 1000)))
        herd["Holiday"].start()
        self.wait_for_rows(herd, FIVE, lines)

    def test_a_stopped_server_delays_nobody_and_catches_up(self) -> None:
        herd = self.linked_herd()
        lines = report_all(herd, "Hands", "+1+1")
        self.wait_for_rows(herd, FIVE, lines)
        herd["Goloman"].pause()
        lines = report_all(herd, "Hands", "+2+2")
        self.wait_for_rows(herd, ("Hands", "Wilkes", "Holiday", "Welsh"), lines)
        lines.update(report_all(herd, "Welsh", "+3+3", range(0, 300)))
        self.wait_for_rows(herd, ("Hands", "Wilkes", "Holiday", "Welsh"), lines)
        herd["Goloman"].resume()
        self.wait_for_rows(herd, FIVE, lines)

    def test_split_parts_of_a_herd_become_one_again(self) -> None:
        herd = self.linked_herd()
        herd["Holiday"].kill()
        herd["Goloman"].kill()
        # Now there are Hands and Wilkes, and Welsh.
        lines = report_all(herd, "Welsh", "+4+4", range(0, 1500))
        lines.update(report_all(herd, "Wilkes", "+5+5", range(1000, CLIENTS)))
        herd["Holiday"].start()
        herd["Goloman"].start()
        self.wait_for_rows(herd, FIVE, lines)


if __name__ == "__main__":
    unittest.main()
