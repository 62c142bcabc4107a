"""Lines, fields, `?` replies, pipelining and half-close: what holds for every command."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import unittest

from admin import metric
from exchange import LineReader, connect, exchange, iamat, parse_at, parse_whatsat, position, read_to_end, whatsat
from herd_case import HerdCase
from herd_process import Herd, single
from waiting import DEADLINE


class Lines(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def ask(self, data: bytes) -> bytes:
        return exchange(self.herd["Goloman"].clients, data)

    def assert_echoed(self, *lines: bytes) -> None:
        """Each line, sent with LF and alone, is answered by `? ` and itself."""
        for line in lines:
            with self.subTest(line):
                self.assertEqual(self.ask(line + b"\n"), b"? " + line + b"\n")

    def test_fields_are_parted_by_any_white_space(self) -> None:
        for space in (b" ", b"\t", b"\r", b"\f", b"\v", b"  ", b" \t\r\f\v ", b"\v\f"):
            for before, after in itertools.product((b"", space), repeat=2):
                line = before + space.join((b"IAMAT", b"white", b"+1+2", b"3")) + after + b"\n"
                with self.subTest(line):
                    self.assertEqual(parse_at(self.ask(line))[2:], (b"white", b"+1+2", b"3"))

    def test_other_bytes_that_look_like_space_are_not(self) -> None:
        self.assert_echoed(
            b"IAMAT\0white +1+2 3",
            "IAMAT\u00a0white +1+2 3".encode(),
            "IAMAT\u2003white +1+2 3".encode(),
            b"IAMAT\x1cwhite +1+2 3",
            b"IAMAT\x85white +1+2 3",
        )

    def test_a_blank_line_gets_no_answer(self) -> None:
        for blank in (b"\n", b"\r\n", b" \n", b"\t\r\f\v \n", b"\n\n\n", b"   ", b"\r", b""):
            with self.subTest(blank):
                self.assertEqual(self.ask(blank), b"")
        self.assertEqual(self.ask(b"\n \n\r\na\n\n\nb\n\n"), b"? a\n? b\n")

    def test_what_is_no_command_is_echoed_to_the_byte(self) -> None:
        self.assert_echoed(
            b"WHEREIS kiwi", b"x", b"?", b"? x", b"  leading", b"trailing  ", b"a\tb", b"\ttab", b" x \x0c\x0b ",
            b"a\rb", b"\rx", b"a\r b", b"\0", b"\0\0\0", b"a\0b", b"\xff\xfe\x80", "ünï".encode(), b"\x1b[31m",
            b"%s%n%d", b"{}", b'"', b"a" * 256, b"b" * 257, b"c" * 8000,
        )  # fmt: skip

    def test_one_line_end_is_left_off_the_echo_and_no_more(self) -> None:
        for sent, echoed in ((b"x\r\n", b"x"), (b"x\r\r\n", b"x\r"), (b"x \r\n", b"x "), (b"\rx\r\n", b"\rx"),
                             (b"x\n", b"x"), (b"x\r\n\r\n", b"x"), (b"x\r \r\n", b"x\r ")):
            with self.subTest(sent):
                self.assertEqual(self.ask(sent), b"? " + echoed + b"\n")

    def test_random_bytes_are_echoed(self) -> None:
        chance = random.Random(2026)
        lines = [b"x" + bytes(chance.choices([b for b in range(256) if b != 10], k=chance.randint(0, 300))) + b"x"
                 for _ in range(200)]
        self.assertEqual(self.ask(b"\n".join(lines) + b"\n"), b"".join(b"? " + line + b"\n" for line in lines))

    def test_the_number_of_fields_is_four(self) -> None:
        self.assert_echoed(
            b"IAMAT", b"IAMAT a", b"IAMAT a +1+2", b"IAMAT a +1+2 3 4", b"IAMAT a +1+2 3 4 5",
            b"WHATSAT", b"WHATSAT a", b"WHATSAT a 10", b"WHATSAT a 10 5 5", b"WHATSAT  10 5",
        )  # fmt: skip

    def test_command_words_are_upper_case_and_exact(self) -> None:
        self.assert_echoed(
            b"iamat a +1+2 3", b"Iamat a +1+2 3", b"IAMATX a +1+2 3", b"IAMA a +1+2 3", b"IAMA T a +1+2 3",
            b"whatsat a 1 1", b"WhatsAt a 1 1", b"WHATSATS a 1 1", b"\xef\xbb\xbfIAMAT a +1+2 3", b"HELP", b"QUIT",
        )  # fmt: skip

    def test_at_from_a_client_is_not_believed(self) -> None:
        address = self.herd["Goloman"].clients
        self.assert_echoed(b"AT Goloman +0.263873386 liar +34.068930-118.445127 1520023934.918963997", b"AT",
                           b"AT Hands +0.000000000 liar +1+2 1520023934")
        self.assertEqual(exchange(address, whatsat("liar")), b"? WHATSAT liar 0 0\n")
        first = self.ask(iamat("truth", "+1+2", "1000"))
        forged = first.replace(b"+1+2 1000", b"+3+4 2000")
        self.assertEqual(self.ask(forged), b"? " + forged)
        self.assertEqual(parse_whatsat(self.ask(whatsat("truth")))[0], first)

    def test_nothing_comes_unasked(self) -> None:
        with connect(self.herd["Goloman"].clients) as connection:
            # The answer to the second connection comes after a banner on the first would have.
            self.ask(b"x\n")
            connection.setblocking(False)
            with self.assertRaises(BlockingIOError):
                connection.recv(1)
            connection.settimeout(DEADLINE)
            connection.sendall(b"\n\nx\n")
            reader = LineReader(connection)
            self.assertEqual(reader.line(), b"? x\n")
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(reader.buffer + read_to_end(connection), b"")

    def test_the_end_of_the_stream_ends_the_last_command(self) -> None:
        self.assertEqual(self.ask(b"x"), b"? x\n")
        self.assertEqual(self.ask(b"x\r"), b"? x\r\n", "a CR with no LF is no line end")
        self.assertEqual(self.ask(b"a\nb"), b"? a\n? b\n")
        parse_at(self.ask(b"IAMAT end +1+2 3"))
        parse_at(self.ask(b"IAMAT end +1+2 3\r"))
        parse_whatsat(self.ask(b"WHATSAT end 10 5"))

    def test_replies_come_in_the_order_of_pipelined_commands(self) -> None:
        commands, checks = [], []
        for number in range(500):
            commands += [iamat(f"p{number % 7}", f"+{number % 90}+{number % 180}", f"{number}"), b"x%d\n" % number,
                         whatsat(f"p{number % 7}", number % 51, number % 21)]
            checks.append(number)
        reply = self.ask(b"".join(commands))
        for number in checks:
            line, _, reply = reply.partition(b"\n")
            client, location = b"p%d" % (number % 7), b"+%d+%d" % (number % 90, number % 180)
            self.assertEqual(parse_at(line)[2:], (client, location, b"%d" % number))
            echo, _, reply = reply.partition(b"\n")
            self.assertEqual(echo, b"? x%d" % number)
            whole, end, reply = reply.partition(b"\n\n")
            self.assertEqual(parse_whatsat(whole + end)[0], line + b"\n")
        self.assertEqual(reply, b"")

    def test_a_command_may_come_byte_by_byte(self) -> None:
        with connect(self.herd["Goloman"].clients) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"IAMAT bytes +1+2 3\r\nWHATSAT bytes 1 1\n \r\nx\0y\n":
                connection.sendall(bytes([byte]))
            reader = LineReader(connection)
            at = reader.line()
            self.assertEqual(parse_at(at).client, b"bytes")
            self.assertEqual(parse_whatsat(reader.until(b"\n\n"))[0], at)
            self.assertEqual(reader.line(), b"? x\0y\n")

    def test_a_connection_serves_many_commands_one_by_one(self) -> None:
        with connect(self.herd["Goloman"].clients) as connection:
            reader = LineReader(connection)
            for number in range(100):
                connection.sendall(iamat("one", "+1+2", str(number)))
                self.assertEqual(parse_at(reader.line()).time, b"%d" % number)

    def test_a_client_that_goes_away_without_reading_harms_nobody(self) -> None:
        address = self.herd["Goloman"].clients
        for _ in range(50):
            with connect(address) as connection:
                connection.sendall(b"x\n" * 1000 + b"IAMAT gone +1+2 3")
                # Sends a reset instead of a FIN when it closes.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.assertEqual(self.ask(b"x\n"), b"? x\n")


class WebPages(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def test_an_http_request_is_closed_unanswered_and_its_body_not_read(self) -> None:
        body = iamat("from-a-web-page") * 3
        requests = [
            b"POST / HTTP/1.1\r\nHost: herd\r\nContent-Length: %d\r\n\r\n" % len(body),
            b"\r\nGET /x?y=z HTTP/1.0\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"OPTIONS * HTTP/1.1\n",
        ]
        for request in requests:
            with self.subTest(request):
                self.assertEqual(exchange(self.herd["Goloman"].clients, request + body), b"")
        # In pieces, as a slow browser sends it.
        with connect(self.herd["Goloman"].clients) as connection, contextlib.suppress(ConnectionError):
            for byte in requests[0] + body:
                connection.sendall(bytes([byte]))
            self.assertEqual(read_to_end(connection), b"")
        self.assertIsNone(position(self.herd["Goloman"].clients, "from-a-web-page"))
        self.assertEqual(metric(self.herd, "Goloman", "herd_sessions_http_total"), len(requests) + 1)

    def test_only_the_first_line_is_taken_for_one(self) -> None:
        line = b"GET / HTTP/1.1"
        answers = exchange(self.herd["Goloman"].clients, b"x\n" + line + b"\nGET /\n").splitlines()
        self.assertEqual(answers, [b"? x", b"? " + line, b"? GET /"])
        self.assertEqual(exchange(self.herd["Goloman"].clients, b"GET / HTTP\n"), b"? GET / HTTP\n")


class AsyncioClient(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return single()

    def test_one_read_gets_a_whole_reply(self) -> None:
        """A client that opens, writes one command without a newline, half-closes and reads once."""
        host, port = self.herd["Goloman"].clients

        async def once(command: bytes) -> bytes:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(command)
            writer.write_eof()
            reply = await asyncio.wait_for(reader.read(1_000_000), DEADLINE)
            writer.close()
            await writer.wait_closed()
            return reply

        async def many() -> None:
            at = await once(b"IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997")
            self.assertEqual(parse_at(at).client, b"kiwi.cs.ucla.edu")
            replies = await asyncio.gather(*(once(b"WHATSAT kiwi.cs.ucla.edu 10 5") for _ in range(50)))
            for reply in replies:
                self.assertEqual(parse_whatsat(reply)[0], at)

        asyncio.run(many())


if __name__ == "__main__":
    unittest.main()
