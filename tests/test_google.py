"""WHATSAT with Google behind it: a stand-in on loopback that answers well, badly or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

from admin import status
from exchange import LineReader, connect, exchange, iamat, parse_at, parse_whatsat, read_to_end, whatsat
from google_stub import UNKNOWN_WORDS
from herd_case import HerdCase
from herd_process import Herd, single
from places_files import Place, make_index, write_csv
from test_places import check_schema
from waiting import DEADLINE, SLOWNESS, wait_until

KEY = "AIza-the-key-of-the-tests-0123456789"
TIMEOUT_MS = int(10_000 * SLOWNESS)
SHORT_TIMEOUT_MS = int(300 * SLOWNESS)
MIB = 1 << 20


class GoogleStub:
    """tests/google_stub.py as a child process that ends with this one."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        stub = Path(__file__).with_name("google_stub.py")
        self.process = subprocess.Popen(
            [sys.executable, "-B", stub, "--make-cert", self.folder.name, "--until-eof"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.certificate = Path(self.folder.name) / "cert.pem"
        self.trust = ssl.create_default_context(cafile=str(self.certificate))

    def __enter__(self) -> GoogleStub:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(DEADLINE)
        self.process.stdout.close()
        self.folder.cleanup()

    def call(self, path: str, body: bytes | None = None) -> Any:
        url = f"https://localhost:{self.port}{path}"
        with urllib.request.urlopen(url, body, timeout=DEADLINE, context=self.trust) as answer:
            return json.load(answer)

    def set_mode(self, mode: str) -> None:
        self.call("/control/mode", mode.encode())

    def requests(self) -> list[dict[str, Any]]:
        return self.call("/control/requests")

    def settings(self, provider: str, **google: Any) -> dict[str, dict[str, Any]]:
        return {
            "places": {"provider": provider},
            "places.google": {
                "key_env": "TEST_GOOGLE_KEY",
                "endpoint": f"https://localhost:{self.port}",
                "ca_file": str(self.certificate),
                "timeout_ms": TIMEOUT_MS,
                "breaker_failures": 1000,
                # All tests ask from one address.
                "address_share_percent": 100,
                "client_share_percent": 100,
                **google,
            },
        }


class GoogleCase(HerdCase):
    stub: ClassVar[GoogleStub]
    provider: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.stub = cls.enterClassContext(GoogleStub())
        super().setUpClass()

    def ask(self, herd: Herd, client: str = "kiwi", results_max: int = 5) -> dict[str, Any]:
        """WHATSAT of a client whose AT line must always come; the JSON."""
        address = herd["Goloman"].clients
        at = exchange(address, iamat(client, "+34.068930-118.445127"))
        line, answer = parse_whatsat(exchange(address, whatsat(client, 10, results_max)))
        self.assertEqual(line, at)
        check_schema(answer)
        self.assertNotIn(KEY, json.dumps(answer))
        return answer

    def tearDown(self) -> None:
        super().tearDown()
        for herd in self._herds:
            for server in herd.servers.values():
                self.assertNotIn(KEY, server.log())


class Both(GoogleCase):
    """What holds for the legacy and for the new API alike."""

    @classmethod
    def make_herd(cls) -> Herd:
        return single(cls.stub.settings(cls.provider), environment={"TEST_GOOGLE_KEY": KEY})

    def test_places(self) -> None:
        self.stub.set_mode("ok")
        answer = self.ask(self.herd, results_max=1)
        self.assertEqual(answer["status"], "OK")
        self.assertEqual(len(answer["results"]), 1)
        self.assertTrue(answer["results"][0]["name"])
        point = answer["results"][0]["geometry"]["location"]
        self.assertEqual(set(map(type, point.values())), {float})
        more = self.ask(self.herd, results_max=20)
        self.assertGreater(len(more["results"]), 1)
        self.assertEqual(more["results"][0]["name"], answer["results"][0]["name"])
        self.assertGreaterEqual(len(self.stub.requests()), 2)

    def test_nothing_near(self) -> None:
        self.stub.set_mode("empty")
        answer = self.ask(self.herd)
        self.assertEqual((answer["results"], answer["status"]), ([], "ZERO_RESULTS"))

    def test_zero_asks_nobody(self) -> None:
        self.stub.set_mode("ok")
        address = self.herd["Goloman"].clients
        exchange(address, iamat("zero"))
        for radius, results_max in ((0, 5), (10, 0), (0, 0)):
            answer = parse_whatsat(exchange(address, whatsat("zero", radius, results_max)))[1]
            self.assertEqual((answer["results"], answer["status"]), ([], "ZERO_RESULTS"))
        self.assertEqual(self.stub.requests(), [])

    def test_failures(self) -> None:
        for mode, statuses in (
            ("close", {"UNKNOWN_ERROR"}),
            ("close-early", {"UNKNOWN_ERROR"}),
            ("bad-json", {"UNKNOWN_ERROR"}),
            ("not-places", {"UNKNOWN_ERROR"}),
            ("huge", {"UNKNOWN_ERROR"}),
            ("400", {"INVALID_REQUEST"}),
            ("403", {"REQUEST_DENIED"}),
            ("429", {"OVER_QUERY_LIMIT"}),
            ("500", {"UNKNOWN_ERROR"}),
            ("denied", {"REQUEST_DENIED"}),
            ("over-limit", {"OVER_QUERY_LIMIT"}),
            ("no-words", {"REQUEST_DENIED"}),
            ("control-words", {"REQUEST_DENIED"}),
            ("unknown-status", {"UNKNOWN_ERROR"}),
            ("spelled-key", {"UNKNOWN_ERROR"}),
            ("percent-key", {"UNKNOWN_ERROR"}),
        ):
            with self.subTest(mode):
                self.stub.set_mode(mode)
                answer = self.ask(self.herd, f"fails-{mode}")
                self.assertIn(answer["status"], statuses)
                self.assertEqual(answer["results"], [])
                self.assertTrue(answer["error_message"])
        self.stub.set_mode("ok")
        self.assertEqual(self.ask(self.herd)["status"], "OK")

    def test_googles_own_words_are_kept(self) -> None:
        self.stub.set_mode("unknown-status")
        self.assertEqual(self.ask(self.herd, "words")["error_message"], UNKNOWN_WORDS)

    def test_googles_words_forge_no_log_line(self) -> None:
        settings = self.stub.settings(self.provider)
        settings["logging"] = {"level": "debug"}
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("control-words")
        message = self.ask(herd)["error_message"]
        self.assertEqual(message, "no [2026-01-01 00:00:00.000] forged [2Jand more .")
        wait_until(lambda: "forged" in herd["Goloman"].log(), "the log line")
        log = herd["Goloman"].log()
        self.assertEqual([line.endswith(message) for line in log.split("\n") if "forged" in line], [True])
        self.assertNotIn("\x1b", log)

    def test_no_bare_line_in_the_answer(self) -> None:
        self.stub.set_mode("line-ends")
        address = self.herd["Goloman"].clients
        exchange(address, iamat("lines", "+34.068930-118.445127"))
        reply = exchange(address, whatsat("lines", 10, 20))
        self.assertEqual(parse_whatsat(reply)[1]["status"], "OK")
        self.assertNotIn(b"\r", reply)
        self.assertEqual(reply.index(b"\n\n"), len(reply) - 2)

    def test_a_bad_coordinate_costs_one_result_at_most(self) -> None:
        self.stub.set_mode("ok")
        whole = self.ask(self.herd, "whole", results_max=20)["results"]
        self.stub.set_mode("coordinates")
        names = [result["name"] for result in self.ask(self.herd, "coordinates", results_max=20)["results"]]
        expected = [result["name"] for result in whole]
        if self.provider == "google-new":
            del expected[1]
        self.assertEqual(names, expected)

    def test_a_request_that_google_let_go_of_is_sent_again(self) -> None:
        for mode in ("close-once", "goaway-once"):
            with self.subTest(mode):
                herd = self.run_herd(single(self.stub.settings(self.provider, breaker_failures=1),
                                            environment={"TEST_GOOGLE_KEY": KEY}))  # fmt: skip
                self.stub.set_mode(mode)
                for number in range(2):
                    self.assertEqual(self.ask(herd, f"let-go-{number}")["status"], "OK")
                self.assertEqual(len(self.stub.requests()), 3)

    def test_google_hangs(self) -> None:
        herd = self.impatient_herd()
        for mode in ("hang", "drip"):
            with self.subTest(mode):
                self.stub.set_mode(mode)
                start = time.monotonic()
                answer = self.ask(herd, f"hangs-{mode}")
                self.assertEqual((answer["results"], answer["status"]), ([], "UNKNOWN_ERROR"))
                self.assertTrue(answer["error_message"])
                self.assertGreater(time.monotonic() - start, 0.9 * SHORT_TIMEOUT_MS / 1000)
                self.assertLess(time.monotonic() - start, DEADLINE)

    def impatient_herd(self, **places: Any) -> Herd:
        """One that gives Google little time."""
        settings = self.stub.settings(self.provider, timeout_ms=SHORT_TIMEOUT_MS)
        settings["places"] |= places
        return self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))

    def test_one_retry_after_500(self) -> None:
        self.stub.set_mode("500-once")
        self.assertEqual(self.ask(self.herd, "again")["status"], "OK")
        self.assertEqual(len(self.stub.requests()), 2)

    def test_replies_stay_in_order_behind_a_slow_one(self) -> None:
        self.stub.set_mode("hold")
        with connect(self.herd["Goloman"].clients) as connection:
            connection.sendall(iamat("slow") + whatsat("slow", 10, 5) + b"x\n" + iamat("slow", "+1+1"))
            reader = LineReader(connection)
            at = reader.line()
            wait_until(self.stub.requests, "the question at the stub")
            # Others are served meanwhile.
            self.assertEqual(exchange(self.herd["Goloman"].clients, b"y\n"), b"? y\n")
            connection.setblocking(False)
            with self.assertRaises(BlockingIOError):
                connection.recv(1)
            connection.settimeout(DEADLINE)
            self.stub.set_mode("ok")
            self.assertEqual(parse_whatsat(reader.until(b"\n\n"))[0], at)
            self.assertEqual(reader.line(), b"? x\n")
            self.assertEqual(parse_at(reader.line()).location, b"+1+1")

    def test_a_line_that_is_too_long_loses_no_reply_before_it(self) -> None:
        self.stub.set_mode("hold")
        with connect(self.herd["Goloman"].clients) as connection:
            connection.sendall(iamat("long") + whatsat("long", 10, 5) + b"x\n" + b"y" * 10_000 + b"\nz\n")
            reader = LineReader(connection)
            at = reader.line()
            wait_until(self.stub.requests, "the question at the stub")
            # The long line has been read by now, since others are served.
            self.assertEqual(exchange(self.herd["Goloman"].clients, b"y\n"), b"? y\n")
            self.stub.set_mode("ok")
            self.assertEqual(parse_whatsat(reader.until(b"\n\n"))[0], at)
            rest = reader.now() + read_to_end(connection)
            self.assertEqual(rest, b"? x\n? " + b"y" * 256 + b"\n")

    def test_a_client_that_waits_for_google_is_not_idle(self) -> None:
        settings = self.stub.settings(self.provider)
        settings["limits"] = {"idle_timeout_s": 1}
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("hold")
        address = herd["Goloman"].clients
        exchange(address, iamat("patient"))
        with connect(address) as connection, connect(address) as idle:
            connection.sendall(whatsat("patient", 10, 5))
            wait_until(self.stub.requests, "the question at the stub")
            idle.sendall(b"x\n")
            self.assertEqual(read_to_end(idle), b"? x\n", "who is owed nothing is closed when idle")
            self.stub.set_mode("ok")
            self.assertEqual(parse_whatsat(LineReader(connection).until(b"\n\n"))[1]["status"], "OK")

    def test_a_half_closed_client_gets_a_slow_answer(self) -> None:
        self.stub.set_mode("hold")
        exchange(self.herd["Goloman"].clients, iamat("half"))
        with connect(self.herd["Goloman"].clients) as connection:
            connection.sendall(b"WHATSAT half 10 5")
            connection.shutdown(1)
            wait_until(self.stub.requests, "the question at the stub")
            self.stub.set_mode("ok")
            self.assertEqual(parse_whatsat(read_to_end(connection))[1]["status"], "OK")

    def test_a_client_that_leaves_while_google_thinks(self) -> None:
        self.stub.set_mode("hold")
        exchange(self.herd["Goloman"].clients, iamat("leaves"))
        with connect(self.herd["Goloman"].clients) as connection:
            connection.sendall(b"WHATSAT leaves 10 5\n")
            wait_until(self.stub.requests, "the question at the stub")
        self.stub.set_mode("ok")
        self.assertEqual(self.ask(self.herd)["status"], "OK")

    def test_the_same_question_is_asked_once_at_a_time(self) -> None:
        self.stub.set_mode("hold")
        address = self.herd["Goloman"].clients
        exchange(address, iamat("same"))
        connections = [self.enterContext(connect(address)) for _ in range(10)]
        for connection in connections:
            connection.sendall(b"WHATSAT same 10 5\n")
        wait_until(self.stub.requests, "the question at the stub")
        exchange(address, b"y\n")
        self.assertEqual(len(self.stub.requests()), 1)
        self.stub.set_mode("ok")
        for connection in connections:
            self.assertEqual(parse_whatsat(LineReader(connection).until(b"\n\n"))[1]["status"], "OK")

    def test_outstanding_commands_are_bounded(self) -> None:
        settings = self.stub.settings(self.provider)
        settings["limits"] = {"outstanding_commands": 3}
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("hold")
        address = herd["Goloman"].clients
        exchange(address, b"".join(iamat(f"o{number}", f"+{number}+0") for number in range(8)))
        with connect(address) as connection:
            connection.sendall(b"".join(whatsat(f"o{number}", 10, 5) for number in range(8)))
            wait_until(lambda: len(self.stub.requests()) == 3, "three questions at the stub")
            # Time for one more to come wrongly: another connection's question is there after all.
            exchange(address, iamat("o8", "+8+0"))
            with connect(address) as other:
                other.sendall(whatsat("o8", 10, 5))
                wait_until(lambda: len(self.stub.requests()) == 4, "a fourth question at the stub")
                self.stub.set_mode("ok")
                reader = LineReader(connection)
                for number in range(8):
                    line, answer = parse_whatsat(reader.until(b"\n\n"))
                    self.assertEqual((parse_at(line).client, answer["status"]), (b"o%d" % number, "OK"))

    def test_replies_that_wait_for_a_slow_one_count_as_memory_and_are_freed(self) -> None:
        bound = 4 * MIB
        settings = self.stub.settings(self.provider)
        settings["limits"] = {"buffers_bytes": bound}
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("hold")
        address = herd["Goloman"].clients
        exchange(address, iamat("slow"))
        line = b"x" * 8000 + b"\n"
        for _ in range(30):
            connection = self.enterContext(connect(address))
            # It may be one that is closed by now.
            with contextlib.suppress(ConnectionError):
                connection.sendall(whatsat("slow", 10, 5) + line * 30)
        wait_until(lambda: status(herd, "Goloman")["sessions"]["closed"]["greedy"] >= 10, "the greediest are closed")
        wait_until(lambda: status(herd, "Goloman")["sessions"]["buffer_bytes"] <= bound, "the bound holds")
        self.assertEqual(exchange(address, b"y\n"), b"? y\n")

    def test_sigterm_finishes_a_slow_answer(self) -> None:
        herd = self.run_herd(single(self.stub.settings(self.provider), environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("hold")
        server = herd["Goloman"]
        exchange(server.clients, iamat("last"))
        with connect(server.clients) as connection:
            connection.sendall(b"WHATSAT last 10 5\n")
            wait_until(self.stub.requests, "the question at the stub")
            server.terminate()
            self.stub.set_mode("ok")
            self.assertEqual(parse_whatsat(read_to_end(connection))[1]["status"], "OK")
        server.wait_for_exit()

    def test_the_end_of_the_server_ends_look_ups_in_time(self) -> None:
        settings = self.stub.settings(self.provider, timeout_ms=60_000)
        settings["limits"] = {"outstanding_commands": 1}
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("hold")
        server = herd["Goloman"]
        with connect(server.clients) as connection:
            commands = [iamat("last", "+2+2", "1520023934"), whatsat("last", 10, 5), iamat("last", "+1+1", "1520023935"),
                        whatsat("last", 10, 5), b"x\n"]  # fmt: skip
            connection.sendall(b"".join(commands))
            wait_until(self.stub.requests, "the question at the stub")
            server.terminate()
            reader = LineReader(connection)
            at = reader.line()
            for _ in range(2):
                line, answer = parse_whatsat(reader.until(b"\n\n"))
                self.assertEqual((line, answer["results"], answer["status"]), (at, [], "UNKNOWN_ERROR"))
                self.assertIn("shutting down", answer["error_message"])
                at = reader.line()
            self.assertEqual(at + read_to_end(connection), b"? x\n")
        server.wait_for_exit()
        self.stub.set_mode("ok")

    def test_a_budget_of_requests(self) -> None:
        herd = self.run_herd(single(self.stub.settings(self.provider, requests_per_minute=2),
                                    environment={"TEST_GOOGLE_KEY": KEY}))  # fmt: skip
        self.stub.set_mode("ok")
        statuses = [self.ask(herd, f"b{number}")["status"] for number in range(4)]
        self.assertEqual(statuses, ["OK", "OK", "OVER_QUERY_LIMIT", "OVER_QUERY_LIMIT"])
        self.assertEqual(len(self.stub.requests()), 2)

    def ask_from(self, herd: Herd, address: str, client: str) -> dict[str, Any]:
        """WHATSAT from this address on loopback; the JSON."""
        with socket.create_connection(herd["Goloman"].clients, DEADLINE, (address, 0)) as connection:
            connection.sendall(iamat(client) + whatsat(client, 10, 5))
            connection.shutdown(socket.SHUT_WR)
            return parse_whatsat(read_to_end(connection).split(b"\n", 1)[1])[1]

    def test_one_address_does_not_spend_everyones_budget(self) -> None:
        herd = self.run_herd(single(self.stub.settings(self.provider, requests_per_minute=40, address_share_percent=10),
                                    environment={"TEST_GOOGLE_KEY": KEY}))  # fmt: skip
        self.stub.set_mode("ok")
        stranger = [self.ask_from(herd, "127.0.0.2", f"s{number}") for number in range(60)]
        self.assertEqual({answer["status"] for answer in stranger[:4]}, {"OK"})
        self.assertEqual(stranger[4]["status"], "OVER_QUERY_LIMIT")
        self.assertEqual(stranger[4]["error_message"], "the share of this address in the budget is spent")
        honest = [self.ask_from(herd, "127.0.0.3", f"h{number}")["status"] for number in range(4)]
        self.assertEqual(honest, ["OK"] * 4)
        refused = status(herd, "Goloman")["places"]["refused"]
        self.assertGreater(refused["address_share"], 0)
        self.assertEqual(refused["minute_budget"], 0)

    def test_one_client_does_not_spend_everyones_budget(self) -> None:
        herd = self.run_herd(single(self.stub.settings(self.provider, requests_per_minute=40, client_share_percent=10),
                                    environment={"TEST_GOOGLE_KEY": KEY}))  # fmt: skip
        self.stub.set_mode("ok")
        answers = [self.ask_from(herd, f"127.0.0.{number}", "kiwi") for number in range(2, 7)]
        self.assertEqual([answer["status"] for answer in answers], ["OK"] * 4 + ["OVER_QUERY_LIMIT"])
        self.assertEqual(answers[4]["error_message"], "the share of this client in the budget is spent")
        self.assertEqual(self.ask_from(herd, "127.0.0.2", "emu")["status"], "OK")

    def test_a_slow_look_up_is_one_line_however_many_wait(self) -> None:
        settings = self.stub.settings(self.provider)
        settings["places"]["slow_ms"] = 1
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("hold")
        with connect(herd["Goloman"].clients) as connection:
            connection.sendall(iamat("slow") + whatsat("slow", 10, 5) * 60)
            wait_until(self.stub.requests, "the question at the stub")
            # All of them wait by now, since others are served.
            self.assertEqual(exchange(herd["Goloman"].clients, b"y\n"), b"? y\n")
            self.stub.set_mode("ok")
            reader = LineReader(connection)
            for _ in range(60):
                reader.until(b"\n\n")
        herd["Goloman"].wait_for_log("a place look-up took")
        lines = herd["Goloman"].log().count("a place look-up took")
        self.assertIn(lines, (1, 2), "at most one a second")

    def test_a_circuit_breaker(self) -> None:
        herd = self.run_herd(single(self.stub.settings(self.provider, breaker_failures=2, breaker_open_ms=300),
                                    environment={"TEST_GOOGLE_KEY": KEY}))  # fmt: skip
        self.stub.set_mode("500")
        for number in range(6):
            self.assertEqual(self.ask(herd, f"c{number}")["status"], "UNKNOWN_ERROR")
        self.assertLessEqual(len(self.stub.requests()), 4 + 2)
        self.stub.set_mode("ok")
        wait_until(lambda: self.ask(herd)["status"] == "OK", "Google is asked again")

    def test_no_key(self) -> None:
        try:
            herd = self.run_herd(single(self.stub.settings(self.provider)))
        except AssertionError as refused:
            self.assertIn("TEST_GOOGLE_KEY", str(refused))
        else:
            self.assertEqual(self.ask(herd)["status"], "REQUEST_DENIED")

    def test_a_certificate_that_is_not_trusted(self) -> None:
        settings = self.stub.settings(self.provider, ca_file="")
        herd = self.run_herd(single(settings, environment={"TEST_GOOGLE_KEY": KEY}))
        self.stub.set_mode("ok")
        self.assertEqual(self.ask(herd)["status"], "UNKNOWN_ERROR")
        self.assertEqual(self.stub.requests(), [])

    def test_fallback_to_the_offline_index(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        index = make_index(folder / "a.index", write_csv([Place("Westwood", 34.06, -118.44)], folder / "a.csv"))
        herd = self.impatient_herd(fallback="offline", index=str(index))
        for mode in ("500", "hang", "bad-json", "403"):
            with self.subTest(mode):
                self.stub.set_mode(mode)
                answer = self.ask(herd, f"fallback-{mode}")
                self.assertEqual([result["name"] for result in answer["results"]], ["Westwood"])
                self.assertEqual(answer["status"], "OK")
        self.stub.set_mode("ok")
        wait_until(lambda: self.ask(herd)["results"][0]["name"] != "Westwood", "Google is asked again")


class Legacy(Both):
    provider = "google"

    def test_googles_own_text_is_passed_on(self) -> None:
        """Numbers are not printed again, whatever a double would make of them."""
        self.stub.set_mode("ok")
        exchange(self.herd["Goloman"].clients, iamat("text", "+34.068930-118.445127"))
        reply = exchange(self.herd["Goloman"].clients, whatsat("text", 10, 20))
        self.assertEqual(self.stub.requests()[0]["query"]["radius"].split(".")[0], "10000")
        answer = parse_whatsat(reply)[1]
        own = json.loads(json.dumps(answer["results"]))
        self.assertEqual(answer["results"], own)
        self.assertRegex(reply, rb'"lat"\s*:\s*-?\d+\.\d+')


class New(Both):
    provider = "google-new"


# Only their heirs are tests.
del GoogleCase, Both

if __name__ == "__main__":
    unittest.main()
