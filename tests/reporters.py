"""Very many clients that report all the time, and what each of them was acknowledged.

Reports go out in blocks of clients, each block in one write and with one time, so that Python keeps
up with servers that take a hundred thousand in a second. A block is with one server at a time, and
behind all others once it has been answered: so a client's times rise, and it reports now here, now
there. What was not acknowledged, because the server died or does not answer, is sent again to
whichever server takes it, with a later time.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import threading
import time
from array import array
from collections import deque
from collections.abc import Iterable, Mapping

from exchange import NANOS, seconds_text
from herd_process import Address

BLOCK = 1000

# The clock of the clients never goes back, as the system's may.
_EPOCH = time.time_ns() - time.monotonic_ns()
_TIME = re.compile(rb"^(?:AT \S+ \S+ \S+ \S+ (\S+)|\? WHATSAT .*)$", re.MULTILINE)


class Block:
    """Clients that report together."""

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.size = stop - start
        names = [b"client-%07d" % number for number in range(start, stop)]
        self.commands = b"".join(b"IAMAT %b @\n" % name for name in names)  # the @ becomes place and time
        self.questions = b"".join(b"WHATSAT %b 0 0\n" % name for name in names)


class Reporters:
    """Clients 0 to `count` - 1, who report to the servers at `addresses`. Start, pause and resume them.

    A thread for each server. `acknowledged` holds, for each client, the time of its last report that
    a server acknowledged, in nanoseconds; 0 for none. `takers` holds which server that was, as its
    place in `names`.
    """

    def __init__(self, addresses: Mapping[str, Address], count: int) -> None:
        self.count = count
        self.names = tuple(addresses)
        self.addresses = dict(addresses)
        self.acknowledged = array("q", bytes(8 * count))
        self.takers = array("b", bytes(count))
        self.patience = 2.0  # seconds without a reply after which a server counts as dead
        self.faults: list[str] = []
        self._blocks = deque(Block(at, min(at + BLOCK, count)) for at in range(0, count, BLOCK))
        self._number = itertools.count()
        self._lock = threading.Condition()
        self._running = False
        self._over = False
        self._busy = 0
        self._interval = 0.0  # between two reports of all clients
        self._next_slot = 0.0
        self._answered = 0
        self._threads = [
            threading.Thread(target=self._report_to, args=(taker,), daemon=True) for taker in range(len(self.names))
        ]
        for thread in self._threads:
            thread.start()

    def resume(self, rate: float = 0) -> None:
        """Reports from now on, all clients together so often a second; 0: as often as servers answer."""
        with self._lock:
            self._interval = 1 / rate if rate else 0.0
            self._next_slot = time.monotonic()
            self._running = True
            self._lock.notify_all()

    def pause(self) -> None:
        """Returns once no report is unanswered that a server could still acknowledge."""
        with self._lock:
            self._running = False
            self._lock.notify_all()
            assert self._lock.wait_for(lambda: self._busy == 0, 10 * self.patience), "reports are not answered"
        assert not self.faults, self.faults

    def report_each_once(self) -> float:
        """Every client's report is acknowledged once more, as quickly as servers answer; seconds it took."""
        start = time.monotonic()
        target = self._answered + self.count  # blocks come in turn
        self.resume()
        while self._answered < target:
            assert not self.faults, self.faults
            time.sleep(0.002)
        self.pause()
        return time.monotonic() - start

    @property
    def answered(self) -> int:
        """How many reports have been acknowledged so far."""
        return self._answered

    def close(self) -> None:
        with self._lock:
            self._over = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join()

    def missing(self, name: str) -> list[int]:
        """Clients of whom a server has neither the report that was acknowledged nor a later one.

        To be called while paused.
        """
        missing = []
        with socket.create_connection(self.addresses[name], timeout=60) as connection:
            for block in self._blocks:
                connection.sendall(block.questions)
                answers = _answers(connection, block.size)
                found = [int((text or b"0").replace(b".", b"")) for text in _TIME.findall(answers)]
                assert len(found) == block.size, f"{len(found)} answers to {block.size} questions"
                wanted = self.acknowledged[block.start : block.start + block.size]
                missing += [block.start + i for i in range(block.size) if found[i] < wanted[i]]
        return missing

    def forgive(self, clients: Iterable[int]) -> None:
        """What these clients were acknowledged is not expected any more."""
        for client in clients:
            self.acknowledged[client] = 0

    def _report_to(self, taker: int) -> None:
        address = self.addresses[self.names[taker]]
        connection: socket.socket | None = None
        with contextlib.ExitStack() as stack:
            while (block := self._take()) is not None:
                answered = False
                try:
                    if connection is None:
                        connection = stack.enter_context(socket.create_connection(address, self.patience))
                    self._report(connection, block, taker)
                    answered = True
                except OSError:
                    stack.close()
                    connection = None
                except AssertionError as fault:
                    self.faults.append(str(fault))
                self._give_back(block, answered)
                if not answered:
                    time.sleep(0.05)  # a server that is down is tried again, and not all the time

    def _take(self) -> Block | None:
        with self._lock:
            while not self._over:
                wait = self._next_slot - time.monotonic()
                if self._running and self._blocks and wait <= 0:
                    block = self._blocks.popleft()
                    self._next_slot = max(self._next_slot, time.monotonic() - 0.1) + block.size * self._interval
                    self._busy += 1
                    return block
                self._lock.wait(wait if self._running and wait > 0 else None)
            return None

    def _give_back(self, block: Block, answered: bool) -> None:
        with self._lock:
            if answered:
                self._blocks.append(block)
            else:
                self._blocks.appendleft(block)
            self._busy -= 1
            self._lock.notify_all()

    def _report(self, connection: socket.socket, block: Block, taker: int) -> None:
        now = _EPOCH + time.monotonic_ns()
        place = b"%+010.6f%+011.6f" % (next(self._number) % 80_000 / 1000, -(now // NANOS % 17_000) / 100)
        replies: list[bytes] = []
        count = 0
        try:
            connection.sendall(block.commands.replace(b"@", place + b" " + seconds_text(now).encode()))
            while count < block.size:
                chunk = connection.recv(1 << 18)
                if not chunk:
                    raise ConnectionResetError
                replies.append(chunk)
                count += chunk.count(b"\n")
        finally:
            # Replies come in the order of the reports, so these are acknowledged whatever comes next.
            self.acknowledged[block.start : block.start + count] = array("q", [now]) * count
            self.takers[block.start : block.start + count] = array("b", [taker]) * count
            with self._lock:
                self._answered += count
        text = b"\n" + b"".join(replies)
        assert text.count(b"\nAT ") == block.size == count, f"a report was not taken: {text[-300:]!r}"


def _answers(connection: socket.socket, count: int) -> bytes:
    """Reads so many answers to WHATSAT: each ends with an empty line, or is one line that begins with `?`."""
    text = b"\n"
    while True:
        chunk = connection.recv(1 << 20)
        assert chunk, "the server closed"
        text += chunk
        if text.endswith(b"\n") and text.count(b"\n\n") + text.count(b"\n? ") >= count:
            return text
