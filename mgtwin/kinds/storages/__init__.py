"""Kinds of storage, a file each."""

from ..kind import import_kinds

import_kinds(__name__, __path__)
