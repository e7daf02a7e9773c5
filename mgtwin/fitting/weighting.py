"""Weightings and losses under the names of version 0.1.0; they are declared in `mgtwin.regression`."""

from .. import regression
from ..regression import *  # noqa: F403 (the kinds of a family are listed nowhere but in its own files)

__all__ = regression.__all__
