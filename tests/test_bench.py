"""`herd bench` loads servers and tells what they bore. How fast they are is nobody's business here."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from admin import get
from command_line import herd
from herd_case import HerdCase
from herd_process import BINARY, FIVE, REPOSITORY, Herd, single
from ports import free_port
from waiting import SANITIZED


class Bench(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def bench(self, *options: object, connections: int = 4) -> dict[str, Any]:
        server = self.herd.servers["Goloman"]
        done = herd(
            *("--config", self.herd.config, "bench", "--json", "--pid", server.pid),
            *("--seconds", 1, "--warm-up", 0.1, "--clients", 500, "--connections", connections),
            *options,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def check(self, result: dict[str, Any]) -> None:
        self.assertGreater(result["replies"], 0)
        self.assertAlmostEqual(result["per_second"], result["replies"], delta=1)
        self.assertEqual(result["errors"], {"refused": 0, "unanswered": 0, "connections_lost": 0})
        for latency in result["latency_us"].values():
            if latency["count"] == 0:
                continue
            steps = [latency[key] for key in ("p50", "p90", "p99", "p99_9", "max")]
            self.assertEqual(steps, sorted(steps))
            self.assertGreater(steps[0], 0)
            self.assertLessEqual(latency["mean"], latency["max"])
        (process,) = result["processes"]
        self.assertEqual(process["pid"], self.herd.servers["Goloman"].pid)
        self.assertGreater(process["rss_bytes"], 1_000_000)
        self.assertGreater(result["loader_busy"], 0)

    def test_a_closed_loop(self) -> None:
        result = self.bench("--in-flight", 8)
        self.check(result)
        self.assertEqual(result["loop"], "closed")
        self.assertEqual(result["latency_us"]["whatsat"]["count"], 0)

    def test_a_closed_loop_of_several_threads_with_questions(self) -> None:
        result = self.bench("--threads", 2, "--whatsat", 50, "--radius", 50, "--max", 20)
        self.check(result)
        self.assertGreater(result["latency_us"]["iamat"]["count"], 0)
        self.assertGreater(result["latency_us"]["whatsat"]["count"], 0)

    def test_an_open_loop_sends_what_is_due_and_no_more(self) -> None:
        result = self.bench("--rate", 500, "--whatsat", 20)
        self.check(result)
        self.assertEqual(result["loop"], "open")
        counts = [latency["count"] for latency in result["latency_us"].values()]
        self.assertEqual(sum(counts), 500)

    def test_clients_follow_tracks(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as tracks:
            tracks.write("id,lat,lon,time\na,1.5,2.5,1\na,1.6,2.5,2\nb,-3,4,1\n")
            tracks.flush()
            self.check(self.bench("--tracks", tracks.name, "--rate", 200))

    def test_idle_connections(self) -> None:
        result = self.bench("--idle", connections=20)
        self.assertEqual(result["connections"], 20)
        self.assertGreaterEqual(result["rss_bytes"], result["rss_bytes_before"])

    def test_people_get_lines(self) -> None:
        done = herd(
            *("--config", self.herd.config, "bench", "--seconds", 0.2, "--warm-up", 0),
            *("--clients", 100, "--connections", 2),
        )
        for word in ("servers", "rate", "IAMAT", "errors", "loader"):
            self.assertRegex(done.stdout, rf"(?m)^{word} ")

    def test_what_cannot_be(self) -> None:
        config = ("--config", self.herd.config)
        done = herd(*config, "bench", "--connections", 1, "--threads", 2, exit_code=2)
        self.assertIn("--connections", done.stderr)
        herd(*config, "bench", "--idle", exit_code=2)
        herd(*config, "bench", "--towns", "/nonexistent", exit_code=2)
        port = free_port()
        herd(*config, "bench", "--server", f"127.0.0.1:{port}", exit_code=3)


class Stall(unittest.TestCase):
    def test_a_stall_shows_in_all_that_it_delays(self) -> None:
        """A server of our own that answers the clients' first reports, then keeps silent for half a
        second, then answers all: half of what was due in that second waited, not one command."""
        clients = 10
        silence = threading.Event()

        def serve(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                for number, line in enumerate(lines):
                    if number == clients + 50:
                        silence.wait(0.5)  # it is the silence that is tested
                    try:
                        connection.sendall(b"AT Own +0.1 " + line.removeprefix(b"IAMAT "))
                    except OSError:
                        return

        with socket.create_server(("127.0.0.1", 0)) as listener:
            # The loader tries the address first, on a connection without a word.
            def accept() -> None:
                listener.accept()[0].close()
                serve(listener)

            server = threading.Thread(target=accept)
            server.start()
            done = herd(
                *("bench", "--json", "--server", f"127.0.0.1:{listener.getsockname()[1]}"),
                *("--rate", 500, "--seconds", 1, "--warm-up", 0, "--clients", clients),
                *("--connections", 1),
            )
            server.join()
        latency = json.loads(done.stdout)["latency_us"]["iamat"]
        self.assertEqual(latency["count"], 500)
        self.assertGreater(latency["max"], 400_000)
        self.assertGreater(latency["p90"], 200_000)


@unittest.skipIf(SANITIZED, "one build is enough to see that the script works")
class Script(HerdCase):
    PARTS = ("reports", "memory", "herd", "relay", "restart", "places", "threads", "idle", "sides")

    def measure(self, out: str, *parts: str) -> None:
        command = [REPOSITORY / "script" / "bench", "--smoke", "--binaries", BINARY.parent, "--out", out, *parts]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_part_can_be_measured_and_again_alone(self) -> None:
        parts = list(self.PARTS)
        alone = self.run_herd(single())
        if get(alone, "Goloman", "/v1/near?lat=0&lng=0")[0] == 200:
            parts.append("nearest")
        with tempfile.TemporaryDirectory() as out:
            results = Path(out) / "results.json"
            self.measure(out, *parts)
            first = json.loads(results.read_text(encoding="utf-8"))
            self.assertEqual(set(first), set(parts))
            table = (Path(out) / "results.md").read_text(encoding="utf-8")
            for section in first.values():
                self.assertIn(f"## {section['title']}\n", table)
                self.assertTrue(all(row["what"] in table for row in section.get("reach", ())))
                self.assertTrue(section["runs"])
                for chart in section.get("charts", ()):
                    ElementTree.parse(Path(out) / chart["file"])
            self.measure(out, "idle")
            second = json.loads(results.read_text(encoding="utf-8"))
            self.assertNotEqual(second.pop("idle")["date"], first.pop("idle")["date"])
            self.assertEqual(second, first)

    def test_what_there_is_to_measure(self) -> None:
        bench = REPOSITORY / "script" / "bench"
        done = subprocess.run([bench, "--help"], capture_output=True, text=True, check=True)
        for part in (*self.PARTS, "nearest"):
            self.assertRegex(done.stdout, rf"(?m)^  {part} +\S")
        self.assertEqual(subprocess.run([bench, "nothing"], capture_output=True, check=False).returncode, 2)


class Roaming(HerdCase):
    def test_clients_roam_between_five_servers(self) -> None:
        five = self.run_herd(Herd())
        done = herd(
            *("--config", five.config, "bench", "--json", "--seconds", 1, "--clients", 200),
            *("--connections", 5, "--roam", 50, "--rate", 500),
        )
        result = json.loads(done.stdout)
        self.assertEqual(result["servers"], list(FIVE))
        self.assertEqual(result["errors"]["refused"], 0)


if __name__ == "__main__":
    unittest.main()
