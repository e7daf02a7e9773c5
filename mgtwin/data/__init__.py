"""Instrument files to Datasets: `read`, and `Column` to say what a file does not."""

from mgtwin.data.hints import Column
from mgtwin.data.reader import read

__all__ = ["Column", "read"]
