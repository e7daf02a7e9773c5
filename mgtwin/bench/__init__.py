"""Series of measurements of one sample: over temperatures, cycles, times, biases."""

from __future__ import annotations

from . import coordinates
from .coordinate import SERIES_COORDINATES, SeriesCoordinate, series_coordinate
from .fits import SeriesFit
from .verb import Hint, Series, series

__all__ = [
    "SERIES_COORDINATES",
    "Hint",
    "Series",
    "SeriesCoordinate",
    "SeriesFit",
    "coordinates",
    "series",
    "series_coordinate",
]
