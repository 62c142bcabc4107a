"""Herds other than the built-in five that must work by configuration alone."""

from __future__ import annotations

RING = ("Alford", "Hamilton", "Holiday", "Ball", "Welsh")
RING_LINKS = (
    ("Alford", "Hamilton"),
    ("Hamilton", "Holiday"),
    ("Holiday", "Ball"),
    ("Ball", "Welsh"),
    ("Welsh", "Alford"),
)

KITE = ("Clark", "Jaquez", "Juzang", "Bernard", "Johnson")
KITE_LINKS = (
    ("Clark", "Jaquez"),
    ("Clark", "Juzang"),
    ("Bernard", "Jaquez"),
    ("Bernard", "Juzang"),
    ("Bernard", "Johnson"),
    ("Juzang", "Johnson"),
)
