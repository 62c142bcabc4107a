"""What servers log: start, neighbours, every line in and out when asked for; never the secret."""

from __future__ import annotations

import json
import unittest

from exchange import exchange, iamat, whatsat
from herd_case import HerdCase
from herd_process import Herd, single
from spreading import report, wait_for_links
from waiting import wait_until


class Logging(HerdCase):
    def test_start_and_neighbours(self) -> None:
        herd = self.run_herd(Herd(("A", "B"), (("A", "B"),)))
        wait_for_links(herd)
        herd["A"].wait_for_log(str(herd.client_ports["A"]))
        herd["A"].wait_for_log(r"\bB\b")
        mark = len(herd["A"].log())
        herd["B"].kill()
        herd["A"].wait_for_log(r"\bB\b", mark)

    def test_json(self) -> None:
        herd = self.run_herd(Herd(("A", "B"), (("A", "B"),), {"logging": {"format": "json", "level": "debug"}}))
        wait_for_links(herd)
        herd["A"].stop()
        lines = herd["A"].log().splitlines()
        self.assertGreater(len(lines), 1)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict)

    def test_the_level_quietens(self) -> None:
        herd = self.run_herd(single({"logging": {"level": "error"}}))
        exchange(herd["Goloman"].clients, iamat("quiet"))
        herd["Goloman"].stop()
        self.assertEqual(herd["Goloman"].log(), "")

    def test_a_log_file(self) -> None:
        herd = single({"logging": {"level": "info"}})
        file = herd.folder / "own.log"
        herd.settings["logging"]["file"] = str(file)
        self.run_herd(herd)
        wait_until(lambda: file.exists() and "Goloman" in file.read_text(encoding="utf-8"), "a line in the log file")

    def test_every_line_in_and_out_when_asked_for(self) -> None:
        herd = self.run_herd(Herd(("A", "B"), (("A", "B"),)))
        folder = herd.folder / "traffic"
        folder.mkdir()
        for server in herd.servers.values():
            server.stop()
            server.start("--log-traffic", str(folder))
        wait_for_links(herd)
        at = report(herd, "A", "traced").decode().rstrip("\n")
        exchange(herd["B"].clients, b"WHEREIS traced\n" + whatsat("traced"))
        for server in herd.servers.values():
            server.stop()
        for name, expected in (
            ("A", ["IAMAT traced ", at]),
            ("B", [at, "WHEREIS traced", "? WHEREIS traced", "WHATSAT traced 0 0"]),
        ):
            file = folder / f"{name}.traffic.log"
            text = file.read_text(encoding="utf-8", errors="replace")
            for line in expected:
                with self.subTest(server=name, line=line):
                    self.assertIn(line, text)
            # Herd.close looks through the folder too.
            self.assertNotIn(herd.secret, text)

    def test_traffic_shows_ids_so_that_they_can_be_had_back(self) -> None:
        herd = self.run_herd(single())
        folder = herd.folder / "traffic"
        folder.mkdir()
        herd["Goloman"].stop()
        herd["Goloman"].start("--log-traffic", str(folder))
        shown = {b"\xff\x1b": r"\xff\x1b", b"\xfe\x1b": r"\xfe\x1b", rb"\xff": r"\\xff", "\u0151".encode(): "\u0151"}
        for client in shown:
            exchange(herd["Goloman"].clients, whatsat(client))
        herd["Goloman"].stop()
        text = (folder / "Goloman.traffic.log").read_text(encoding="utf-8")
        self.assertNotIn("\x1b", text)
        for name in shown.values():
            self.assertIn(f"> WHATSAT {name} 0 0\n", text)
            self.assertIn(f"< ? WHATSAT {name} 0 0\n", text)

    def test_traffic_is_not_logged_unasked(self) -> None:
        herd = self.run_herd(single())
        exchange(herd["Goloman"].clients, iamat("private"))
        herd["Goloman"].stop()
        self.assertNotIn("private", herd["Goloman"].log())


if __name__ == "__main__":
    unittest.main()
