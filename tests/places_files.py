"""Places for tests: a small world of our own, and a brute-force search to compare with."""

from __future__ import annotations

import csv
import gzip
import math
import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import osm_pbf
from command_line import herd

EARTH_RADIUS_KM = 6371.0088

# A node with a name and one of these tags is a place.
PLACE_TAGS = ("amenity", "shop", "tourism", "leisure", "office", "aeroway", "place")


class Place(NamedTuple):
    name: str
    latitude: float
    longitude: float


class Near(NamedTuple):
    place: Place
    km: float


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula, points in degrees."""
    lat_a, lng_a, lat_b, lng_b = map(math.radians, (*a, *b))
    h = math.sin((lat_b - lat_a) / 2) ** 2
    h += math.cos(lat_a) * math.cos(lat_b) * math.sin((lng_b - lng_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))


def brute_force(
    places: Iterable[Place], center: tuple[float, float], radius_km: float, count: int
) -> list[Near]:
    """The nearest places, by looking at each."""
    near = [Near(place, distance_km(center, place[1:])) for place in places]
    return sorted((one for one in near if one.km <= radius_km), key=lambda one: one.km)[:count]


def world() -> list[Place]:
    """Places in clumps where searches go wrong: the antimeridian, the poles, the zero lines; and anywhere."""
    chance = random.Random(6709)
    clumps = [(0.0, 180.0), (0.0, -180.0), (-17.5, 179.9), (89.95, 0.0), (-89.95, 90.0), (0.0, 0.0)]
    clumps.append((34.06, -118.44))
    places = []
    for clump, (latitude, longitude) in enumerate(clumps):
        for number in range(300):
            lat = max(-90.0, min(90.0, latitude + chance.gauss(0, 0.2)))
            spread = 0.2 if abs(latitude) < 80 else 180.0
            lng = (longitude + chance.gauss(0, spread) + 180.0) % 360.0 - 180.0
            places.append(Place(f"Place {clump}-{number}", round(lat, 7), round(lng, 7)))
    for number in range(300):
        lat = math.degrees(math.asin(chance.uniform(-1, 1)))
        places.append(Place(f"Anywhere {number}", round(lat, 7), round(chance.uniform(-180, 180), 7)))
    return places


def write_csv(places: Iterable[Place], file: Path) -> Path:
    with open(file, "w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(("name", "latitude", "longitude"))
        writer.writerows((place.name, f"{place.latitude:.7f}", f"{place.longitude:.7f}") for place in places)
    return file


def xml_nodes(file: Path) -> Iterator[osm_pbf.Node]:
    """The nodes of an OpenStreetMap XML file in gzip."""
    with gzip.open(file) as text:
        for _, element in ElementTree.iterparse(text):
            if element.tag == "node":
                tags = {tag.get("k", ""): tag.get("v", "") for tag in element.iter("tag")}
                yield osm_pbf.Node(float(element.get("lat", "")), float(element.get("lon", "")), tags)
                element.clear()


def osm_nodes(file: Path) -> list[Place]:
    """The nodes of an OpenStreetMap file that are places; ways and relations are left out."""
    nodes = osm_pbf.nodes(file) if file.suffix == ".pbf" else xml_nodes(file)
    return [
        Place(node.tags["name"], node.latitude, node.longitude)
        for node in nodes
        if node.tags.get("name", "").strip() and any(key in node.tags for key in PLACE_TAGS)
    ]


def make_index(index: Path, *files: Path) -> Path:
    herd("places", "import", *files, "-o", index)
    return index
