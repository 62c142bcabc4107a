"""Who is near: the clients nearest to a point, asked at any server on its admin address."""

from __future__ import annotations

import json
import random
import subprocess
import time
import urllib.parse
from typing import Any

import command_line
from admin import forget, get, metric
from exchange import exchange, iamat, parse_at
from herd_case import HerdCase
from herd_process import FIVE, Herd, single
from ports import free_port
from spreading import report, wait_for_links, wait_for_row
from waiting import wait_until


def near(herd: Herd, server: str, lat: float | str, lng: float | str, **more: object) -> list[dict[str, Any]]:
    """The clients that a server names."""
    query = urllib.parse.urlencode({"lat": lat, "lng": lng, **more})
    code, headers, body = get(herd, server, f"/v1/near?{query}")
    assert code == 200 and headers["Content-Type"] == "application/json", (code, body)
    answer = json.loads(body)
    assert list(answer) == ["clients", "complete"] and answer["complete"], answer
    return answer["clients"]


def names(clients: list[dict[str, Any]]) -> list[str]:
    return [client["client"] for client in clients]


class Five(HerdCase):
    @classmethod
    def make_herd(cls) -> Herd:
        return Herd(threads=2)

    def setUp(self) -> None:
        super().setUp()
        wait_for_links(self.herd)

    def known(self, server: str, client: str, location: str) -> str:
        """A client that reported at one server and is known to all; its AT line without LF."""
        line = report(self.herd, server, client, location)
        wait_for_row(self.herd, FIVE, client, line)
        return line.decode().rstrip("\n")

    def test_nearest_first_whoever_took_the_reports(self) -> None:
        # A thousandth of a degree of latitude is 111.195 m.
        lines = {
            "first": self.known("Welsh", "first", "+10.001+20"),
            "second": self.known("Goloman", "second", "+9.998+20"),
            "third": self.known("Hands", "third", "+10.003+20"),
        }
        self.known("Wilkes", "far", "+10.1+20")
        for name in FIVE:
            clients = near(self.herd, name, 10, 20)
            self.assertEqual(names(clients), ["first", "second", "third"])
            for client, distance in zip(clients, (111.2, 222.4, 333.6), strict=True):
                self.assertEqual(client["distance_m"], distance)
                self.assertEqual(client["at"], lines[client["client"]])
                self.assertEqual(list(client), ["client", "distance_m", "at"])

    def test_radius_and_max(self) -> None:
        for number, server in enumerate(FIVE):
            self.known(server, f"bound-{number}", f"+30.00{number}+40")
        everyone = [f"bound-{number}" for number in range(5)]
        self.assertEqual(names(near(self.herd, "Hands", 30, 40)), everyone)
        self.assertEqual(names(near(self.herd, "Hands", 30, 40, max=2)), everyone[:2])
        self.assertEqual(names(near(self.herd, "Hands", 30, 40, max=1000)), everyone)
        self.assertEqual(names(near(self.herd, "Hands", 30, 40, radius=0.23)), everyone[:3])
        self.assertEqual(names(near(self.herd, "Hands", 30, 40, radius="0.0001")), everyone[:1])
        self.assertEqual(near(self.herd, "Hands", 31, 40), [])
        self.assertEqual(names(near(self.herd, "Hands", 31, 40, radius=1000)), everyone[::-1])

    def test_who_moves_is_where_it_went(self) -> None:
        self.known("Goloman", "mover", "-20+50")
        self.assertEqual(names(near(self.herd, "Welsh", -20, 50)), ["mover"])
        self.known("Wilkes", "mover", "-25-50")
        self.assertEqual(near(self.herd, "Welsh", -20, 50), [])
        self.assertEqual(names(near(self.herd, "Welsh", -25, -50)), ["mover"])

    def test_who_is_forgotten_is_nowhere(self) -> None:
        self.known("Hands", "shy", "-30+60")
        self.assertEqual(forget(self.herd, "Goloman", "shy")[0], 200)
        self.assertEqual(near(self.herd, "Goloman", -30, 60), [])
        wait_until(lambda: near(self.herd, "Welsh", -30, 60) == [], "Welsh has heard of it")

    def test_across_the_antimeridian_and_round_the_poles(self) -> None:
        self.known("Hands", "east", "+60.01+179.99")
        self.known("Welsh", "west", "+60.00-179.99")
        self.known("Hands", "line", "+60.00-180")
        for lng in (180, -180, 179.999):
            self.assertEqual(names(near(self.herd, "Goloman", 60, lng)), ["line", "west", "east"])
        self.known("Hands", "pole", "+90+12")
        self.known("Hands", "beyond", "+89.99-90")
        self.assertEqual(names(near(self.herd, "Wilkes", 89.999, 90, radius=2)), ["pole", "beyond"])

    def test_any_id(self) -> None:
        for client, name in (
            (b"\xff\xfe", r"\xff\xfe"),
            (b"\xff\xfd", r"\xff\xfd"),
            (rb"\xff", r"\\xff"),
            ('k\u0151"\\'.encode(), 'k\u0151"' r"\\"),
            (b"\x00\x1b", r"\x00\x1b"),
            ("a\u202eb".encode(), r"a\xe2\x80\xaeb"),
        ):
            line = exchange(self.herd["Hands"].clients, iamat(client, "-45+70"))
            self.assertEqual(parse_at(line).client, client)
            (found,) = near(self.herd, "Hands", -45, 70)
            self.assertEqual(found["client"], name)
            self.assertIn(f" {name} -45+70 ", found["at"])
            self.assertEqual(forget(self.herd, "Hands", client)[0], 200)

    def test_agrees_with_looking_at_all_while_clients_move(self) -> None:
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for round_ in range(3):
            lines = []
            for number in range(200):
                lat, lng = chance.uniform(-0.2, 0.2), chance.uniform(99.8, 100.2)
                lines.append(iamat(f"crowd-{number}", f"{lat:+.6f}{lng:+.6f}"))
            exchange(self.herd["Holiday"].clients, b"".join(lines))
            everyone = near(self.herd, "Holiday", 0, 100, radius=1000, max=1000)
            self.assertEqual(len(everyone), 200, seed)
            distances = [client["distance_m"] for client in everyone]
            self.assertEqual(distances, sorted(distances), seed)
            for radius in (3, 10.5, 20):
                within = [client for client in everyone if client["distance_m"] <= radius * 1000]
                self.assertEqual(near(self.herd, "Holiday", 0, 100, radius=radius, max=30), within[:30], seed)
            wait_until(
                lambda: near(self.herd, "Welsh", 0, 100, radius=20, max=1000)
                == near(self.herd, "Holiday", 0, 100, radius=20, max=1000),
                f"Welsh has round {round_} of {seed}",
            )

    def test_equally_near_ones_are_cut_by_their_ids(self) -> None:
        lines = [iamat(f"spot-{letter}", "+70+100") for letter in "jihgfedcba"]
        exchange(self.herd["Goloman"].clients, b"".join(lines))
        self.assertEqual(names(near(self.herd, "Goloman", 70, 100, max=3)), ["spot-a", "spot-b", "spot-c"])

    def test_wrong_questions(self) -> None:
        for query in (
            "", "?lat=1", "?lng=1", "?lat=90.1&lng=0", "?lat=0&lng=-181", "?lat=x&lng=0", "?lat=nan&lng=0",
            "?lat=0&lng=0&radius=0", "?lat=0&lng=0&radius=1001", "?lat=0&lng=0&radius=-1", "?lat=0&lng=0&max=0",
            "?lat=0&lng=0&max=1001", "?lat=0&lng=0&max=1.5", "?lat=0&lng=0&lat=0", "?lat=0&lng=0&limit=5",
        ):  # fmt: skip
            code, headers, body = get(self.herd, "Hands", f"/v1/near{query}")
            self.assertEqual((code, headers["Content-Type"]), (400, "application/json"), query)
            self.assertIn("allowed, each once: lat=-90\u202690 and lng=-180\u2026180", json.loads(body)["error"])
        code, headers, _ = get(self.herd, "Hands", "/v1/near?lat=1&lng=1", "POST")
        self.assertEqual((code, headers["Allow"]), (405, "GET, HEAD"))
        code, _, body = get(self.herd, "Hands", "/v1/near?lat=1&lng=1", "HEAD")
        self.assertEqual((code, body), (200, b""))
        code, _, _ = get(self.herd, "Hands", "/v1/near?lat=1&lng=1", headers={"Host": "evil.example"})
        self.assertEqual(code, 403)

    def test_questions_are_counted(self) -> None:
        before = metric(self.herd, "Hands", "herd_near_duration_seconds_count")
        near(self.herd, "Hands", 1, 1)
        get(self.herd, "Hands", "/v1/near?lat=91&lng=1")
        self.assertEqual(metric(self.herd, "Hands", "herd_near_duration_seconds_count"), before + 1)


