"""WHATSAT with the offline index: real named places, nearest first, over all the Earth."""

from __future__ import annotations

import tempfile
import unittest
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import schema
from exchange import exchange, iamat, parse_whatsat, whatsat
from herd_case import HerdCase
from herd_process import SHARED_DATA, Herd, single
from places_files import Place, brute_force, distance_km, make_index, osm_nodes, world, write_csv
from spreading import report, wait_for_links, wait_for_row

ANSWER_SCHEMA = SHARED_DATA / "google-nearbysearch.schema.json"


def check_schema(answer: dict[str, Any]) -> None:
    """The answer is what Google's specification says; the main points also where that is not at hand."""
    if ANSWER_SCHEMA.exists():
        schema.validate(schema.load(ANSWER_SCHEMA), answer)
    assert isinstance(answer["html_attributions"], list), answer
    assert isinstance(answer["results"], list), answer
    assert answer["status"] in ("OK", "ZERO_RESULTS") or answer["error_message"], answer


def location_text(latitude: float, longitude: float) -> str:
    return f"{latitude:+.7f}{longitude:+.7f}"


def point_of(result: dict[str, Any]) -> tuple[float, float]:
    location = result["geometry"]["location"]
    return location["lat"], location["lng"]


def nearby(herd_of_one: Herd, center: tuple[float, float], radius_km: int, count: int) -> dict[str, Any]:
    """What a client at `center` is told; checks that results come nearest first and within the radius."""
    address = herd_of_one[herd_of_one.names[0]].clients
    exchange(address, iamat("mover", location_text(*center)))
    answer = parse_whatsat(exchange(address, whatsat("mover", radius_km, count)))[1]
    check_schema(answer)
    distances = [distance_km(center, point_of(result)) for result in answer["results"]]
    assert distances == sorted(distances), distances
    assert all(km <= radius_km for km in distances), distances
    assert len(distances) <= count
    assert answer["status"] == ("OK" if distances else "ZERO_RESULTS")
    return answer


class Offline(HerdCase):
    folder: Path
    places: list[Place]

    @classmethod
    def make_herd(cls) -> Herd:
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.places = world()
        index = make_index(cls.folder / "world.index", write_csv(cls.places, cls.folder / "world.csv"))
        return single({"places": {"provider": "offline", "index": str(index)}})

    def compare(self, center: tuple[float, float], radius_km: int, count: int) -> int:
        expected = [near.place.name for near in brute_force(self.places, center, radius_km, count)]
        answer = nearby(self.herd, center, radius_km, count)
        self.assertEqual([result["name"] for result in answer["results"]], expected)
        return len(expected)

    def test_as_a_brute_force_search_finds_them(self) -> None:
        centers = [(0.0, 180.0), (0.0, -180.0), (0.05, 179.99), (0.05, -179.99), (-17.5, 179.9), (-17.5, -179.95),
                   (90.0, 0.0), (90.0, 123.0), (89.9, -170.0), (-90.0, 0.0), (-89.9, 10.0), (0.0, 0.0), (0.1, -0.1),
                   (34.06, -118.44)]  # fmt: skip
        found = 0
        for center in centers:
            for radius_km, count in ((1, 20), (5, 3), (10, 20), (50, 20), (50, 1)):
                with self.subTest(center=center, radius_km=radius_km, count=count):
                    found += self.compare(center, radius_km, count)
        self.assertGreater(found, 300, "the comparison must have something to compare")

    def test_nothing_near(self) -> None:
        answer = nearby(self.herd, (-45.0, -130.0), 50, 20)
        self.assertEqual((answer["results"], answer["status"]), ([], "ZERO_RESULTS"))

    def test_zero_asks_for_nothing(self) -> None:
        for radius_km, count in ((0, 20), (50, 0), (0, 0)):
            answer = nearby(self.herd, (0.0, 0.0), radius_km, count)
            self.assertEqual((answer["results"], answer["status"]), ([], "ZERO_RESULTS"))

    def test_every_form_of_a_location_is_the_same_point(self) -> None:
        address = self.herd["Goloman"].clients
        answers = []
        for location in ("+34.0650-118.4400", "+3403.90-11826.40/", "+340354.0-1182624.0+70CRSWGS_84/"):
            exchange(address, iamat("form", location, "1"))
            exchange(address, iamat("form2", location))
            answers.append(parse_whatsat(exchange(address, whatsat("form2", 50, 20)))[1])
        self.assertEqual(len(answers[0]["results"]), 20)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_a_whole_reply_in_one_read(self) -> None:
        import asyncio

        host, port = self.herd["Goloman"].clients
        exchange((host, port), iamat("once", "+34.0650-118.4400"))

        async def once() -> bytes:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"WHATSAT once 50 20")
            writer.write_eof()
            reply = await reader.read(1_000_000)
            writer.close()
            return reply

        for _ in range(20):
            self.assertEqual(len(parse_whatsat(asyncio.run(once()))[1]["results"]), 20)

    def test_a_quick_answer_never_overtakes(self) -> None:
        commands = iamat("order", "+34.0650-118.4400") + (whatsat("order", 50, 20) + b"x\n") * 200
        reply = exchange(self.herd["Goloman"].clients, commands)
        at, _, rest = reply.partition(b"\n")
        for _ in range(200):
            whole, end, rest = rest.partition(b"\n\n")
            self.assertEqual(len(parse_whatsat(whole + end)[1]["results"]), 20)
            self.assertTrue(whole.startswith(at))
            echo, _, rest = rest.partition(b"\n")
            self.assertEqual(echo, b"? x")
        self.assertEqual(rest, b"")


