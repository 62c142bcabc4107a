"""The real tracks of ../shared/data as reports, read with Python's own means."""

from __future__ import annotations

import csv
import datetime
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    mover: str
    location: str
    time: str


def location_text(latitude: str, longitude: str) -> str:
    """ISO 6709 from decimal degrees, keeping the digits of the file."""
    return "".join(text if text.startswith("-") else "+" + text for text in (latitude, longitude))


def unix_text(moment: datetime.datetime) -> str:
    return str(int(moment.timestamp()))


def ships(file: Path) -> Iterator[Row]:
    """ais-suez-2021.csv: a byte order mark, day before month, minutes only, longitude first."""
    with open(file, encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text):
            moment = datetime.datetime.strptime(row["ais_pos_timestamp"] + " +0000", "%d/%m/%Y %H:%M %z")
            yield Row(f"ship-{row['ID']}", location_text(row["latitude"], row["longitude"]), unix_text(moment))


def people(file: Path) -> Iterator[Row]:
    """geolife-beijing.csv: semicolons, X is longitude, and a zone of hours without minutes."""
    with open(file, encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text, delimiter=";"):
            moment = datetime.datetime.strptime(row["t"] + "00", "%Y-%m-%d %H:%M:%S%z")
            yield Row(f"tracker-{row['tracker']}", location_text(row["Y"], row["X"]), unix_text(moment))


def walk(file: Path) -> Iterator[Row]:
    """korita-zbevnica.gpx: GPX 1.0; only some of the points have a time, and only those are reports."""
    space = "{http://www.topografix.com/GPX/1/0}"
    for point in ElementTree.parse(file).getroot().iter(f"{space}trkpt"):
        text = point.findtext(f"{space}time")
        if text is not None:
            moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
            yield Row("walker", location_text(point.get("lat", ""), point.get("lon", "")), unix_text(moment))
