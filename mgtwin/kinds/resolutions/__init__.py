"""How finely the reaction of a porous electrode is resolved over its thickness, each way in one file."""

from .base import RESOLUTIONS, AnyResolution, Resolution, resolution
from .resolved import Resolved
from .uniform import Uniform

__all__ = ["RESOLUTIONS", "AnyResolution", "Resolution", "Resolved", "Uniform", "resolution"]
