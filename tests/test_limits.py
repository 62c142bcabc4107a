"""What one server bears: long lines, clients that never read, too many connections, silence."""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from admin import status
from exchange import LineReader, connect, exchange, iamat, parse_at, read_to_end, whatsat
from herd_case import HerdCase
from herd_process import Address, Herd, Server, single
from waiting import DEADLINE, SANITIZED, SLOWNESS, wait_until

LINE_BYTES_DEFAULT = 8192
MIB = 1 << 20


def refused(address: Address) -> bool:
    """True when the server closes a new connection without a word and without serving it."""
    with connect(address) as connection:
        # The server may have closed by now.
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"x\n")
        try:
            return connection.recv(100) == b""
        except ConnectionResetError:
            return True


def is_served(connection: socket.socket) -> bool:
    connection.sendall(b"x\n")
    return connection.recv(100) == b"? x\n"


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def wait_until_steady(value: Callable[[], int]) -> None:
    """Returns when `value` has not changed for a while."""
    last, since = value(), time.monotonic()
    while time.monotonic() - since < 0.5 * SLOWNESS:
        time.sleep(0.02)
        if value() != last:
            last, since = value(), time.monotonic()


class LongLines(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single({"limits": {"line_bytes": 1000}})

    def assert_cut(self, sent: bytes, expected: bytes) -> None:
        """The server answers so and closes, whether or not the client half-closes."""
        with connect(self.herd["Goloman"].clients) as connection:
            connection.sendall(sent)
            self.assertEqual(read_to_end(connection), expected)

    def test_a_line_of_the_limit_is_a_line(self) -> None:
        line = b"x" * 1000
        for end in (b"\n", b"\r\n", b""):
            with self.subTest(end):
                sent = line + end + (b"y\n" if end else b"")
                expected = b"? " + line + b"\n" + (b"? y\n" if end else b"")
                self.assertEqual(exchange(self.herd["Goloman"].clients, sent), expected)

    def test_a_line_over_the_limit_is_cut_and_the_connection_closed(self) -> None:
        for size in (1001, 1002, 2000, 100_000):
            for end in (b"\n", b"\r\n", b"", b"\ny\n"):
                with self.subTest(size=size, end=end):
                    self.assert_cut(b"x" * size + end, b"? " + b"x" * 256 + b"\n")

    def test_a_cr_at_the_limit_counts_unless_it_ends_the_line(self) -> None:
        self.assert_cut(b"x" * 1000 + b"\ry", b"? " + b"x" * 256 + b"\n")
        self.assert_cut(b"x" * 1000 + b"\r\r\n", b"? " + b"x" * 256 + b"\n")

    def test_the_cut_line_keeps_its_bytes(self) -> None:
        beginning = bytes(value for value in range(256) if value != 10) + b"!"
        self.assert_cut(beginning + b"x" * 2000, b"? " + beginning + b"\n")

    def test_a_long_report_is_not_believed(self) -> None:
        self.assert_cut(b"IAMAT long +1+2 " + b"0" * 2000 + b"5\n", b"? IAMAT long +1+2 " + b"0" * 240 + b"\n")
        self.assertEqual(exchange(self.herd["Goloman"].clients, b"WHATSAT long 0 0\n"), b"? WHATSAT long 0 0\n")

    def test_a_line_of_spaces_is_no_exception(self) -> None:
        self.assert_cut(b" " * 1001, b"? " + b" " * 256 + b"\n")

    def test_replies_to_earlier_commands_come_first(self) -> None:
        earlier = b"".join(b"x%d\n" % number for number in range(300))
        replies = b"".join(b"? x%d\n" % number for number in range(300))
        self.assert_cut(earlier + b"y" * 5000, replies + b"? " + b"y" * 256 + b"\n")
        self.assert_cut(earlier + b"y" * 5000 + b"\nz\n", replies + b"? " + b"y" * 256 + b"\n")


class DefaultLine(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def test_the_default_limit_is_8192_bytes(self) -> None:
        address = self.herd["Goloman"].clients
        line = b"x" * LINE_BYTES_DEFAULT
        self.assertEqual(exchange(address, line + b"\n"), b"? " + line + b"\n")
        with connect(address) as connection:
            connection.sendall(line + b"x\n")
            self.assertEqual(read_to_end(connection), b"? " + b"x" * 256 + b"\n")

    def test_an_endless_line_costs_no_memory(self) -> None:
        server = self.herd["Goloman"]
        before = server.resident_bytes()
        with connect(server.clients) as connection:
            sent = most = 0
            # The server closes; how soon the sender learns of it is the kernel's affair.
            with contextlib.suppress(ConnectionError, TimeoutError):
                while sent < 512 * MIB:
                    connection.sendall(b"x" * MIB)
                    sent += MIB
                    most = max(most, server.resident_bytes() - before)
            self.assertEqual(read_to_end(connection), b"? " + b"x" * 256 + b"\n")
        if not SANITIZED:
            self.assertLess(most, 4 * MIB)

    def test_a_client_that_does_not_read_is_not_read_from(self) -> None:
        server = self.herd["Goloman"]
        before = server.resident_bytes()
        # Far more than the kernel buffers for two sockets.
        lines = [b"%08d %b\n" % (number, b"x" * 1000) for number in range(32_000)]
        sent = 0

        def send() -> None:
            nonlocal sent
            for line in lines:
                connection.sendall(line)
                sent += 1

        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
            connection.settimeout(DEADLINE)
            connection.connect(server.clients)
            sender = threading.Thread(target=send, daemon=True)
            sender.start()
            wait_until_steady(lambda: sent)
            self.assertLess(sent, len(lines), "the server took everything from a client that reads nothing")
            growth = server.resident_bytes() - before
            self.assertEqual(exchange(server.clients, b"y\n"), b"? y\n", "another client must not notice")
            reader = LineReader(connection)
            for line in lines:
                self.assertEqual(reader.line(), b"? " + line)
            sender.join()
        if not SANITIZED:
            self.assertLess(growth, 4 * MIB)


class Connections(HerdCase):
    def test_connections_in_all(self) -> None:
        herd = self.run_herd(single({"limits": {"connections": 5, "connections_per_address": 5}}))
        address = herd["Goloman"].clients
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(connect(address)) for _ in range(5)]
            self.assertTrue(all(is_served(connection) for connection in connections))
            for _ in range(3):
                self.assertTrue(refused(address))
            self.assertTrue(all(is_served(connection) for connection in connections))
            connections[0].close()
            wait_until(lambda: not refused(address), "a new connection in the place of an old one")

    def test_connections_of_one_address(self) -> None:
        herd = self.run_herd(single({"limits": {"connections_per_address": 3}}))
        address = herd["Goloman"].clients
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(connect(address)) for _ in range(3)]
            self.assertTrue(all(is_served(connection) for connection in connections))
            self.assertTrue(refused(address))
            other = stack.enter_context(socket.create_connection(address, DEADLINE, ("127.0.0.2", 0)))
            self.assertTrue(is_served(other))
            connections[0].close()
            wait_until(lambda: not refused(address), "a new connection in the place of an old one")
            self.assertTrue(is_served(other))

    def test_one_address_has_a_quarter_unless_told_otherwise(self) -> None:
        herd = self.run_herd(single({"limits": {"connections": 12}}))
        address = herd["Goloman"].clients
        connections = [self.enterContext(connect(address)) for _ in range(3)]
        self.assertTrue(all(is_served(connection) for connection in connections))
        self.assertTrue(refused(address))
        other = self.enterContext(socket.create_connection(address, DEADLINE, ("127.0.0.2", 0)))
        self.assertTrue(is_served(other))
        self.assertTrue(all(is_served(connection) for connection in connections))
        sessions = status(herd, "Goloman")["sessions"]
        self.assertEqual((sessions["address_limit"], sessions["refused"]), (3, 1))

    def test_who_says_nothing_makes_room(self) -> None:
        """The address that floods has room for an honest client, and so has the server."""
        herd = self.run_herd(single({"limits": {"connections": 8, "connections_per_address": 4}}))
        address = herd["Goloman"].clients
        flood = []
        for host in ("127.0.0.1", "127.0.0.2"):
            flood += [self.enterContext(socket.create_connection(address, DEADLINE, (host, 0))) for _ in range(4)]
        wait_until(lambda: status(herd, "Goloman")["sessions"]["now"] == 8, "all places are taken")
        same = self.enterContext(socket.create_connection(address, DEADLINE, ("127.0.0.2", 0)))
        self.assertTrue(is_served(same))
        self.assertEqual(flood[4].recv(1), b"", "the oldest silent one of the same address goes")
        other = self.enterContext(socket.create_connection(address, DEADLINE, ("127.0.0.3", 0)))
        self.assertTrue(is_served(other))
        self.assertEqual(flood[0].recv(1), b"", "the oldest silent one of all goes")
        self.assertTrue(all(is_served(connection) for connection in (same, other, *flood[1:4], *flood[5:])))
        self.assertEqual(status(herd, "Goloman")["sessions"]["closed"]["made_room"], 2)
        last = self.enterContext(socket.create_connection(address, DEADLINE, ("127.0.0.4", 0)))
        self.assertEqual(read_to_end(last), b"", "who has sent a command keeps its place")

    @unittest.skipIf(SANITIZED, "UBSan's check of virtual calls needs a pipe, and so files, itself")
    def test_running_out_of_files_hurts_only_new_clients(self) -> None:
        herd = self.run_herd(single())
        server = herd["Goloman"]
        open_files = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(connect(server.clients))
            self.assertTrue(is_served(first))
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (open_files + 11, open_files + 11))
            more = [stack.enter_context(connect(server.clients)) for _ in range(40)]
            self.assertTrue(is_served(first))
            self.assert_does_not_spin(server)
            self.assertTrue(is_served(first))
            for connection in more:
                connection.close()
            wait_until(lambda: not refused(server.clients), "a new client after others have gone")

    def assert_does_not_spin(self, server: Server) -> None:
        """A server that tries to accept again and again at once would use all of a processor."""
        used = cpu_seconds(server.pid)
        time.sleep(0.5)  # the span that is measured
        self.assertLess(cpu_seconds(server.pid) - used, 0.3)