class Budget(HerdCase):
    """What a question may look at is bounded."""

    @classmethod
    def make_herd(cls) -> Herd:
        return single({"limits": {"near_rows": 1000}})

    def test_what_was_not_looked_through_is_said(self) -> None:
        everyone = b"".join(iamat(f"dense-{number}", "+10+10") for number in range(5000))
        exchange(self.herd["Goloman"].clients, everyone)
        code, _, body = get(self.herd, "Goloman", "/v1/near?lat=10&lng=10&max=1000")
        answer = json.loads(body)
        self.assertEqual((code, answer["complete"]), (200, False))
        self.assertLess(answer["searched_m"], 10_000)
        self.assertEqual(metric(self.herd, "Goloman", "herd_near_incomplete_total"), 1)
        told = command_line.herd("--config", self.herd.config, "near", 10, 10, exit_code=0)
        self.assertIn("not all clients were looked at", told.stderr)


class Command(HerdCase):
    """herd near."""

    @classmethod
    def make_herd(cls) -> Herd:
        return Herd()

    def near(self, *arguments: object, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        return command_line.herd("--config", self.herd.config, "near", *arguments, exit_code=exit_code)

    def test_lists_who_is_near(self) -> None:
        report(self.herd, "Goloman", "kiwi", "-33.87+151.21", time_text="1520023934.918963997")
        report(self.herd, "Goloman", "wombat", "-33.9+151.21", time_text="1520023935")
        done = self.near("-33.87", "151.21")
        self.assertEqual(done.stderr, "")
        self.assertEqual(
            done.stdout.splitlines(),
            [
                "CLIENT  DISTANCE  TIME                  LOCATION",
                "kiwi       0.0 m  2018-03-02T20:52:14Z  -33.87+151.21",
                "wombat  3.336 km  2018-03-02T20:52:15Z  -33.9+151.21",
            ],
        )
        self.assertEqual(self.near("--", "-33.87", "151.21").stdout, done.stdout)
        self.assertEqual(len(self.near("-33.87", "151.21", "--radius", 2.5).stdout.splitlines()), 2)
        self.assertEqual(len(self.near("-33.87", "151.21", "--max", 1).stdout.splitlines()), 2)

    def test_json_is_what_the_server_says(self) -> None:
        line = report(self.herd, "Hands", "duck", "+1.5-2.5")
        address = f"127.0.0.1:{self.herd.admin_ports['Hands']}"
        for server in ("Hands", address):
            clients = json.loads(self.near("1.5", "-2.5", "--server", server, "--json").stdout)["clients"]
            self.assertEqual(clients, [{"client": "duck", "distance_m": 0, "at": line.decode().rstrip("\n")}])

    def test_control_characters_do_not_come_to_the_terminal(self) -> None:
        exchange(self.herd["Goloman"].clients, iamat(b"\x1b[31m", "+50+50", "5"))
        self.assertRegex(self.near(50, 50).stdout, r"(?m)^\\x1b\[31m  .*  1970-01-01T00:00:05Z  \+50\+50$")

    def test_ids_can_be_told_apart(self) -> None:
        long = b"\xff" * 255  # four times as long when shown
        clients = (b"\xff", b"\xfe", rb"\xff", "k\u0151".encode(), long)
        for client in clients:
            exchange(self.herd["Goloman"].clients, iamat(client, "+51+51", "5"))
        lines = self.near(51, 51).stdout.splitlines()
        self.assertEqual(
            {line.split()[0] for line in lines[1:]}, {r"\xff", r"\xfe", r"\\xff", "k\u0151", r"\xff" * 255}
        )
        for line in lines[1:]:
            self.assertRegex(line, r"  1970-01-01T00:00:05Z  \+51\+51$")
        # Set flush, though not all of them have as many bytes as characters.
        self.assertEqual({line.rindex("+51+51") for line in lines[1:]}, {lines[0].rindex("LOCATION")})

    def test_nobody_is_an_answer_too(self) -> None:
        done = self.near(-80, 100, "--radius", "0.5")
        self.assertEqual(done.stdout, "")
        self.assertIn("nobody is within 0.5 km", done.stderr)
        self.assertEqual(json.loads(self.near(-80, 100, "--json").stdout), {"clients": [], "complete": True})

    def test_exit_codes(self) -> None:
        nobody = f"127.0.0.1:{free_port()}"
        for arguments in (
            (), (1,), (91, 0), (0, "181"), ("north", 0), (0, 0, "--radius", 0), (0, 0, "--radius", "1e3"),
            (0, 0, "--max", 1001), (0, 0, "--server", "Golomann"),
        ):  # fmt: skip
            self.near(*arguments, exit_code=2)
        self.assertIn("no server answered", self.near(0, 0, "--server", nobody, exit_code=3).stderr)

    def test_the_next_server_is_asked_when_the_first_does_not_answer(self) -> None:
        self.herd["Goloman"].stop()
        self.addCleanup(self.herd["Goloman"].start)
        report(self.herd, "Hands", "emu", "+70+70")
        done = self.near(70, 70)
        self.assertIn("Goloman: ", done.stderr)
        self.assertIn("emu", done.stdout)


class Expired(HerdCase):
    def test_who_was_silent_for_too_long_is_nowhere(self) -> None:
        herd = self.run_herd(single({"fleet": {"expire_after_s": 2}}))
        report(herd, "Goloman", "silent")
        began = time.monotonic()
        self.assertEqual(names(near(herd, "Goloman", 1, 2)), ["silent"])
        wait_until(lambda: near(herd, "Goloman", 1, 2) == [], "it has expired")
        self.assertGreater(time.monotonic() - began, 1)
