"""The twin of a running cell: what it is now, what it will do, and what went wrong."""

from __future__ import annotations

from .evidence import Evidence, Moment

__all__ = ["Evidence", "Moment"]
