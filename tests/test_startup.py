"""Starting and ending: clear errors and exit codes, never a half-started herd; SIGTERM ends cleanly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import unittest
from pathlib import Path

from exchange import LineReader, connect, exchange, iamat, parse_at, position, read_to_end
from herd_case import HerdCase
from herd_process import BINARY, Herd, Server, StartFailed, single
from ports import free_port
from spreading import wait_for_links
from waiting import DEADLINE


class Starting(HerdCase):
    def fails(self, server: Server, exit_code: int, words: str, *options: str) -> None:
        """The server does not start, with this exit code and one clear line on standard error."""
        with self.assertRaises(StartFailed) as failed:
            server.start(*options)
        self.assertEqual(failed.exception.exit_code, exit_code, failed.exception)
        self.assertRegex(failed.exception.stderr, f"(?i){words}")

    def twin(self, herd: Herd, name: str = "Goloman") -> Server:
        """The same server once more, with the same configuration."""
        return Server(name, herd.config, herd.folder, herd.environment)

    def test_a_second_start_of_the_same_server(self) -> None:
        herd = self.run_herd(single())
        port = herd.client_ports["Goloman"]
        self.fails(self.twin(herd), 1, f"{port}.*in use|in use.*{port}")
        parse_at(exchange(herd["Goloman"].clients, iamat("still")))

    def test_a_port_of_clients_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", free_port())) as taken:
            port = taken.getsockname()[1]
            herd = single()
            self.enterContext(herd)
            herd["Goloman"].stop()
            self.fails(self.twin(herd), 1, f"{port}", "--clients", f"127.0.0.1:{port}")

    def test_a_port_of_neighbours_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", free_port())) as taken:
            port = taken.getsockname()[1]
            herd = self.run_herd(Herd(("A", "B"), (("A", "B"),)))
            herd["A"].stop()
            self.fails(self.twin(herd, "A"), 1, f"{port}", "--peers", f"127.0.0.1:{port}")
            # Nothing is left half-started: the port of the clients is free.
            herd["A"].start()
            wait_for_links(herd)

    def test_an_address_that_cannot_be_bound(self) -> None:
        herd = self.run_herd(single())
        # 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
        self.fails(self.twin(herd), 1, "192.0.2.1", "--clients", "192.0.2.1:0")
        self.fails(self.twin(herd), 1, "herd.invalid", "--clients", "herd.invalid:0")

    def test_a_server_that_the_configuration_does_not_know(self) -> None:
        herd = self.run_herd(single())
        self.fails(self.twin(herd, "Nobody"), 2, "Nobody.*Goloman|Goloman.*Nobody")

    def test_ports_of_the_systems_choice(self) -> None:
        herd = self.run_herd(single())
        other = self.twin(herd)
        other.start("--clients", "127.0.0.1:0", "--peers", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        self.addCleanup(other.stop)
        self.assertNotEqual(other.clients, herd["Goloman"].clients)
        self.assertGreater(other.clients[1], 0)
        line = exchange(other.clients, iamat("own"))
        self.assertEqual(position(other.clients, "own"), line)

    def test_clients_on_ipv6(self) -> None:
        herd = self.run_herd(single())
        other = self.twin(herd)
        other.start("--clients", "[::1]:0", "--peers", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        self.addCleanup(other.stop)
        self.assertEqual(other.clients[0], "::1")
        parse_at(exchange(other.clients, iamat("six")))

    def test_clients_on_every_address(self) -> None:
        herd = self.run_herd(single())
        other = self.twin(herd)
        other.start("--clients", "*:0", "--peers", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        self.addCleanup(other.stop)
        for host in ("127.0.0.1", "::1", "127.0.0.9"):
            with self.subTest(host):
                parse_at(exchange((host, other.clients[1]), iamat("any")))

    def test_a_client_that_resets_at_once_harms_nobody(self) -> None:
        herd = self.run_herd(single())
        for _ in range(100):
            with socket.create_connection(herd["Goloman"].clients, DEADLINE) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        parse_at(exchange(herd["Goloman"].clients, iamat("after")))


class WrongConfiguration(HerdCase):
    def setUp(self) -> None:
        super().setUp()
        self.herd_files = single()
        self.herd_files.choose_ports()
        self.addCleanup(self.herd_files.close)

    def refused(self, text: str | None, words: str) -> None:
        """`serve` and `check-config` end with 2 and say the file and what is wrong in it."""
        config: Path = self.herd_files.config
        if text is None:
            config.unlink()
        else:
            config.write_text(text, encoding="utf-8")
        for command in (["serve", "Goloman"], ["check-config"]):
            with self.subTest(command):
                done = subprocess.run(
                    [BINARY, "--config", config, *command], env=self.herd_files.environment, capture_output=True,
                    text=True, timeout=DEADLINE, check=False,
                )  # fmt: skip
                self.assertEqual(done.returncode, 2, done)
                self.assertIn(config.name, done.stderr + done.stdout)
                self.assertRegex(done.stderr + done.stdout, f"(?is){words}")

    def test_a_file_that_is_not_there(self) -> None:
        self.refused(None, "no such file|not.*(found|exist)|cannot")

    def test_text_that_is_not_toml(self) -> None:
        self.refused(self.herd_files.config_text() + "\nnot toml at all\n", r":\d+")

    def test_an_unknown_key(self) -> None:
        self.refused(self.herd_files.config_text() + "\n[limits]\nlien_bytes = 5\n", "lien_bytes.*line_bytes")

    def test_a_value_of_the_wrong_kind(self) -> None:
        self.refused(self.herd_files.config_text() + '\n[limits]\nline_bytes = "many"\n', "line_bytes")

    def test_a_value_out_of_range(self) -> None:
        self.refused(self.herd_files.config_text() + "\n[limits]\nline_bytes = -5\n", "line_bytes")

    def test_a_link_with_an_unknown_server(self) -> None:
        text = self.herd_files.config_text().replace("links = []", 'links = [["Goloman", "Nobody"]]')
        self.refused(text, "Nobody")

    def test_a_bad_address(self) -> None:
        text = self.herd_files.config_text().replace('clients = "127.0.0.1:', 'clients = "127.0.0.1:9')
        self.refused(text + "\n", "clients")

    def test_two_servers_of_one_name(self) -> None:
        text = self.herd_files.config_text().replace(
            "[link]", '[[server]]\nname = "Goloman"\nclients = "127.0.0.1:1"\npeers = "127.0.0.1:2"\n[link]'
        )
        self.refused(text, "Goloman")


class Ending(HerdCase):
    def test_sigterm_and_sigint_end_with_0(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                herd = self.run_herd(single())
                server = herd["Goloman"]
                with connect(server.clients) as idle:
                    os.kill(server.pid, number)
                    self.assertEqual(read_to_end(idle), b"")
                server.wait_for_exit()

    def test_replies_are_finished(self) -> None:
        herd = self.run_herd(single())
        server = herd["Goloman"]
        count = 2000
        with connect(server.clients) as connection:
            connection.sendall(b"".join(iamat("last", "+1+2", str(number)) for number in range(count)))
            reader = LineReader(connection)
            first = reader.line()
            server.terminate()
            rest = reader.buffer + read_to_end(connection)
        server.wait_for_exit()
        # Every reply that came is whole, and they are the first so many in order.
        self.assertTrue(rest == b"" or rest.endswith(b"\n"))
        for number, line in enumerate([first, *rest.splitlines()]):
            self.assertEqual(parse_at(line).time, b"%d" % number)

    def test_a_client_that_never_reads_does_not_hold_the_end_up(self) -> None:
        herd = self.run_herd(single())
        server = herd["Goloman"]
        with connect(server.clients) as connection:
            connection.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                while True:
                    connection.sendall(b"x" * 1000 + b"\n")
            server.terminate()
            server.wait_for_exit()

    def test_the_ports_are_free_at_once(self) -> None:
        herd = self.run_herd(Herd(("A", "B"), (("A", "B"),)))
        for _ in range(3):
            with connect(herd["A"].clients) as connection:
                connection.sendall(iamat("a"))
                LineReader(connection).line()
                # The server closes first, so that the kernel remembers the connection on its side.
                herd["A"].terminate()
                read_to_end(connection)
            herd["A"].wait_for_exit()
            herd["A"].start()
        wait_for_links(herd)


if __name__ == "__main__":
    unittest.main()
