"""Kinds of probes, a file each."""

from ..kind import import_kinds

__all__ = import_kinds(__name__, __path__)
