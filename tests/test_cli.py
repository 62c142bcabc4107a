"""The subcommands against real servers: iamat, whatsat, replay and check-config."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

from command_line import herd
from exchange import exchange, parse_at, parse_whatsat, whatsat
from herd_case import HerdCase
from herd_process import SHARED_DATA, Herd
from ports import free_port
from spreading import wait_for_links, wait_for_row


class Cli(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd()

    def run_with_config(self, *arguments: object, exit_code: int = 0) -> Any:
        return herd("--config", self.herd.config, *arguments, exit_code=exit_code)

    def test_the_worked_example(self) -> None:
        wait_for_links(self.herd)
        done = self.run_with_config("iamat", "kiwi.cs.ucla.edu", "+34.068930-118.445127", "--server", "Goloman")
        line = done.stdout.encode()
        self.assertEqual(parse_at(line).server, "Goloman")
        wait_for_row(self.herd, ["Welsh"], "kiwi.cs.ucla.edu", line)
        done = self.run_with_config("whatsat", "kiwi.cs.ucla.edu", 10, 5, "--server", "Welsh")
        self.assertEqual(parse_whatsat(done.stdout.encode())[0], line)

    def test_a_time_of_ones_own_and_a_location_south_and_west(self) -> None:
        done = self.run_with_config("iamat", "south", "-34.5-118.25", "--time", "-1.5")
        self.assertEqual(parse_at(done.stdout.encode())[2:], (b"south", b"-34.5-118.25", b"-1.5"))

    def test_exit_codes(self) -> None:
        refused = self.run_with_config("whatsat", "nobody-at-all", 10, 5, exit_code=1)
        self.assertEqual(refused.stdout, "? WHATSAT nobody-at-all 10 5\n")
        self.assertTrue(refused.stderr)
        self.run_with_config("whatsat", "nobody", exit_code=2)
        self.run_with_config("whatsat", "nobody", 10, 5, "--server", "Nobody", exit_code=2)
        unreachable = f"127.0.0.1:{free_port()}"
        self.assertTrue(self.run_with_config("iamat", "a", "+1+2", "--server", unreachable, exit_code=3).stderr)

    def test_check_config(self) -> None:
        done = herd("check-config", self.herd.config)
        for name in self.herd.names:
            self.assertIn(name, done.stdout)
        self.assertNotIn(self.herd.secret, done.stdout)


class Replay(HerdCase):
    """The three real files, to a real herd of five, round-robin and as fast as it answers."""

    @classmethod
    def make_herd(cls) -> Herd:
        return Herd()

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd)

    def replay(self, file: Path, *options: str) -> dict[str, Any]:
        """The summary of a replay of which every row was answered and every winner verified."""
        if not file.exists():
            self.skipTest(f"{file.name} is not in {SHARED_DATA}")
        done = herd("--config", self.herd.config, "replay", file, "--verify", "--json", *options)
        summary = json.loads(done.stdout)
        self.assertEqual(summary["answered"], summary["sent"])
        self.assertEqual((summary["refused"], summary["unanswered"]), (0, 0))
        self.assertEqual(summary["verification"]["wrong"], 0)
        self.assertEqual(summary["verification"]["servers"], 5)
        return summary

    def test_ships(self) -> None:
        summary = self.replay(SHARED_DATA / "ais-suez-2021.csv", "--time-format", "%d/%m/%Y %H:%M")
        self.assertEqual((summary["sent"], summary["movers"]), (22_287, 256))

    def test_people(self) -> None:
        summary = self.replay(SHARED_DATA / "geolife-beijing.csv", "--id-column", "tracker")
        self.assertEqual((summary["sent"], summary["movers"]), (5_908, 3))

    def test_a_walk(self) -> None:
        summary = self.replay(SHARED_DATA / "korita-zbevnica.gpx", "--id", "walker")
        # Left out are the track points without a time and two waypoints, which are places.
        left_out = 871 - 513 + 2
        self.assertEqual((summary["sent"], summary["movers"], summary["left_out"]), (513, 1, left_out))

    def test_a_file_of_our_own(self) -> None:
        file = self.herd.folder / "own.csv"
        rows = ["id,lat,lon,time", "a,1.5,2.5,1000", "b,-1.5,-2.5,1000.5", "a,1.25,2.25,999", "b,0,0,1000.5"]
        file.write_text("\n".join(rows) + "\n", encoding="utf-8")
        summary = self.replay(file)
        self.assertEqual((summary["sent"], summary["movers"]), (4, 2))
        line, _ = parse_whatsat(exchange(self.herd["Welsh"].clients, whatsat("a")))
        self.assertEqual(parse_at(line).time, b"1000")


if __name__ == "__main__":
    unittest.main()
