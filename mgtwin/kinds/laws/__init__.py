"""Laws of temperature, each in one file; `law` declares one more."""

from .arrhenius import Arrhenius, ArrheniusT
from .base import LAWS, AnyUnit, Dependence, Law, Temperature, evaluate, law
from .constant import Constant
from .isothermal import NEAR, Isothermal, Point
from .table import Table
from .vogel_fulcher import VogelFulcher

__all__ = [
    "LAWS",
    "NEAR",
    "AnyUnit",
    "Arrhenius",
    "ArrheniusT",
    "Constant",
    "Dependence",
    "Isothermal",
    "Law",
    "Point",
    "Table",
    "Temperature",
    "VogelFulcher",
    "evaluate",
    "law",
]
