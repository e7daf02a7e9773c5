"""What cells are made of: each kind declared once, as a frozen noun with static formulas, in a family of its own.

Importing this package declares all kinds that come with mgtwin: a file in one of its packages is all that a new one
takes.
"""

from . import ageing as ageing
from . import electrodes as electrodes
from . import junctions as junctions
from . import probes as probes
from . import storages as storages