class OfflineHerd(HerdCase):
    def test_each_server_answers_from_the_index_for_a_client_of_another(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        places = [Place("Westwood Village", 34.0635, -118.4455), Place("Brentwood", 34.0521, -118.4740)]
        index = make_index(folder / "two.index", write_csv(places, folder / "two.csv"))
        herd_of_five = self.run_herd(Herd(settings={"places": {"provider": "offline", "index": str(index)}}))
        wait_for_links(herd_of_five)
        line = report(herd_of_five, "Goloman", "kiwi.cs.ucla.edu", "+34.068930-118.445127")
        wait_for_row(herd_of_five, herd_of_five.names, "kiwi.cs.ucla.edu", line)
        for name in herd_of_five.names:
            got, answer = parse_whatsat(exchange(herd_of_five[name].clients, whatsat("kiwi.cs.ucla.edu", 10, 5)))
            self.assertEqual(got, line)
            self.assertEqual([result["name"] for result in answer["results"]], ["Westwood Village", "Brentwood"])

    def test_a_missing_index_does_not_stop_the_server(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        settings = {"places": {"provider": "offline", "index": str(folder / "none.index")}}
        lonely = self.run_herd(single(settings))
        lonely["Goloman"].wait_for_log("none.index")
        exchange(lonely["Goloman"].clients, iamat("a"))
        answer = parse_whatsat(exchange(lonely["Goloman"].clients, whatsat("a", 10, 5)))[1]
        self.assertEqual(answer["results"], [])
        check_schema(answer)


class RealPlaces(HerdCase):
    def index_of(self, name: str) -> tuple[Path, Herd]:
        file = SHARED_DATA / name
        if not file.exists():
            self.skipTest(f"{name} is not in {SHARED_DATA}")
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        index = make_index(folder / "real.index", file)
        return file, self.run_herd(single({"places": {"provider": "offline", "index": str(index)}}))

    def compare(self, name: str, centers: Iterable[tuple[float, float]]) -> Herd:
        """Every node that is a place and near enough must be among the results.

        The nodes are read by other means here; ways, which only the index has, may come between.
        """
        file, herd_of_one = self.index_of(name)
        nodes = osm_nodes(file)
        self.assertGreater(len(nodes), 50)
        for center in centers:
            results = nearby(herd_of_one, center, 10, 20)["results"]
            self.assertEqual(len(results), 20)
            names = {result["name"] for result in results}
            reach = distance_km(center, point_of(results[-1])) - 1e-5
            expected = {near.place.name for near in brute_force(nodes, center, reach, 100)}
            self.assertGreater(len(expected), 5)
            self.assertLessEqual(expected, names)
        return herd_of_one

    def test_andorra_la_vella(self) -> None:
        center = (42.5069, 1.5218)
        herd_of_one = self.compare("andorra.osm.pbf", [center, (42.5423, 1.7336), (42.5460, 1.5140)])
        answer = nearby(herd_of_one, center, 10, 20)
        names = [result["name"] for result in answer["results"]]
        self.assertTrue(all(name.strip() for name in names), names)
        self.assertIn("OpenStreetMap", " ".join(answer["html_attributions"]))
        five = nearby(herd_of_one, center, 10, 5)["results"]
        self.assertEqual([result["name"] for result in five], names[:5])

    def test_monaco(self) -> None:
        self.compare("monaco.osm.gz", [(43.7325, 7.4189), (43.7396, 7.4276), (43.7290, 7.4150)])


if __name__ == "__main__":
    unittest.main()
