"""The twin of a running cell: what it is now, what it will do, and what went wrong."""

from __future__ import annotations

from . import spectra  # noqa: F401
from .evidence import Evidence, Moment
from .forecasts import Limit
from .intake import Update
from .model_error import ModelError
from .twin import Twin

__all__ = ["Evidence", "Limit", "ModelError", "Moment", "Twin", "Update"]
