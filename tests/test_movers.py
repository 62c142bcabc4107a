"""Real tracks, sent round-robin over a herd of five: all servers end with the row that should win."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

import movers
from exchange import At, exchange, iamat, parse_at, parse_whatsat, whatsat
from herd_case import HerdCase
from herd_process import FIVE, SHARED_DATA, Herd
from spreading import wait_for_links
from test_winner import rank
from waiting import wait_until


class Movers(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd(threads=2)

    def file(self, name: str) -> Path:
        if not (SHARED_DATA / name).exists():
            self.skipTest(f"{name} is not in {SHARED_DATA}")
        return SHARED_DATA / name

    def replay(self, read: Callable[[Path], Iterator[movers.Row]], name: str, count: int, movers_count: int) -> None:
        """Sends every row; then all servers must have the winner of each mover, computed here."""
        rows = list(read(self.file(name)))
        self.assertEqual(len(rows), count)
        wait_for_links(self.herd)
        best = self.best(rows)
        self.assertEqual(len(best), movers_count)
        questions = b"".join(whatsat(mover) for mover in best)
        expected = list(best.values())
        for server in FIVE:
            wait_until(
                lambda server=server: self.lines(self.herd[server].clients, questions) == expected,  # type: ignore[misc]
                f"{server} has the winners of {name}",
            )

    def best(self, rows: list[movers.Row]) -> dict[str, At]:
        """Sends row after row to server after server; the winner of each mover, from the replies."""
        replies: dict[str, list[bytes]] = {}

        def send_to(server: str, share: list[movers.Row]) -> None:
            commands = b"".join(iamat(*row) for row in share)
            replies[server] = exchange(self.herd[server].clients, commands).splitlines()

        shares = {server: rows[number :: len(FIVE)] for number, server in enumerate(FIVE)}
        threads = [threading.Thread(target=send_to, args=share) for share in shares.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best: dict[str, At] = {}
        for server, share in shares.items():
            self.assertEqual(len(replies[server]), len(share), "every row is answered")
            for row, line in zip(share, replies[server]):
                at = parse_at(line)
                self.assertEqual((at.server, *(field.decode() for field in at[2:])), (server, *row))
                if row.mover not in best or rank(at) > rank(best[row.mover]):
                    best[row.mover] = at
        return best

    @staticmethod
    def lines(address: tuple[str, int], questions: bytes) -> list[At]:
        replies = exchange(address, questions).split(b"\n\n")[:-1]
        known = [reply for reply in replies if not reply.startswith(b"? ")]
        return [parse_at(parse_whatsat(reply + b"\n\n")[0]) for reply in known]

    def test_ships_round_the_suez_canal(self) -> None:
        self.replay(movers.ships, "ais-suez-2021.csv", 22_287, 256)

    def test_people_in_beijing(self) -> None:
        self.replay(movers.people, "geolife-beijing.csv", 5_908, 3)

    def test_a_walk_in_croatia(self) -> None:
        self.replay(movers.walk, "korita-zbevnica.gpx", 513, 1)


if __name__ == "__main__":
    unittest.main()