class Buffers(HerdCase):
    def test_who_pipelines_and_never_reads_is_closed_before_memory_is_gone(self) -> None:
        for threads, bound in ((1, 4 * MIB), (3, 6 * MIB)):
            with self.subTest(threads=threads):
                self.closes_the_greediest(threads, bound)

    def closes_the_greediest(self, threads: int, bound: int) -> None:
        herd = self.run_herd(single({"limits": {"buffers_bytes": bound}}, threads=threads))
        server = herd["Goloman"]
        honest = self.enterContext(connect(server.clients))
        honest.sendall(iamat("honest"))
        parse_at(LineReader(honest).line())
        before = server.resident_bytes()
        command = whatsat("honest", 0, 0) * 2000
        greedy = []
        most = 0.0

        def flood() -> bool:
            nonlocal most
            connection = self.enterContext(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(server.clients)
            connection.setblocking(False)
            greedy.append(connection)
            for each in greedy[-100:]:
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    while True:
                        each.send(command)
            start = time.monotonic()
            self.assertTrue(is_served(honest))
            most = max(most, time.monotonic() - start)
            return status(herd, "Goloman")["sessions"]["closed"]["greedy"] >= 5

        wait_until(flood, "the greediest are closed")
        wait_until(lambda: status(herd, "Goloman")["sessions"]["buffer_bytes"] <= bound, "the bound holds")
        if not SANITIZED:
            self.assertLess(server.resident_bytes() - before, 8 * bound)
        self.assertTrue(is_served(honest))

    def test_who_sends_much_at_once_is_answered_whole_and_keeps_nobody_waiting(self) -> None:
        herd = self.run_herd(single())
        address = herd["Goloman"].clients
        lines = [b"%d\n" % number for number in range(50_000)]
        with connect(address) as bulk, connect(address) as honest:
            sender = threading.Thread(target=lambda: (bulk.sendall(b"".join(lines)), bulk.shutdown(1)), daemon=True)
            sender.start()
            self.assertTrue(is_served(honest))
            self.assertEqual(read_to_end(bulk), b"".join(b"? " + line for line in lines))
            sender.join()


class Idle(HerdCase):
    def test_who_sends_no_command_in_time_is_closed(self) -> None:
        herd = self.run_herd(single({"limits": {"first_command_s": 1, "idle_timeout_s": 0}}))
        address = herd["Goloman"].clients
        with connect(address) as silent, connect(address) as drips, connect(address) as proven:
            self.assertTrue(is_served(proven))
            drips.setblocking(False)
            start = time.monotonic()
            while not select.select([drips], [], [], 0.1)[0]:
                drips.send(b"\n")
                self.assertLess(time.monotonic() - start, DEADLINE)
            self.assertGreater(time.monotonic() - start, 0.9)
            self.assertEqual(read_to_end(silent), b"")
            self.assertTrue(is_served(proven))
            self.assertEqual(status(herd, "Goloman")["sessions"]["closed"]["no_command"], 2)

    def test_an_idle_connection_is_closed_and_a_busy_one_is_not(self) -> None:
        herd = self.run_herd(single({"limits": {"idle_timeout_s": 1}}))
        address = herd["Goloman"].clients
        start = time.monotonic()
        with connect(address) as idle, connect(address) as half, connect(address) as busy:
            half.sendall(b"IAMAT half")
            idle.setblocking(False)
            closed_after = 0.0
            while not closed_after:
                self.assertTrue(is_served(busy))
                readable, _, _ = select.select([idle], [], [], 0.1)
                if readable:
                    self.assertEqual(idle.recv(100), b"")
                    closed_after = time.monotonic() - start
                self.assertLess(time.monotonic() - start, DEADLINE)
            self.assertGreater(closed_after, 0.9)
            self.assertEqual(read_to_end(half), b"", "half a command is no command")
            self.assertTrue(is_served(busy))

    def test_the_default_is_generous(self) -> None:
        herd = self.run_herd(single())
        with connect(herd["Goloman"].clients) as connection:
            self.assertFalse(select.select([connection], [], [], 1.0)[0])
            connection.sendall(iamat("phone"))
            parse_at(LineReader(connection).line())


if __name__ == "__main__":
    unittest.main()
