"""The algebra of salts under the name of version 0.1.0; it stands among the kinds."""

from ..kinds.materials import BinaryElectrolyte
from ..kinds.salt import DEPLETED, continued_log, salt_voltage

__all__ = ["DEPLETED", "BinaryElectrolyte", "continued_log", "salt_voltage"]
