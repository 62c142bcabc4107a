"""durability.ack = "peers:N": a reply waits for the word of N neighbours, and is worth it."""

from __future__ import annotations

import json
import socket
import unittest
import urllib.error
import urllib.request

from exchange import LineReader, connect, exchange, iamat, now_text, parse_at, parse_whatsat, position, read_to_end, whatsat
from herd_case import HerdCase
from herd_process import FIVE, Herd
from neighbour import HandMadeNeighbour
from spreading import report, wait_for_links, wait_for_row
from test_google import KEY, GoogleStub
from waiting import wait_until


def confirming(ack: str, **settings: object) -> dict[str, dict[str, object]]:
    return {"durability": {"ack": ack, **settings}}


class ByOneNeighbour(HerdCase):
    """Alpha is real, and its neighbour Beta is the test, which confirms when it likes."""

    def alpha(
        self, threads: int = 1, stub: GoogleStub | None = None, **durability: object
    ) -> tuple[Herd, HandMadeNeighbour]:
        settings = confirming("peers:1", **durability)
        settings["link"] = {"silence_ms": 600_000}
        if stub is not None:
            settings |= stub.settings("google")
        herd = Herd(("Alpha", "Beta"), (("Alpha", "Beta"),), settings, threads=threads,
                    environment={"TEST_GOOGLE_KEY": KEY})  # fmt: skip
        del herd.servers["Beta"]
        self.run_herd(herd)
        beta = self.enterContext(HandMadeNeighbour(herd, "Beta", "Alpha"))
        self.assertTrue(beta.open().startswith(b"PROOF "))
        beta.until_answered()
        return herd, beta

    def ask(self, herd: Herd, client: str, when: str = "1000") -> socket.socket:
        connection = self.enterContext(connect(herd["Alpha"].clients))
        connection.sendall(iamat(client, "+1+2", when))
        return connection

    def pings_behind(self, beta: HandMadeNeighbour, client: str) -> list[bytes]:
        """Reads on to the client's row and the next PING behind it; nothing is answered. The PINGs."""
        while f" {client} ".encode() not in beta.line():
            pass
        while not (line := beta.line()).startswith(b"PING "):
            pass
        return [line]

    def test_the_reply_waits_for_the_answer_to_a_ping_behind_the_row(self) -> None:
        for threads in (1, 3):
            with self.subTest(threads=threads):
                herd, beta = self.alpha(threads)
                connection = self.ask(herd, "kiwi")
                (ping,) = self.pings_behind(beta, "kiwi")
                connection.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    connection.recv(1)
                connection.setblocking(True)
                beta.answer(ping)
                self.assertEqual(parse_at(LineReader(connection).line()).client, b"kiwi")

    def test_so_does_that_to_a_report_that_is_known(self) -> None:
        herd, beta = self.alpha()
        first = self.ask(herd, "kiwi")
        (ping,) = self.pings_behind(beta, "kiwi")
        again = self.ask(herd, "kiwi", "999")
        wait_until(lambda: self.status(herd)["commands"]["iamat"] == 2, "Alpha has both")
        beta.answer(ping)
        self.assertEqual(parse_at(LineReader(first).line()).client, b"kiwi")
        while not (line := beta.line()).startswith(b"PING "):
            pass
        beta.answer(line)
        self.assertEqual(parse_at(LineReader(again).line()).client, b"kiwi")

    def test_without_it_the_connection_is_closed(self) -> None:
        herd, beta = self.alpha(timeout_ms=200)
        self.assertEqual(read_to_end(self.ask(herd, "kiwi")), b"")
        herd["Alpha"].wait_for_log("in memory only, since confirmation by neighbours took longer than")
        self.assertEqual(self.status(herd)["acknowledgements"], {"durable": 0, "refused": 1, "in_memory": 0})
        # It is known all the same, and the next one may be luckier.
        self.assertIsNotNone(position(herd["Alpha"].clients, "kiwi"))
        self.pings_behind(beta, "kiwi")
        connection = self.ask(herd, "moa")
        (ping,) = self.pings_behind(beta, "moa")
        beta.answer(ping)
        self.assertEqual(parse_at(LineReader(connection).line()).client, b"moa")

    def test_replies_owed_before_it_are_sent_all_the_same(self) -> None:
        herd, beta = self.alpha(timeout_ms=200)
        connection = self.enterContext(connect(herd["Alpha"].clients))
        connection.sendall(b"x\n" + iamat("kiwi", "+1+2", "1000") + b"y\n" + iamat("kiwi", "+1+3", "1001"))
        self.assertEqual(read_to_end(connection), b"? x\n")

    def test_they_are_so_at_the_end_of_the_server_too(self) -> None:
        herd, beta = self.alpha(timeout_ms=60_000)
        connection = self.enterContext(connect(herd["Alpha"].clients))
        connection.sendall(b"x\n" + iamat("kiwi", "+1+2", "1000"))
        self.pings_behind(beta, "kiwi")
        herd["Alpha"].stop()
        self.assertEqual(read_to_end(connection), b"? x\n")

    def with_google(self) -> tuple[Herd, GoogleStub, socket.socket]:
        """Beta never confirms, kiwi is known, and Google answers once it is told to."""
        stub = self.enterContext(GoogleStub())
        herd, beta = self.alpha(stub=stub, timeout_ms=200)
        beta.send(b"AT Beta +0.000000000 kiwi +1+2 " + now_text().encode())
        wait_until(lambda: position(herd["Alpha"].clients, "kiwi"), "Alpha knows kiwi")
        stub.set_mode("hold")
        return herd, stub, self.enterContext(connect(herd["Alpha"].clients))

    def test_an_acknowledgement_that_waited_for_a_look_up_is_refused_too(self) -> None:
        herd, stub, connection = self.with_google()
        connection.sendall(whatsat("kiwi", 10, 5) + b"x\n" + iamat("moa", "+1+2", "1000") + b"y\n")
        wait_until(lambda: self.status(herd)["commands"]["iamat"] == 1, "Alpha has the report")
        stub.set_mode("ok")
        answer, end, rest = read_to_end(connection).partition(b"\n\n")
        self.assertEqual(parse_whatsat(answer + end)[1]["status"], "OK")
        self.assertEqual(rest, b"? x\n")

    def test_one_that_is_refused_while_it_waits_is_never_given(self) -> None:
        herd, stub, connection = self.with_google()
        connection.sendall(b"x\n" + whatsat("kiwi", 10, 5) + iamat("moa", "+1+2", "1000") + b"y\n")
        wait_until(lambda: self.status(herd)["acknowledgements"]["refused"] == 1, "it is refused")
        stub.set_mode("ok")
        first, _, answer = read_to_end(connection).partition(b"\n")
        self.assertEqual(first, b"? x")
        self.assertEqual(parse_whatsat(answer)[1]["status"], "OK")

    def test_no_look_up_behind_a_report_that_is_refused_looks_like_its_acknowledgement(self) -> None:
        herd, stub, connection = self.with_google()
        connection.sendall(b"x\n" + iamat("kiwi", "+1+2") + whatsat("kiwi", 10, 5) + iamat("moa", "+1+2", "1000"))
        wait_until(lambda: self.status(herd)["acknowledgements"]["refused"] == 1, "it is refused")
        stub.set_mode("ok")
        self.assertEqual(read_to_end(connection), b"? x\n")

    def test_or_the_reply_is_given_when_told_to(self) -> None:
        herd, _ = self.alpha(timeout_ms=200, on_timeout="memory")
        connection = self.ask(herd, "kiwi")
        self.assertEqual(parse_at(LineReader(connection).line()).client, b"kiwi")
        self.assertEqual(self.status(herd)["acknowledgements"]["in_memory"], 1)

    def test_it_is_not_ready_without_the_neighbour(self) -> None:
        herd, beta = self.alpha()
        self.assertEqual(self.ready(herd)[0], 200)
        beta.connection.close()
        wait_until(lambda: self.ready(herd)[0] == 503, "Alpha is not ready")
        self.assertIn("and 0 of the neighbours are linked", self.ready(herd)[1])

    def get(self, herd: Herd, path: str) -> tuple[int, str]:
        url = f"http://{herd.host}:{herd.admin_ports['Alpha']}{path}"
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ready(self, herd: Herd) -> tuple[int, str]:
        return self.get(herd, "/readyz")

    def status(self, herd: Herd) -> dict[str, dict[str, int]]:
        return json.loads(self.get(herd, "/v1/status")[1])


class Five(HerdCase):
    def test_what_is_acknowledged_survives_the_server_at_once(self) -> None:
        herd = self.run_herd(Herd(threads=2, settings=confirming("peers:1")))
        wait_for_links(herd)
        for number, server in enumerate(FIVE):
            commands = b"".join(iamat(f"c{number}-{i}", "+1+2") for i in range(200))
            lines = exchange(herd[server].clients, commands).splitlines(keepends=True)
            herd[server].kill()
            self.assertEqual(len(lines), 200)
            others = [name for name in FIVE if name != server]
            for line in (lines[0], lines[-1]):
                wait_for_row(herd, others, parse_at(line).client, line)
            herd[server].start()
            wait_for_links(herd)

    def test_a_stopped_neighbour_keeps_nobody_waiting_while_another_answers(self) -> None:
        herd = self.run_herd(Herd(settings=confirming("peers:1", timeout_ms=60_000)))
        wait_for_links(herd)
        herd["Hands"].pause()
        try:
            report(herd, "Goloman", "quick")
        finally:
            herd["Hands"].resume()


class Refusals(HerdCase):
    def test_more_neighbours_than_there_are(self) -> None:
        herd = Herd(settings=confirming("peers:2"))
        with self.assertRaisesRegex(Exception, "peers:2.*can never be had at .*Welsh.*1 neighbours"), herd:
            pass


if __name__ == "__main__":
    unittest.main()
